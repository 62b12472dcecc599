"""One run of a collector: window after window while there is time, each part stored before the progress.

A run may end anywhere. The next one goes on at the last part whose progress was saved, and ends with the same
objects as if nobody had interrupted it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from collect.asking import Ask, Clients, Page, Source
from collect.parts import Part, Row
from collect.progress import Gap, Ledger, Overtaken, Progress, Reading
from collect.refusals import Denied, Later, StaleToken, meaning
from collect.settings import Settings
from collect.store import Store
from collect.windows import Window, moment
from shared.telemetry import logger

MARGIN_S = 120
"""Left over when a run stops: a page whose every attempt times out, a part's writes."""
PATIENCE_S, FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 2.0, 20.0
"""Of waits for one that throttles, in a whole run; botocore has waited before."""
MOST_RESTARTS = 3
FIRST_RETRY_S, LAST_RETRY_S = 3600, 86_400
"""Waits before a gap is tried again; each is twice the one before."""
MOST_TOLD = 400
"""Lost windows that one run records; the oldest of more are only counted."""


@dataclass
class Done:
    """What a run did."""

    rows: int = 0
    windows: int = 0
    parts: int = 0
    throttled: int = 0
    restarts: int = 0
    misfits: int = 0
    lost: int = 0
    stopped: str = ""
    """Why it ended before all was read; `held` or `overtaken` where another run was at it."""


