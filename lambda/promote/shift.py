"""The promotion of a model that a function serves: there is no infrastructure to replace.

The function reads two parameters at run time. A share of the traffic goes to the candidate first; after
the wait it becomes the champion, is watched for the bake time, and an alarm at any time sets the parameters
back. Two promotions of one model may meet: the candidate parameter is the lock; the later is told StackBusy.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalog.contract import NO_CHAMPION
from promote.champion import Champion, Held
from promote.packages import PackageRefused, Packages, superseded
from promote.serving_function import ServingFunction
from promote.stack import StackBusy

ABANDONED_S = 10 * 3600
"""Longer than the state machine of a promotion runs: who gave a share away so long ago was stopped since."""


@dataclass(frozen=True)
class Shift:
    """`percent` of the traffic for `wait_s` seconds, then all of it, watched for `bake_s`; `now` in seconds
    since 1970."""

    champion: Champion
    candidate: Champion
    function: ServingFunction
    packages: Packages
    percent: int
    wait_s: int
    bake_s: int
    now: Callable[[], float] = time.time

    def start(self, package: str) -> dict[str, Any]:
        """`{"previous", "stack", "state": "running" | "current" | "superseded", "reason"?}`.

        Raises PackageRefused, StackBusy or CheckFailed.
        """
        changed, held = self.packages.require_approved(package), self.champion.read()
        if why := superseded(self.packages, package, held, changed):
            return self._told(held.value, "superseded") | {"reason": why}
        if package == held.value:
            return self._told(held.value, "current")
        waiting = self._lock(package)
        firing = self.function.firing() if waiting.value == NO_CHAMPION else []
        back = not self.packages.is_newer(package, held.value)
        if firing and not back:
            # what rings already would take this package back, and blame it for another's faults
            raise StackBusy(f"alarm {', '.join(firing)} rings before anything is shifted")
        if fault := self.function.fault(package):
            self.packages.reject(package, fault)
            raise PackageRefused(f"{package} does not answer as it was trained to: {fault}")
        if firing:
            # what rings is the champion's, and this is the way out: no share is tried, nothing can undo it
            self.champion.write(package)
            reason = f"went back at once, as alarm {', '.join(firing)} rings"
            return self._told(held.value, "current") | {"reason": reason}
        if waiting.value == NO_CHAMPION:
            written = self.candidate.write(f"{package} {self.percent}")
            if written != waiting.version + 1:
                self.candidate.write(self.candidate.before(written))
                raise StackBusy(f"another promotion writes {self.candidate.parameter}")
        return self._told(held.value, "running")

    def check(self, package: str) -> dict[str, Any]:
        """`{"state": "running" | "done" | "rolled_back", "reason"}`."""
        if firing := self.function.firing():
            return {"state": "rolled_back", "reason": f"alarm {', '.join(firing)} rings"}
        champion, waiting = self.champion.read(), self.candidate.read()
        if champion.value != package:
            if not _is_given(waiting, package):
                return {"state": "rolled_back", "reason": "another promotion took over"}
            if self._since(waiting.since) < self.wait_s:
                return {"state": "running", "reason": f"{self.percent}% of the traffic"}
            self.champion.write(package)
            champion = self.champion.read()
        if self._since(champion.since) < self.bake_s:
            return {"state": "running", "reason": "all of the traffic, watched"}
        self._clear(package)
        return {"state": "done", "reason": "promoted"}

    def restore(self, package: str, previous: str) -> dict[str, Any]:
        """Puts `previous` back. `{"state": "kept" | "left" | "restored", "champion", "reason"}`."""
        firing, champion = self.function.firing(), self.champion.read().value
        mine = _is_given(self.candidate.read(), package)
        if champion == package and not mine and not firing:
            return {"state": "kept", "champion": champion, "reason": "promoted"}
        if champion not in (package, previous):
            self._clear(package)
            return {"state": "left", "champion": champion, "reason": "another promotion took over"}
        if champion == package:
            self.champion.write(previous)
        self._clear(package)
        if not firing:
            why = "the promotion did not end (the package stays Approved: nothing shows that it is at fault)"
            return {"state": "restored", "champion": previous, "reason": why}
        reason = f"alarm {', '.join(firing)} rang"
        self.packages.reject(package, f"it was taken back: {reason}")
        return {"state": "restored", "champion": previous, "reason": reason}

    def _lock(self, package: str) -> Held:
        """The candidate parameter, which is free or holds the package already; StackBusy otherwise."""
        waiting = self.candidate.read()
        if waiting.value == NO_CHAMPION or _is_given(waiting, package):
            return waiting
        if self._since(waiting.since) < ABANDONED_S:
            raise StackBusy(f"{self.function.name} is being given {waiting.value}")
        self.candidate.write(NO_CHAMPION)
        return self.candidate.read()

    def _told(self, previous: str, state: str) -> dict[str, Any]:
        return {"previous": previous, "stack": self.function.name, "state": state}

    def _since(self, then: Any) -> float:
        return self.now() - float(then.timestamp())

    def _clear(self, package: str) -> None:
        if _is_given(self.candidate.read(), package):
            self.candidate.write(NO_CHAMPION)


def _is_given(waiting: Held, package: str) -> bool:
    """Whether the candidate parameter gives a share of the traffic to the package."""
    return waiting.value.startswith(f"{package} ")
