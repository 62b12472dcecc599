"""Collectors: every window once, whatever comes between."""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest import mock

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.dataset import DAY, HOUR, Dataset
from collect import collector as collecting_module
from collect import parts
from collect.asking import Ask
from collect.handler import is_fresh
from tests.lambda_.collecting import NOW, TOY, Killed, Pages, World, error, rows

SIZES = ([3, 0, 2, 4, 1], [0], [2, 2, 2], [1], [0, 0, 5])
PAST = str(4)
"""Where a read ends."""
LIMITS = {"PART_ROWS": 4, "PART_PAGES": 2, "GROUP_ROWS": 3}


def pages(ask: Ask) -> list[int]:
    """So many rows on each page, another pattern in each window."""
    return SIZES[int(ask.start.timestamp() // TOY.window_s) % len(SIZES)]


@pytest.fixture(autouse=True, scope="module")
def small_parts() -> Iterator[None]:
    with mock.patch.multiple(parts, **LIMITS):
        yield


def undisturbed() -> World:
    world = World(Pages(pages))
    world.collector().run()
    return world


def test_every_ripe_window_is_read_once_and_lies_in_its_date() -> None:
    world = undisturbed()
    starts = sorted({ask.start for ask in world.source.asked})
    # 12:30 of the day after: the window that ended at noon has settled, the next is not over
    assert [start.hour for start in starts] == [12, 18, 0, 6]
    assert all(f"date={ask:%Y-%m-%d}/" in "".join(world.bucket.objects) for ask in starts)
    asked = len(world.source.asked)
    assert world.collector().run() is not None
    assert len(world.source.asked) == asked
    world.now += 6 * HOUR
    world.collector().run()
    assert {ask.start for ask in world.source.asked} - set(starts) == {starts[-1] + timedelta(hours=6)}


def test_rows_are_neither_lost_nor_doubled() -> None:
    world = undisturbed()
    windows = {ask.start: sum(pages(ask)) for ask in world.source.asked}
    found = [row for body in world.bucket.data().values() for row in rows(body)]
    assert len(found) == sum(windows.values())
    assert len({(row["at"], row["number"]) for row in found}) == len(found)


def test_a_window_still_settling_waits() -> None:
    world = World(Pages(pages), now=NOW - 30 * 60 + 14 * 60)
    world.collector().run()
    assert max(ask.start.hour for ask in world.source.asked if ask.start.day == 10) == 0


DISTURBANCES = ("none", "kill", "throttle", "outage", "token", "time")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.sampled_from(DISTURBANCES), min_size=1, max_size=8), max_size=6), st.data())
def test_any_interruptions_end_with_the_same_objects(runs: list[list[str]], data: st.DataObject) -> None:
    """Kills, throttles, outages, expired tokens and time-outs at any page, writes lost before or after."""
    world = World(Pages(pages))
    for troubles in runs:
        _disturbed_run(world, troubles, kill_writes=data.draw(st.integers(0, 6)))
        world.now += 1000
    world.source.trouble = lambda _: None
    for _ in range(8):
        world.now += 2 * HOUR / 8  # what is a gap is due by then
        world.collector().run()
    world.now = NOW + DAY
    # gaps may be due as late as a day after; what was ripe at first is compared
    world.collector().run()
    calm = undisturbed()
    calm.now = NOW + DAY
    calm.collector().run()
    assert world.bucket.data() == calm.bucket.data()
    assert not [gap for gap in world.bucket.gaps() if gap["state"] == "open"]


def _disturbed_run(world: World, troubles: list[str], kill_writes: int) -> None:
    left, spent = iter(troubles), itertools.count()
    time_left = [900.0]

    def trouble(ask: Ask) -> None:
        kind = next(left, "none")
        if kind == "kill":
            raise Killed
        if kind == "throttle":
            raise error("RequestLimitExceeded", 503)
        if kind == "outage":
            raise error("InternalError", 500)
        if kind == "token" and ask.token:
            raise error("InvalidNextToken")
        if kind == "time":
            time_left[0] = 1.0

    world.source.trouble = trouble
    put = type(world.bucket).PutObject

    def failing_put(self: object, **request: object) -> object:
        answer = put(world.bucket, **request)  # type: ignore[arg-type]
        if next(spent) + 1 == kill_writes:
            raise Killed  # stored, and the progress never told
        return answer

    with mock.patch.object(type(world.bucket), "PutObject", failing_put), contextlib.suppress(Killed):
        world.collector(lambda: time_left[0]).run()


