"""How far two files' columns are apart: measures of effect, since at many rows every test is significant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diagnosis.column import Column
from diagnosis.findings import Finding, listed, percent
from diagnosis.profile import Profile

Floats = NDArray[np.float64]
BINS, MOST_NAMES = 10, 20
MODERATE, LARGE = 0.1, 0.25
"""The usual bounds of the population stability index."""
FEWEST = 100
REST, NONE = "(others)", "(missing)"


@dataclass(frozen=True)
class Drift:
    """One column in both files. `effect` is the KS distance of numbers, Cramer's V of categories."""

    column: str
    psi: float
    chance: float
    """About what the index comes to by chance, of samples of this size."""
    effect: float
    measure: str
    bins: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]

    @property
    def level(self) -> str:
        beyond = self.psi - 2 * self.chance
        return "large" if beyond >= LARGE else "moderate" if beyond >= MODERATE else "none"


def drifts(before: Profile, after: Profile) -> list[Drift]:
    """Of the columns that both files have and that are no keys, the largest first."""
    found = []
    for column in after.of_kind("number", "text", "boolean"):
        if column.name in after.roles.keys or not _comparable(before, column):
            continue
        old, new = before.sample[column.name], after.sample[column.name]
        if column.kind == "number":
            found.append(_of_numbers(column.name, old.to_numpy(float), new.to_numpy(float)))
        elif max(column.different, before.columns[column.name].different) < 0.5 * column.given:
            found.append(_of_names(column.name, old, new))
    return sorted(found, key=lambda each: -each.psi)


def _comparable(before: Profile, column: Column) -> bool:
    there = before.columns.get(column.name)
    return there is not None and there.kind == column.kind and min(there.rows, column.rows) >= FEWEST


def _of_numbers(name: str, old: Floats, new: Floats) -> Drift:
    known, now = (np.sort(each[~np.isnan(each)]) for each in (old, new))
    finite = known[np.isfinite(known)]
    cuts = np.unique(np.quantile(finite, np.arange(1, BINS) / BINS)) if len(finite) else np.empty(0)
    counts = []
    for every, values in ((old, known), (new, now)):
        places = np.searchsorted(cuts, values, side="left")
        counts.append(np.append(np.bincount(places, minlength=len(cuts) + 1), len(every) - len(values)))
    edges = [f"{cut:.4g}" for cut in cuts]
    middle = [f"to {high}" for high in edges[:1]] + [f"{low} to {high}" for low, high in pairwise(edges)]
    bins = (*middle, f"above {edges[-1]}" if edges else "any", NONE)
    return _drift(name, bins, counts, _distance(known, now), "KS")


def _distance(old: Floats, new: Floats) -> float:
    """Kolmogorov and Smirnov's: the widest gap between the two shares of values up to each point."""
    if not len(old) or not len(new):
        return float(bool(len(old)) != bool(len(new)))
    points = np.concatenate((old, new))
    gaps = np.searchsorted(old, points, side="right") / len(old) - np.searchsorted(
        new, points, side="right"
    ) / len(new)
    return float(np.abs(gaps).max())


def _of_names(name: str, old: pd.Series[str], new: pd.Series[str]) -> Drift:
    old, new = (each.astype(object).where(each.notna(), NONE) for each in (old, new))
    common = pd.concat((old, new)).value_counts().index[:MOST_NAMES].tolist()
    counts = []
    for each in (old, new):
        found = each.value_counts().reindex(common, fill_value=0).to_numpy()
        counts.append(np.append(found, len(each) - found.sum()))
    return _drift(name, (*map(str, common), REST), counts, _cramer(np.array(counts, float)), "Cramer's V")


def _cramer(table: Floats) -> float:
    """Of two files by category: the root of chi-square over all rows."""
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.sqrt(np.nansum((table - expected) ** 2 / expected) / table.sum()))


def _drift(
    name: str, bins: tuple[str, ...], counts: Sequence[NDArray[np.int64]], effect: float, measure: str
) -> Drift:
    kept = (counts[0] + counts[1]) > 0
    shares = [(each[kept] + 0.5) / (each.sum() + 0.5 * kept.sum()) for each in counts]
    psi = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    chance = (int(kept.sum()) - 1) * (1 / counts[0].sum() + 1 / counts[1].sum())
    before, after = (tuple((each[kept] / each.sum()).tolist()) for each in counts)
    told = tuple(name for name, there in zip(bins, kept, strict=True) if there)
    return Drift(name, psi, float(chance), effect, measure, told, before, after)


def findings(before: Profile, after: Profile, found: Sequence[Drift]) -> Iterator[Finding]:
    yield from _columns(before, after)
    sampled = before.sampled or after.sampled
    for each in found:
        if each.level == "none":
            continue
        seen = (
            f"PSI {each.psi:.2f} ({each.level}; by chance about {each.chance:.3f}),"
            f" {each.measure} {each.effect:.2f}. {_most(each)}"
        )
        severity = "warning" if each.level == "large" else "note"
        yield Finding(code="drift", severity=severity, columns=(each.column,), seen=seen, sampled=sampled)  # type: ignore[arg-type]


def _most(each: Drift) -> str:
    place = int(np.argmax(np.abs(np.subtract(each.after, each.before))))
    return (
        f"{each.bins[place]}: {percent(each.before[place], 1)} there, {percent(each.after[place], 1)} here."
    )


def _columns(before: Profile, after: Profile) -> Iterator[Finding]:
    for name, column in after.columns.items():
        there = before.columns.get(name)
        if there and there.given and not column.given:
            yield Finding(
                code="drift-kind",
                severity="blocking",
                columns=(name,),
                seen="It has values there and none here.",
            )
        elif there and there.given and column.given and there.kind != column.kind:
            seen = f"It is {there.kind} there and {column.kind} here."
            yield Finding(code="drift-kind", severity="blocking", columns=(name,), seen=seen)
    gone = [name for name in before.columns if name not in after.columns]
    more = [name for name in after.columns if name not in before.columns]
    if gone:
        seen = f"Only the other file has {listed(gone)}."
        yield Finding(code="drift-columns", severity="warning", columns=tuple(gone), seen=seen)
    if more:
        seen = f"Only this file has {listed(more)}."
        yield Finding(code="drift-columns", severity="note", columns=tuple(more), seen=seen)
