"""The steps of a promotion. The parameter is written first, then the stack resolves it.

Two promotions of one model may meet. `start` writes nothing while the stack is busy, takes back what it wrote
where another came between, and `check` updates once more where stack and parameter disagree: whatever the
order, they end up agreeing, and the loser is told StackBusy and comes again.

SageMaker may tell of one approval several times, late too. A package older than the champion is therefore
promoted only where it was changed after the champion was written: to go back to an older version, a person
approves it anew (sets it to Rejected first where it is still Approved).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from promote.champion import Champion, Held
from promote.packages import Packages, superseded
from promote.stack import ServingStack, StackBusy, resolved, state


@dataclass(frozen=True)
class Promotion:
    """One model's champion, stack and packages."""

    champion: Champion
    stack: ServingStack
    packages: Packages

    def start(self, package: str) -> dict[str, Any]:
        """`{"previous", "stack", "state": "running" | "current" | "superseded", "reason"?}`.

        Raises as its parts do.
        """
        changed, held = self.packages.require_approved(package), self.champion.read()
        if why := superseded(self.packages, package, held, changed):
            return {"previous": held.value, "stack": self.stack.name, "state": "superseded", "reason": why}
        found = self.stack.ready()
        previous = self._write(package, held, found)
        try:
            running = self.stack.update(found)
        except Exception:
            self._take_back(package, previous)
            raise
        return {"previous": previous, "stack": self.stack.name, "state": "running" if running else "current"}

    def check(self, package: str) -> dict[str, Any]:  # noqa: ARG002 a stack has one update at a time
        """`{"state": "running" | "done" | "rolled_back", "reason"}`."""
        found = self.stack.describe()
        if state(found) == "rolled_back":
            return {"state": "rolled_back", "reason": self.stack.failure(found).reason}
        if state(found) == "done" and not self._agrees(found):
            self.stack.update(found)
            return {"state": "running", "reason": "stack and champion disagreed; updating once more"}
        return {"state": state(found), "reason": found["StackStatus"]}

    def restore(self, package: str, previous: str) -> dict[str, Any]:
        """Puts `previous` back unless the stack serves the package after all; StackBusy until it settles.

        `{"state": "kept" | "left" | "restored", "champion", "reason"}`: kept where the update went well, left
        where another promotion took over. The package is rejected only where it is what failed.
        """
        found, champion = self.stack.settled(), self.champion.read().value
        failure = self.stack.failure(found)
        if champion not in (package, previous):
            return {"state": "left", "champion": champion, "reason": failure.reason}
        served = resolved(found, self.champion.parameter)
        if state(found) == "done" and champion == package and served in (package, None):
            return {"state": "kept", "champion": champion, "reason": found["StackStatus"]}
        self._take_back(package, previous)
        current = self.champion.read().value
        if current == package:
            raise RuntimeError(
                f"{self.champion.parameter} still holds {package}; set it to {previous} by hand"
            )
        if not failure.of_model:
            why = f"{failure.reason} (the package stays Approved: nothing shows that it is at fault)"
            return {"state": "restored", "champion": current, "reason": why}
        self.packages.reject(package, f"its update was rolled back: {failure.reason}")
        return {"state": "restored", "champion": current, "reason": failure.reason}

    def _write(self, package: str, held: Held, found: dict[str, Any]) -> str:
        """Writes the package as champion; returns what was there before."""
        value, version, _ = held
        if value == package:  # an earlier attempt came this far
            return resolved(found, self.champion.parameter) or self.champion.before(version)
        written = self.champion.write(package)
        if written != version + 1:
            self.champion.write(self.champion.before(written))
            raise StackBusy(f"another promotion writes {self.champion.parameter}")
        return value

    def _take_back(self, package: str, previous: str) -> None:
        if self.champion.read().value == package:
            self.champion.write(previous)

    def _agrees(self, found: dict[str, Any]) -> bool:
        deployed = resolved(found, self.champion.parameter)
        return deployed is None or deployed == self.champion.read().value
