"""Boosted trees that foretell the cold start of a configuration from what its runtime's name tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoding import Matrix
from learners.xgboost_library import xgb
from studies import cold_start_rules as rules
from studies.cold_start_data import Array, Codes, Starts
from studies.cold_start_names import Columns

CANDIDATES: tuple[Mapping[str, Any], ...] = tuple(
    {"max_depth": depth, "colsample_bynode": share, "aged": aged}
    for aged in (False, True)
    for depth in (4, 6)
    for share in (0.6, 1.0)
)
"""`aged`: learns each half year of a configuration by itself, beside the days since its runtime appears."""
ROUNDS, RATE = 100, 0.1
FOLDS, SEED = 5, 0
BAND = (0.1, 0.9)
HALF_YEAR = np.timedelta64(182, "D")


@dataclass(frozen=True)
class Trees:
    """`band` is what the answer is multiplied by for the ends of the interval that holds 80% of days."""

    booster: Any
    columns: Columns
    aged: bool
    band: tuple[float, float]

    def __call__(self, asked: Starts) -> Array:
        inputs = _inputs(asked, self.columns, self.aged)
        found: Array = np.exp(self.booster.inplace_predict(inputs).astype(np.float64))
        return found

    def within(self, judged: Starts) -> NDArray[np.bool_]:
        """Whether the truth lies in the interval, of each row."""
        ratio = judged.mean_ms / self(judged)
        inside: NDArray[np.bool_] = (ratio >= self.band[0]) & (ratio <= self.band[1])
        return inside


def fit(known: Starts, given: Mapping[str, Any]) -> Trees:
    """The logarithm of each configuration's median is learned, so that common ones weigh as rare ones do."""
    columns = Columns.of([known.configurations[place] for place in np.unique(known.place)])
    rows, level = _units(known, bool(given["aged"]))
    inputs = _inputs(rows, columns, bool(given["aged"]))
    booster = xgb.train(
        {
            "max_depth": given["max_depth"],
            "colsample_bynode": given["colsample_bynode"],
            "eta": RATE,
            "subsample": 0.7,
            "seed": SEED,
            "nthread": 1,
        },
        xgb.DMatrix(inputs, np.log(level)),
        ROUNDS,
    )
    return Trees(booster, columns, bool(given["aged"]), (1.0, 1.0))


def trees(known: Starts) -> Trees:
    """With the candidate that does best on runtimes it did not see, all of them in `known`."""
    scores, ratios = zip(*(_crossed(known, each) for each in CANDIDATES), strict=True)
    best = int(np.argmin(scores))
    low, high = np.quantile(ratios[best], BAND)
    made = fit(known, CANDIDATES[best])
    return Trees(made.booster, made.columns, made.aged, (float(low), float(high)))


def folds(names: NDArray[np.str_], count: int, seed: int) -> Codes:
    """The fold of each row: those of a name share one, and each has about as many names."""
    known, code = np.unique(names, return_inverse=True)
    order: Codes = np.random.default_rng(seed).permutation(len(known)) % count
    return order[code]


def crossed(starts: Starts, fold: Codes, make: Callable[[Starts], rules.Answer]) -> Array:
    """The answer for each row by what was made without its fold."""
    answers = np.empty(len(starts))
    for each in np.unique(fold):
        answers[fold == each] = make(starts.take(fold != each))(starts.take(fold == each))
    return answers


def _crossed(known: Starts, given: Mapping[str, Any]) -> tuple[float, Array]:
    """Mean squared error, and truth by answer of each row."""
    fold = folds(known.of("runtime"), FOLDS, SEED)
    answers = crossed(known, fold, lambda part: fit(part, given))
    return float(np.mean((known.mean_ms - answers) ** 2)), known.mean_ms / answers


def _inputs(starts: Starts, columns: Columns, aged: bool) -> Matrix:
    found = columns.rows(starts.configurations)[starts.place]
    if not aged:
        return found
    age = (starts.day - starts.since[starts.place]) // np.timedelta64(1, "D")
    return np.column_stack((found, age)).astype(np.float32)


def _units(starts: Starts, aged: bool) -> tuple[Starts, Array]:
    """A row for each configuration, or each of its half years, and its median."""
    period: Codes = (starts.day - starts.day.min()) // HALF_YEAR if aged else np.zeros(len(starts), np.int64)
    unit = starts.place * (int(period.max()) + 1) + period
    order = np.lexsort((starts.day, unit))
    _, begin = np.unique(unit[order], return_index=True)
    level = np.array([np.median(part) for part in np.split(starts.mean_ms[order], begin[1:])])
    middle = (begin + np.append(begin[1:], len(order))) // 2
    return starts.take(order[middle]), level
