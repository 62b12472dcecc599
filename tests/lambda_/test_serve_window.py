"""Windows: whatever comes between and in whatever order, the newest distinct records remain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.contract import History
from serve.request import Reader, Sent
from serve.window import Windows, merge, placed, read
from shared.state import StateStore
from tests.lambda_.serving import SPECS
from tests.lambda_.state_table import TABLE, StateTable

CONTRACT = SPECS["failure"].contract
KEPT = 5
HISTORY = History(records=KEPT, ttl_hours=48)
MINUTES = st.integers(0, 12)
CALLS = st.lists(st.lists(MINUTES, min_size=1, max_size=4), min_size=1, max_size=12)
"""Calls in the order in which they are stored, each with its records' minutes."""


def sent(minute: int, value: float) -> Sent:
    time_ms = minute * 60_000
    return Sent({"resource_id": "r", "timestamp": str(time_ms), "cpu_usage": value}, time_ms, False)


def windows(table: StateTable) -> Windows:
    store = StateStore(table, TABLE, lambda: 0.0, lambda _: None)
    return Windows(lambda: store, CONTRACT, HISTORY)


def stored(table: StateTable) -> list[tuple[int, float]]:
    items = StateStore(table, TABLE, lambda: 0.0)
    found: list[Any] = items.update("state#failure#r", 1, lambda body: (body or b"", read(body)))
    return [(time_ms // 60_000, values["cpu_usage"]) for time_ms, values in found]


def newest(calls: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    """What a memory without end would still hold, told without any of the code under test."""
    last: dict[int, float] = {}
    for call in calls:
        for minute, value in call:
            last[minute] = value
    return sorted(last.items())[-KEPT:]


@given(calls=CALLS)
def test_the_newest_distinct_records_remain_in_any_order(calls: list[list[int]]) -> None:
    table, number = StateTable(), iter(range(1000))
    numbered = [[(minute, float(next(number))) for minute in call] for call in calls]
    for call in numbered:
        windows(table).see([sent(*each) for each in call])
    assert stored(table) == newest(numbered)


@given(calls=CALLS, data=st.data())
@settings(max_examples=60)
def test_calls_that_interleave_lose_nothing(calls: list[list[int]], data: st.DataObject) -> None:
    """Between any call's read and its write others are stored, as hypothesis chooses."""
    table = StateTable()
    numbered = [
        [(minute, float(100 * n + m)) for m, minute in enumerate(call)] for n, call in enumerate(calls)
    ]
    order: list[list[tuple[int, float]]] = []

    def run(waiting: list[list[tuple[int, float]]]) -> None:
        if not waiting:
            return
        own, *others = waiting
        between = data.draw(st.integers(0, min(3, len(others))))
        made = windows(table)
        inner = made._change([sent(*each) for each in own])
        first = [True]

        def change(body: bytes | None) -> Any:
            if first.pop() if first else False:
                run(others[:between])
            return inner(body)

        made.store().update("state#failure#r", 1, change)
        order.append(own)
        run(others[between:])

    run(numbered)
    assert len(order) == len(numbered)
    assert stored(table) == newest(order)


@given(minutes=st.lists(MINUTES, min_size=1, max_size=15))
def test_each_record_reads_what_lies_before_it(minutes: list[int]) -> None:
    """Whatever the order in the request: earlier records, then itself, and never a later one."""
    table = StateTable()
    found = windows(table).see([sent(minute, float(n)) for n, minute in enumerate(minutes)]).results
    for n, (minute, view) in enumerate(zip(minutes, found, strict=True)):
        earlier = sorted({each for each in minutes if each < minute})
        assert [time_ms // 60_000 for time_ms, _ in view] == [*earlier, minute]
        assert view[-1][1]["cpu_usage"] == n


@given(taken=st.sets(st.integers(0, 10)), arriving=st.integers(1, 8))
def test_arrivals_take_instants_of_their_own(taken: set[int], arriving: int) -> None:
    held = [(time_ms, {"cpu_usage": -1.0}) for time_ms in sorted(taken)]
    new = [Sent({"resource_id": "r", "cpu_usage": float(n)}, 5, True) for n in range(arriving)]
    found = placed(held, new, dict)
    assert [values["cpu_usage"] for _, values in found] == list(range(arriving))
    times = [time_ms for time_ms, _ in found]
    assert times == sorted(set(times) - taken)
    assert len(merge(held, found)) == len(taken) + arriving


def test_records_without_a_time_arrive_in_their_order() -> None:
    records = [{"resource_id": "r", "metrics": {"cpu_usage": n}} for n in range(5)]
    request = Reader(CONTRACT, {}).read({"records": records})
    times = [each.time_ms for each in request.sent]
    assert times == list(range(times[0], times[0] + 5))
