"""Why an answer is no better, and what a requirement that cannot be met would have to let go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalog.contract import Limit
from optimize.figures import Figures
from optimize.finding import Finder, Found
from optimize.fleet import Fleet
from optimize.loosening import Loosening, by_a_step
from optimize.requirement import Requirement


@dataclass(frozen=True)
class Binding:
    """A limit that holds the answer back: `looser` by a step it `saves` so much. Without a limit, what is to
    be had holds it back."""

    limit: Limit | None
    reached: float
    looser: float
    saves: float


@dataclass(frozen=True)
class Change:
    """A limit, and the value with which the requirement could be met."""

    limit: Limit
    value: float


@dataclass(frozen=True)
class Explainer:
    finder: Finder
    fleet: Fleet
    requirement: Requirement

    def binding(self, found: Found, figures: Figures) -> tuple[list[Binding], bool]:
        """The dearest limit first, and whether each was looked at: the effort is bounded."""
        solver = self.finder.solver
        until = solver.effort + solver.search.more_effort
        bindings: list[Binding] = []
        whole = True
        for limit, looser, fleet, requirement in self._steps(figures):
            if solver.effort >= until:
                whole = False
                break
            again = self.finder.best(
                fleet, requirement, below=found.bound, effort=min(solver.search.effort, until - solver.effort)
            )
            if again.counts is not None:
                reached = figures.of(limit) if limit else float((figures.counts >= self.fleet.most).sum())
                bindings.append(Binding(limit, reached or 0.0, looser, found.value - again.value))
            whole = whole and (again.proven or again.counts is not None)
        return sorted(bindings, key=lambda each: -each.saves), whole

    def _steps(self, figures: Figures) -> Iterator[tuple[Limit | None, float, Fleet, Requirement]]:
        for limit in self.requirement.limits:
            looser = by_a_step(limit, self.requirement.values[limit.name])
            if looser is not None:
                yield limit, looser, self.fleet, self.requirement.asks(limit, looser)
        if (figures.counts >= self.fleet.most).any():
            yield None, 1.0, self.fleet.roomier(), self.requirement

    def changes(self) -> tuple[list[Change], bool]:
        """What would make it possible: any one of them (True), or else all of them together (False)."""
        loosening = Loosening(self.finder, self.fleet, self.finder.solver.search.effort // 2)
        needed = ((limit, loosening.needed(limit, self.requirement)) for limit in self.requirement.limits)
        single = [Change(limit, value) for limit, value in needed if value is not None]
        return (single, True) if single else (self._together(loosening), False)

    def _together(self, loosening: Loosening) -> list[Change]:
        """A set of which none could be kept: limits are taken up in order while they can be met."""
        limits = self.requirement.limits
        kept, given_up = self.requirement.without(*limits), []
        for limit in limits:
            with_it = kept.asks(limit, self.requirement.values[limit.name])
            if loosening.can(with_it):
                kept = with_it
            else:
                given_up.append(limit)
        changes = []
        for limit in given_up:
            value = loosening.needed(limit, kept.asks(limit, self.requirement.values[limit.name]))
            if value is None:
                return []
            changes.append(Change(limit, value))
            kept = kept.asks(limit, value)
        return changes
