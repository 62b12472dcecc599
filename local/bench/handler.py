"""The predict handler without the endpoint's own time."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from catalog.models import MODELS
from local.bench.page import Section
from local.bench.process import timed
from local.run.place import ROOT


def measure() -> Section:
    section = Section(
        "Prediction handler without the endpoint",
        ("records in the request", "p50 (ms)", "p99 (ms)", "first call (ms)"),
        before="All but the endpoint's time, whose answer is canned. Goal for one: p50 <= 2 ms.",
    )
    for size in (1, 500):
        found = _probe(size)
        section.add(size, *(1000 * found[name] for name in ("p50", "p99", "cold")))
    return section


def _probe(size: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        hosted = [spec for spec in MODELS if spec.endpoint]
        for spec in hosted:
            (Path(folder) / f"{spec.name}.json").write_text(spec.contract.to_json())
        routes = {spec.route: {"model": spec.name, "endpoint": spec.name} for spec in hosted}
        settings = {
            "PYTHONPATH": f"{ROOT / 'lambda'}:{ROOT}",
            "CONTRACTS_DIR": folder,
            "ROUTES": json.dumps(routes),
            "STATE_TABLE": "state",
            "ENVIRONMENT": "local",
            "POWERTOOLS_SERVICE_NAME": "predict",
            "POWERTOOLS_TRACE_DISABLED": "true",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "probe",
            "AWS_SECRET_ACCESS_KEY": "probe",
        }
        run = timed([sys.executable, "-m", "local.bench.handler_probe", str(size)], settings)
    found: dict[str, float] = json.loads(run.output.strip().splitlines()[-1])
    return found
