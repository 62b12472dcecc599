"""The synthetic storage fleet: seeded, as documented, and no easier than it says."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from catalog.models.capacity import CAPACITY
from features import storage_reading as code
from labels import ahead
from sources.storage_reading import HOURS, LIFE, START_MS, best_achievable, chunks, traits

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def table():
    return pa.concat_tables(chunks(30_000))


@pytest.fixture(scope="module")
def columns(table):
    """Resource codes, times (ms) and usage."""
    codes = table["resource_id"].combine_chunks().dictionary_encode().indices.cast(pa.int64())
    return tuple(
        np.asarray(each)
        for each in (codes, table["timestamp"].cast(pa.int64()), table["current_storage_usage"])
    )


def test_the_seed_decides_everything_and_the_count_only_how_much(table):
    again, other = pa.concat_tables(chunks(30_000)), pa.concat_tables(chunks(1_000, seed=7))

    assert again.equals(table)
    assert pa.concat_tables(chunks(1_000)).equals(table.slice(0, 1_000).combine_chunks())
    assert not other.equals(table.slice(0, 1_000))


def test_no_records_are_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        next(chunks(0))


def test_records_satisfy_the_schema(table):
    for record in table.slice(0, 300).to_pylist():
        given = {name: value for name, value in record.items() if value is not None}
        assert CAPACITY.contract.check({**given, "timestamp": record["timestamp"].isoformat()}) == []


def test_lives_lie_within_six_weeks_and_are_hourly(table, columns):
    entity, time, _ = columns
    assert time.min() >= START_MS
    assert time.max() < START_MS + HOURS * HOUR_MS + HOUR_MS
    assert np.bincount(entity).max() < LIFE[1]
    step = np.diff(time)[np.diff(entity) == 0] / HOUR_MS
    assert (step > 0).all()
    assert np.mean(np.abs(step - 1) < 0.06) > 0.97
    shares = table.group_by("resource_id").aggregate([("write_rate_mb", "count")])["write_rate_mb_count"]
    assert pc.mean(pc.equal(shares, 0)).as_py() == pytest.approx(0.4, abs=0.15)


def test_usage_stays_in_its_range_and_moves_both_ways(columns):
    entity, _, usage = columns
    change = np.diff(usage)[np.diff(entity) == 0]
    assert usage.min() >= 0
    assert usage.max() <= 100
    assert (change <= -code.DROP).mean() > 0.01
    assert (change > 0).mean() > 0.5


def test_activity_is_one_on_the_average_week():
    own = traits.draw(np.random.default_rng(0), 50)
    week = np.arange(168)[:, None] + np.zeros(50, np.int64)

    assert np.mean([traits.activity(own, hour) for hour in week], axis=0) == pytest.approx(np.ones(50))


def test_what_can_be_foretold_is_neither_nothing_nor_everything(columns):
    entity, time, usage = columns
    best = best_achievable((6, 24), records=400, futures=30)
    still = np.nanmean(np.abs(ahead(entity, time, usage, (6, 24)) - usage[:, None]), axis=0)

    for place, hours in enumerate((6, 24)):
        assert 0.4 < best[hours]["r2_change"] < 0.9
        assert best[hours]["r2"] > 0.9
        assert 0.2 * still[place] < best[hours]["mae"] < 0.7 * still[place]
    assert best[6]["pinball"] < best[24]["pinball"]
