"""The synthetic pools: seeded, within the schema, moved by the physics they claim, not foretold for sure."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from catalog.models.family_stress import FAMILY_STRESS
from sources.family_load import AHEAD, EVERY, best_achievable, chunks, life, measures, traits

TARGET = FAMILY_STRESS.contract.target


@pytest.fixture(scope="module")
def table():
    return pa.concat_tables(chunks(6_000))


def test_the_seed_decides_everything_and_the_count_only_how_much(table):
    assert pa.concat_tables(chunks(6_000)).equals(table)
    assert pa.concat_tables(chunks(500)).equals(table.slice(0, 500).combine_chunks())
    assert not pa.concat_tables(chunks(500, seed=7)).equals(table.slice(0, 500).combine_chunks())


def test_no_records_are_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        next(chunks(0))


def test_records_satisfy_the_schema(table):
    for row in table.slice(0, 400).to_pylist():
        given = {name: value for name, value in row.items() if value is not None}
        sent = {**given, "timestamp": row["timestamp"].isoformat()}
        assert FAMILY_STRESS.contract.record.check(sent, [TARGET]) == []


def test_pools_are_watched_every_six_hours_and_most_records_are_labelled(table):
    frame = table.to_pandas()
    step = frame.groupby("pool_id")["timestamp"].diff().dropna().dt.total_seconds() / 3600
    assert set(step) == {EVERY}
    assert 0.85 < frame["stress_score"].notna().mean() < 0.95
    assert 0.3 < frame["memory_used"].isna().mean() < 0.6


def test_only_burstable_pools_have_credits_and_those_without_suffer(table):
    frame = table.to_pandas()
    bursts = frame["instance_family"].str.startswith("t")
    assert frame.loc[~bursts, "credit_balance"].isna().all()
    assert frame.loc[bursts, "credit_balance"].notna().all()
    spent = frame["credit_balance"] < 0.05
    assert frame.loc[spent, "stress_score"].mean() > 3 * frame.loc[bursts & ~spent, "stress_score"].mean()


def one_pool(**changes):
    """A t3.large with a steady load, no neighbours and nothing else that happens by chance."""
    own = traits.draw(np.random.default_rng(0), 1)
    calm = {
        "baseline": 0.3, "burstable": 1.0, "unlimited": 0.0, "neighbours": 0.0, "load": 0.6, "day": 0.0,
        "week": 0.0, "growth": 0.0, "batch": 0.0, "memory": 0.3, "leak": 0.0, "traffic": 0.1,
    }  # fmt: skip
    own = replace(own, uneven=np.ones((traits.INSTANCES, 1)))
    return replace(own, **{name: np.array([value]) for name, value in {**calm, **changes}.items()})


def hours_of(own, count, credits=1.0):
    random = np.random.default_rng(1)
    state = replace(
        life.start(random, own), mood=np.zeros(1), credits=np.full((traits.INSTANCES, 1), credits)
    )
    seen = []
    for passed in range(count):
        state = replace(state, mood=np.zeros(1), surge=np.ones(1), crowd=np.zeros(1))
        state, hour = life.step(state, own, np.array([passed]), random)
        seen.append(hour)
    return [float(each.shortfall[0]) for each in seen], [float(each.cpu[0]) for each in seen], seen[-1]


def test_credits_carry_a_burst_and_then_the_baseline_is_all_there_is():
    short, cpu, _ = hours_of(one_pool(), 48)
    spent_after = life.BANKED_HOURS * 0.3 / (0.6 - 0.3)
    assert max(short[: int(spent_after) - 1]) == pytest.approx(0, abs=1e-9)
    assert short[-1] == pytest.approx(0.5)
    assert cpu[-1] == pytest.approx(0.3)


def test_below_the_baseline_credits_come_back_and_unlimited_is_never_throttled():
    *_, last = hours_of(one_pool(load=0.1), 48, credits=0.0)
    assert float(last.credits[0]) == pytest.approx(1.0)
    assert hours_of(one_pool(unlimited=1.0), 48)[0][-1] == pytest.approx(0)


@pytest.mark.parametrize(
    ("changes", "least"),
    [
        ({"burstable": 0.0, "baseline": 1.0, "load": 1.25}, 0.2),
        ({"memory": 0.97}, 0.3),
        ({"traffic": 2.0}, 0.1),
        ({"neighbours": 3.0}, 0.0),
    ],
)
def test_every_shortage_costs_work(changes, least):
    calm, *_ = hours_of(one_pool(), 6)
    short, *_ = hours_of(one_pool(**changes), 6)
    assert calm[-1] == pytest.approx(0)
    assert short[-1] > calm[-1] + least * 0.9


def test_no_record_knows_a_later_hour():
    random = np.random.default_rng(3)
    past = life.Hour(*(random.random((400, 5)) for _ in range(6)))
    at = np.array([200, 300])
    first = measures.measure(np.random.default_rng(0), past, at)
    changed = life.Hour(
        *(np.where(np.arange(400)[:, None] >= 300, 0.5, getattr(past, name)) for name in past.__dict__)
    )
    again = measures.measure(np.random.default_rng(0), changed, at)
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])


def test_what_can_be_foretold_is_neither_nothing_nor_everything(table):
    best = best_achievable(records=300, futures=15)
    label = table["stress_score"].to_pandas()
    assert 0.8 < best["r2"] < 0.98
    assert 0.1 * label.std() < best["rmse"] < 0.5 * label.std()
    assert TARGET.horizon_hours == AHEAD
