"""The placement router at the root of the API, with both twins at work behind it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

import outcomes
import raw_records
from catalog.contract import EXPLORED, LIVE
from catalog.models.placement import PLACEMENT, TWINS
from catalog.records.placement_request import LOAD_PATTERNS, TIME_WINDOWS, WORKLOADS
from local.run.cloud import Cloud
from local.run.place import ROOT
from local.run.up import GuidedRun
from place.exploration import MOST_PERCENT
from tests.e2e.caller import Caller
from tests.e2e.raw import raw_files
from tests.e2e.twins import counted, explored, no_tasks, throttled
from tests.e2e.waiting import eventually
from workload.work import sample, work

Record = dict[str, Any]

CONTRACT = PLACEMENT.contract
COMPONENTS = json.loads((ROOT / "docs/openapi.json").read_text())["components"]
ANSWER = ["request_id", "prediction", "metrics", "request_context", "model_info"]
PREDICTION = ["platform", "confidence", "lambda_probability", "ecs_probability"]
FLAGS = ("error", "failed_over", "explored", "forced", "thrifty")
SCENARIOS = {
    "small lightweight API": ("lightweight_api", 2.0),
    "large lightweight API": ("lightweight_api", 900.0),
    "medium thumbnail": ("thumbnail_processing", 500.0),
    "large thumbnail": ("thumbnail_processing", 3500.0),
    "heavy with medium payload": ("heavy_processing", 150.0),
    "medium processing with large payload": ("medium_processing", 2500.0),
}
SENT_KB = 700
"""A request's body has room for so much; of larger payloads the size is told alone."""
BEYOND_KB = 9000.0
"""More than the function takes."""
LIVE_FILES = f"{CONTRACT.record.raw}/profile={LIVE}/"


@pytest.fixture(scope="module", autouse=True)
def unexplored(platform: GuidedRun) -> Iterator[None]:
    """Nothing is left to chance where a test does not ask for it; since the deployment the router has
    forgotten what it read."""
    with explored(platform.cloud, "0"):
        yield


@pytest.fixture(params=SCENARIOS.values(), ids=SCENARIOS)
def scenario(request: pytest.FixtureRequest, placed: Record) -> Record:
    kind, size_kb = request.param
    return {**placed, "workload_type": kind, "payload_size_kb": size_kb}


def documented(schema: str, answer: Any) -> None:
    whole = {"$ref": f"#/components/schemas/{schema}", "components": COMPONENTS}
    Draft202012Validator(whole).validate(answer)


def good(reply: tuple[int, Any]) -> Any:
    status, answer = reply
    assert status == 200, answer
    return answer


def wrong(reply: tuple[int, Any]) -> set[str]:
    """The fields that a refusal names."""
    status, problem = reply
    assert status == 400, problem
    documented("Problem", problem)
    return {error["field"] for error in problem["errors"]}


def measured(cloud: Cloud, request_id: str, count: int) -> list[tuple[str, int, str]]:
    """(platform, error, chosen_by) of a request's `count` rows in the raw bucket, once they are there."""

    def rows() -> list[Record] | None:
        lines = (line for _, body in raw_files(cloud, LIVE_FILES) for line in body.splitlines())
        found = [row for row in map(json.loads, lines) if row["request_id"] == request_id]
        return found if len(found) == count else None

    found = eventually(rows, f"the outcomes of {request_id} in raw/")
    return sorted((row["platform"], row["error"], row["chosen_by"]) for row in found)


def test_without_a_champion_rules_choose_and_say_so(first_answers: dict[str, tuple[int, Any]]) -> None:
    for path, schema in (("place", "PlacementAnswer"), ("route", "PlacementForwarded")):
        answer = good(first_answers[path])
        documented(schema, answer)
        told = answer["model_info"]
        assert (told["model_type"], told["degraded"], told["degraded_reason"]) == (
            "default-routing",
            True,
            "no_model",
        )
        assert answer["prediction"]["platform"] == "ecs"
        assert answer["prediction"]["confidence"] is None


