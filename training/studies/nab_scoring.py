"""NAB's scoring rules (Lavin & Ahmad 2015; github.com/numenta/NAB, nab/sweeper.py at ea702d7), own code.

A detection earns the more the earlier it lies in an anomaly window, and only the earliest of a window
counts; every detection outside costs, less just behind a window; a window without one costs `missed`. One
threshold holds for all files: the one with the best sum, as NAB's optimiser takes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.nab_corpus import File

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Profile:
    """What the outcomes weigh: a detected window, a false detection, a missed window."""

    found: float
    false: float
    missed: float


PROFILES = {
    "standard": Profile(1.0, 0.11, 1.0),
    "reward_low_FP_rate": Profile(1.0, 0.22, 1.0),
    "reward_low_FN_rate": Profile(1.0, 0.11, 2.0),
}


@dataclass(frozen=True)
class Result:
    """`score` runs from 0 (no detection at all) to 100 (each window found at its first row, nothing else)."""

    score: float
    threshold: float
    windows: int
    found: int
    false: int


def scaled_sigmoid(position: Values) -> Values:
    """1 far before the end of a window, 0 at it, -1 from three window lengths behind it."""
    inside = 2 / (1 + np.exp(5 * np.minimum(position, 3.0))) - 1
    return np.where(position >= 3.0, -1.0, inside)


def weights(file: File, profile: Profile) -> tuple[Values, NDArray[np.int64]]:
    """What a detection on each row is worth, and the number of the window it lies in (-1 for none)."""
    rows = np.arange(len(file.times))
    position, owner = np.full(len(rows), 3.0), np.full(len(rows), -1)
    for number, (first, last) in enumerate(file.windows):
        width = last - first + 1
        behind = rows > last
        position[behind] = (rows[behind] - last) / max(width - 1, 1)
        position[first : last + 1] = -(last - rows[first : last + 1] + 1) / width
        owner[first : last + 1] = number
    worth = scaled_sigmoid(position)
    best = float(scaled_sigmoid(np.array([-1.0]))[0])
    return np.where(owner >= 0, worth * profile.found / best, worth * profile.false), owner


def score(
    files: Sequence[File], scores: Sequence[Values], profile: Profile, threshold: float | None = None
) -> Result:
    """The files' normalised score at the best threshold, or at the one given.

    `scores`: one array per file, a number per row, higher is more anomalous; a detection is a score at or
    above the threshold. Beyond every score lies the threshold that detects nothing.
    """
    parts = [_steps(file, given, profile) for file, given in zip(files, scores, strict=True)]
    level, gain, found, false = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.argsort(-level, kind="stable")
    level, gain, found, false = (each[order] for each in (level, gain, found, false))
    last = np.append(level[1:] != level[:-1], True)
    windows = sum(len(file.windows) for file in files)
    sums = [np.append(0, np.cumsum(each)[last]) for each in (gain, found, false)]
    levels = np.append(np.inf, level[last])
    at = int(np.argmax(sums[0])) if threshold is None else int(np.sum(levels >= threshold)) - 1
    span = windows * (profile.found + profile.missed)
    return Result(
        score=100 * float(sums[0][at]) / span if span else 0.0,
        threshold=float(levels[at]),
        windows=windows,
        found=int(sums[1][at]),
        false=int(sums[2][at]),
    )


def _steps(file: File, given: Values, profile: Profile) -> tuple[Values, Values, Values, Values]:
    """What lowering the threshold past each scored row adds: its score, the gain, windows found, false."""
    worth, owner = weights(file, profile)
    gain, found = worth.copy(), np.zeros(len(worth))
    for number in range(len(file.windows)):
        rows = np.flatnonzero((owner == number) & (np.arange(len(worth)) >= file.probation))
        rows = rows[np.argsort(-given[rows], kind="stable")]
        best = np.maximum.accumulate(np.append(-profile.missed, worth[rows]))
        gain[rows] = np.diff(best)
        found[rows[:1]] = 1
    scored = slice(file.probation, None)
    return given[scored], gain[scored], found[scored], (owner < 0)[scored].astype(float)
