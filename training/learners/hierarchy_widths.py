"""Learns the bounds from what each booster had not seen; hierarchy_bounds tells what they are made of."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from encoding import Matrix
from learners.hierarchy_bounds import Bounds, Unknown
from learners.hierarchy_calibration import Calibration, log_odds
from learners.hierarchy_levels import Array, Codes, Level, strength
from learners.hierarchy_settings import ROWS
from learners.hierarchy_spread import Judged

if TYPE_CHECKING:
    from learners.hierarchy_parts import Growing, Part

DAY_MS = 86_400_000
FEWEST = 0.02
"""Share of the rows that must lack a column, and have it, before its lack is told apart."""


def learn(
    growing: Growing, parts: list[Part], groups: tuple[list[Codes], ...], calibration: Calibration
) -> tuple[Bounds, dict[str, float]]:
    """The bounds, and the standard deviations that they come from; `groups` are the levels' of each chain."""
    target, advice = growing.contract.target, growing.contract.advice
    calm = target.classes.index(advice.calm) if advice else 0
    columns = _missing(growing)
    told = np.column_stack((np.ones(len(growing.rows)), np.isnan(growing.rows.features[:, columns])))
    names = _together(np.nan_to_num(growing.rows.features[:, list(growing.columns.values())], nan=-1))
    judged = {
        way: _judged([part for part in parts if part.way == way], growing, told, calibration, calm)
        for way in dict.fromkeys(part.way for part in parts)
    }
    rows, known = judged.get(ROWS) or next(iter(judged.values()))
    always = known.parts(names[rows])[0]
    shared = always + _of_days(growing, rows, known, groups)
    unknown, more = [], {}
    for way, (asked, found) in judged.items():
        if way != ROWS:
            one = Judged(found.log_odds, found.happened, np.ones((len(asked), 1)))
            variance = float(one.parts(names[asked], found.told @ always)[0][0])
            unknown.append(_unknown(growing, growing.columns[way], variance))
            more[way] = variance
    lacking = (growing.contract.columns[column] for column in columns)
    spreads = {ROWS: shared[0], **dict(zip(lacking, shared[1:], strict=True)), **more}
    reach = NormalDist().inv_cdf(0.5 + target.interval / 2)
    missing = tuple((int(column), float(part)) for column, part in zip(columns, shared[1:], strict=True))
    bounds = Bounds(calm, growing.settings.folds, reach, float(shared[0]), missing, tuple(unknown))
    return bounds, {name: round(float(variance) ** 0.5, 4) for name, variance in spreads.items()}


def _missing(growing: Growing) -> list[int]:
    """The first of the columns of numbers that are missing together, of each such set."""
    empty = np.isnan(growing.rows.features)
    empty[:, list(growing.columns.values())] = False
    share = empty.mean(axis=0)
    asked = np.flatnonzero((share > FEWEST) & (share < 1 - FEWEST))
    first = np.unique(empty[:, asked], axis=1, return_index=True)[1]
    return sorted(asked[first].tolist())


def _judged(
    parts: list[Part], growing: Growing, told: Array, calibration: Calibration, calm: int
) -> tuple[Codes, Judged]:
    rows = np.concatenate([part.rows for part in parts])
    odds = log_odds(calibration.probabilities(np.concatenate([part.margins for part in parts])), calm)
    return rows, Judged(odds.astype(np.float64), growing.rows.target[rows] != calm, told[rows])


def _of_days(growing: Growing, rows: Codes, known: Judged, groups: tuple[list[Codes], ...]) -> Array:
    """What rows of a level share within a day beyond what they share at all times; of the chain whose last
    level's days make the outcomes likeliest."""
    if not len(growing.rows.time):
        return np.zeros(known.told.shape[1])
    day = growing.rows.time[rows] // DAY_MS
    found = []
    for chain in groups:
        within, likely = known.parts(_together(np.column_stack((chain[-1][rows], day))))
        found.append((likely, within, chain[-1][rows]))
    _, within, level = max(found, key=lambda each: each[0])
    beyond: Array = np.maximum(within - known.parts(level)[0], 0)
    return beyond


def _unknown(growing: Growing, column: int, variance: float) -> Unknown:
    numbers = growing.rows.features[:, column]
    one = np.ones(len(numbers), np.int64)
    level = Level.of(column, numbers, one)
    group = level.groups(numbers, one)
    above = np.tile(growing.outcome.mean(axis=0), (len(numbers), 1))
    worth = strength(group, growing.outcome, above)
    count = np.bincount(group, minlength=len(level.names) + 1)
    count[0] = 0
    return Unknown(level, variance, (worth / (worth + count)).astype(np.float32))


def _together(keys: Matrix | Codes) -> Codes:
    """One number for each different row of the keys."""
    return np.unique(keys, axis=0, return_inverse=True)[1].ravel().astype(np.int64)