@dataclass
class Collector:
    """`remaining` tells the seconds until the function is ended, `bury` sets rows aside."""

    settings: Settings
    region: str
    source: Source
    clients: Clients
    ledger: Ledger
    store: Store
    bury: Callable[[list[Row]], None]
    remaining: Callable[[], float]
    now: Callable[[], float] = time.time
    wait: Callable[[float], None] = time.sleep
    done: Done = field(default_factory=Done)
    patience_s: float = PATIENCE_S

    def run(self) -> Progress | None:
        """How far all runs got; None where another run is at it."""
        begin, now = self.settings.calendar.first(self.now()), self.now()
        progress = self.ledger.take(begin, now, now + self.remaining())
        if progress is None:
            self.done.stopped = "held"
            return None
        try:
            self._go_on(progress)
            self.ledger.release(progress)
        except Overtaken:
            self.done.stopped = "overtaken"
            return None
        return progress

    def _go_on(self, progress: Progress) -> None:
        self._forget(progress)
        while not self.done.stopped:
            if not self._in_time():
                self.done.stopped = "time"
            elif self._begin(progress):
                self._read(progress)
            else:
                progress.caught_up = True
                break

    def _in_time(self) -> bool:
        return self.remaining() > MARGIN_S

    def _forget(self, progress: Progress) -> None:
        """Windows that the service no longer knows are lost, whether a gap before or never tried."""
        calendar, now = self.settings.calendar, self.now()
        if progress.reading and calendar.forgotten(progress.reading.start, now):
            self._gap(progress, progress.reading, "Unfinished")
            progress.reading = None
        never = list(calendar.lost(progress.next, now))
        missed = {start: Gap("NotCollected", int(now), 0, 0) for start in never[-MOST_TOLD:]}
        gone = {start: gap for start, gap in progress.gaps.items() if calendar.forgotten(start, now)}
        for start, gap in {**missed, **gone}.items():
            self._tell(start, gap, "lost")
            progress.gaps.pop(start, None)
        progress.next += len(never) * calendar.window_s
        self.done.lost += len(never) + len(gone)

    def _begin(self, progress: Progress) -> bool:
        """Takes up a window unless one is being read; False where there is none. Due gaps come first."""
        if progress.reading:
            return True
        now = self.now()
        due = sorted(start for start, gap in progress.gaps.items() if gap.due <= now)
        if due:
            parts = progress.gaps[due[0]].parts
            progress.reading = Reading(due[0], highest=parts, again=True)
        elif self.settings.calendar.ripe(progress.next, now):
            progress.reading = Reading(progress.next)
            progress.next += self.settings.calendar.window_s
        else:
            return False
        self.ledger.save(progress)
        return True

    def _read(self, progress: Progress) -> None:
        """Reads the window on, until it is whole or the run must stop."""
        reading = progress.reading
        assert reading  # noqa: S101 - `_begin` saw to it
        try:
            while progress.reading is reading and not self.done.stopped:
                self._read_part(progress, reading)
        except Later as error:
            # the place in the window is kept
            self._gap(progress, reading, str(error))
            self.done.stopped = str(error)
        except StaleToken as error:
            self._restart(progress, reading, str(error))
        except Denied as error:
            self._gap(progress, reading, str(error))
            progress.reading = None
            self.done.stopped = str(error)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            logger.exception("not as the service documents it")
            self._gap(progress, reading, type(error).__name__)
            progress.reading = None

    def _read_part(self, progress: Progress, reading: Reading) -> None:
        window = self.settings.calendar.window(reading.start)
        part, token = Part(self.settings.columns), reading.token
        while not part.full:
            if not self._in_time():
                self.done.stopped = "time"
                return
            page = self._page(window, token)
            if misfits := part.add(page.rows):
                self.done.misfits += len(misfits)
                self.bury(misfits)
            token = page.token
            if not token:
                break
        if part.rows:
            self.store.put_part(window, reading.part, part.close())
            reading.part += 1
            reading.highest = max(reading.highest, reading.part)
        reading.rows += part.rows
        reading.token = token
        self.done.rows += part.rows
        self.done.parts += bool(part.rows)
        if not token:
            self._complete(progress, reading, window)
        self.ledger.save(progress)

    def _complete(self, progress: Progress, reading: Reading, window: Window) -> None:
        if reading.again or reading.restarts:
            # one more than is known of: it may have been written just before its run ended
            self.store.delete_parts(window, range(reading.part, reading.highest + 1))
        if gap := progress.gaps.pop(reading.start, None):
            self._tell(reading.start, gap, "filled")
        progress.reading = None
        progress.newest = max(progress.newest, self.settings.calendar.as_of(reading.start))
        self.done.windows += 1

    def _restart(self, progress: Progress, reading: Reading, reason: str) -> None:
        """The window is read anew: pages of two reads must not mix."""
        self.done.restarts += 1
        if reading.restarts >= MOST_RESTARTS:
            self._gap(progress, reading, reason)
            progress.reading = None
        else:
            reading.part, reading.token, reading.rows = 0, "", 0
            reading.restarts += 1
        self.ledger.save(progress)

    def _page(self, window: Window, token: str) -> Page:
        """One page, waiting while one throttles and patience lasts; raises Later, StaleToken, Denied."""
        ask = Ask(self.region, moment(window.start), moment(window.end), token, self.settings.options)
        wait_s = FIRST_WAIT_S
        while True:
            try:
                return self.source.read(self.clients, ask)
            except (ClientError, BotoCoreError) as error:
                found = meaning(error, token)
                if not isinstance(found, Later):
                    raise found from error
                self.done.throttled += 1
                if wait_s > self.patience_s or self.remaining() <= MARGIN_S + wait_s:
                    raise found from error
            self.wait(wait_s)
            self.patience_s -= wait_s
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _gap(self, progress: Progress, reading: Reading, reason: str) -> None:
        now = int(self.now())
        known = progress.gaps.get(reading.start)
        tries = known.tries + 1 if known else 1
        due = now + min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** min(tries - 1, 10))
        gap = Gap(reason, known.since if known else now, tries, due, reading.highest + 1)
        progress.gaps[reading.start] = gap
        self._tell(reading.start, gap, "open")

    def _tell(self, start: int, gap: Gap, state: str) -> None:
        calendar = self.settings.calendar
        window, until = calendar.window(start), calendar.kept_until(start)
        told: dict[str, Any] = {"window": window.stamp, "reason": gap.reason, "tries": gap.tries}
        logger.warning(f"gap {state}", extra={"dataset": self.settings.name, "region": self.region, **told})
        self.store.tell_gap(window, gap, state, now=self.now(), until=until)
