"""What an optimiser's declaration must hold."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.contract import Contract, Limit, Optimizer

SINGLE = ("failures", "price")
"""Kinds that a requirement can hold once."""
ON_COLUMNS = ("mean", "price")
"""Kinds that bound a feature of the options, which must be named."""


def optimizer_problems(contract: Contract, optimizer: Optimizer) -> Iterator[str]:
    """Names that it uses must exist, and bounds be bounds."""
    fields = (*contract.record.key_names, *(feature.name for feature in contract.record.given))
    named = (optimizer.group, optimizer.cost, optimizer.capacity, *optimizer.identity)
    for name in named:
        if name not in fields:
            yield f"the optimizer reads {name!r}, which options do not hold"
    if optimizer.group not in optimizer.identity:
        yield f"the identity of options must hold their group {optimizer.group!r}, got {optimizer.identity}"
    yield from _limits_problems(contract, optimizer)
    if optimizer.estimate and optimizer.estimate.feature not in fields:
        yield f"the estimate is of {optimizer.estimate.feature!r}, which options do not hold"
    bounds = vars(optimizer.search)
    wrong = [name for name, value in bounds.items() if not (value > 0 or (name == "gap" and value == 0))]
    if wrong or not optimizer.search.gap < 1:
        yield f"the search's bounds must be above 0 and its gap below 1, got {bounds}"


def _limits_problems(contract: Contract, optimizer: Optimizer) -> Iterator[str]:
    kinds: list[str] = [limit.kind for limit in optimizer.limits]
    if "supply" not in kinds:
        yield "the optimizer has no limit of kind supply; without one the best choice is none"
    for kind in SINGLE:
        if kinds.count(kind) > 1:
            yield f"the optimizer has {kinds.count(kind)} limits of kind {kind}; allowed is one"
    if ("distance" in kinds) is not (optimizer.distances is not None):
        yield "a limit of kind distance and distances go together"
    names = [limit.name for limit in optimizer.limits]
    for limit in optimizer.limits:
        yield from _limit_problems(contract, limit)
        if names.count(limit.name) > 1:
            yield f"limit {limit.name} is declared twice"


def _limit_problems(contract: Contract, limit: Limit) -> Iterator[str]:
    numbers = [feature.name for feature in contract.record.given if not (feature.categories or feature.names)]
    if limit.column and limit.column not in numbers:
        yield f"limit {limit.name} is on {limit.column!r}, which is no number of the options"
    if limit.kind in ON_COLUMNS and not limit.column:
        yield f"limit {limit.name} must name the feature of the options that it is on"
    if not limit.step > 0 or limit.digits < 0:
        yield f"limit {limit.name}: step {limit.step:g} must be above 0, digits {limit.digits} at least 0"
    if limit.feature.problem(limit.feature.example):
        yield f"limit {limit.name}: its example {limit.feature.problem(limit.feature.example)}"
