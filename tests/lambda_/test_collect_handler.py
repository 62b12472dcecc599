"""The function around a collector: its settings, its answer and what it measures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.dataset import DAY, HOUR
from catalog.datasets import DATASETS, gaps
from collect import handler as module
from collect.collector import Done
from collect.progress import Gap, Progress, Reading
from collect.refusals import Denied, Later, StaleToken, meaning
from collect.settings import settings
from collect.windows import Calendar, Window
from local.recorded.service import Recorded
from local.sagemaker.errors import ServiceError
from shared.environment import BadEnvironment, Environment
from stacks.collecting import CollectionSettings
from tests.lambda_.collecting import NOW, Bucket, Pages, World, error, known
from tests.lambda_.conftest import Context
from tests.lambda_.state_table import TABLE, StateTable
from tests.lambda_.test_collect_sources import answering

REGION = "us-east-1"


def dataset_settings(number: int = 0) -> str:
    dataset = DATASETS[number]
    told = [[each.name, each.kind, each.required] for each in gaps.COLUMNS]
    options = CollectionSettings(look_back_days=1).options()
    return json.dumps({dataset.name: {**dataset.settings(), "gap_columns": told, "options": options}})


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Bucket, StateTable, Recorded]]:
    monkeypatch.setenv("BUCKET", "raw")
    monkeypatch.setenv("STATE_TABLE", TABLE)
    monkeypatch.setenv("DEAD_LETTERS", "https://queue")
    monkeypatch.setenv("DATASET", dataset_settings())
    bucket, table, recorded = Bucket(), StateTable(), Recorded()
    module.parts.cache_clear()
    real = module.parts()
    made = real._replace(s3=bucket, dynamodb=table)
    monkeypatch.setattr(module, "parts", lambda: made)
    module.reader.cache_clear()
    module.reader("ec2", REGION).meta.events.register("before-send.*", answering(recorded))
    yield bucket, table, recorded
    module.reader.cache_clear()


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    return {
        key: value[0] if isinstance(value, list) else value for each in found for key, value in each.items()
    }


def test_a_run_tells_what_it_read_and_measures_it(
    world: tuple[Bucket, StateTable, Recorded], capsys: pytest.CaptureFixture[str]
) -> None:
    bucket, _, recorded = world
    recorded.faults["DescribeSpotPriceHistory"] = [ServiceError("RequestLimitExceeded", "slow down", 503)]
    told = module.handler({"region": REGION}, Context(remaining_ms=900_000))  # type: ignore[arg-type]
    assert (told["caught_up"], told["gaps"], told["stopped"]) == (True, 0, "")
    assert told["parts"] == len(bucket.data()) > 0
    measured = metrics(capsys)
    assert (measured["Dataset"], measured["Region"]) == (DATASETS[0].name, REGION)
    assert measured["Rows"] == told["rows"] > 0
    assert (measured["Retries"], measured["Throttled"], measured["Fresh"]) == (1, 0, 1)


def test_a_held_run_measures_nothing(
    world: tuple[Bucket, StateTable, Recorded], capsys: pytest.CaptureFixture[str]
) -> None:
    context: Any = Context(remaining_ms=900_000)
    module.handler({"region": REGION}, context)
    (item,) = world[1].items.values()
    collector = module.assemble(module.parts(), REGION, context, lambda _: None)
    assert collector.ledger.take(0, collector.now(), collector.now() + 600) is not None
    capsys.readouterr()
    told = module.handler({"region": REGION}, context)
    assert told["stopped"] == "held"
    assert metrics(capsys) == {}
    assert item


def test_environments_bound_what_a_first_run_reads() -> None:
    environment = Environment({"DATASET": dataset_settings()})
    found = settings(environment)
    assert found is not None
    assert found.calendar.look_back_s == DAY


@pytest.mark.parametrize("given", ["", "{}", '{"a": {"name": "a"}}', '{"a": {"name": "a", "options": {}}}'])
def test_settings_that_cannot_be_read_are_told(given: str) -> None:
    environment = Environment({"DATASET": given})
    settings(environment)
    with pytest.raises(BadEnvironment, match="DATASET"):
        environment.done()


def test_progress_survives_its_item() -> None:
    gap = Gap("Denied", since=1, tries=2, due=3, parts=4)
    progress = Progress(5, newest=6, caught_up=True, reading=Reading(7, part=2), gaps={8: gap}, holder="h")
    assert Progress.from_json(progress.to_json()) == progress


@given(
    st.floats(0, 4e9),
    st.sampled_from([HOUR, 6 * HOUR, DAY]),
    st.sampled_from([0, DAY, 90 * DAY]),
    st.sampled_from([0, 900]),
    st.floats(0, 1),
)
def test_a_first_window_can_be_had_and_is_not_ahead(
    now: float, window_s: int, history_s: int, settle_s: int, share: float
) -> None:
    calendar = Calendar(window_s, history_s, int(share * history_s), settle_s)
    first = calendar.first(now)
    assert first % window_s == 0
    assert not calendar.forgotten(first, now)
    assert first <= now + window_s
    window = calendar.window(first)
    assert window.date == Window(window.end - 1, window.end).date
    assert not calendar.ripe(first + 2 * window_s, now) or history_s
    if history_s:
        assert calendar.ripe(first, now + 2 * window_s + settle_s)


@pytest.mark.parametrize(
    ("code", "status", "token", "kind"),
    [
        ("RequestLimitExceeded", 503, "", Later),
        ("TooManyRequestsException", 429, "t", Later),
        ("InternalError", 500, "t", Later),
        ("InvalidNextToken", 400, "t", StaleToken),
        ("InvalidPaginationTokenException", 400, "t", StaleToken),
        ("InvalidParameterValue", 400, "t", StaleToken),
        ("InvalidParameterValue", 400, "", Denied),
        ("ExpiredToken", 403, "t", Denied),
        ("UnauthorizedOperation", 403, "", Denied),
        ("MaxConfigLimitExceeded", 400, "", Denied),
    ],
)
def test_what_a_refusal_means(code: str, status: int, token: str, kind: type) -> None:
    found = meaning(error(code, status), token)
    assert (type(found), str(found)) == (kind, code)


@pytest.mark.parametrize(
    ("progress", "done", "fresh"),
    [
        (Progress(0, newest=int(NOW) - HOUR, caught_up=True), Done(), True),
        (Progress(0, newest=int(NOW) - 2 * DAY, caught_up=True), Done(parts=3), False),
        (Progress(0, newest=int(NOW) - 20 * DAY), Done(parts=3), True),
        (Progress(0, newest=int(NOW) - 20 * DAY), Done(), False),
    ],
)
def test_what_is_fresh(progress: Progress, done: Done, fresh: bool) -> None:
    assert module.is_fresh(known(), progress, done, NOW) is fresh


def test_an_error_of_our_own_store_is_an_error() -> None:
    world = World(Pages(lambda _: [1]))

    def refuse(**_: Any) -> Any:
        raise error("AccessDenied", 403)

    world.bucket.put_object = refuse  # type: ignore[method-assign, assignment]
    with pytest.raises(Exception, match="AccessDenied"):
        world.collector().run()
