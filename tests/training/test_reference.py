"""The training's histogram: the same buckets as where live inputs are counted, and what their PSI tells."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from catalog.examples import flat
from catalog.histogram import MISSING, Tally, bucket, counted, is_named, named_bucket, psi
from reference import Reference, buckets, named_buckets
from tests.models import LEARNED
from tests.training.fleet import RISK, metadata_of, split_table

MODELS = pytest.mark.parametrize("spec", LEARNED, ids=lambda spec: spec.name)


@given(arrays(np.float64, 20, elements=st.floats()))
def test_numpy_and_the_standard_library_count_alike(values):
    assert buckets(values).tolist() == [bucket(value) for value in values.tolist()]


@given(arrays(np.float64, 20, elements=st.one_of(st.just(np.nan), st.integers(0, 2**24 - 1).map(float))))
def test_names_are_counted_alike(values):
    assert named_buckets(values).tolist() == [named_bucket(value) for value in values.tolist()]


def test_the_reference_is_of_the_training_split(prepared):
    folder = prepared["iops-risk"]
    found = json.loads((folder / "metadata" / "reference.json").read_text())
    known, table = metadata_of(folder), split_table(folder, "train")
    assert (found["contract_hash"], found["data_hash"]) == (RISK.hash, known["data_hash"])
    assert found["records"] == len(table) == known["splits"]["train"]["rows"]
    assert tuple(found["features"]) == counted(RISK)
    for name, told in found["features"].items():
        codes = buckets(np.array(table[name].to_numpy(zero_copy_only=False), np.float64))
        assert told["counts"] == {str(code): int((codes == code).sum()) for code in np.unique(codes)}


@MODELS
def test_what_a_caller_sends_lies_in_the_reference_of_the_same(spec):
    """Each record alike, live and in training: no feature has drifted."""
    contract = spec.contract
    record = flat(contract.record)
    if contract.record.derives:
        record |= {each.name: each.example for each in contract.record.given}
    tally, reference = Tally(contract), Reference(contract)
    row = np.zeros(len(contract.columns))
    first = contract.columns.index(contract.features[0])
    row[first : first + len(contract.features)] = contract.encode(record)
    texts = {text.name: [record[text.name]] * 50 for text in contract.record.texts}
    reference.add(np.tile(row.astype(np.float32), (50, 1)), texts)
    for _ in range(50):
        tally.add(record)
    for name, told in reference.result()["features"].items():
        before = {int(code): count for code, count in told["counts"].items()}
        assert psi(before, tally.counts[name], named=told["named"]) == pytest.approx(0, abs=1e-9), name


def counts(values, named=False):
    codes = (named_buckets if named else buckets)(np.asarray(values, np.float64))
    return dict(zip(*(each.tolist() for each in np.unique(codes, return_counts=True)), strict=True))


def test_the_psi_is_that_of_a_direct_computation():
    draw = np.random.default_rng(0)
    before, after = draw.lognormal(3, 1, 200_000), draw.lognormal(3.3, 1, 200_000)
    edges = np.quantile(before, np.linspace(0, 1, 11)[1:-1])
    expected, found = (np.bincount(np.digitize(v, edges), minlength=10) / len(v) for v in (before, after))
    direct = float(np.sum((found - expected) * np.log(found / expected)))
    assert psi(counts(before), counts(after), named=False) == pytest.approx(direct, rel=0.1)


@pytest.mark.parametrize("live", [500, 2_000, 50_000])
def test_the_same_distribution_has_not_drifted(live):
    """Of any shape: spread over decades, in a narrow band, of few values, mostly zero, partly missing."""
    draw = np.random.default_rng(live)

    def of(size):
        return (
            draw.lognormal(2, 2, size),
            draw.normal(95, 0.5, size),
            draw.integers(0, 24, size).astype(float),
            draw.poisson(0.05, size).astype(float),
            np.where(draw.random(size) < 0.3, np.nan, draw.random(size)),
            draw.normal(0, 1, size),
        )

    for before, after in zip(of(20_000), of(live), strict=True):
        assert psi(counts(before), counts(after), named=False) < 0.1


@pytest.mark.parametrize(
    "shifted",
    [
        lambda values: values * 2,
        lambda values: values + 30,
        lambda values: np.full(len(values), 1e6),
        lambda values: np.where(np.arange(len(values)) % 5 < 2, np.nan, values),
        lambda values: -values,
        lambda values: np.zeros(len(values)),
    ],
)
def test_a_planted_drift_is_found(shifted):
    draw = np.random.default_rng(1)
    before, after = draw.lognormal(3, 0.5, 20_000), draw.lognormal(3, 0.5, 500)
    assert psi(counts(before), counts(shifted(after)), named=False) > 0.25


def test_a_constant_that_changes_has_drifted():
    for before, after in ((5, 50), (0, 1), (50, 5)):
        assert psi(counts([before] * 1000), counts([after] * 500), named=False) > 1


def test_names_drift_when_others_come():
    draw = np.random.default_rng(2)
    names = draw.integers(0, 2**24, 40)
    usual = draw.choice(names, 20_000, p=np.arange(1, 41) / 820)
    again = draw.choice(names, 1_000, p=np.arange(1, 41) / 820)
    fewer = draw.choice(names[:20], 1_000)
    assert psi(counts(usual, True), counts(again, True), named=True) < 0.1
    assert psi(counts(usual, True), counts(fewer, True), named=True) > 0.25


def test_columns_of_earlier_records_and_of_texts_are_left_out():
    spec = next(each for each in LEARNED if each.contract.steps > 1)
    contract = replace(spec.contract, steps=2)
    reference = Reference(contract)
    row = np.full((1, len(contract.columns)), 7.0, np.float32)
    row[0, len(contract.features) :] = 3.0
    reference.add(row, {})
    told = reference.result()["features"]
    assert set(told) == set(counted(contract))
    assert all(list(each["counts"]) == [str(bucket(3.0))] for each in told.values() if not each["named"])
    assert not any(is_named(each) and MISSING in told[each.name]["counts"] for each in contract.record.read)