class TestScenarios:
    def test_a_prediction_has_exactly_the_documented_shape(self, caller: Caller, scenario: Record) -> None:
        answer = good(caller.post("/predict", scenario))
        documented("PlacementAnswer", answer)
        said, told = answer["prediction"], answer["model_info"]
        assert (list(answer), list(said)) == (ANSWER, PREDICTION)
        assert said["lambda_probability"] + said["ecs_probability"] == pytest.approx(1, abs=1e-5)
        assert said["confidence"] == said[f"{said['platform']}_probability"] >= 0.5
        assert answer["request_context"] == scenario
        assert answer["metrics"]["inference_cost_usd"] > 0
        assert datetime.fromisoformat(answer["metrics"]["timestamp"]).tzinfo
        assert list(told) == ["model_type", "test_accuracy", "training_date"]
        assert datetime.fromisoformat(told["training_date"]).tzinfo

    def test_both_twins_do_the_same_work(self, caller: Caller, scenario: Record) -> None:
        kind, size_kb = scenario["workload_type"], scenario["payload_size_kb"]
        content = sample(kind, size_kb)
        sent = {**scenario, "payload": base64.b64encode(content).decode()}
        bodies = (sent, scenario) if size_kb < SENT_KB else (scenario,)
        for name, body in product(("lambda", "ecs"), bodies):
            answer = good(caller.post(f"/route?platform={name}", body))
            documented("PlacementForwarded", answer)
            said = answer["outcome"]
            assert said["platform"] == name
            assert {flag for flag in FLAGS if said[flag]} == {"forced"}
            assert said["latency_ms"] > 0
            assert said["cost_usd"] > 0
            assert answer["result"] == work(kind, content)

    def test_the_model_s_platform_serves_it_where_it_is_sure(self, caller: Caller, scenario: Record) -> None:
        answer = good(caller.post("/route", scenario))
        chosen, said = answer["prediction"], answer["outcome"]
        sure = chosen["lambda_probability"] >= TWINS.function_from(scenario["load_pattern"])
        assert said["platform"] == ("lambda" if sure else "ecs")
        thrifty = chosen["platform"] == "lambda" and not sure
        assert {flag for flag in FLAGS if said[flag]} == ({"thrifty"} if thrifty else set())
        assert list(answer) == [*ANSWER, "outcome", "result"]


class TestLimit:
    def test_more_than_the_function_takes_never_makes_it_likelier(
        self, platform: GuidedRun, caller: Caller, placed: Record
    ) -> None:
        kinds = product(WORKLOADS, TIME_WINDOWS, LOAD_PATTERNS)
        sizes = (1.0, 400.0, 4500.0, 4501.0, BEYOND_KB)
        names = ("workload_type", "time_window", "load_pattern")
        records = [
            {**placed, **dict(zip(names, kind, strict=True)), "payload_size_kb": size}
            for kind in kinds
            for size in sizes
        ]
        answer = good(caller.post("/predict", {"records": records}))
        documented("PlacementAnswer", answer)
        assert [each["request_context"] for each in answer["predictions"]] == records
        said = [each["prediction"] for each in answer["predictions"]]
        for start in range(0, len(said), len(sizes)):
            below, beyond = said[start : start + 3], said[start + 3 : start + 5]
            assert not any("limited" in each for each in below)
            assert all((each["platform"], each["limited"]) == ("ecs", True) for each in beyond)
            least = min(each["lambda_probability"] for each in below)
            assert all(each["lambda_probability"] == 0 <= least for each in beyond)

    def test_the_service_alone_serves_it(self, platform: GuidedRun, caller: Caller, placed: Record) -> None:
        large = {**placed, "payload_size_kb": BEYOND_KB}
        assert good(caller.post("/route", large))["outcome"]["platform"] == "ecs"
        assert wrong(caller.post("/route?platform=lambda", large)) == {"platform"}


