"""The steps of a promotion. The parameter is written first, then the stack resolves it.

Two promotions of one model may meet. `start` writes nothing while the stack is busy, takes back what it wrote
where another came between, and `check` updates once more where stack and parameter disagree: whatever the
order, they end up agreeing, and the loser is told StackBusy and comes again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from promote.champion import Champion
from promote.packages import Packages
from promote.stack import ServingStack, StackBusy, resolved, state


@dataclass(frozen=True)
class Promotion:
    """One model's champion, stack and packages."""

    champion: Champion
    stack: ServingStack
    packages: Packages

    def start(self, package: str) -> dict[str, Any]:
        """`{"previous", "stack", "state": "running" | "current"}`; raises as its parts do."""
        self.packages.require_approved(package)
        found = self.stack.ready()
        previous = self._write(package, found)
        try:
            running = self.stack.update(found)
        except Exception:
            self._take_back(package, previous)
            raise
        return {"previous": previous, "stack": self.stack.name, "state": "running" if running else "current"}

    def check(self) -> dict[str, Any]:
        """`{"state": "running" | "done" | "rolled_back", "reason"}`."""
        found = self.stack.describe()
        if state(found) == "rolled_back":
            return {"state": "rolled_back", "reason": self.stack.failure(found)}
        if state(found) == "done" and not self._agrees(found):
            self.stack.update(found)
            return {"state": "running", "reason": "stack and champion disagreed; updating once more"}
        return {"state": state(found), "reason": found["StackStatus"]}

    def restore(self, package: str, previous: str, reason: str | None) -> dict[str, Any]:
        """Puts `previous` back and rejects the package; leaves both where another promotion took over."""
        why = reason or self.stack.failure(self.stack.describe())
        if self.champion.read()[0] not in (package, previous):
            return {"state": "left", "champion": self.champion.read()[0], "reason": why}
        self._take_back(package, previous)
        current, _ = self.champion.read()
        if current == package:
            raise RuntimeError(
                f"{self.champion.parameter} still holds {package}; set it to {previous} by hand"
            )
        self.packages.reject(package, f"its update was rolled back: {why}")
        return {"state": "restored", "champion": current, "reason": why}

    def _write(self, package: str, found: dict[str, Any]) -> str:
        """Writes the package as champion; returns what was there before."""
        value, version = self.champion.read()
        if value == package:  # an earlier attempt came this far
            return resolved(found, self.champion.parameter) or self.champion.before(version)
        written = self.champion.write(package)
        if written != version + 1:
            self.champion.write(self.champion.before(written))
            raise StackBusy(f"another promotion writes {self.champion.parameter}")
        return value

    def _take_back(self, package: str, previous: str) -> None:
        if self.champion.read()[0] == package:
            self.champion.write(previous)

    def _agrees(self, found: dict[str, Any]) -> bool:
        deployed = resolved(found, self.champion.parameter)
        return deployed is None or deployed == self.champion.read()[0]
