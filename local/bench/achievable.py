"""The best that anyone can reach on synthetic records, asked of their generator."""

from __future__ import annotations

import json
import sys
from functools import cache
from statistics import mean
from typing import Any

from catalog.contract import Contract
from local.bench.process import timed
from local.run.data import ROOTS

ASK = """
import json, sys
from catalog.models import MODELS
from sources import layout
source, horizons = layout.generator(sys.argv[1]), [int(hours) for hours in sys.argv[2:]]
placed = [spec.contract.placement for spec in MODELS if spec.contract.record.name == sys.argv[1]]
more = {"placement": placed[0]} if placed[0] else {}
print(json.dumps(source.best_achievable(*([horizons] if horizons else []), **more)))
"""
MEANS = ("mae", "pinball")
"""Metrics of a forecast that are the mean of its horizons'; the others are not."""


def best(contract: Contract) -> dict[str, float]:
    """By metric, of one who knows what the generator hides."""
    if not contract.target.horizons:
        return {name: float(value) for name, value in _asked(contract.record.name).items()}
    each = by_horizon(contract).values()
    return {name: mean(found[name] for found in each) for name in MEANS}


def by_horizon(contract: Contract) -> dict[str, dict[str, float]]:
    """Of a forecast: the metrics of each horizon, by its hours."""
    found: dict[str, dict[str, float]] = _asked(
        contract.record.name, *(f"{hours:g}" for hours in contract.target.horizons)
    )
    return found


@cache
def _asked(record: str, *horizons: str) -> dict[str, Any]:
    run = timed([sys.executable, "-c", ASK, record, *horizons], {"PYTHONPATH": ROOTS})
    found: dict[str, Any] = json.loads(run.output.strip().splitlines()[-1])
    return found