WRONG: list[Record] = [
    {"workload_type": "mining"},
    {"workload_type": None},
    {"payload_size_kb": 0.01},
    {"payload_size_kb": 20_000},
    {"payload_size_kb": "5"},
    {"time_window": "noon"},
    {"load_pattern": 3},
    {"timestamp": "yesterday"},
    {"request_id": "two words"},
    {"hour_sin": 0.5},
    {"colour": "red"},
    {"workload_type": "mining", "payload_size_kb": -1, "time_window": "", "load_pattern": [], "colour": 3},
]


class TestRefusals:
    @pytest.mark.parametrize("path", ["/predict", "/route"])
    @pytest.mark.parametrize("changed", WRONG, ids=",".join)
    def test_every_wrong_field_is_named(
        self, platform: GuidedRun, caller: Caller, placed: Record, path: str, changed: Record
    ) -> None:
        assert wrong(caller.post(path, {**placed, **changed})) == set(changed)

    @pytest.mark.parametrize("path", ["/predict", "/route"])
    def test_what_is_needed_is_asked_for(
        self, platform: GuidedRun, caller: Caller, placed: Record, path: str
    ) -> None:
        needed = {"workload_type", "time_window", "load_pattern"}
        assert wrong(caller.post(path, {"payload_size_kb": placed["payload_size_kb"]})) == needed

    @pytest.mark.parametrize(
        ("query", "sent", "named"),
        [
            ("", {"payload": "*"}, "payload"),
            ("", {"payload": 5}, "payload"),
            ("", {"payload": base64.b64encode(bytes(9000)).decode()}, "payload"),
            ("?platform=other", {}, "platform"),
            ("", {"records": []}, "records"),
        ],
    )
    def test_what_cannot_be_forwarded_is_named(
        self, platform: GuidedRun, caller: Caller, placed: Record, query: str, sent: Record, named: str
    ) -> None:
        assert wrong(caller.post(f"/route{query}", {**placed, **sent})) == {named}

    def test_content_that_is_no_work_is_the_caller_s_fault(
        self, platform: GuidedRun, caller: Caller, placed: Record
    ) -> None:
        """On neither platform is it tried again on the other."""
        content = base64.b64encode(b"{" * 5120).decode()
        for name in ("lambda", "ecs"):
            body = {**placed, "payload": content}
            status, problem = caller.post(f"/route?platform={name}", body)
            assert (status, "not JSON" in problem["detail"]) == (400, True)


class TestFailover:
    NAMES = ("FailedOver", "LambdaFailed", "EcsFailed")

    def test_a_throttled_function_is_replaced_by_the_service(
        self, platform: GuidedRun, caller: Caller, placed: Record
    ) -> None:
        before = counted(platform.cloud, *self.NAMES)
        with throttled(platform.cloud):
            answer = good(caller.post("/route?platform=lambda", placed))
        said = answer["outcome"]
        assert (said["platform"], said["failed_over"], said["error"]) == ("ecs", True, False)
        rows = measured(platform.cloud, answer["request_id"], 2)
        assert rows == [("ecs", 0, "failover"), ("lambda", 1, "caller")]
        self._counted(platform.cloud, before, [1, 1, 0])

    def test_a_service_without_tasks_is_replaced_by_the_function(
        self, platform: GuidedRun, caller: Caller, placed: Record
    ) -> None:
        before = counted(platform.cloud, *self.NAMES)
        with no_tasks(platform.cloud):
            answer = good(caller.post("/route?platform=ecs", placed))
            status, problem = caller.post("/route", {**placed, "payload_size_kb": BEYOND_KB})
        said = answer["outcome"]
        assert (said["platform"], said["failed_over"], said["error"]) == ("lambda", True, False)
        assert status == 503
        documented("Problem", problem)
        rows = measured(platform.cloud, answer["request_id"], 2)
        assert rows == [("ecs", 1, "caller"), ("lambda", 0, "failover")]
        assert measured(platform.cloud, problem["request_id"], 1) == [("ecs", 1, "model")]
        self._counted(platform.cloud, before, [1, 0, 2])
        assert good(caller.post("/route?platform=ecs", placed))["outcome"]["failed_over"] is False

    def _counted(self, cloud: Cloud, before: list[float], added: list[float]) -> None:
        wanted = [old + new for old, new in zip(before, added, strict=True)]
        eventually(lambda: counted(cloud, *self.NAMES) == wanted, f"{self.NAMES} {added} more")


