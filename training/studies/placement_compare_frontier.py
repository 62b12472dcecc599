"""What the router's threshold trades: how sure of the function it must be, against money and waiting.

The value declared is chosen by these figures, of days and chances that no comparison meets. The model is
asked in the caller: a way to go would be the same for every threshold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from catalog.contract import Contract, Placement
from sources.placement_request import compare
from sources.placement_request.traffic import Array, Pattern
from studies.placement_compare_bill import Asked, Way, embedded, figures, unasked
from studies.placement_compare_load import TUNED, Episode, episodes
from studies.placement_compare_policies import chances, sent

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)
PATTERNS: tuple[Pattern, ...] = ("steady", "burst")
"""By night two tasks are paid whatever a router does."""
NAMED: tuple[compare.Policy, ...] = ("lambda", "ecs", "oracle")
APART = 100_000
"""Added to a seed: another day alone would bring the same chances again."""
Given = tuple[str, Way, list[compare.Policy]]
"""A policy's name, how it is asked, and what places each episode's requests."""


def frontier(
    contract: Contract, model: Path, asked: Asked, *, requests: int, seed: int
) -> dict[str, dict[str, dict[str, Any]]]:
    """Figures by pattern and policy, thresholds by their numbers; the patterns share `requests`."""
    assert contract.placement  # noqa: S101 - asked for by contracts that have one
    placement, chance = contract.placement, chances(model, contract)
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for pattern in PATTERNS:
        load = list(episodes(pattern, requests // len(PATTERNS), seed + APART, TUNED))
        lasts_s = sum(each.lasts_s for each in load)
        found[pattern] = {}
        for name, way, given in _given(load, [chance(each.requests) for each in load], placement):
            pairs = zip(load, given, strict=True)
            served = [compare.simulate(each.requests, policy, placement, each.seed) for each, policy in pairs]
            found[pattern][name] = figures(served, lasts_s, placement, asked, way)
    return found


def _given(load: list[Episode], chance: list[Array], placement: Placement) -> Iterator[Given]:
    for name in NAMED:
        yield str(name), unasked, [name] * len(load)
    for threshold in THRESHOLDS:
        stricter, pairs = replace(placement, lambda_from=threshold), zip(chance, load, strict=True)
        yield f"{threshold:g}", embedded, [sent(likely, each.requests, stricter) for likely, each in pairs]
