"""Rows a second and peak memory of a collector, at growing histories in one window."""

from __future__ import annotations

import json
import sys
from typing import Any

from local.bench.page import Section
from local.bench.process import timed
from local.run.place import ROOT

SIZES = (("wire", 100_000), ("wire", 1_000_000), ("rows", 100_000), ("rows", 1_000_000), ("rows", 5_000_000))
KINDS = {"wire": "EC2's XML, botocore included", "rows": "from rows on"}
SETTINGS = {
    "PYTHONPATH": f"{ROOT / 'lambda'}:{ROOT}",
    "ENVIRONMENT": "local",
    "POWERTOOLS_SERVICE_NAME": "collect",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "probe",
    "AWS_SECRET_ACCESS_KEY": "probe",
}


def measure() -> Section:
    section = Section(
        "Collector",
        ("read", "rows of one window", "rows a second", "peak memory (MB)", "objects", "MB written"),
        before="Whole process, one core; the network's time is left out. Goal: memory that does not grow "
        "with the history.",
    )
    for kind, size in SIZES:
        run = timed([sys.executable, "-m", "local.bench.collect_probe", kind, str(size)], SETTINGS)
        found: dict[str, Any] = json.loads(run.output.strip().splitlines()[-1])
        rate = f"{found['rows'] / found['seconds']:,.0f}"
        section.add(
            KINDS[kind], f"{found['rows']:,}", rate, f"{run.peak_mb:.0f}", found["objects"], found["mb"]
        )
    return section
