"""The function of every model that is served in one: cold start, one record, a batch, and the model alone."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from catalog.contract import MAX_POINTS, MAX_RECORDS, SHIPPED, Contract
from catalog.models import MODELS
from catalog.spec import ModelSpec
from local.bench import quick_training
from local.bench.page import Section
from local.bench.process import timed
from local.run.place import ROOT

PROBE = ("serve_probe.py", "serve_aws.py", "serve_requests.py")
COLUMNS = (
    "model", "cold start (ms)", "of which import", "one: p50 (ms)", "one: p99 (ms)", "model alone (ms)",
    "batch", "records/s", "model alone (records/s)",
)  # fmt: skip


def measure(records: int | None = None) -> Section:
    """Each function, its model trained on `records` synthetic records, or on as many as its spec asks for."""
    section = Section(
        "Prediction in the function",
        COLUMNS,
        before="Each model's handler in a process of its own, all but the network: AWS's answers are "
        "canned where botocore would send. Windows are full; models were trained without a "
        "search. Cold start: import, load, first answer. Model alone: ONNX Runtime, the rule or "
        "the detector on inputs that are ready, which is the limit. Goals: cold start <= 1000 ms, "
        "one record p50 <= 5 ms and p99 <= 20 ms, 1,000 records/s in a batch; the detector alone "
        "50,000 points/s. At the desk bytecode is cached; on Lambda a cold start compiles the code, and "
        "takes about twice as long.",
    )
    for spec in MODELS:
        if spec.function:
            section.add(spec.name, *_cells(_measured(spec, records), _batch(spec.contract)))
    return section


def _cells(found: dict[str, float], batch: int) -> tuple[object, ...]:
    cold = 1000 * (found["import"] + found["first"])
    times = (1000 * found[name] for name in ("import", "p50", "p99", "raw"))
    return cold, *times, batch, *(f"{found[name]:,.0f}" for name in ("rate", "raw_rate"))


def _measured(spec: ModelSpec, records: int | None) -> dict[str, float]:
    if not spec.training:
        return _probe(spec.contract, None)
    with tempfile.TemporaryDirectory() as folder:
        model = quick_training.train(spec, Path(folder), records or spec.training.records)
        return _probe(spec.contract, model)


def _batch(contract: Contract) -> int:
    """As many as one request may hold."""
    return MAX_POINTS if contract.detector else MAX_RECORDS


def _probe(contract: Contract, folder: Path | None) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        bundle, probe = Path(name) / "bundle", Path(name) / "probe"
        _bundle(contract, bundle)
        probe.mkdir()
        for module in PROBE:
            shutil.copy(Path(__file__).with_name(module), probe)
        command = [
            sys.executable,
            str(probe / PROBE[0]),
            contract.name,
            str(folder or ""),
            str(_batch(contract)),
        ]
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
        "features/columns.py": contract.record.derives,
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
