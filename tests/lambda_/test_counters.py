"""Counters: exact whoever counts at once, and never a reason to fail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from botocore.exceptions import EndpointConnectionError

from shared.counters import BOUNDS_MS, SHARDS, Counters
from tests.lambda_.fakes import refusal
from tests.lambda_.state_table import TABLE, StateTable


def test_totals_are_exact_among_many_threads() -> None:
    table = StateTable()

    def act(n: int) -> None:
        Counters(table, TABLE).add("m", {"predictions": n, "anomalies": 1, "errors": 0}, 1.5)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(100)))
    found = Counters(table, TABLE).read(["m", "other"])
    assert found["m"]["predictions"] == sum(range(100))
    assert (found["m"]["anomalies"], found["m"]["errors"], found["m"]["latency_count"]) == (100, 0, 100)
    assert found["m"]["latency_ms_sum"] == pytest.approx(150)
    assert found["other"]["predictions"] == 0
    shards = {pk for pk, _ in table.items if pk.startswith("counter#m#")}
    assert 1 < len(shards) <= SHARDS


@pytest.mark.parametrize(
    ("latency_ms", "slower_than"), [(0.2, 0), (1, 0), (1.01, 1), (50, 5), (999, 9), (1e6, 10)]
)
def test_a_latency_counts_in_the_first_bucket_that_holds_it(latency_ms: float, slower_than: int) -> None:
    table = StateTable()
    counters = Counters(table, TABLE)
    counters.add("m", {"predictions": 1}, latency_ms)
    told = counters.read(["m"])["m"].cumulative()
    assert [bound for bound, _ in told] == [*BOUNDS_MS, float("inf")]
    assert [calls for _, calls in told] == [0] * slower_than + [1] * (len(BOUNDS_MS) + 1 - slower_than)


def test_the_first_request_is_remembered() -> None:
    table = StateTable()
    counters = Counters(table, TABLE)
    assert counters.started() is None
    counters.add("m", {"predictions": 1}, 1)
    first = counters.started()
    Counters(table, TABLE).add("m", {"predictions": 1}, 1)
    assert first is not None
    assert counters.started() == first <= datetime.now(UTC)


@pytest.mark.parametrize(
    "failure",
    [refusal("UpdateItem", "ThrottlingException"), EndpointConnectionError(endpoint_url="http://table")],
)
def test_what_cannot_be_counted_is_not_told_to_the_caller(failure: Exception) -> None:
    table = StateTable()
    table.failures = [failure]
    counters = Counters(table, TABLE)
    counters.add("m", {"predictions": 1}, 1)
    counters.add("m", {"predictions": 1}, 1)
    assert counters.read(["m"])["m"]["predictions"] == 1


def test_more_models_than_one_read_holds_are_read_in_several() -> None:
    table = StateTable()
    counters = Counters(table, TABLE)
    models = [f"m{n}" for n in range(20)]
    for model in models:
        counters.add(model, {"predictions": 2}, 3)
    before = len(table.calls)
    table.unprocessed = 10
    assert {totals["predictions"] for totals in counters.read(models).values()} == {2}
    assert table.operations()[before:] == ["BatchGetItem"] * 2
