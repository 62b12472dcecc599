"""How inputs are counted, live and of a training, and how far the one lies from the other.

The buckets are the same for every feature of every model, so that who counts needs nothing of a training:
eight between a power of two and the next, for either sign. Standard library only: ships everywhere.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.contract import MISSING as NOT_A_NUMBER
from catalog.contract import Contract
from catalog.fields import Feature

MISSING = -1000
"""The bucket of what is not there; it lies below every number's."""
LOW, HIGH = -20, 44
"""Powers of two between which numbers are told apart: 0.000001 to 17,600,000,000,000."""
PARTS = 8
TOP = PARTS * (HIGH - LOW)
"""The bucket of numbers above, and with a minus of those below."""
SMALLEST, LARGEST = 2.0**LOW, 2.0**HIGH
FIRST = 1 - PARTS - PARTS * (LOW + 1)
HASHES = 64
"""Buckets that open-ended names share."""
BINS = 10
"""Into which a reference's buckets are merged before it is compared, of about equal mass."""
UNSEEN = 0.5
"""Added to each bin's count, so that an empty one is unlikely and not impossible."""

Counts = dict[int, int]


def bucket(value: float) -> int:
    """Of a number: 0 for what is next to 0, else rising with the number from -TOP to TOP."""
    if value != value:
        return MISSING
    size = abs(value)
    if size < SMALLEST:
        return 0
    if size >= LARGEST:
        place = TOP
    else:
        mantissa, exponent = math.frexp(size)
        place = PARTS * exponent + int(2 * PARTS * mantissa) + FIRST
    return place if value > 0 else -place


def named_bucket(number: float) -> int:
    """Of a name's number, or a category's place: it has no order."""
    return MISSING if number != number else int(number) % HASHES


def is_named(feature: Feature) -> bool:
    return bool(feature.categories or feature.names or feature.cut)


def is_filled(feature: Feature) -> bool:
    """Whether a training derives what is left out, so that how much is missing tells nothing."""
    return feature.missing == "derive"


def counted(contract: Contract) -> tuple[str, ...]:
    """The features, and the texts by their lengths, in order."""
    schema = contract.record
    return (*(each.name for each in schema.read), *(each.name for each in schema.texts))


@dataclass
class Tally:
    """How many records had a value in which bucket, by feature; of a text its length is counted."""

    contract: Contract
    records: int = 0
    counts: dict[str, Counts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        schema = self.contract.record
        self.counts = {name: {} for name in counted(self.contract)}
        plain = [each for each in schema.read if not is_named(each)]
        self._numbers = [(each.name, _default(each), self.counts[each.name]) for each in plain]
        self._named = [(each, self.counts[each.name]) for each in schema.read if is_named(each)]
        self._texts = [(each.name, self.counts[each.name]) for each in schema.texts]

    def add(self, record: Mapping[str, Any]) -> None:
        """Counts a flat record that keeps its contract."""
        self.records += 1
        get = record.get
        for name, default, counts in self._numbers:
            value = get(name)
            found = bucket(default if value is None else value)
            counts[found] = counts.get(found, 0) + 1
        for feature, counts in self._named:
            value = get(feature.source)
            found = MISSING if value is None else named_bucket(feature.number(value))
            counts[found] = counts.get(found, 0) + 1
        for name, counts in self._texts:
            found = bucket(len(get(name) or ""))
            counts[found] = counts.get(found, 0) + 1


def psi(reference: Counts, live: Counts, *, named: bool) -> float:
    """The population stability index over bins that hold about a tenth of the reference each: 0 for equal
    shares, above 0.25 by custom a shift."""
    before, after = (_named_bins if named else _number_bins)(reference, live)
    expected, found = _shares(before), _shares(after)
    return sum((b - a) * math.log(b / a) for a, b in zip(expected, found, strict=True))


def _number_bins(reference: Counts, live: Counts) -> tuple[list[int], list[int]]:
    """Counts of both by bin: what is missing, what lies below and above all of the reference, and between."""
    bounds = _bounds({code: count for code, count in reference.items() if code != MISSING})
    ends = [MISSING, *bounds]
    return _binned(reference, ends), _binned(live, ends)


def _bounds(numbers: Counts) -> list[int]:
    """The last bucket of each bin, the first one being of what lies below all numbers."""
    if not numbers:
        return []
    wanted, held, bounds = sum(numbers.values()) / BINS, 0, [min(numbers) - 1]
    for code in sorted(numbers):
        held += numbers[code]
        if held >= wanted:
            bounds.append(code)
            held = 0
    if bounds[-1] != max(numbers):
        bounds.append(max(numbers))
    return bounds


def _binned(counts: Counts, ends: list[int]) -> list[int]:
    bins = [0] * (len(ends) + 1)
    for code, count in counts.items():
        bins[bisect_left(ends, code)] += count
    return bins


def _named_bins(reference: Counts, live: Counts) -> tuple[list[int], list[int]]:
    """The most frequent names alone, all others together."""
    ranked = sorted(reference, key=lambda code: (-reference[code], code))[: BINS - 1]

    def bins(counts: Counts) -> list[int]:
        alone = [counts.get(code, 0) for code in ranked]
        return [*alone, sum(counts.values()) - sum(alone)]

    return bins(reference), bins(live)


def _shares(bins: list[int]) -> list[float]:
    total = sum(bins) + UNSEEN * len(bins)
    return [(count + UNSEEN) / total for count in bins]


def _default(feature: Feature) -> float:
    return feature.default if feature.missing == "default" else NOT_A_NUMBER
