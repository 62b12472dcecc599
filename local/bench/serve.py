"""The function of every model that is served in one: cold start, one record, a batch, and the model alone."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from catalog.contract import SHIPPED, Contract
from catalog.models import MODELS
from catalog.spec import InFunction, ModelSpec
from local.bench.page import Section
from local.bench.process import timed
from local.run.place import ROOT

BATCH = 500
PROBE = ("serve_probe.py", "serve_aws.py", "serve_requests.py")
COLUMNS = (
    "model", "import (ms)", "first answer (ms)", "one: p50 (ms)", "one: p99 (ms)", "model alone (ms)",
    f"batch of {BATCH} (records/s)", "model alone (records/s)",
)  # fmt: skip


def measure(artifacts: Path | None) -> Section:
    """`artifacts` holds a model directory for each trained model; those without one are left out."""
    section = Section(
        "Prediction in the function",
        COLUMNS,
        before="All but the network: AWS's answers are canned where botocore would send. Windows are full. "
        "Goals: import and first answer <= 1000 ms together, one record p50 <= 5 ms and p99 <= 20 ms, "
        "1,000 records a second in a batch.",
    )
    for spec in MODELS:
        folder = _artifact(spec, artifacts)
        if isinstance(spec.serving, InFunction) and (folder or not spec.training):
            found = _probe(spec.contract, folder)
            times = (1000 * found[name] for name in ("import", "first", "p50", "p99", "raw"))
            section.add(spec.name, *times, round(found["rate"]), round(found["raw_rate"]))
    return section


def _artifact(spec: ModelSpec, artifacts: Path | None) -> Path | None:
    folder = artifacts / spec.name if artifacts and spec.training else None
    return folder if folder and (folder / "model.onnx").is_file() else None


def _probe(contract: Contract, folder: Path | None) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        bundle, probe = Path(name) / "bundle", Path(name) / "probe"
        _bundle(contract, bundle)
        probe.mkdir()
        for module in PROBE:
            shutil.copy(Path(__file__).with_name(module), probe)
        command = [sys.executable, str(probe / PROBE[0]), contract.name, str(folder or ""), str(BATCH)]
        timed(command, _settings(contract, bundle))  # leaves compiled bytecode, as a bundle's layers have it
        run = timed(command, _settings(contract, bundle))
    found: dict[str, float] = json.loads(run.output.strip().splitlines()[-1])
    return found


def _bundle(contract: Contract, folder: Path) -> None:
    """What the function's own bundle holds, and nothing else of this repository."""
    for name in ("serve", "shared"):
        shutil.copytree(ROOT / "lambda" / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "catalog").mkdir()
    for name in SHIPPED:
        shutil.copy(ROOT / "catalog" / name, folder / "catalog")
    (folder / "contracts").mkdir()
    contracts = {spec.name: spec.contract for spec in MODELS}
    for each in (contract.name, *(reading.model for reading in contract.readings)):
        (folder / "contracts" / f"{each}.json").write_text(contracts[each].to_json())
    method = contract.detector.method if contract.detector else ""
    patterns = {
        f"features/{contract.record.name}.py": contract.record.derives,
        "forecast.py": bool(contract.target.horizons),
        f"detectors/{method}*.py": bool(method),
    }
    for pattern, needed in patterns.items():
        for path in (ROOT / "training").glob(pattern) if needed else ():
            target = folder / path.relative_to(ROOT / "training")
            target.parent.mkdir(exist_ok=True)
            shutil.copy(path, target)


def _settings(contract: Contract, bundle: Path) -> dict[str, str]:
    trained = {spec.name for spec in MODELS if spec.training}
    read = [contract.name, *(reading.model for reading in contract.readings)]
    parameters = {
        name: {"champion": "champion" if name == contract.name else "none", "candidate": "candidate"}
        for name in read
        if name in trained
    }
    return {
        "PYTHONPATH": str(bundle),
        "MODEL": contract.name,
        "PARAMETERS": json.dumps(parameters),
        "STATE_TABLE": "state",
        "EVENT_BUS": "bus",
        "REMEDIATE_ABOVE": "",
        "COOLDOWN_S": "1800",
        "ENVIRONMENT": "local",
        "POWERTOOLS_SERVICE_NAME": "serve",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "probe",
        "AWS_SECRET_ACCESS_KEY": "probe",
    }


if __name__ == "__main__":
    print(measure(Path(sys.argv[1]) if len(sys.argv) > 1 else None).text())
