"""Optimisers: how long the best choice, its reasons and a refusal take."""

from __future__ import annotations

import json
import sys
from statistics import median, quantiles
from typing import Any

from catalog.models import MODELS
from local.bench.page import Section
from local.bench.process import timed
from local.run.place import ROOT

INSTANCES, GOAL_S = 200, 1.0


def measure() -> Section:
    section = Section(
        "Choosing among options",
        ("model, options", "what", "requests", "p50 (ms)", "p99 (ms)"),
        before=f"{INSTANCES} seeded random requests each, in 3, 6 or 12 zones, every limit in half of them, "
        f"without the handler around. Goal: 1,000 options solved in {GOAL_S:g} s. Explaining solves again "
        "for each limit, a refusal finds out what to loosen.",
    )
    notes = []
    for spec in MODELS:
        if spec.contract.optimizer is None:
            continue
        for count in (100, spec.contract.optimizer.most_options):
            found = _probe(spec.name, count)
            for what, name in (("solved", "solve"), ("and explained", "whole"), ("refused", "refused")):
                times = [1000 * value for value in found[name]]
                tail = quantiles(times, n=100)[98]
                section.add(f"{spec.name}, {count}", what, len(times), median(times), tail)
            within = sum(value <= GOAL_S for value in found["solve"]) / len(found["solve"])
            proven = sum(found["proven"]) / len(found["proven"])
            notes.append(
                f"{spec.name} with {count} options: {within:.1%} solved within {GOAL_S:g} s; {proven:.1%} "
                f"proven best, largest gap {max(found['gap']):.2%}; "
                f"imports take {1000 * found['import']:.0f} ms."
            )
    section.after = " ".join(notes)
    return section


def _probe(model: str, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "local.bench.optimize_probe", model, str(count), str(INSTANCES)]
    settings = {"PYTHONPATH": f"{ROOT / 'lambda'}:{ROOT}", "POWERTOOLS_TRACE_DISABLED": "true"}
    found: dict[str, Any] = json.loads(timed(command, settings).output.strip().splitlines()[-1])
    return found
