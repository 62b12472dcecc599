"""Figures over repeated seeds: the mean, and how far from it the true one may lie."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import mean, stdev
from typing import Any, NamedTuple

from scipy.stats import t as student

Figures = Mapping[str, Any]
Row = Mapping[str, Figures]
"""Figures by configuration."""
BASELINES = ("lambda", "ecs")
LEVEL = 0.95
NOTHING = 0.005
"""Of a bill, too little to speak of what it returns."""


class Spread(NamedTuple):
    """Mean and half the interval's width; no width where there is one seed alone."""

    mean: float
    half: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """A 95% interval by Student's t: seeds are independent draws of the whole load."""
        if len(values) < 2:
            return cls(mean(values), None)
        quantile = float(student.ppf((1 + LEVEL) / 2, len(values) - 1))
        return cls(mean(values), quantile * stdev(values) / math.sqrt(len(values)))

    def shown(self, form: str) -> str:
        middle = format(self.mean, form)
        return middle if self.half is None else f"{middle} ± {self.half:{form}}"


def over(rows: Sequence[Row], ask: Callable[[Row], float | None]) -> Spread | None:
    """Of what each seed's row answers; None where any of them does not know."""
    found = [ask(row) for row in rows]
    known = [each for each in found if each is not None]
    return Spread.of(known) if len(known) == len(found) else None


def saving(row: Row, name: str, baseline: str) -> float:
    """Share of the baseline's bill that the configuration saves."""
    return 1 - float(row[name]["total_usd"]) / float(row[baseline]["total_usd"])


def burden_saving(row: Row, name: str, baseline: str) -> float:
    return 1 - float(row[name]["burden_usd"]) / float(row[baseline]["burden_usd"])


def returned(row: Row, name: str, baseline: str) -> float | None:
    """Dollars saved, the router paid, for each dollar that it costs; None where next to nothing is paid."""
    paid, total = row[name]["router_usd"], row[name]["total_usd"]
    return float((row[baseline]["total_usd"] - total) / paid) if paid > NOTHING * total else None


def better(rows: Sequence[Row], measure: str) -> str:
    """The baseline with less of it on the whole."""
    return min(BASELINES, key=lambda name: sum(row[name][measure] for row in rows))


def longer(row: Row, name: str, baseline: str) -> float | None:
    """How much longer its p95 is, as a share of the baseline's."""
    own, other = row[name]["p95_ms"], row[baseline]["p95_ms"]
    return own / other - 1 if own and other else None


def reached(row: Row, name: str) -> float | None:
    """Share of what the oracle takes off the lesser baseline's burden that it takes off too."""
    least = min(row[each]["burden_usd"] for each in BASELINES)
    bound = least - row["oracle"]["burden_usd"]
    return float((least - row[name]["burden_usd"]) / bound) if bound > 0 else None
