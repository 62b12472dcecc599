"""Which columns go together: Cramer's V and Pearson's correlation, as skrub computes them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from diagnosis.findings import Finding
from diagnosis.profile import Profile

MOST_ROWS, MOST_COLUMNS = 10_000, 60
SAME_V, SAME_R = 0.95, 0.98
FEWEST = 100


@dataclass(frozen=True)
class Pair:
    left: str
    right: str
    cramer_v: float
    pearson: float | None


def pairs(found: Profile) -> list[Pair]:
    """Of the first columns that vary, the strongest first."""
    names = [each.name for each in found.of_kind("number", "text", "boolean") if each.different > 1][
        :MOST_COLUMNS
    ]
    if len(found.sample) < FEWEST or len(names) < 2:
        return []
    import skrub

    step = max(1, len(found.sample) // MOST_ROWS)
    frame = found.sample[names].iloc[::step].replace([np.inf, -np.inf], np.nan)
    frame.columns = [str(number) for number in range(len(names))]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # correlations of what hardly varies
        table = skrub.column_associations(frame)
    columns = zip(
        table["left_column_idx"],
        table["right_column_idx"],
        table["cramer_v"],
        table["pearson_corr"],
        strict=True,
    )
    told = [
        Pair(names[int(left)], names[int(right)], float(v), float(r) if r == r else None)
        for left, right, v, r in columns
        if v == v
    ]
    return sorted(told, key=lambda pair: -strength(pair))


def strength(pair: Pair) -> float:
    return max(pair.cramer_v, abs(pair.pearson or 0.0))


def findings(found: Profile, told: Sequence[Pair], outcomes: set[str]) -> Iterator[Finding]:
    aside = {*found.roles.keys, found.roles.target, *outcomes}
    for pair in told:
        if {pair.left, pair.right} & aside:
            continue
        if pair.cramer_v >= SAME_V or abs(pair.pearson or 0) >= SAME_R:
            r = "" if pair.pearson is None else f", correlation {pair.pearson:.3f}"
            yield Finding(
                code="redundant",
                severity="note",
                columns=(pair.left, pair.right),
                seen=f"Cramer's V {pair.cramer_v:.2f}{r}.",
                sampled=True,
            )


def chosen(told: Sequence[Pair], most: int = 20) -> list[str]:
    """The columns of the strongest pairs, for a picture that can be read."""
    names: list[str] = []
    for pair in told:
        for name in (pair.left, pair.right):
            if name not in names and len(names) < most:
                names.append(name)
    return sorted(names)
