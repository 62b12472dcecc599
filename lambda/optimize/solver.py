"""HiGHS: one programme in, the best numbers out; the same answer to the same programme."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from catalog.contract import Search
from optimize.fleet import Numbers
from optimize.rows import INFINITE, Rows

OPTIONS = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 1,
    "mip_abs_gap": 1e-9,
    # these solve programmes within the programme, which takes longer here than all the rest
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_rins": False,
}
HEAVY = 1000
"""Numbers in a programme's rows with which a check counts as one more."""
Bounds = tuple[Numbers, Numbers]
"""The least and the most of each column."""
Kind, Status = highspy.HighsVarType, highspy.HighsModelStatus


@dataclass(frozen=True)
class Solved:
    """`values` of the columns, None where there are none within the limits, or none were found. Nothing costs
    less than `bound`: infinite where there is nothing. `reduced` costs are those of the relaxation."""

    values: Numbers | None
    value: float
    bound: float
    reduced: Numbers | None = None


@dataclass(frozen=True)
class Task:
    """Only what costs less than `below` is of interest; `start` are values that the first columns begin with.
    With `any_one` the first that is found is enough."""

    effort: int
    below: float = INFINITE
    start: Numbers | None = None
    any_one: bool = False


@dataclass
class Solver:
    """Solves for one request. Effort is counted in HiGHS's own checks of its limits: cut rounds, nodes;
    those of large programmes count more."""

    search: Search
    spent_s: float = 0.0
    effort: int = 0
    solved: int = 0

    def relaxed(self, rows: Rows, cost: Numbers) -> Solved:
        """With any numbers, not only whole ones: a bound."""
        highs = self._made(rows, cost, (np.zeros(rows.width), np.array(rows.most)), whole=False)
        return self._run(highs, whole=False)

    def whole(self, rows: Rows, cost: Numbers, bounds: Bounds, task: Task) -> Solved:
        """The least cost, each column within `bounds`."""
        highs = self._made(rows, cost, bounds, whole=True)
        if task.start is None and task.below < INFINITE:
            highs.setOptionValue("objective_bound", task.below)
        if task.start is not None:
            first = np.arange(len(task.start), dtype=np.int32)
            highs.setSolution(len(task.start), first, task.start)
        until = self.effort + task.effort

        weight = 1 + sum(map(len, rows.places)) // HEAVY

        def check(*told: Any) -> None:
            """Of kind, message, figures, what HiGHS reads back, and our own data."""
            self.effort += weight
            enough = task.any_one and told[2].mip_primal_bound < INFINITE
            told[3].user_interrupt = enough or self.effort > until

        highs.setCallback(check, None)
        highs.startCallback(highspy.cb.HighsCallbackType.kCallbackMipInterrupt)
        return self._run(highs, whole=True)

    def _made(self, rows: Rows, cost: Numbers, bounds: Bounds, *, whole: bool) -> Any:
        highs: Any = highspy.Highs()  # type: ignore[no-untyped-call] # its types leave it out
        left = max(0.01, self.search.seconds - self.spent_s)
        limits = {"mip_rel_gap": self.search.gap, "mip_max_nodes": self.search.nodes, "time_limit": left}
        for name, value in {**OPTIONS, **limits}.items():
            highs.setOptionValue(name, value)
        highs.passModel(_model(rows, cost, bounds, whole=whole))
        return highs

    def _run(self, highs: Any, *, whole: bool) -> Solved:
        began = time.perf_counter()
        highs.run()
        self.spent_s += time.perf_counter() - began
        self.solved += 1
        return _read(highs, whole=whole)


def _model(rows: Rows, cost: Numbers, bounds: Bounds, *, whole: bool) -> Any:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = rows.width, len(rows.low)
    lp.col_cost_, (lp.col_lower_, lp.col_upper_) = cost, bounds
    lp.row_lower_, lp.row_upper_ = np.array(rows.low), np.array(rows.high)
    if whole:
        lp.integrality_ = [Kind.kInteger if each else Kind.kContinuous for each in rows.whole]
    matrix = lp.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_ = np.cumsum([0, *map(len, rows.places)]).astype(np.int32)
    matrix.index_ = np.concatenate(rows.places).astype(np.int32)
    matrix.value_ = np.concatenate(rows.values)
    return lp


def _read(highs: Any, *, whole: bool) -> Solved:
    info, status = highs.getInfo(), highs.getModelStatus()
    if status in (Status.kInfeasible, Status.kUnboundedOrInfeasible, Status.kObjectiveBound):
        return Solved(None, INFINITE, INFINITE)
    bound = float(info.mip_dual_bound) if whole else -INFINITE
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Solved(None, INFINITE, bound)
    solution, value = highs.getSolution(), float(info.objective_function_value)
    if not whole and status == Status.kOptimal:
        bound = value
    reduced = np.array(solution.col_dual) if len(solution.col_dual) else None
    return Solved(np.array(solution.col_value), value, bound, reduced)
