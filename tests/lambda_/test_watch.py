"""The daily look at champions: what is emitted, when a training is started, and what is recorded of it."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.histogram import bucket
from catalog.models import MODELS
from catalog.spec import Retraining
from shared.inputs import Counted, key, packed
from shared.locks import Lock, Locks
from tests.lambda_.conftest import Context
from tests.lambda_.fakes import TIME, Fake, Registry, Ssm, refusal
from tests.lambda_.machines import StepFunctions
from tests.lambda_.state_table import TABLE, StateTable
from watch import handler as module
from watch.drift import measure
from watch.fresh import Labels
from watch.limits import Limits

CONTRACT = next(spec for spec in MODELS if spec.name == "failure").contract
FEATURES = [feature.name for feature in CONTRACT.record.given]
LIMITS = Retraining()
NOW = TIME + timedelta(days=10, hours=6)
DATE = NOW.date().isoformat()
OWN = f"auto-{DATE}"
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:local-failure-training"
FOLDER = "metric_snapshot/profile=live/"
USUAL, SHIFTED = {bucket(50.0): 1000}, {bucket(90.0): 1000}


class S3(Fake):
    """Objects of all buckets by key."""

    service = "s3"

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}
        self.gone = "NoSuchKey"

    def GetObject(self, Bucket: str, Key: str) -> Any:  # noqa: N802, N803 - AWS's names
        assert Bucket in ("raw", "processed")
        if Key not in self.objects:
            raise refusal("GetObject", self.gone)
        return {"Body": io.BytesIO(self.objects[Key])}

    def ListObjectsV2(self, Prefix: str, StartAfter: str, **request: Any) -> Any:  # noqa: N802, N803
        """Pages of two."""
        after = request.get("ContinuationToken", StartAfter)
        keys = [each for each in sorted(self.objects) if each.startswith(Prefix) and each > after]
        page = [{"Key": each, "Size": len(self.objects[each])} for each in keys[:2]]
        more = {"IsTruncated": True, "NextContinuationToken": keys[1]} if len(keys) > 2 else {}
        return {"Contents": page, **more}


class World:
    """`failure` has a champion of ten days; `idle` has none."""

    def __init__(self) -> None:
        self.state, self.s3, self.steps = StateTable(), S3(), StepFunctions()
        self.ssm, self.registry = Ssm(**{"/failure": "none", "/idle": "none"}), Registry("local-failure")
        self.now = NOW
        self.limits: dict[str, Any] = {}
        self.promote()

    def promote(self, **metadata: str) -> None:
        told = {"profile": "live", "data_until": (TIME - timedelta(days=1)).isoformat(), **metadata}
        statistics = {"ContentType": "application/json", "S3Uri": "s3://processed/failure/r1/reference.json"}
        self.ssm.history["/failure"].append(
            self.registry.add(
                len(self.registry.packages) + 1,
                CustomerMetadataProperties=told,
                DriftCheckBaselines={"ModelDataQuality": {"Statistics": statistics}},
            )
        )
        features = {
            name: {"named": False, "filled": False, "counts": {str(code): n for code, n in USUAL.items()}}
            for name in FEATURES
        }
        counted = {"contract_hash": CONTRACT.hash, "records": 1000, "features": features}
        self.s3.objects["failure/r1/reference.json"] = json.dumps(counted).encode()

    def send(
        self,
        *shifted: str,
        records: int = 1000,
        back_days: int = 0,
        entities: int = LIMITS.least_entities,
    ) -> None:
        """Live inputs of one process, those named being shifted."""
        counts = {name: SHIFTED if name in shifted else USUAL for name in FEATURES}
        some = {name: dict.fromkeys(each, records) for name, each in counts.items()}
        date = (self.now - timedelta(days=back_days)).date().isoformat()
        place = (key("failure", date), str(len(self.state.items)))
        self.state.items[place] = {
            "pk": {"S": place[0]},
            "sk": {"S": place[1]},
            "contract": {"S": CONTRACT.hash},
            "records": {"N": str(records)},
            "body": {"B": packed(some)},
            "entities": {"S": json.dumps(list(range(entities)))},
        }

    def label(self, rows: int, *, days: float = 5, name: str = "a", **fields: Any) -> None:
        """Live records in the raw bucket, so many days after the champion's data."""
        at = TIME - timedelta(days=1) + timedelta(days=days)
        record = {"timestamp": at.isoformat(), CONTRACT.target.name: "healthy", **fields}
        lines = f"{json.dumps(record)}\n" * rows
        self.s3.objects[f"{FOLDER}date={at.date().isoformat()}/{name}.jsonl"] = lines.encode()

    def trained(self, days_ago: float, status: str = "SUCCEEDED", name: str = "earlier") -> None:
        self.steps.start_execution(stateMachineArn=MACHINE, name=name, input="{}")
        execution = self.steps.executions[f"{MACHINE.replace(':stateMachine:', ':execution:')}:{name}"]
        execution |= {"status": status, "startDate": self.now - timedelta(days=days_ago)}

    def notes(self, kind: str) -> list[dict[str, Any]]:
        found = [item for (pk, _), item in sorted(self.state.items.items()) if pk == "history#failure"]
        return [json.loads(item["detail"]["S"]) for item in found if item["kind"]["S"] == kind]

    def started(self) -> list[tuple[str, Any]]:
        given = [(each["name"], json.loads(each["input"])) for each in self.steps.executions.values()]
        return [each for each in given if each[0].startswith(("auto", "scheduled"))]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World()

    def entry(name: str) -> dict[str, Any]:
        about = {"title": name, "route": f"/api/predict/{name}", "api": "/api", "kind": "function"}
        names = {"parameter": f"/{name}", "candidate": f"/{name}/c", "machine": f"local-{name}-training"}
        return {**about, **names, "profiles": ["live"]}

    models = ("failure", "idle")
    label = {"folder": "metric_snapshot", "time": "timestamp", "field": CONTRACT.target.name}
    settings = {
        "MODELS": json.dumps({name: entry(name) for name in models}),
        "LABELS": json.dumps(dict.fromkeys(models, label)),
        "MACHINES": MACHINE.removesuffix("local-failure-training"),
        "STATE_TABLE": TABLE,
        "RAW_BUCKET": "raw",
        "RETRAINING": json.dumps({"default": asdict(LIMITS)}),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    clients = {
        "ssm": made.ssm,
        "sagemaker": made.registry,
        "s3": made.s3,
        "dynamodb": made.state,
        "stepfunctions": made.steps,
    }
    monkeypatch.setattr("boto3.client", lambda service, **_: clients[service])
    monkeypatch.setattr(module, "now", lambda: made.now)
    module.watch.cache_clear()
    yield made
    module.watch.cache_clear()


def look(context: Context) -> Any:
    return module.handler({}, context).get("failure")


def test_without_news_there_are_metrics_and_no_decision(
    world: World, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    world.send()
    seen = look(context)
    assert seen == {"ModelAgeDays": 10.25, "FeatureDrift": 0, "DriftedShare": 0, "decision": None}
    assert not world.notes("retraining")
    assert not world.started()
    emitted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [(each["Model"], each["ModelAgeDays"]) for each in emitted] == [("failure", [10.25])]
    metric = emitted[0]["_aws"]["CloudWatchMetrics"][0]
    assert (metric["Namespace"], metric["Dimensions"]) == ("OpsMl", [["Environment", "Model"]])


def test_a_model_without_a_champion_is_left_alone(world: World, context: Context) -> None:
    assert "idle" not in module.handler({}, context)


def test_drift_starts_a_training_on_live_records_and_is_recorded(world: World, context: Context) -> None:
    world.send("cpu_usage", "disk_io")
    world.label(LIMITS.least_fresh_rows)
    seen = look(context)
    assert seen["FeatureDrift"] > 1
    assert seen["DriftedShare"] == round(2 / len(FEATURES), 4)
    assert world.started() == [(OWN, {"profile": "live", "trigger": "drift"})]
    (decision,) = world.notes("retraining")
    assert decision == seen["decision"]
    assert (decision["decision"], decision["execution"]) == ("started", f"failure.{OWN}")
    assert f"2 of {len(FEATURES)} features drifted" in decision["reason"]
    (drift,) = world.notes("drift")
    assert (drift["records"], drift["drifted"]) == (1000, 2)
    assert set(list(drift["most"])[:2]) == {"cpu_usage", "disk_io"}
    kept = [item for (pk, _), item in world.state.items.items() if pk == "history#failure"]
    assert {item["at"]["S"] for item in kept} == {"2026-03-11T06:00:00.000Z"}
    assert {item["sk"]["S"].partition("#")[2] for item in kept} == {"drift", "retraining"}
    assert all(int(item["expires_at"]["N"]) > NOW.timestamp() + 399 * 86_400 for item in kept)


def test_age_starts_a_training_too(world: World, context: Context) -> None:
    world.now = TIME + timedelta(days=LIMITS.stale_days)
    world.label(LIMITS.least_fresh_rows)
    assert look(context)["decision"]["trigger"] == "stale"
    assert [given["trigger"] for _, given in world.started()] == ["stale"]
    assert not world.notes("drift")
    world.now = TIME + timedelta(days=LIMITS.stale_days - 0.1)
    assert look(context)["decision"] is None


class TestSchedule:
    """A model's own time has come."""

    def due(self, context: Context, model: str = "failure") -> Any:
        return module.handler({"scheduled": model}, context)["decision"]

    def test_it_trains_where_there_is_something_new(self, world: World, context: Context) -> None:
        world.label(LIMITS.least_fresh_rows)
        world.trained(1)
        decision = self.due(context)
        assert (decision["decision"], decision["trigger"]) == ("started", "schedule")
        assert world.started() == [(f"scheduled-{DATE}", {"profile": "live", "trigger": "schedule"})]
        assert self.due(context) == decision
        assert world.notes("retraining") == [decision]

    def test_it_says_why_not(self, world: World, context: Context) -> None:
        world.label(LIMITS.least_fresh_rows - 1)
        assert self.due(context)["reason"].startswith("199 labelled live records")
        assert (len(world.notes("retraining")), world.started()) == (1, [])

    def test_a_first_training_needs_no_champion(self, world: World, context: Context) -> None:
        world.label(LIMITS.least_fresh_rows, days=-300)
        assert self.due(context, "idle")["decision"] == "started"

    def test_it_counts_for_no_cap_and_keeps_drift_from_nothing(self, world: World, context: Context) -> None:
        for days in (9, 8, 7):
            note = {"decision": "started", "trigger": "schedule"}
            at = NOW - timedelta(days=days)
            module.watch().watcher.notes.write("failure", f"scheduled-{days}", at, note, None)
        assert self.due(context)["decision"] == "skipped"
        world.send(*FEATURES)
        world.label(LIMITS.least_fresh_rows)
        assert look(context)["decision"]["decision"] == "started"

    def test_an_unknown_model_is_refused(self, world: World, context: Context) -> None:
        with pytest.raises(module.UnknownModel, match="known: failure, idle"):
            self.due(context, "other")


class TestWhyNot:
    """Drift was found, everything allows a training but one thing."""

    @pytest.fixture(autouse=True)
    def _drifted(self, world: World) -> None:
        world.send(*FEATURES)
        world.label(LIMITS.least_fresh_rows)

    def skipped(self, world: World, context: Context) -> str:
        decision = look(context)["decision"]
        assert world.notes("retraining") == [decision]
        assert len(world.notes("drift")) == 1
        assert (decision["decision"], world.started()) == ("skipped", [])
        return str(decision["reason"])

    def test_nothing(self, world: World, context: Context) -> None:
        world.trained(LIMITS.cooldown_days)
        assert look(context)["decision"]["decision"] == "started"

    def test_a_training_runs(self, world: World, context: Context) -> None:
        world.trained(LIMITS.cooldown_days + 1, "RUNNING")
        assert self.skipped(world, context) == "failure.earlier is running"

    def test_a_training_was_started_that_lists_do_not_tell_yet(self, world: World, context: Context) -> None:
        world.steps.listed = False
        world.trained(0, "RUNNING", name="asked")
        now = int(datetime.now(UTC).timestamp())
        Locks(world.state, TABLE).take("failure", Lock("asked", {"profile": "live"}, now), over=None)
        assert self.skipped(world, context) == "failure.asked is running"

    @pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
    def test_the_last_training_is_too_new(self, world: World, context: Context, status: str) -> None:
        world.trained(LIMITS.cooldown_days - 0.5, status)
        assert "6.5 days ago, less than 7" in self.skipped(world, context)

    def test_too_many_were_started(self, world: World, context: Context) -> None:
        for days in (12, 29, 31):
            note = {"decision": "started", "trigger": "drift"}
            at = NOW - timedelta(days=days)
            module.watch().watcher.notes.write("failure", f"auto-{days}", at, note, None)
        decision = look(context)["decision"]
        assert (decision["decision"], world.started()) == ("skipped", [])
        assert decision["reason"].startswith("2 trainings were started")

    def test_nothing_is_labelled(self, world: World, context: Context) -> None:
        world.label(LIMITS.least_fresh_rows, **{CONTRACT.target.name: None})
        assert self.skipped(world, context).startswith("0 labelled live records")

    def test_the_labelled_are_not_news(self, world: World, context: Context) -> None:
        world.s3.objects = {name: each for name, each in world.s3.objects.items() if "live" not in name}
        world.label(LIMITS.least_fresh_rows, days=-0.1)
        world.label(LIMITS.least_fresh_rows - 1, days=0.1)
        assert self.skipped(world, context).startswith("199 labelled live records")


def test_to_a_champion_of_another_profile_every_live_record_is_news(world: World, context: Context) -> None:
    world.promote(profile="synthetic")
    world.send(*FEATURES)
    world.label(LIMITS.least_fresh_rows, days=-300)
    assert look(context)["decision"]["decision"] == "started"


def test_labelled_records_are_counted_over_objects_and_not_past_enough(world: World) -> None:
    for name in "abcdefg":
        world.label(30, name=name)
    world.s3.objects[f"{FOLDER}date=2026-03-05/bad.jsonl"] = b'{"timestamp": \n[1]\n\xff\n'
    world.s3.objects[f"{FOLDER}date=2026-03-05/z.parquet"] = b"PAR1"
    fresh, labels = module.watch().watcher.fresh, module.watch().watcher.labels["failure"]
    assert fresh.count(labels, TIME, 1000) == 210
    world.s3.calls.clear()
    assert fresh.count(labels, TIME, 60) == 60
    assert [operation for operation, _ in world.s3.calls].count("GetObject") <= 3
    one = Labels("metric_snapshot", "timestamp", CONTRACT.target.name, "failing")
    assert fresh.count(one, TIME, 1000) == 0


@pytest.mark.parametrize("zone", ["UTC", None])
def test_labelled_records_of_bulk_loads_count_too(world: World, zone: str | None) -> None:
    fresh, labels = module.watch().watcher.fresh, module.watch().watcher.labels["failure"]
    times = [TIME + timedelta(days=back) for back in (-1, 1, 2, 3)]
    table = pa.table(
        {
            "timestamp": pa.array([time.replace(tzinfo=None) for time in times], pa.timestamp("ms", zone)),
            CONTRACT.target.name: ["failing", "failing", None, "healthy"],
            "cpu_usage": [1.0] * 4,
        }
    )
    written = io.BytesIO()
    pq.write_table(table, written)
    world.s3.objects[f"{FOLDER}date=2026-03-09/part.parquet"] = written.getvalue()
    assert fresh.count(labels, TIME, 1000) == 2
    one = Labels("metric_snapshot", "timestamp", CONTRACT.target.name, "failing")
    assert fresh.count(one, TIME, 1000) == 1


def test_too_few_entities_tell_nothing(world: World, context: Context) -> None:
    world.send(*FEATURES, entities=LIMITS.least_entities - 1)
    assert "FeatureDrift" not in look(context)
    world.send(*FEATURES, entities=LIMITS.least_entities)
    assert look(context)["FeatureDrift"] > 1


def test_too_few_live_values_tell_nothing(world: World, context: Context) -> None:
    world.send(*FEATURES, records=LIMITS.least_records - 1)
    assert "FeatureDrift" not in look(context)
    world.send(*FEATURES, records=1, back_days=LIMITS.window_days)
    assert look(context)["FeatureDrift"] > 1
    world.now += timedelta(days=1)
    assert "FeatureDrift" not in look(context), "the one lies outside the window now"


@pytest.mark.parametrize("code", ["NoSuchKey", "AccessDenied"])
def test_without_a_reference_the_age_is_told_all_the_same(world: World, context: Context, code: str) -> None:
    world.s3.gone = code
    del world.s3.objects["failure/r1/reference.json"]
    world.send(*FEATURES)
    assert look(context) == {"ModelAgeDays": 10.25, "decision": None}


def test_what_a_training_fills_in_does_not_count_as_missing() -> None:
    limits = Limits(**asdict(LIMITS))
    told = {"named": False, "filled": True, "counts": {str(bucket(5.0)): 1000}}
    live = {"x": {bucket(5.0): 600, -1000: 9000}, "y": {-1000: 9000}}
    reference = {"features": {"x": told, "y": told}}
    found = measure(reference, Counted(live, 9600, 100), limits)
    assert found
    assert dict(found.indexes) == {"x": pytest.approx(0, abs=0.01)}, "of y there is nothing to compare"
    open_ = {"features": {"x": {**told, "filled": False}}}
    assert (measure(open_, Counted(live, 9600, 100), limits) or found).worst > 0.25


def test_a_few_drifted_features_are_no_drift_of_the_model(world: World, context: Context) -> None:
    many = {f"f{n}": {"named": False, "filled": False, "counts": {"160": 1000}} for n in range(12)}
    live = {name: {160: 1000} for name in many} | {"f0": {200: 1000}, "f1": {200: 1000}}
    found = measure({"features": many}, Counted(live, 1000, 100), Limits(**asdict(LIMITS)))
    assert found
    assert (found.drifted, found.found) == (("f0", "f1"), False)


def test_a_day_is_decided_once(world: World, context: Context) -> None:
    world.send(*FEATURES)
    world.label(LIMITS.least_fresh_rows)
    first = look(context)["decision"]
    world.steps.end(f"{MACHINE.replace(':stateMachine:', ':execution:')}:{OWN}", startDate=NOW)
    world.now += timedelta(hours=3)
    assert look(context)["decision"] == first
    assert len(world.notes("retraining")) == len(world.started()) == 1
    world.now += timedelta(days=1)
    assert look(context)["decision"]["decision"] == "skipped", "the cool-down has begun"
    assert len(world.started()) == 1


def test_a_day_that_was_passed_stays_so(world: World, context: Context) -> None:
    world.send(*FEATURES)
    assert look(context)["decision"]["decision"] == "skipped"
    world.label(LIMITS.least_fresh_rows)
    assert look(context)["decision"]["decision"] == "skipped"
    assert not world.started()
    world.now += timedelta(days=1)
    assert look(context)["decision"]["decision"] == "started"


def test_a_look_that_broke_off_after_the_start_is_finished_by_the_next(
    world: World, context: Context
) -> None:
    world.send(*FEATURES)
    world.label(LIMITS.least_fresh_rows)
    write = type(world.state).TransactWriteItems
    try:
        type(world.state).TransactWriteItems = _refused  # type: ignore[method-assign]
        with pytest.raises(module.NotWatched, match="failure"):
            look(context)
    finally:
        type(world.state).TransactWriteItems = write  # type: ignore[method-assign]
    assert len(world.started()) == 1
    assert not world.notes("retraining")
    assert look(context)["decision"]["decision"] == "started"
    assert len(world.notes("retraining")) == len(world.started()) == 1


def _refused(*_: Any, **__: Any) -> Any:
    raise refusal("TransactWriteItems", "ThrottlingException")


def test_two_watchers_at_once_start_one_training(world: World, context: Context) -> None:
    world.send(*FEATURES)
    world.label(LIMITS.least_fresh_rows)
    module.watch()
    barrier, found = threading.Barrier(4), []

    def watcher() -> None:
        barrier.wait()
        watch = module.watch()
        parameter = watch.ssm.get_parameters(Names=["/failure"])["Parameters"][0]
        seen = watch.watcher.look(watch.models["failure"], parameter)
        found.append(seen.decision if seen else None)

    threads = [threading.Thread(target=watcher) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(world.started()) == 1
    assert len(world.notes("retraining")) == len(world.notes("drift")) == 1
    assert [each["decision"] for each in found if each] == ["started"] * 4


def test_one_models_fault_hides_no_other(world: World, context: Context) -> None:
    world.ssm.history["/idle"].append("arn:aws:sagemaker:us-east-1:000000000000:model-package/gone/1")
    world.send(*FEATURES)
    world.label(LIMITS.least_fresh_rows)
    with pytest.raises(module.NotWatched, match="idle"):
        look(context)
    assert len(world.started()) == 1


def test_settings_are_checked_at_the_start(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETRAINING", json.dumps({"default": {"drift_psi": 1}}))
    monkeypatch.setenv("LABELS", json.dumps({"idle": {"folder": "x", "time": "t", "field": "y"}}))
    module.watch.cache_clear()
    with pytest.raises(ValueError, match=r"RETRAINING\['default'\] must hold .*LABELS lacks failure"):
        module.watch()


def test_a_model_has_settings_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"default": asdict(LIMITS), "failure": {"stale_days": 3}}
    monkeypatch.setenv("RETRAINING", json.dumps(own))
    module.watch.cache_clear()
    limits = module.watch().watcher.limits
    assert (limits["failure"].stale_days, limits["idle"].stale_days) == (3, LIMITS.stale_days)
    assert limits["failure"].drift_psi == LIMITS.drift_psi
