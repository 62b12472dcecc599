"""The features of a family's load: what its family tells, what a caller tells instead, and what follows."""

from datetime import UTC, datetime

import numpy as np
import pytest

from catalog.models.family_stress import FAMILY_STRESS
from catalog.records.family_load import FAMILY_LOAD
from encoding import Encoder
from features import family_load as code
from features import family_load_facts as facts

ENCODER = Encoder.of(FAMILY_STRESS.contract)
MONDAY = datetime(2026, 3, 2, 14, tzinfo=UTC).isoformat()


def built(**given):
    record = {"pool_id": "p", "timestamp": MONDAY, "instance_family": "t3", "region": "us-east-1", **given}
    assert FAMILY_STRESS.contract.check(record) == []
    row = ENCODER.features(ENCODER.read([record]))[0]
    return dict(zip(code.NAMES, row.tolist(), strict=True))


@pytest.mark.parametrize("family", facts.FAMILIES)
def test_what_is_left_out_follows_from_the_family(family):
    row, told = built(instance_family=family), facts.FAMILIES[family]
    assert [row[name] for name in facts.NAMES] == pytest.approx(list(told), nan_ok=True)


def test_what_is_given_wins():
    row = built(vcpu=8, memory_gb=32, baseline_share=0.4)
    assert (row["vcpu"], row["memory_gb"], row["network_gbps"]) == (8, 32, 5)
    assert row["baseline_share"] == pytest.approx(0.4)


def test_of_an_unknown_family_nothing_is_made_up():
    row = built(instance_family="z9", cpu_mean_24h=40.0)
    assert all(np.isnan(row[name]) for name in (*facts.NAMES, "cpu_over_baseline", "credit_hours"))


def test_families_are_told_apart_by_their_numbers():
    numbers = [FAMILY_LOAD.features[0].number(name) for name in facts.FAMILIES]
    assert len(set(numbers)) == len(numbers)
    whole = facts.of(np.array([*numbers, np.nan, numbers[0] + 0.5]))
    assert np.allclose(whole[:-2], list(facts.FAMILIES.values()), equal_nan=True)
    assert np.isnan(whole[-2:]).all()


@pytest.mark.parametrize(
    ("cpu", "credits", "hours"),
    [
        (90.0, 0.5, 24 * 0.3 * 0.5 / 0.6),
        (90.0, 0.0, 0.0),
        (30.0, 0.5, 240.0),
        (20.0, 0.0, 240.0),
        (31.0, 1.0, 240.0),
    ],
)
def test_credits_last_until_they_are_spent(cpu, credits, hours):
    assert built(cpu_mean_1h=cpu, credit_balance=credits)["credit_hours"] == pytest.approx(hours, rel=1e-4)


def test_load_is_told_against_the_baseline():
    assert built(cpu_mean_24h=50.0)["cpu_over_baseline"] == pytest.approx(20, abs=1e-4)
    assert built(cpu_mean_24h=50.0, instance_family="m5")["cpu_over_baseline"] == pytest.approx(-50)


def test_the_calendar_follows_from_the_time():
    row = built()
    assert (row["hour_of_day"], row["day_of_week"]) == (14, 0)


def test_a_record_alone_is_as_among_others():
    records = [
        {
            "pool_id": "p",
            "timestamp": MONDAY,
            "instance_family": family,
            "region": "eu-west-1",
            "cpu_mean_1h": 80.0,
        }
        for family in ("t3", "m5", "other")
    ]
    together = ENCODER.features(ENCODER.read(records))
    for place, record in enumerate(records):
        np.testing.assert_array_equal(ENCODER.features(ENCODER.read([record]))[0], together[place])
