"""Which groups are near enough to each other to be used together."""

from __future__ import annotations

from optimize.fleet import Fleet
from optimize.requirement import Requirement


def together(fleet: Fleet, requirement: Requirement, most: int) -> tuple[list[list[int]], bool]:
    """The largest sets of groups of which no two are too far apart, without those too small for the
    requirement; up to `most` of them, and whether that is all."""
    count = len(fleet.groups)
    far = {pair for pair, distance in fleet.between.items() if distance > requirement.farthest}
    near = [
        {other for other in range(count) if other != place and tuple(sorted((place, other))) not in far}
        for place in range(count)
    ]
    found: list[list[int]] = []
    _grow([], set(range(count)), set(), near, found, most + 1)
    enough = max(requirement.fewest, requirement.failures + 1)
    sets = sorted(each for each in found[:most] if len(each) >= enough)
    return sets, len(found) <= most


def _grow(
    inside: list[int],
    may: set[int],
    done: set[int],
    near: list[set[int]],
    found: list[list[int]],
    most: int,
) -> None:
    """Bron and Kerbosch's search with a pivot: every maximal clique once."""
    if len(found) >= most:
        return
    if not may and not done:
        found.append(sorted(inside))
        return
    pivot = max(sorted(may | done), key=lambda place: len(near[place] & may))
    for place in sorted(may - near[pivot]):
        _grow([*inside, place], may & near[place], done & near[place], near, found, most)
        may, done = may - {place}, done | {place}
