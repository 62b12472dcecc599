"""What instance families are made of, for records that do not tell it.

Of each family its size `large`, or the smallest above: vCPUs, memory (GiB), most of the network (Gbit/s, NaN
where the vendor gives no number), share of a vCPU that may be used for ever, whether more costs credits. From
the vendors' public specifications; the baselines of other sizes of a burstable family differ.
"""

from __future__ import annotations

from math import nan

import numpy as np

from catalog.contract import name_number
from features.columns import Array

NAMES = ("vcpu", "memory_gb", "network_gbps", "baseline_share", "burstable")
Facts = tuple[float, float, float, float, float]


def _fixed(vcpu: float, memory: float, network: float) -> Facts:
    return (vcpu, memory, network, 1.0, 0.0)


FAMILIES: dict[str, Facts] = {
    "t2": (2, 8, nan, 0.3, 1),
    "t3": (2, 8, 5, 0.3, 1),
    "t3a": (2, 8, 5, 0.3, 1),
    "t4g": (2, 8, 5, 0.3, 1),
    "m4": _fixed(2, 8, nan),
    "m5": _fixed(2, 8, 10),
    "m5a": _fixed(2, 8, 10),
    "m5n": _fixed(2, 8, 25),
    "m6a": _fixed(2, 8, 12.5),
    "m6g": _fixed(2, 8, 10),
    "m6i": _fixed(2, 8, 12.5),
    "m7a": _fixed(2, 8, 12.5),
    "m7g": _fixed(2, 8, 12.5),
    "m7i": _fixed(2, 8, 12.5),
    "m8g": _fixed(2, 8, 12.5),
    "c4": _fixed(2, 3.75, nan),
    "c5": _fixed(2, 4, 10),
    "c5a": _fixed(2, 4, 10),
    "c5n": _fixed(2, 5.25, 25),
    "c6a": _fixed(2, 4, 12.5),
    "c6g": _fixed(2, 4, 10),
    "c6gn": _fixed(2, 4, 25),
    "c6i": _fixed(2, 4, 12.5),
    "c6in": _fixed(2, 4, 25),
    "c7a": _fixed(2, 4, 12.5),
    "c7g": _fixed(2, 4, 12.5),
    "c7i": _fixed(2, 4, 12.5),
    "c8g": _fixed(2, 4, 12.5),
    "r4": _fixed(2, 15.25, 10),
    "r5": _fixed(2, 16, 10),
    "r5a": _fixed(2, 16, 10),
    "r5n": _fixed(2, 16, 25),
    "r6a": _fixed(2, 16, 12.5),
    "r6g": _fixed(2, 16, 10),
    "r6i": _fixed(2, 16, 12.5),
    "r7a": _fixed(2, 16, 12.5),
    "r7g": _fixed(2, 16, 12.5),
    "r7i": _fixed(2, 16, 12.5),
    "r8g": _fixed(2, 16, 12.5),
    "i3": _fixed(2, 15.25, 10),
    "i3en": _fixed(2, 16, 25),
    "i4i": _fixed(2, 16, 10),
    "g4dn": _fixed(4, 16, 25),
    "g5": _fixed(4, 16, 10),
    "azure-bms": (8, 32, nan, 0.16875, 1),
    "azure-dsv5": _fixed(8, 32, 12.5),
}
"""The last two are the sizes B8ms and D8s v5, whose benchmarks are public."""

_NUMBERS = np.array([name_number(name) for name in FAMILIES])
_ORDER = np.argsort(_NUMBERS)
_TABLE = np.vstack((np.array(list(FAMILIES.values()))[_ORDER], np.full(len(NAMES), nan)))


def of(families: Array) -> Array:
    """The facts (rows, NAMES) of families, given as numbers of their names; NaN where one is not known."""
    known = _NUMBERS[_ORDER]
    place = np.minimum(np.searchsorted(known, families), len(known) - 1)
    found: Array = _TABLE[np.where(known[place] == families, place, len(known))]
    return found
