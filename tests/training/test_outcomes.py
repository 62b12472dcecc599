"""Measurements of two platforms become labelled requests."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines import Answers
from catalog.models.iops_risk import IOPS_RISK
from catalog.models.placement import PLACEMENT
from columns import numbers
from dataset import Rows
from outcomes import burdens, columns, paired
from scoring import score

CONTRACT = PLACEMENT.contract
LAMBDA, ECS = 0.0, 1.0
FREE = replace(CONTRACT, placement=replace(CONTRACT.placement, latency_usd_per_s=0.0, error_usd=0.0))
"""Cost alone decides."""


def measured(*rows: tuple[str, float, float, float]) -> pa.Table:
    """Of (request, platform, payload, cost) each."""
    request, platform, payload, cost = zip(*rows, strict=True)
    count = len(rows)
    return pa.table(
        {
            "entity": list(request),
            "time": pa.array(range(count), pa.int64()),
            "payload_size_kb": [float(each) for each in payload],
            "target": pa.nulls(count, pa.float64()),
            "platform": [float(each) for each in platform],
            "latency_ms": [100.0] * count,
            "cost_usd": [float(each) for each in cost],
            "error": [0.0] * count,
        }
    )


def labels(table: pa.Table) -> dict[str, float]:
    found = paired(table, FREE)
    return dict(zip(found["entity"].to_pylist(), numbers(found["target"]), strict=True))


def test_a_request_measured_on_both_platforms_is_its_own_pair():
    table = measured(("a", LAMBDA, 5, 1), ("b", ECS, 5, 1), ("a", ECS, 5, 2), ("b", LAMBDA, 5, 9))
    assert labels(table) == {"a": LAMBDA, "b": ECS}
    assert columns(IOPS_RISK.contract) == ()
    assert paired(table, FREE).column_names[-6:] == list(columns(FREE))


def test_the_outcomes_stand_beside_the_platform_they_are_of():
    found = paired(measured(("a", ECS, 5, 2), ("a", LAMBDA, 5, 1)), FREE)
    assert found["cost_usd[lambda]"].to_pylist() == [1]
    assert found["cost_usd[ecs]"].to_pylist() == [2]


def test_the_last_measurement_of_a_request_on_a_platform_counts():
    assert labels(measured(("a", LAMBDA, 5, 1), ("a", ECS, 5, 2), ("a", LAMBDA, 5, 3))) == {"a": ECS}


def test_a_request_that_one_platform_served_teaches_nothing():
    assert labels(measured(("a", LAMBDA, 10, 5), ("b", ECS, 10, 1))) == {}
    assert labels(measured(("a", LAMBDA, 10, 5), ("b", ECS, 10, 1), ("a", ECS, 10, 4))) == {"a": ECS}


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 9)), min_size=1, max_size=30))
def test_each_request_that_both_served_is_labelled_by_its_last_measurements(rows):
    table = measured(*((f"r{n}", float(side), 5, cost) for n, side, cost in rows))
    last = {(f"r{n}", side): cost for n, side, cost in rows}
    both = {name for name, _ in last if (name, True) in last and (name, False) in last}
    expected = {name: float(last[name, True] < last[name, False]) for name in both}
    assert labels(table) == expected


def outcomes(*rows: tuple[float, float, float, float]) -> Rows:
    """Of (latency, cost) on lambda and on ecs each."""
    beside = np.array([(a, b, 0, c, d, 0) for a, b, c, d in rows], np.float32)
    nothing = np.zeros(len(rows), np.float32)
    return Rows(np.zeros((len(rows), 15), np.float32), nothing, nothing, np.arange(len(rows)), beside)


def test_regret_is_what_was_paid_beyond_the_one_who_knew():
    rows = outcomes((10, 1, 20, 2), (50, 4, 30, 2))
    shares = np.full((2, 2), 0.5)

    def told(*chosen: int) -> dict[str, float]:
        return score(rows, Answers(shares, np.array(chosen)), FREE)

    assert told(0, 1)["regret"] == told(0, 1)["extra_cost"] == told(0, 1)["extra_latency_ms"] == 0
    assert told(0, 0)["regret"] == pytest.approx(2 / 3)
    assert told(0, 0)["extra_latency_ms"] == 10
    assert told(1, 1)["extra_cost"] == pytest.approx(1 / 3)


def test_latency_and_errors_are_worth_what_the_placement_says():
    twins = CONTRACT.placement
    failed = np.array([[[1000.0, 2.0, 1.0], [3000.0, 1.0, 0.0]]])
    expected = [2 + twins.latency_usd_per_s + twins.error_usd, 1 + 3 * twins.latency_usd_per_s]
    np.testing.assert_allclose(burdens(failed, CONTRACT)[0], expected)