class TestOutcomes:
    def test_what_both_platforms_served_is_learned_from(
        self, platform: GuidedRun, caller: Caller, placed: Record, tmp_path: Path
    ) -> None:
        """The share is read twice a minute, and what is beyond its bound is taken as the bound."""

        def routed() -> Any:
            return good(caller.post("/route", placed))

        assert not any(routed()["outcome"]["explored"] for _ in range(20))
        with explored(platform.cloud, "100"):
            answer = eventually(lambda: (told := routed())["outcome"]["explored"] and told, "exploration")
            share = sum(routed()["outcome"]["explored"] for _ in range(60)) / 60
        assert share < 3 * MOST_PERCENT / 100
        rows = measured(platform.cloud, answer["request_id"], 2)
        assert [(name, by) for name, _, by in rows] == [("ecs", EXPLORED), ("lambda", EXPLORED)]
        self._learned(platform.cloud, answer, tmp_path)

    def _learned(self, cloud: Cloud, answer: Any, folder: Path) -> None:
        for key, content in raw_files(cloud, LIVE_FILES):
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            (folder / key).write_bytes(content)
        table = pa.concat_tables(raw_records.tables(raw_records.survey(folder, LIVE, CONTRACT), CONTRACT))
        found = {row["entity"]: row for row in outcomes.paired(table, CONTRACT).to_pylist()}
        assert 2 * len(found) == len(table)
        row, said = found[answer["request_id"]], answer["outcome"]
        assert row["target"] in (0, 1)
        assert row[f"cost_usd[{said['platform']}]"] == said["cost_usd"]
        assert row[f"latency_ms[{said['platform']}]"] == pytest.approx(said["latency_ms"])
        assert row[f"error[{said['platform']}]"] == 0


class TestControl:
    def test_the_root_knows_its_model_alone(self, platform: GuidedRun, caller: Caller) -> None:
        status, health = caller.get("/health")
        assert (status, health["status"]) == (200, "ok")
        (told,) = caller.get("/models/status")[1]["models"]
        assert told["model"] == "placement"
        assert told["version"].startswith("placement/")

    def test_predictions_are_counted(self, platform: GuidedRun, caller: Caller, placed: Record) -> None:
        before = self._predictions(caller)
        caller.post("/predict", {"records": [placed, placed]})
        caller.post("/route", placed)
        assert self._predictions(caller) == before + 3

    def test_a_training_on_what_was_recorded_may_be_asked_for(
        self, platform: GuidedRun, caller: Caller
    ) -> None:
        """So few outcomes teach nothing yet: the run ends, and the champion stays."""
        champion = platform.cloud.champion("placement")
        status, answer = caller.post("/models/train", {"models": ["placement"], "use_synthetic_data": False})
        (started,) = answer["executions"]
        assert (status, started["model"], started["profile"]) == (202, "placement", LIVE)

        def ended() -> Any:
            told = caller.get(f"/models/train/{started['execution_id']}")[1]
            return told if told["status"] != "running" else None

        assert eventually(ended, "the training's end", 120)["status"] == "failed"
        assert platform.cloud.champion("placement") == champion
        status, problem = caller.post("/models/train", {"models": ["failure"]})
        assert (status, "placement" in problem["detail"]) == (404, True)

    @staticmethod
    def _predictions(caller: Caller) -> float:
        lines = caller.text("/metrics").splitlines()
        values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return float(values['ops_ml_predictions_total{model="placement"}'])
