"""An answer as it is sent: the choice, what it comes to, and what holds it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catalog.contract import Limit
from optimize.explaining import Binding, Change
from optimize.figures import Figures
from optimize.finding import Found
from optimize.requirement import Requirement

DIGITS = 6


def plan(figures: Figures, found: Found, bindings: Sequence[Binding], *, explained: bool) -> dict[str, Any]:
    farthest = figures.distance
    return {
        "chosen": _chosen(figures),
        "groups": _groups(figures),
        "usd_per_hour": _round(figures.cost),
        "objective_usd_per_hour": _round(figures.objective),
        "worst_group_loss": _round(figures.share),
        "farthest": {"between": list(farthest[:2]), "value": farthest[2]} if farthest else None,
        "limits": {limit.name: _round(figures.of(limit) or 0.0) for limit in figures.requirement.limits},
        "expected": {
            column: _round(figures.mean(column))
            for column in dict.fromkeys(
                limit.column for limit in figures.requirement.optimizer.of("mean", "price") if limit.column
            )
        },
        "binding": [_binding(each, figures.requirement) for each in bindings],
        "explained": explained,
        "proven": found.proven,
        "gap": _round(found.gap),
    }


def _chosen(figures: Figures) -> list[dict[str, Any]]:
    fleet = figures.fleet
    names = (*fleet.optimizer.identity, fleet.optimizer.cost, *(name for name in fleet.columns if name))
    return [
        {**{name: option[name] for name in dict.fromkeys(names)}, "count": int(count)}
        for option, count in zip(fleet.options, figures.counts, strict=True)
        if count
    ]


def _groups(figures: Figures) -> list[dict[str, Any]]:
    fleet, counts, costs = figures.fleet, figures.sums(""), figures.sums(figures.fleet.optimizer.cost)
    total = figures.capacity.sum()
    return [
        {
            fleet.optimizer.group: fleet.groups[place],
            "count": int(counts[place]),
            "usd_per_hour": _round(costs[place]),
            "capacity_share": _round(figures.capacity[place] / total),
        }
        for place in figures.used
    ]


def _binding(each: Binding, requirement: Requirement) -> dict[str, Any]:
    saves = _round(each.saves)
    if each.limit is None:
        capacity = requirement.optimizer.capacity
        more = f"one more of each would save {saves:g} USD per hour"
        words = f"{each.reached:g} options have no {capacity} left; {more}"
        return {"limit": capacity, "relaxed_to": None, "saves_usd_per_hour": saves, "detail": words}
    limit, asked = each.limit, requirement.values[each.limit.name]
    bound = "least" if limit.least else "most"
    words = (
        f"{limit.name} is to be at {bound} {asked:g} ({limit.feature.unit}) and comes to {each.reached:.6g}; "
        f"{each.looser:g} would save {saves:g} USD per hour"
    )
    return {"limit": limit.name, "relaxed_to": each.looser, "saves_usd_per_hour": saves, "detail": words}


def change(each: Change, requirement: Requirement) -> tuple[str, str]:
    """The field of a limit that must be loosened, and how far."""
    limit: Limit = each.limit
    asked = requirement.values[limit.name]
    verb = "ask for at most" if limit.least else "allow at least"
    words = f"{verb} {each.value:.10g} ({limit.feature.unit}); it is {asked:.10g}"
    return f"{requirement.optimizer.requirement}.{limit.name}", words


def _round(value: float) -> float:
    return round(float(value), DIGITS)
