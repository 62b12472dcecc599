"""Live inputs: counted exactly, stored within bounds, read back as one."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.examples import flat
from catalog.histogram import MISSING, TOP, bucket, counted, is_named, named_bucket
from catalog.models import MODELS
from catalog.spec import ModelSpec
from shared.inputs import (
    DAY_S,
    EVERY_RECORDS,
    EVERY_S,
    KEPT_DAYS,
    MOST_BYTES,
    MOST_ENTITIES,
    MOST_OF_ONE,
    SOONEST_S,
    Inputs,
    packed,
    read,
)
from tests.lambda_.fakes import refusal
from tests.lambda_.state_table import TABLE, StateTable
from tests.models import LEARNED

START = 20_000 * DAY_S
DATE, NEXT = "2024-10-04", "2024-10-05"
FAILURE = next(spec for spec in MODELS if spec.name == "failure").contract
BOTH = pytest.mark.parametrize("spec", LEARNED, ids=lambda spec: spec.name)


class Process:
    """One process that counts, whose writes are made at once."""

    def __init__(self, table: StateTable, contract: Any = FAILURE) -> None:
        self.now = float(START)
        self.inputs = Inputs(lambda: table, TABLE, contract, lambda: self.now)

    def send(self, *records: dict[str, Any], after_s: float = 0) -> None:
        self.now += after_s
        self.inputs.count(records)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> StateTable:
    def at_once(work: Callable[[], None]) -> None:
        work()

    monkeypatch.setattr("shared.inputs.behind", at_once)
    return StateTable()


def found(table: StateTable, *dates: str) -> tuple[dict[str, dict[int, int]], int]:
    return read(table, TABLE, FAILURE.name, FAILURE.hash, dates or (DATE,))[:2]


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_buckets_rise_with_the_number(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert -TOP <= bucket(low) <= bucket(high) <= TOP


@given(st.integers(-20, 42), st.integers(0, 7))
def test_a_bucket_is_an_eighth_of_what_lies_between_powers_of_two(power: int, eighth: int) -> None:
    low = 2.0**power * (1 + eighth / 8)
    assert bucket(low) == bucket(low + 2.0**power / 8.001) == bucket(low + 2.0**power / 8) - 1
    assert bucket(-low) == -bucket(low)


def test_what_is_missing_has_a_bucket_of_its_own() -> None:
    assert bucket(float("nan")) == named_bucket(float("nan")) == MISSING < -TOP


@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), max_size=30))
def test_every_value_is_counted_once(values: list[float | None]) -> None:
    records = [{"cpu_usage": value} for value in values]
    process = Process(StateTable())
    process.send(*records)
    wanted = Counter(MISSING if value is None else bucket(value) for value in values)
    counts = process.inputs._tally.counts
    assert counts["cpu_usage"] == wanted
    assert all(sum(each.values()) == len(values) for each in counts.values())


@BOTH
def test_the_example_of_each_model_is_counted(spec: ModelSpec, table: StateTable) -> None:
    contract = spec.contract
    Process(table, contract).send(flat(contract.record))
    merged, records, entities = read(table, TABLE, contract.name, contract.hash, [DATE])
    assert (records, entities, set(merged)) == (1, 1, set(counted(contract)))
    for feature in contract.record.given:
        number = feature.number(feature.example)
        assert merged[feature.name] == {(named_bucket if is_named(feature) else bucket)(number): 1}


@BOTH
def test_the_most_that_a_day_can_hold_fits_an_item(spec: ModelSpec) -> None:
    every = {code: 10_000_000 + 7919 * code % 9_999_991 for code in range(-TOP, TOP + 1)}
    assert len(packed(dict.fromkeys(counted(spec.contract), every))) < MOST_BYTES


def test_the_first_request_is_stored_and_then_one_a_minute(table: StateTable) -> None:
    process = Process(table)
    for _ in range(10 * EVERY_S):
        process.send({"cpu_usage": 50}, after_s=1)
    assert table.operations() == ["PutItem"] * 10
    ((_, item),) = table.items.items()
    assert int(item["records"]["N"]) == 9 * EVERY_S + 1
    assert int(item["expires_at"]["N"]) == START + KEPT_DAYS * DAY_S


def test_many_records_are_stored_sooner(table: StateTable) -> None:
    process = Process(table)
    for _ in range(1 + 10 * EVERY_RECORDS // MOST_OF_ONE):
        process.send(*[{"cpu_usage": 50}] * MOST_OF_ONE, after_s=SOONEST_S * MOST_OF_ONE / EVERY_RECORDS)
    assert table.operations() == ["PutItem"] * 11
    assert found(table)[1] == 10 * EVERY_RECORDS + MOST_OF_ONE


def test_no_load_writes_more_often_than_a_partition_bears(table: StateTable) -> None:
    process = Process(table)
    for _ in range(10 * EVERY_S * 100):
        process.send(*[{"cpu_usage": 50}] * MOST_OF_ONE, after_s=0.01)
    assert len(table.operations()) <= 1 + 10 * EVERY_S / SOONEST_S


@given(st.integers(0, 500))
def test_of_a_large_request_some_are_counted_from_all_over_it(size: int) -> None:
    process = Process(StateTable())
    process.send(*({"cpu_usage": n} for n in range(size)))
    tally = process.inputs._tally
    assert tally.records == size if size <= MOST_OF_ONE else MOST_OF_ONE / 2 < tally.records <= MOST_OF_ONE
    every = max(1, -(-size // MOST_OF_ONE))
    assert tally.counts["cpu_usage"] == Counter(bucket(n) for n in range(0, size, every))


def test_processes_add_up_and_days_stand_apart(table: StateTable) -> None:
    one, other = Process(table), Process(table)
    for process in (one, other):
        process.send({"cpu_usage": 50}, {"cpu_usage": 3})
    one.send({"cpu_usage": 50}, after_s=1)
    one.send({"cpu_usage": 50}, after_s=DAY_S)
    counts, records = found(table)
    assert (records, counts["cpu_usage"]) == (5, {bucket(50): 3, bucket(3): 2}), "a day ends stored"
    assert found(table, NEXT)[1] == 1
    assert found(table, DATE, NEXT)[1] == 6


def test_counts_of_another_contract_are_left_out(table: StateTable) -> None:
    Process(table).send({"cpu_usage": 50})
    assert read(table, TABLE, FAILURE.name, "another", [DATE]) == ({}, 0, 0)


def test_entities_are_counted_once_and_up_to_a_bound(table: StateTable) -> None:
    one, other = Process(table), Process(table)
    one.send(*({"resource_id": f"r-{n % 7}", "cpu_usage": 50} for n in range(40)))
    other.send(*({"resource_id": f"r-{n}", "cpu_usage": 50} for n in range(20)), {"cpu_usage": 50})
    assert read(table, TABLE, FAILURE.name, FAILURE.hash, [DATE]).entities == 20
    for first in range(0, 2 * MOST_ENTITIES, 40):
        one.send(*({"resource_id": f"x-{first + n}", "cpu_usage": 50} for n in range(40)), after_s=60)
    assert read(table, TABLE, FAILURE.name, FAILURE.hash, [DATE]).entities <= MOST_ENTITIES + 20


def test_a_lost_write_is_made_good(table: StateTable, caplog: pytest.LogCaptureFixture) -> None:
    process = Process(table)
    table.failures = [refusal("PutItem", "ThrottlingException")]
    process.send({"cpu_usage": 50})
    assert found(table)[1] == 0
    process.send({"cpu_usage": 50}, after_s=EVERY_S)
    assert found(table)[1] == 2


def test_nothing_of_a_count_fails_a_request(table: StateTable, caplog: pytest.LogCaptureFixture) -> None:
    process = Process(table)
    with caplog.at_level(logging.ERROR):
        process.send({"cpu_usage": "many"})
    assert "inputs not counted" in caplog.text
