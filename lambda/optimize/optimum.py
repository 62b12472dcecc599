"""From what was asked to the answer: estimates, the best choice and its reasons, or what is in the way."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from catalog.contract import Optimizer, Problem
from optimize import told
from optimize.estimates import Estimated
from optimize.explaining import Explainer
from optimize.figures import Figures
from optimize.finding import Finder
from optimize.fleet import Fleet
from optimize.request import Asked
from optimize.requirement import Requirement
from optimize.solver import Solver
from shared.problems import CannotBeMet


@dataclass(frozen=True)
class Optimum:
    optimizer: Optimizer

    def of(self, asked: Asked, estimated: Estimated) -> dict[str, Any]:
        """The plan; raises CannotBeMet with what would have to be let go."""
        began = time.perf_counter()
        fleet = Fleet.of(self.optimizer, estimated.options, asked.distances)
        requirement = Requirement.of(self.optimizer, asked.values)
        finder = Finder(Solver(self.optimizer.search))
        found = finder.best(fleet, requirement)
        explainer = Explainer(finder, fleet, requirement)
        if found.counts is None:
            raise self._refusal(explainer, requirement, proven=found.proven)
        figures = Figures(fleet, requirement, found.counts)
        solved_s = time.perf_counter() - began
        bindings, explained = explainer.binding(found, figures)
        times = {"solve": solved_s, "explain": time.perf_counter() - began - solved_s}
        return {
            **told.plan(figures, found, bindings, explained=explained),
            **{f"{name}_ms": round(1000 * value, 3) for name, value in times.items()},
        }

    def _refusal(self, explainer: Explainer, requirement: Requirement, *, proven: bool) -> CannotBeMet:
        if not explainer.fleet.most.any():
            name = self.optimizer.options
            return CannotBeMet("nothing is to be had", [Problem(name, "have no capacity, any of them")])
        changes, any_one = explainer.changes()
        errors = [Problem(*told.change(each, requirement)) for each in changes]
        begins = (
            "no choice meets the requirement" if proven else "no choice was found that meets the requirement"
        )
        if not errors:
            return CannotBeMet(f"{begins}, and no change of a single limit would help")
        wanted = "any one of these changes" if any_one and len(errors) > 1 else "these changes together"
        return CannotBeMet(f"{begins}; {'this change' if len(errors) == 1 else wanted} would do", errors)
