"""Health, status, trainings and metrics of one API: at most one training of a model, whoever asks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types
from prometheus_client.parser import text_string_to_metric_families

from catalog.models import MODELS as CATALOGUE
from catalog.openapi import document
from control import handler as module
from shared.counters import Counters
from shared.locks import HELD_S
from shared.runs import STARTS_S
from tests.lambda_.conftest import Context, Event
from tests.lambda_.fakes import TIME, Registry, Ssm, refusal
from tests.lambda_.machines import StepFunctions
from tests.lambda_.state_table import StateTable

API = "/api/v3/aiops"
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:local-{}-training"


def trained(name: str, *aliases: str, **more: Any) -> dict[str, Any]:
    return {
        "title": name,
        "route": f"{API}/predict/{name}",
        "api": API,
        "kind": "function",
        "parameter": f"/{name}",
        "candidate": f"/{name}/candidate",
        "machine": f"local-{name}-training",
        "aliases": list(aliases),
        "profiles": ["synthetic", "live"],
        **more,
    }


MODELS: dict[str, Any] = {
    "failure": trained("failure", "failure_predictor"),
    "threat": trained("threat", "threat_detector"),
    "capacity": trained("capacity", "capacity_forecaster"),
    "threat-payload": trained("threat-payload", profiles=["csic", "live"]),
    "failure-rule": {
        "title": "Rule",
        "route": f"{API}/predict/failure-rule",
        "api": API,
        "kind": "declared",
        "version": "1f2e3d4c",
    },
    "risk": trained("risk", kind="endpoint", endpoint="local-risk", api="/api", route="/api/predict/risk"),
}
EXAMPLE = {
    "models": ["failure_predictor", "threat_detector", "capacity_forecaster"],
    "use_synthetic_data": True,
    "n_samples": 1000,
}


class World:
    def __init__(self) -> None:
        names = [name for each in MODELS.values() for name in (each.get("parameter"), each.get("candidate"))]
        self.ssm = Ssm(**{name: "none" for name in names if name})
        self.registry = Registry("local-failure")
        self.steps, self.dynamo = StepFunctions(), StateTable()
        self.now = 1e9

    def executions(self) -> list[tuple[str, Any]]:
        return [(each["name"], json.loads(each["input"])) for each in self.steps.executions.values()]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World()
    monkeypatch.setenv("MODELS", json.dumps(MODELS))
    monkeypatch.setenv("STATE_TABLE", "state")
    monkeypatch.setenv("MACHINES", MACHINE.partition("local-")[0])
    clients = {
        "ssm": made.ssm,
        "sagemaker": made.registry,
        "stepfunctions": made.steps,
        "dynamodb": made.dynamo,
    }
    monkeypatch.setattr("boto3.client", lambda service, **_: clients[service])
    module.control.cache_clear()
    object.__setattr__(module.control().runs, "now", lambda: made.now)
    yield made
    module.control.cache_clear()


Ask = Callable[..., tuple[int, Any]]
NAMES = {"health": "Health", "status": "StatusList", "train": "Trainings"}
COMPONENTS = document(CATALOGUE)["components"]


def documented(path: str, status: int, told: Any) -> None:
    """The answer is what the OpenAPI document says, and carries nothing else."""
    name = NAMES.get(path.rpartition("/")[2], "Training") if status < 400 else "Problem"
    schema = {"$ref": f"#/components/schemas/{name}", "components": COMPONENTS}
    Draft202012Validator(schema).validate(told)
    assert set(told) <= set(COMPONENTS["schemas"][name]["properties"])


@pytest.fixture
def ask(event: Event, context: Context) -> Ask:
    def call(path: str, body: Any = None) -> tuple[int, Any]:
        method, whole = "GET" if body is None else "POST", path if path[0] == "/" else f"{API}/{path}"
        answer = module.handler(event(whole, body, method), context)
        told = json.loads(answer["body"])
        documented(whole, answer["statusCode"], told)
        return answer["statusCode"], told

    return call


def test_health_is_of_one_api(world: World, ask: Ask) -> None:
    status, body = ask("health")
    assert (status, body["status"], body["uptime_seconds"]) == (200, "degraded", None)
    assert body["models"] == {
        "failure": "no_model",
        "threat": "no_model",
        "capacity": "no_model",
        "threat-payload": "no_model",
        "failure-rule": "ready",
    }
    assert ask("/api/health")[1]["models"] == {"risk": "no_model"}
    Counters(world.dynamo, "state").add("failure", {"predictions": 1}, 2.0)
    assert ask("health")[1]["uptime_seconds"] >= 0


def test_an_api_may_begin_at_the_root(
    monkeypatch: pytest.MonkeyPatch, event: Event, context: Context, world: World
) -> None:
    assert world
    monkeypatch.setenv("MODELS", json.dumps({"placement": trained("placement", api="", route="/predict")}))
    module.control.cache_clear()
    for path in ("/health", "/models/status", "/metrics"):
        assert module.handler(event(path, None, "GET"), context)["statusCode"] == 200
    started = {"models": ["placement"], "use_synthetic_data": True}
    assert module.handler(event("/models/train", started, "POST"), context)["statusCode"] == 202
    assert module.handler(event("/api/health", None, "GET"), context)["statusCode"] == 404


def test_a_path_below_no_api_is_a_404(world: World, ask: Ask) -> None:
    for path in ("/api/v9/health", "/health", "/api/v3/health", f"{API}/models"):
        assert ask(path)[0] == 404


def test_the_status_tells_champion_candidate_lineage_and_run(world: World, ask: Ask) -> None:
    metadata = {"auc": "0.91", "profile": "synthetic"}
    champion, candidate = (world.registry.add(n, CustomerMetadataProperties=metadata) for n in (3, 4))
    world.ssm.history["/failure"].append(champion)
    world.ssm.history["/failure/candidate"].append(f"{candidate} 20")
    world.steps.StartExecution(MACHINE.format("failure"), "nightly-1", '{"profile": "live"}')
    status, body = ask("models/status")
    failure, *_, rule = body["models"]
    assert status == 200
    assert failure == {
        "model": "failure",
        "title": "failure",
        "route": f"{API}/predict/failure",
        "kind": "function",
        "status": "updating",
        "version": "failure/3",
        "champion": "failure/3",
        "candidate": {"version": "failure/4", "percent": 20},
        "metrics": {"auc": 0.91},
        "training": {"profile": "synthetic"},
        "approval": "Approved",
        "updated_at": TIME.isoformat(),
        "promoted_at": TIME.isoformat(),
        "running": "failure.nightly-1",
    }
    assert (rule["status"], rule["version"], rule["champion"]) == ("ready", "failure-rule/1f2e3d4c", None)
    world.ssm.history["/failure/candidate"].append("none")
    module.control().overview.forget()
    assert ask("models/status")[1]["models"][0]["status"] == "ready"
    del world.registry.packages[champion]
    module.control().overview.forget()
    assert ask("models/status")[1]["models"][0]["status"] == "missing"


def test_a_training_by_aliases_starts_each_model_with_its_input(world: World, ask: Ask) -> None:
    status, body = ask("models/train", EXAMPLE)
    assert status == 202
    assert [each["model"] for each in body["executions"]] == ["failure", "threat", "capacity"]
    assert {each["status"] for each in body["executions"]} == {"started"}
    assert {each["profile"] for each in body["executions"]} == {"synthetic"}
    assert world.executions() == [
        (each["execution_id"].partition(".")[2], {"profile": "synthetic", "trigger": "api", "records": 1000})
        for each in body["executions"]
    ]
    status, told = ask(f"models/train/{body['executions'][1]['execution_id']}")
    assert (status, told["model"], told["status"]) == (200, "threat", "running")


@pytest.mark.parametrize(
    ("given", "input_"),
    [
        ({}, {"profile": "live"}),
        ({"use_synthetic_data": False}, {"profile": "live"}),
        ({"use_synthetic_data": True}, {"profile": "synthetic"}),
        ({"profile": "synthetic", "n_samples": 500.0}, {"profile": "synthetic", "records": 500}),
        ({"profile": "synthetic", "n_samples": 1_000_000}, {"profile": "synthetic", "records": 1_000_000}),
    ],
)
def test_the_profile_that_is_trained_on(world: World, ask: Ask, given: Any, input_: Any) -> None:
    assert ask("models/train", {"models": ["failure", "failure_predictor"], **given})[0] == 202
    assert [given for _, given in world.executions()] == [{**input_, "trigger": "api"}]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ([], []),
        ({}, ["models"]),
        ({"models": []}, ["models"]),
        ({"models": ["failure"] * 501}, ["models"]),
        (
            {"models": [7, "nothing"], "use_synthetic_data": "yes", "n_samples": 499, "profile": 1, "x": 2},
            ["models[0]", "use_synthetic_data", "profile", "n_samples", "x", "models[1]"],
        ),
        ({"models": ["failure"], "use_synthetic_data": True, "n_samples": 1_000_001}, ["n_samples"]),
        ({"models": ["failure"], "use_synthetic_data": True, "n_samples": True}, ["n_samples"]),
        ({"models": ["failure"], "use_synthetic_data": True, "n_samples": 500.5}, ["n_samples"]),
        ({"models": ["failure"], "n_samples": 1000}, ["n_samples"]),
        ({"models": ["failure"], "use_synthetic_data": True, "profile": "live"}, ["profile"]),
        ({"models": ["failure"], "profile": "azure"}, ["profile"]),
        ({"models": ["threat-payload"], "use_synthetic_data": True}, ["use_synthetic_data"]),
        ({"models": ["failure", "failure-rule"]}, ["models"]),
    ],
)
def test_every_wrong_field_is_named_and_nothing_starts(
    world: World, ask: Ask, body: Any, fields: list[str]
) -> None:
    status, told = ask("models/train", body)
    assert (status, [each["field"] for each in told.get("errors", [])]) == (400, fields)
    assert not world.steps.executions
    assert not world.dynamo.items


def test_a_declared_model_says_why_it_is_not_trained(world: World, ask: Ask) -> None:
    assert "is not trained" in ask("models/train", {"models": ["failure-rule"]})[1]["errors"][0]["detail"]


def test_a_prediction_of_an_unknown_model_is_a_404(event: Event, context: Context, world: World) -> None:
    answer = module.handler(event(f"{API}/predict/weather", {"a": 1}), context)
    assert answer["statusCode"] == 404
    assert "failure, failure-rule" in json.loads(answer["body"])["detail"]


def test_an_unknown_model_is_a_404_that_names_the_known(world: World, ask: Ask) -> None:
    status, told = ask("models/train", {"models": ["failure", "nothing", "risk"]})
    assert (status, [each["field"] for each in told["errors"]]) == (404, ["models[1]", "models[2]"])
    assert all(name in told["detail"] for name in ("failure_predictor", "threat-payload"))
    assert "risk" not in told["detail"]
    assert not world.steps.executions


def start(ask: Ask, **more: Any) -> dict[str, Any]:
    status, body = ask("models/train", {"models": ["failure"], **more})
    assert status == 202
    return dict(body["executions"][0])


@pytest.mark.parametrize("listed", [True, False])
def test_a_second_start_is_answered_with_the_running_one(world: World, ask: Ask, listed: bool) -> None:
    world.steps.listed = listed
    first = start(ask, use_synthetic_data=True)
    second = start(ask)
    assert second == {**first, "status": "running"}
    assert len(world.executions()) == 1


def test_a_run_that_a_schedule_started_counts(world: World, ask: Ask) -> None:
    world.steps.StartExecution(MACHINE.format("failure"), "a1_b2", '{"profile": "live"}')
    assert start(ask, use_synthetic_data=True) == {
        "model": "failure",
        "execution_id": "failure.a1_b2",
        "status": "running",
        "profile": "live",
    }
    assert len(world.executions()) == 1


def test_a_run_that_has_ended_makes_room(world: World, ask: Ask) -> None:
    first = start(ask)
    world.steps.end(next(iter(world.steps.executions)))
    second = start(ask)
    assert second["status"] == "started"
    assert second["execution_id"] != first["execution_id"]


def test_many_callers_at_once_start_one_run(world: World, ask: Ask) -> None:
    world.steps.listed = False
    runs, model = module.control().runs, module.control().models["failure"]
    gate, found = threading.Barrier(8), []

    def call() -> None:
        gate.wait()
        found.append(runs.start(model, {"profile": "live"}))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(world.steps.executions) == 1
    assert len({run.id for run in found}) == 1
    assert sorted(run.started for run in found) == [False] * 7 + [True]


def test_a_caller_between_lock_and_start_gets_the_same_run(world: World, ask: Ask) -> None:
    between: list[dict[str, Any]] = []
    world.steps.before_start = lambda: between.append(start(ask))
    first = start(ask, use_synthetic_data=True)
    assert between == [{**first, "status": "running"}]
    assert len(world.executions()) == 1


def test_a_start_that_was_broken_off_is_finished_by_the_next_caller(world: World, ask: Ask) -> None:
    def refuse() -> None:
        raise refusal("StartExecution", "ThrottlingException")

    world.steps.before_start = refuse
    assert ask("models/train", {"models": ["failure"], "use_synthetic_data": True})[0] == 503
    run = start(ask)
    assert (run["status"], run["profile"]) == ("running", "synthetic")
    given = {"profile": "synthetic", "trigger": "api"}
    assert world.executions() == [(run["execution_id"].partition(".")[2], given)]


def test_a_lock_whose_run_was_never_started_is_taken_over(world: World, ask: Ask) -> None:
    def refuse() -> None:
        raise refusal("StartExecution", "ThrottlingException")

    world.steps.before_start = refuse
    status, told = ask("models/train", {"models": ["failure"], "use_synthetic_data": True})
    assert (status, told["errors"][0]["field"]) == (503, "failure")
    assert not world.steps.executions
    world.now += STARTS_S
    assert start(ask)["status"] == "started"
    assert [given for _, given in world.executions()] == [{"profile": "live", "trigger": "api"}]


def test_an_ancient_lock_is_worth_nothing(world: World, ask: Ask) -> None:
    world.steps.listed = False
    start(ask)
    world.now += HELD_S + 1
    assert start(ask)["status"] == "started"


def test_a_model_that_cannot_start_loses_none_of_the_others(world: World, ask: Ask) -> None:
    def refuse() -> None:
        raise refusal("StartExecution", "ExecutionLimitExceeded")

    world.steps.before_start = refuse
    status, body = ask("models/train", EXAMPLE)
    assert (status, [each["status"] for each in body["executions"]]) == (
        202,
        ["failed", "started", "started"],
    )
    assert body["executions"][0]["execution_id"] is None
    assert "ExecutionLimitExceeded" in body["executions"][0]["error"]


def test_what_became_of_a_run(world: World, ask: Ask) -> None:
    run = start(ask)
    [arn] = world.steps.executions
    package = "arn:aws:sagemaker:us-east-1:000000000000:model-package/local-failure/7"
    output = {"package": package, "status": "Rejected", "reasons": ["auc"], "run": "r", "training_job": "t"}
    world.steps.end(arn, output=json.dumps(output))
    status, body = ask(f"models/train/{run['execution_id']}")
    assert status == 200
    assert body == {
        "execution_id": run["execution_id"],
        "model": "failure",
        "status": "succeeded",
        "started_at": TIME.isoformat(),
        "ended_at": TIME.isoformat(),
        "result": {**output, "package": "failure/7"},
        "request_id": "request-1",
    }


def test_a_run_without_a_candidate_tells_none(world: World, ask: Ask) -> None:
    run = start(ask)
    world.steps.end(next(iter(world.steps.executions)), output="{}")
    assert set(ask(f"models/train/{run['execution_id']}")[1]["result"].values()) == {None}


@pytest.mark.parametrize(
    ("status", "told"), [("FAILED", "failed"), ("TIMED_OUT", "timed_out"), ("ABORTED", "aborted")]
)
def test_why_a_run_failed(world: World, ask: Ask, status: str, told: str) -> None:
    run = start(ask)
    [arn] = world.steps.executions
    world.steps.end(arn, status, error="Boom", cause="x" * 2000)
    body = ask(f"models/train/{run['execution_id']}")[1]
    assert (body["status"], body["error"][:6], len(body["error"])) == (told, "Boom: ", 500)
    world.steps.end(arn, status, error=None, cause=None)
    assert ask(f"models/train/{run['execution_id']}")[1]["error"] == told


def test_a_run_is_known_before_step_functions_tells_of_it(world: World, ask: Ask) -> None:
    run = start(ask)
    world.steps.executions.clear()
    body = ask(f"models/train/{run['execution_id']}")[1]
    assert (body["status"], body["started_at"]) == ("running", None)
    world.now += STARTS_S
    assert ask(f"models/train/{run['execution_id']}")[0] == 404


@pytest.mark.parametrize(
    "id_",
    ["failure.000000000000", "failure.", "failure", "nothing.1", "failure-rule.1", "risk.1", "failure.a b"],
)
def test_an_unknown_run_is_a_404(world: World, ask: Ask, id_: str) -> None:
    start(ask)
    status, told = ask(f"models/train/{id_}")
    assert (status, told["title"]) == (404, "Not found")


def scrape(event: Event, context: Context, path: str = f"{API}/metrics") -> dict[tuple[str, ...], float]:
    answer = module.handler(event(path, method="GET"), context)
    assert answer["statusCode"] == 200
    assert answer["multiValueHeaders"]["Content-Type"] == ["text/plain; version=0.0.4; charset=utf-8"]
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer["body"])
        for sample in family.samples
    }


def test_metrics_add_up_what_many_functions_counted(world: World, event: Event, context: Context) -> None:
    for latency in (0.5, 3.0, 4.0, 5000.0):
        Counters(world.dynamo, "state").add(
            "failure", {"predictions": 10, "anomalies": 2, "remediations": 1, "errors": 1}, latency
        )
    found = scrape(event, context)
    assert found["ops_ml_predictions_total", "failure"] == 40
    assert found["ops_ml_anomalies_total", "failure"] == 8
    assert found["ops_ml_errors_total", "failure"] == 4
    assert found["ops_ml_remediations_total", "failure", "requested"] == 4
    assert found["ops_ml_predictions_total", "failure-rule"] == 0
    latency_name = "ops_ml_prediction_latency_seconds"
    assert found[f"{latency_name}_count", "failure"] == 4
    assert found[f"{latency_name}_sum", "failure"] == pytest.approx(5.0075)
    buckets = {
        key[1]: value
        for key, value in found.items()
        if key[0] == f"{latency_name}_bucket" and "failure" in key
    }
    assert {bound: buckets[bound] for bound in ("0.001", "0.002", "0.005", "1.0", "+Inf")} == {
        "0.001": 1,
        "0.002": 1,
        "0.005": 3,
        "1.0": 3,
        "+Inf": 4,
    }
    assert found["ops_ml_uptime_seconds",] >= 0


def test_endpoints_are_left_to_cloudwatch(world: World, event: Event, context: Context) -> None:
    assert set(scrape(event, context, "/api/metrics")) == {("ops_ml_uptime_seconds",)}


def test_settings_are_checked_at_the_cold_start(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"a": {**MODELS["failure"], "kind": "other"}, "b": {**MODELS["failure"], "profiles": []}}
    monkeypatch.setenv("MODELS", json.dumps(wrong))
    module.control.cache_clear()
    with pytest.raises(ValueError, match=r"'a'\] has kind .*'b'\] lacks profiles"):
        module.control()
