"""The model's input from the contract alone: numbers, defaults, texts and windows."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

import grams
import windows
from catalog.contract import Text, name_number
from encoding import Encoder
from features import iops_insight
from tests.training.fleet import RISK, fleet
from tests.training.fleet import as_records as as_insights
from tests.training.given import columns
from tests.training.kinds import NOTES, PLACES, SERIES, START, as_records, readings


def shuffled(records, seed=1):
    return [records[place] for place in np.random.default_rng(seed).permutation(len(records))]


@pytest.mark.parametrize("contract", [NOTES, replace(SERIES, steps=1)], ids=lambda each: each.name)
def test_each_row_is_the_contract_s_own_encoding(contract):
    records = as_records(readings(hours=12))
    encoder = Encoder.of(contract)
    expected = np.array([contract.encode(record) for record in records], np.float32)
    np.testing.assert_allclose(encoder.windows(encoder.read(records)), expected, rtol=1e-6)
    assert np.isnan(expected).any()


def test_a_record_without_anything_gets_defaults_and_gaps():
    encoder = Encoder.of(replace(SERIES, steps=1))
    bare = {"device": "d", "seen_at": START.isoformat()}
    np.testing.assert_array_equal(encoder.windows(encoder.read([bare])), [[np.nan, 2]])


def test_feature_code_derives_what_the_contract_says_it_derives():
    records, encoder = as_insights(fleet(windows=20)), Encoder.of(RISK)
    built = iops_insight.build(columns(records, RISK)).astype(np.float32)
    np.testing.assert_array_equal(encoder.windows(encoder.read(records)), built)


def test_feature_code_of_other_features_is_refused():
    record = replace(RISK.record, features=RISK.record.features[1:])
    with pytest.raises(ValueError, match=r"features\.iops_insight builds .* contract iops-risk has"):
        Encoder.of(replace(RISK, record=record))


def test_names_are_numbers_and_parts_of_them_are_too():
    records = [
        {"device": "d", "seen_at": START.isoformat(), "place": place, "load": 1.0}
        for place in ("hall-1", "hall-2", "barn-1")
    ]
    rows = Encoder.of(PLACES).windows(Encoder.of(PLACES).read(records))
    np.testing.assert_array_equal(rows, np.array([PLACES.encode(record) for record in records], np.float32))
    assert len(set(rows[:, 0])) == 3
    assert rows[0, 1] == rows[1, 1] == name_number("hall") != rows[2, 1]
    assert (rows[:, :2] == rows[:, :2].astype(int)).all()


def test_of_a_name_without_the_part_the_part_is_missing():
    odd = {"device": "d", "seen_at": START.isoformat(), "place": "somewhere", "load": 1.0}
    assert [problem.field for problem in PLACES.check(odd)] == ["place"]
    assert np.isnan(PLACES.encode(odd)[1])


TEXTS = [
    "",
    "a",
    "ab",
    "' OR 1=1 --",
    "SELECT * FROM users",
    "Straße ĲİΣ",
    "日本語",
    "\ud800 alone",
    "zz" * 900,
    "\x00\x7f",
]


@pytest.mark.parametrize("grams_of", [(1, 2, 3), (2, 4), (5,)])
def test_texts_are_encoded_as_one_by_one(grams_of):
    text = Text(name="t", description="", example="", buckets=128, grams=grams_of)
    drawn = np.random.default_rng(0).integers(32, 0x2FF, (600, 30))
    values = [*TEXTS, *("".join(map(chr, row)) for row in drawn)]
    expected = np.array([text.encode(value) for value in values])
    np.testing.assert_allclose(grams.encode(text, values), expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(grams.encode(text, [None]), np.zeros((1, 128)))
    assert len(values) > 2 * grams.ROWS


def by_hand(records, contract):
    """Windows record by record, with nothing but the contract's own encoding."""
    times = [np.datetime64(record["seen_at"][:-6]) for record in records]
    most = np.timedelta64(contract.record.history.ttl_hours, "h")
    rows = []
    for record, time in zip(records, times, strict=True):
        mine = [
            (t, r)
            for r, t in zip(records, times, strict=True)
            if r["device"] == record["device"] and t <= time and time - t <= most
        ]
        steps = [contract.encode(r) for _, r in sorted(mine, key=lambda pair: pair[0])[-contract.steps :]]
        gaps = [[np.nan] * len(contract.features)] * (contract.steps - len(steps))
        rows.append(np.concatenate([*gaps, *steps]))
    return np.array(rows, np.float32)


@pytest.mark.parametrize("steps", [2, 4, 9])
def test_a_window_is_the_entity_s_last_records_oldest_first(steps):
    contract = replace(SERIES, steps=steps)
    records, encoder = shuffled(as_records(readings(devices=4, hours=14))), Encoder.of(contract)
    found = encoder.windows(encoder.read(records))
    assert found.shape == (len(records), len(contract.columns))
    np.testing.assert_array_equal(found, by_hand(records, contract))


def test_later_records_and_other_entities_change_nothing():
    records, encoder = as_records(readings(devices=3, hours=20)), Encoder.of(SERIES)
    whole = encoder.windows(encoder.read(records))
    for end in (1, 17, 40):
        np.testing.assert_array_equal(encoder.windows(encoder.read(records[:end])), whole[:end])
    mine = [place for place, record in enumerate(records) if record["device"] == "d-1"]
    alone = encoder.windows(encoder.read([records[place] for place in mine]))
    np.testing.assert_array_equal(alone, whole[mine])


def test_what_the_platform_has_forgotten_is_in_no_window():
    times = [START, START + timedelta(hours=1), START + timedelta(hours=6, minutes=30)]
    records = [
        {"device": "d", "seen_at": time.isoformat(), "load": place} for place, time in enumerate(times)
    ]
    encoder = Encoder.of(SERIES)
    loads = encoder.windows(encoder.read(records))[:, ::2]
    np.testing.assert_array_equal(loads[2], [np.nan, np.nan, 1, 2])
    np.testing.assert_array_equal(loads[1], [np.nan, np.nan, 0, 1])
    forever = replace(SERIES.record, history=None)
    assert windows.reach(forever) > windows.reach(SERIES.record) == 6 * windows.HOUR_MS
