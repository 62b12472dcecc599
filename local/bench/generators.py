"""How fast synthetic records are made up, of every schema, and how fast both platforms are simulated."""

from __future__ import annotations

import json
import sys

from catalog.models import MODELS
from local.bench.page import Section
from local.bench.process import timed
from local.run.data import ROOTS

GENERATE = """
import json, sys, time
from catalog.models import MODELS
from sources import layout
contract = next(spec.contract for spec in MODELS if spec.contract.record.name == sys.argv[1])
began = time.perf_counter()
rows = sum(len(table) for table in layout.made(contract, int(sys.argv[2])))
print(json.dumps([rows, time.perf_counter() - began]))
"""
SIMULATE = """
import json, time
from catalog.models.placement import TWINS
from sources import placement_request
began = time.perf_counter()
requests = [len(placement_request.campaign(group, 1, TWINS)[0]) for group in range(8)]
print(json.dumps([sum(requests), time.perf_counter() - began]))
"""


def measure() -> Section:
    section = Section(
        "Synthetic records",
        ("records", "rows", "seconds", "rows a second"),
        before="One core, without Python's start, nothing written; as many records as the model's first "
        "training asks for. Each placement request is measured on both platforms, which makes two rows. "
        "Simulated requests: both platforms with all their state, of which records are a small sample.",
    )
    wanted: dict[str, int] = {}
    for spec in MODELS:
        if spec.training:
            name = spec.contract.record.name
            wanted[name] = max(spec.training.records, wanted.get(name, 0))
    for name, records in wanted.items():
        _add(section, name, GENERATE, name, str(records))
    _add(section, "simulated requests", SIMULATE)
    return section


def _add(section: Section, name: str, code: str, *arguments: str) -> None:
    output = timed([sys.executable, "-c", code, *arguments], {"PYTHONPATH": ROOTS}).output
    rows, seconds = json.loads(output.strip().splitlines()[-1])
    section.add(name, f"{rows:,}", seconds, f"{rows / seconds:,.0f}")
