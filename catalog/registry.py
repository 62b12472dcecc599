"""Models beside each other: what no two of them may share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from catalog.schemas import pascal
from catalog.spec import ModelSpec

PLATFORM_STACKS = ("Foundation", "Training", "Collection", "Api")


def checked(*models: ModelSpec) -> tuple[ModelSpec, ...]:
    """The models as they are given; ValueError names every name, route and stack that is claimed twice."""
    problems = list(_clashes(models))
    if problems:
        raise ValueError("models: " + "; ".join(problems))
    return models


def _clashes(models: tuple[ModelSpec, ...]) -> Iterator[str]:
    claims: defaultdict[str, list[str]] = defaultdict(list)
    for stack in PLATFORM_STACKS:
        claims[f"stack {stack}"].append("the platform itself")
    for spec in models:
        names = (f"name {name}" for name in (spec.name, *spec.aliases))
        routes = (spec.route, spec.router.forward) if spec.router else (spec.route,)
        for claim in (*names, *(f"route {route}" for route in routes), f"stack {pascal(spec.name)}"):
            claims[claim].append(spec.name)
    for claim, claimed_by in claims.items():
        if len(claimed_by) > 1:
            yield f"{claim} is claimed by {' and '.join(claimed_by)}; allowed is one"
