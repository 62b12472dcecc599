"""The synthetic spot market: seeded, within its schema, with names that appear late; and its features."""

import numpy as np
import pyarrow as pa
import pytest

import artifact
import baselines
import dataset
import metrics
from catalog.contract import name_number
from catalog.models.spot_stability import SPOT_STABILITY
from encoding import Encoder
from features.spot_market import PROCESSORS
from sources.spot_market import GROUP, HOUR_MS, START_MS, best_achievable, chunks, seen
from sources.spot_market.world import HOURS, LATE, world
from tests.training import events

CONTRACT = SPOT_STABILITY.contract
FIXED = dict(SPOT_STABILITY.trained.tuning.fixed)


@pytest.fixture(scope="module")
def table():
    return pa.concat_tables(chunks(12_000))


def encoded(**record):
    encoder = Encoder.of(CONTRACT)
    given = {"pool_id": "p", "timestamp": "2026-03-02T06:00:00+00:00", **record}
    row = encoder.features(encoder.read([given]))[0]
    return dict(zip(CONTRACT.columns, row.tolist(), strict=True))


def test_the_seed_decides_everything_and_the_count_only_how_much(table):
    assert pa.concat_tables(chunks(12_000)).equals(table)
    assert pa.concat_tables(chunks(1_000)).equals(table.slice(0, 1_000).combine_chunks())
    assert not pa.concat_tables(chunks(1_000, seed=7)).equals(table.slice(0, 1_000))


def test_no_records_are_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        next(chunks(0))


def test_records_satisfy_the_schema(table):
    for record in table.slice(0, 300).to_pylist():
        given = {name: value for name, value in record.items() if value is not None}
        given["timestamp"] = record["timestamp"].isoformat()
        assert CONTRACT.record.check(given, (CONTRACT.target,)) == []


def test_types_and_zones_open_late_and_not_before(table):
    time = (np.asarray(table["timestamp"].cast(pa.int64())) - START_MS) // HOUR_MS
    for column in ("zone", "instance_type"):
        names = np.array(table[column].to_pylist())
        first = np.array([time[names == name].min() for name in np.unique(names)])
        assert 0.08 < (first > LATE * HOURS).mean() < 0.4, column
    opens = dict(zip(world(20260105).zones, world(20260105).zone_opens.tolist(), strict=True))
    assert all(
        hour >= opens[zone] for zone, hour in zip(table["zone"].to_pylist(), time.tolist(), strict=True)
    )


def test_what_a_record_tells_comes_with_gaps_and_says_something_of_the_risk(table):
    risk = np.concatenate([seen(group).risk for group in range(12_000 // GROUP)])
    for name, sign in (("placement_score", -1), ("interruptions_24h", 1)):
        values = np.array(table[name].to_numpy(), float)
        there = ~np.isnan(values)
        assert 0.4 < there.mean() < 0.8
        assert sign * np.corrcoef(values[there], risk[there])[0, 1] > 0.2
    price = np.array(table["price_usd"].to_numpy(), float)
    assert 0.02 < np.isnan(price).mean() < 0.2


def test_outcomes_are_as_likely_as_the_truth_says():
    parts = [seen(group) for group in range(6)]
    risk, happened = (
        np.concatenate([getattr(each, name) for each in parts]) for name in ("risk", "happened")
    )
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1)):
        which = (risk >= low) & (risk < high)
        assert happened[which].mean() == pytest.approx(risk[which].mean(), abs=0.04)
    assert 0.7 < best_achievable(6_000)["auc"] < 0.95


@pytest.mark.parametrize(
    ("zone", "kind", "region", "series", "family", "size"),
    [
        ("us-east-1a", "m5.large", "us-east-1", "m", "m5", "large"),
        ("us-west-2-lax-1a", "u-6tb1.112xlarge", "us-west-2", "u", "u-6tb1", "112xlarge"),
        ("us-central1-c", "n1-highcpu-16", "us-central1", "n", "n1-highcpu", "16"),
        ("eu-west-1b", "m7i.metal-24xl", "eu-west-1", "m", "m7i", "metal-24xl"),
        ("us-gov-west-1a", "c7gn.4xlarge", "us-gov-west-1", "c", "c7gn", "4xlarge"),
    ],
)
def test_names_are_cut_out_of_names(zone, kind, region, series, family, size):
    found = encoded(zone=zone, instance_type=kind)
    told = {"region": region, "series": series, "family": family, "size": size}
    assert {name: found[name] for name in told} == {name: name_number(text) for name, text in told.items()}
    assert found["zone"] == name_number(zone)


def test_processors_follow_from_the_size_unless_they_are_told():
    assert encoded(zone="us-east-1a", instance_type="m5.4xlarge")["vcpu"] == 16
    assert encoded(zone="us-east-1a", instance_type="m5.4xlarge", vcpu=8)["vcpu"] == 8
    assert encoded(zone="us-central1-c", instance_type="n1-highcpu-64")["vcpu"] == 64
    assert np.isnan(encoded(zone="us-east-1a", instance_type="m5.metal")["vcpu"])
    assert len({name_number(size) for size in PROCESSORS}) == len(PROCESSORS)


def test_prices_become_ratios_and_what_is_not_known_stays_unknown():
    given = {"price_usd": 0.03, "on_demand_usd": 0.1, "price_mean_24h": 0.02, "price_mean_7d": 0.04}
    found = encoded(zone="us-east-1a", instance_type="m5.large", **given, price_std_24h=0.001)
    assert found["savings"] == pytest.approx(0.7)
    assert found["price_ratio_24h"] == pytest.approx(1.5)
    assert found["price_trend"] == pytest.approx(0.5)
    assert found["price_spread_24h"] == pytest.approx(0.05)
    assert np.isnan(found["price_peak_7d"])
    assert (found["hour_sin"], found["day_of_week"], found["is_weekend"]) == (pytest.approx(1), 0, 0)


@pytest.fixture(scope="module")
def job(table, tmp_path_factory):
    folder = events.prepared(iter([table]), CONTRACT, tmp_path_factory.mktemp("spot"))
    given = {**FIXED, "num_boost_round": "60", "folds": "2"}
    return folder, *events.trained(folder, CONTRACT, learner="hierarchy", **given)


def test_it_foretells_better_than_the_rule_and_no_better_than_can_be(job):
    folder, model_dir, _ = job
    model, test = artifact.load(model_dir), dataset.read(folder / "test", CONTRACT)
    truth = test.target > 0
    ruled = baselines.rule(test.features, CONTRACT, CONTRACT.fallback).values[:, 1]
    reached = metrics.auc(truth, model.predict(test.features)[:, 1])
    assert metrics.auc(truth, ruled) < reached < best_achievable(8_000)["auc"] + 0.03


def test_the_test_split_asks_about_names_that_training_lacks(job):
    folder, model_dir, _ = job
    train, test = (dataset.read(folder / part, CONTRACT).features for part in ("train", "test"))
    model = artifact.load(model_dir)
    place = CONTRACT.columns.index("instance_type")
    new = ~np.isin(test[:, place], train[:, place])
    assert 0.1 < new.mean() < 0.6
    bounds = model.interval(test)
    wide = np.log(bounds / (1 - bounds)) @ (-1, 1)
    assert wide[new].mean() > wide[~new].mean()