@pytest.mark.parametrize("at", range(12))
def test_a_run_that_times_out_goes_on_where_it_was(at: int) -> None:
    world = World(Pages(pages))
    counted = itertools.count()

    def remaining() -> float:
        return 900.0 if next(counted) < at else 1.0

    progress = world.collector(remaining).run()
    assert progress is not None
    assert not progress.caught_up
    for _ in range(2):
        world.collector().run()
    assert world.bucket.data() == undisturbed().bucket.data()


def test_a_run_beside_another_leaves_at_once() -> None:
    world = World(Pages(pages))
    first, second = world.collector(), world.collector()
    told: list[object] = []

    def meanwhile(ask: Ask) -> None:
        world.source.trouble = lambda _: None
        told.append(second.run())

    world.source.trouble = meanwhile
    assert first.run() is not None
    assert told == [None]
    assert second.done.stopped == "held"
    assert second.done.parts == 0


def test_a_run_that_outlived_its_hold_stops_at_its_next_write() -> None:
    world = World(Pages(pages))
    slow, other = world.collector(lambda: 300.0), world.collector()

    def meanwhile(ask: Ask) -> None:
        world.source.trouble = lambda _: None
        world.now += 400
        assert other.run() is not None

    world.source.trouble = meanwhile
    assert slow.run() is None
    assert slow.done.stopped == "overtaken"
    assert world.bucket.data() == undisturbed().bucket.data()


def test_a_killed_runs_hold_ends_with_its_time() -> None:
    world = World(Pages(pages))

    def trouble(ask: Ask) -> None:
        raise Killed

    world.source.trouble = trouble
    with pytest.raises(Killed):
        world.collector().run()
    world.source.trouble = lambda _: None
    held = world.collector()
    assert held.run() is None
    world.now += 901
    assert world.collector().run() is not None


def test_a_new_read_takes_away_what_a_longer_one_left() -> None:
    """A snapshot that shrank between two reads of its window."""
    sizes = [[2, 2, 2, 2, 2, 2]]
    world = World(Pages(lambda _: sizes[0]), dataset=_snapshot())

    def kill_late(ask: Ask) -> None:
        if ask.token == PAST:
            raise Killed

    world.source.trouble = kill_late
    with pytest.raises(Killed):
        world.collector().run()
    assert len(world.bucket.data()) == 2
    world.now += 1000

    def stale(ask: Ask) -> None:
        if ask.token == PAST:
            sizes[0] = [1]
            raise error("InvalidNextToken")

    world.source.trouble = stale
    world.collector().run()
    assert [len(rows(body)) for body in world.bucket.data().values()] == [1]


def _snapshot(**changes: object) -> Dataset:
    given = {**vars(TOY), "history_s": 0, "look_back_s": 0, "settle_s": 0, "window_s": DAY, **changes}
    return Dataset(**given)  # type: ignore[arg-type]


def test_a_denied_read_is_a_gap_and_no_failure() -> None:
    world = World(Pages(pages), dataset=_snapshot(deniable=True))

    def denied(ask: Ask) -> None:
        raise error("UnauthorizedOperation", 403)

    world.source.trouble = denied
    run = world.collector()
    progress = run.run()
    assert progress is not None
    assert run.done.stopped == "UnauthorizedOperation"
    (gap,) = world.bucket.gaps()
    assert (gap["state"], gap["reason"], gap["tries"]) == ("open", "UnauthorizedOperation", 1)
    assert is_fresh(run.settings, progress, run.done, world.now)
    # not due yet: nobody is asked again
    world.collector().run()
    assert len(world.source.asked) == 1
    world.now += HOUR
    world.source.trouble = lambda _: None
    world.collector().run()
    (gap,) = world.bucket.gaps()
    assert gap["state"] == "filled"
    assert world.bucket.data()


