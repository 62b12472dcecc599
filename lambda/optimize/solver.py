"""HiGHS: one programme in, the best numbers out; the same answer to the same programme."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from catalog.contract import Search
from optimize.fleet import Numbers
from optimize.rows import Rows

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
Kind, Status = highspy.HighsVarType, highspy.HighsModelStatus


@dataclass(frozen=True)
class Solved:
    """`values` of the columns, None where there are none within the limits, or none were found; `proven`
    best, or proven to be none. `reduced` costs are those of the relaxation."""

    values: Numbers | None
    proven: bool
    value: float = float("inf")
    reduced: Numbers | None = None


@dataclass
class Solver:
    """Solves for one request. Effort is counted in HiGHS's own checks of its limits: cut rounds, nodes."""

    search: Search
    spent_s: float = 0.0
    effort: int = 0
    solved: int = 0

    def relaxed(self, rows: Rows, cost: Numbers) -> Solved:
        """With any numbers, not only whole ones: a bound."""
        highs = self._made(rows, cost, np.array(rows.most), whole=False)
        return self._run(highs)

    def whole(self, rows: Rows, cost: Numbers, most: Numbers, effort: int) -> Solved:
        """The least cost, each column up to `most`, with so much effort."""
        highs = self._made(rows, cost, most, whole=True)
        until = self.effort + effort

        def check(*told: Any) -> None:
            """Of kind, message, figures, what HiGHS reads back, and our own data."""
            self.effort += 1
            told[3].user_interrupt = self.effort > until

        highs.setCallback(check, None)
        highs.startCallback(highspy.cb.HighsCallbackType.kCallbackMipInterrupt)
        return self._run(highs)

    def _made(self, rows: Rows, cost: Numbers, most: Numbers, *, whole: bool) -> Any:
        highs: Any = highspy.Highs()  # type: ignore[no-untyped-call] # its types leave it out
        left = max(0.01, self.search.seconds - self.spent_s)
        bounds = {"mip_rel_gap": self.search.gap, "mip_max_nodes": self.search.nodes, "time_limit": left}
        for name, value in {**OPTIONS, **bounds}.items():
            highs.setOptionValue(name, value)
        highs.passModel(_model(rows, cost, most, whole=whole))
        return highs

    def _run(self, highs: Any) -> Solved:
        began = time.perf_counter()
        highs.run()
        self.spent_s += time.perf_counter() - began
        self.solved += 1
        return _read(highs)


def _model(rows: Rows, cost: Numbers, most: Numbers, *, whole: bool) -> Any:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = rows.width, len(rows.low)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(rows.width), most
    lp.row_lower_, lp.row_upper_ = np.array(rows.low), np.array(rows.high)
    if whole:
        lp.integrality_ = [Kind.kInteger if each else Kind.kContinuous for each in rows.whole]
    matrix = lp.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_ = np.cumsum([0, *map(len, rows.places)]).astype(np.int32)
    matrix.index_ = np.concatenate(rows.places).astype(np.int32)
    matrix.value_ = np.concatenate(rows.values)
    return lp


def _read(highs: Any) -> Solved:
    info, status = highs.getInfo(), highs.getModelStatus()
    if status in (Status.kInfeasible, Status.kUnboundedOrInfeasible):
        return Solved(None, True)
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Solved(None, False)
    solution = highs.getSolution()
    return Solved(
        np.array(solution.col_value),
        status == Status.kOptimal,
        float(info.objective_function_value),
        np.array(solution.col_dual) if len(solution.col_dual) else None,
    )
