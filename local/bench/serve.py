"""The function of every model that is served in one: cold start, one record, a batch, and the model alone;
of a router also what choosing and forwarding take."""

from __future__ import annotations

import json
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from catalog.contract import MAX_POINTS, MAX_RECORDS, SHIPPED, Contract
from catalog.models import MODELS
from catalog.spec import ModelSpec
from local.bench import placing, quick_training
from local.bench.page import Section
from local.bench.process import timed
from local.run.place import ROOT

PROBE = ("serve_probe.py", "serve_aws.py", "serve_requests.py", "serve_placing.py")
FORWARDING = {
    "FUNCTION_TWIN": "twin",
    "SERVICE_URL": "http://127.0.0.1:9",
    "OUTCOMES": "outcomes",
    "DEAD_LETTERS": "https://sqs.us-east-1.amazonaws.com/000000000000/letters",
    "EXPLORATION": "exploration",
}
"""A router's; nothing listens there."""
COLUMNS = (
    "model", "cold start (ms)", "of which import", "one: p50 (ms)", "one: p99 (ms)", "model alone (ms)",
    "batch", "records/s", "model alone (records/s)",
)  # fmt: skip


def measure(records: int | None = None) -> Iterator[Section]:
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
    routers = []
    for spec in MODELS:
        if spec.function and not spec.contract.optimizer:
            found = _measured(spec, records)
            section.add(spec.name, *_cells(found, _batch(spec.contract)))
            if spec.router:
                routers.append(placing.section(spec.router, spec.route, found, _cold(found)))
    yield section
    yield from routers


def _cold(found: dict[str, float]) -> float:
    """Seconds until the first answer; only some functions load their model before it is asked for."""
    return found["import"] + found.get("start", 0.0) + found["first"]


def _cells(found: dict[str, float], batch: int) -> tuple[object, ...]:
    times = (1000 * found[name] for name in ("import", "p50", "p99", "raw"))
    return 1000 * _cold(found), *times, batch, *(f"{found[name]:,.0f}" for name in ("rate", "raw_rate"))


def _measured(spec: ModelSpec, records: int | None) -> dict[str, float]:
    if not spec.training:
        return _probe(spec, None)
    with tempfile.TemporaryDirectory() as folder:
        model = quick_training.train(spec, Path(folder), records or spec.training.records)
        return _probe(spec, model)


def _batch(contract: Contract) -> int:
    """As many as one request may hold."""
    return MAX_POINTS if contract.detector else MAX_RECORDS


def _probe(spec: ModelSpec, folder: Path | None) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        bundle, probe, compiled = (Path(name) / each for each in ("bundle", "probe", "compiled"))
        _bundle(spec, bundle)
        probe.mkdir()
        for module in PROBE:
            shutil.copy(Path(__file__).with_name(module), probe)
        size = str(_batch(spec.contract))
        command = [sys.executable, str(probe / PROBE[0]), spec.name, str(folder or ""), size]
        settings = _settings(spec, bundle) | {"PYTHONPYCACHEPREFIX": str(compiled)}
        _figures(command, settings)  # leaves compiled bytecode
        found = _figures(command, settings)
        if spec.router:
            for own in (bundle, probe, Path(sysconfig.get_path("purelib"))):
                shutil.rmtree(compiled / own.relative_to("/"), ignore_errors=True)
            uncompiled = _figures(command, settings | {"PYTHONDONTWRITEBYTECODE": "1"})
            found["not_compiled"] = _cold(uncompiled)
    return found


def _figures(command: list[str], settings: dict[str, str]) -> dict[str, float]:
    found: dict[str, float] = json.loads(timed(command, settings).output.strip().splitlines()[-1])
    return found


def _folder(spec: ModelSpec) -> str:
    """Of the function's handler."""
    return "place" if spec.router else "serve"


def _bundle(spec: ModelSpec, folder: Path) -> None:
    """What the function's own bundle holds, and nothing else of this repository."""
    contract = spec.contract
    for name in {_folder(spec), "serve", "shared"}:
        shutil.copytree(ROOT / "lambda" / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "catalog").mkdir()
    for name in SHIPPED:
        shutil.copy(ROOT / "catalog" / name, folder / "catalog")
    (folder / "contracts").mkdir()
    contracts = {each.name: each.contract for each in MODELS}
    for each in (contract.name, *contract.companions):
        (folder / "contracts" / f"{each}.json").write_text(contracts[each].to_json())
    method = contract.detector.method if contract.detector else ""
    patterns = {
        "features/columns.py": contract.record.derives,
        f"features/{contract.record.name}.py": contract.record.derives,
        f"features/{contract.record.name}_*.py": contract.record.derives,
        "forecast.py": bool(contract.target.horizons),
        f"detectors/{method}*.py": bool(method),
    }
    for pattern, needed in patterns.items():
        for path in (ROOT / "training").glob(pattern) if needed else ():
            target = folder / path.relative_to(ROOT / "training")
            target.parent.mkdir(exist_ok=True)
            shutil.copy(path, target)


def _settings(spec: ModelSpec, bundle: Path) -> dict[str, str]:
    contract, trained = spec.contract, {each.name for each in MODELS if each.training}
    read = [contract.name, *contract.companions]
    parameters = {
        name: {"champion": "champion" if name == contract.name else "none", "candidate": "candidate"}
        for name in read
        if name in trained
    }
    return {
        "PYTHONPATH": str(bundle),
        "LAMBDA_TASK_ROOT": str(
            bundle
        ),  # elsewhere the tracer makes itself a client, for its daemon's sampling
        "_HANDLER": f"{_folder(spec)}.handler.handler",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.function.memory_mb if spec.function else ""),
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
        **(FORWARDING if spec.router else {}),
    }