def test_a_snapshot_of_a_day_gone_by_is_lost() -> None:
    world = World(Pages(pages), dataset=_snapshot())

    def denied(ask: Ask) -> None:
        raise error("UnauthorizedOperation", 403)

    world.source.trouble = denied
    world.collector().run()
    world.source.trouble = lambda _: None
    world.now += 3 * DAY
    run = world.collector()
    run.run()
    assert [(gap["state"], gap["reason"]) for gap in world.bucket.gaps()] == [
        ("lost", "UnauthorizedOperation"),
        ("lost", "NotCollected"),
        ("lost", "NotCollected"),
    ]
    assert run.done.lost == 3
    assert {ask.start.day for ask in world.source.asked} == {10, 13}


def test_history_that_the_service_forgot_is_lost_and_the_rest_read() -> None:
    world = undisturbed()
    asked = len(world.source.asked)
    world.now += 92 * DAY
    run = world.collector()
    progress = run.run()
    assert progress is not None
    lost = [gap for gap in world.bucket.gaps() if gap["state"] == "lost"]
    assert run.done.lost == len(lost) > 0
    first = min(ask.start for ask in world.source.asked[asked:])
    assert 0 <= first.timestamp() - (world.now - TOY.history_s) < TOY.window_s


def test_throttling_is_waited_out_and_then_left_for_later() -> None:
    world = World(Pages(pages))

    def throttled(ask: Ask) -> None:
        raise error("RequestLimitExceeded", 503)

    world.source.trouble = throttled
    run = world.collector()
    run.run()
    assert run.done.throttled > 3
    assert world.now - NOW <= collecting_module.PATIENCE_S
    assert run.done.stopped == "RequestLimitExceeded"
    (gap,) = world.bucket.gaps()
    assert gap["state"] == "open"
    world.source.trouble = lambda _: None
    world.collector().run()
    assert world.bucket.data() == undisturbed().bucket.data()
    (gap,) = world.bucket.gaps()
    assert gap["state"] == "filled"


def test_a_token_that_always_expires_is_a_gap_in_the_end() -> None:
    world = World(Pages(lambda _: [4, 4]))

    def stale(ask: Ask) -> None:
        if ask.token:
            raise error("InvalidParameterValue")

    world.source.trouble = stale
    run = world.collector()
    progress = run.run()
    assert progress is not None
    assert len(progress.gaps) == 4
    assert run.done.restarts == 4 * (collecting_module.MOST_RESTARTS + 1)


def test_answers_in_another_shape_are_a_gap_of_their_window_alone() -> None:
    world = World(Pages(lambda _: [1]))

    def odd(ask: Ask) -> None:
        if ask.start.hour == 18:
            raise KeyError("Timestamp")

    world.source.trouble = odd
    progress = world.collector().run()
    assert progress is not None
    assert [gap.reason for gap in progress.gaps.values()] == ["KeyError"]
    assert len(world.bucket.data()) == 3


def test_rows_that_do_not_fit_are_set_aside_and_the_others_kept() -> None:
    class Odd(Pages):
        def read(self, clients, ask):  # type: ignore[no-untyped-def]
            page = super().read(clients, ask)
            return page._replace(rows=[*page.rows, {"at": ask.start, "number": "seven"}, {"note": "nothing"}])

    world = World(Odd(lambda _: [2]))
    run = world.collector()
    run.run()
    assert [len(rows(body)) for body in world.bucket.data().values()] == [2, 2, 2, 2]
    assert len(world.buried) == run.done.misfits == 8


def test_times_are_marked_as_such_for_readers_of_any_age() -> None:
    part = parts.Part(parts.Columns.of([("at", "timestamp", True)]))
    part.add([{"at": datetime(2026, 3, 1, tzinfo=UTC)}])
    (column,) = pq.ParquetFile(io.BytesIO(part.close())).schema
    assert (column.physical_type, column.converted_type) == ("INT64", "TIMESTAMP_MILLIS")


def test_parts_follow_from_the_pages_and_hold_bounded_rows() -> None:
    world = World(Pages(lambda _: [3] * 7), dataset=_snapshot())
    world.collector().run()
    assert [len(rows(body)) for body in world.bucket.data().values()] == [6, 6, 6, 3]
