"""What asking the router takes, measured on this machine with the model that routes."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from catalog.spec import ModelSpec
from local.bench.process import timed
from local.run.place import ROOT


@dataclass(frozen=True)
class Measured:
    """Milliseconds: the handler's median and 99th percentile, and the model's part, for one request."""

    first_ms: float
    p50_ms: float
    p99_ms: float
    inference_ms: float


def measure(spec: ModelSpec, folder: Path) -> Measured:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / f"{spec.name}.json").write_text(spec.contract.to_json())
        settings = {
            "PYTHONPATH": f"{ROOT / 'lambda'}:{ROOT / 'training'}:{ROOT}",
            "CONTRACTS_DIR": name,
            "MODEL": spec.name,
            "PARAMETERS": json.dumps({spec.name: {"champion": "champion", "candidate": "candidate"}}),
            "STATE_TABLE": "state",
            "EVENT_BUS": "bus",
            "REMEDIATE_ABOVE": "",
            "COOLDOWN_S": "1800",
            "ENVIRONMENT": "local",
            "POWERTOOLS_SERVICE_NAME": "place",
            "POWERTOOLS_TRACE_DISABLED": "true",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "probe",
            "AWS_SECRET_ACCESS_KEY": "probe",
        }
        command = [sys.executable, "-m", "local.compare.router_probe", spec.name, str(folder.resolve())]
        run = timed(command, settings)
    return Measured(**json.loads(run.output.strip().splitlines()[-1]))
