"""One local platform for all end-to-end tests: deployed by the CDK CLI, trained by its own state machines."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from rich.console import Console

from catalog.spec import ModelSpec
from local.run import api, server
from local.run.data import Source
from local.run.up import GuidedRun
from tests.e2e.caller import Caller

FEWER = {"placement": 36_000}
"""Records of a first training, where so many pass its gates whichever trial wins: it takes half as long."""


@dataclass(frozen=True)
class Small(Source):
    def training_input(self, spec: ModelSpec) -> dict[str, Any]:
        fewer = {"records": FEWER[spec.name]} if spec.name in FEWER else {}
        return super().training_input(spec) | fewer


SOURCE = Small("synthetic")


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuidedRun]:
    """The platform just after its first deploy: no data, no model."""
    home = tmp_path_factory.mktemp("local-aws")
    run = GuidedRun(Console(force_terminal=False, width=120), home)
    try:
        run.start()
        run.deploy()
        yield run
    finally:
        server.stop(home)


@pytest.fixture(scope="session")
def first_answers(
    deployed: GuidedRun, caller: Caller, insight: dict[str, Any], placed: dict[str, Any]
) -> dict[str, tuple[int, Any]]:
    """What the API answers before there is any model."""
    return {
        "predict": caller.post("/api/predict/risk", insight),
        "models": caller.get("/api/models"),
        "place": caller.post("/predict", placed),
        "route": caller.post("/route", placed),
    }


@pytest.fixture(scope="session")
def caller(deployed: GuidedRun) -> Caller:
    return Caller(api.url(deployed.cloud))


@pytest.fixture(scope="session")
def platform(deployed: GuidedRun, first_answers: object) -> GuidedRun:
    """The platform with data loaded and every model trained, judged and promoted."""
    mlflow = deployed.launch()
    deployed.load(SOURCE)
    deployed.track(mlflow)
    deployed.promote(deployed.train(SOURCE))
    return deployed


@pytest.fixture(scope="session")
def insight() -> dict[str, Any]:
    """One record as a caller sends it: measurements only."""
    return {
        "volume_id": "vol-e2e",
        "timestamp": "2026-03-02T14:30:00+00:00",
        "read_iops": 850.0,
        "write_iops": 420.0,
        "avg_latency": 4.2,
        "p95_latency": 6.1,
        "p99_latency": 11.4,
        "bandwidth_mbps": 78.0,
        "error_rate": 0.001,
        "sequential_access_ratio": 0.12,
        "queue_depth": 5.3,
        "io_size_avg": 62.0,
    }


@pytest.fixture(scope="session")
def placed() -> dict[str, Any]:
    """One request as a caller lets it be placed."""
    return {
        "workload_type": "lightweight_api",
        "payload_size_kb": 5.0,
        "time_window": "midday",
        "load_pattern": "medium_load",
        "timestamp": "2025-11-23T12:00:00Z",
    }


@pytest.fixture(scope="session")
def broken_artifact() -> bytes:
    """A model.tar.gz whose code fails to load."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        code = b"raise RuntimeError('this artifact is broken')\n"
        entry = tarfile.TarInfo("code/inference.py")
        entry.size = len(code)
        archive.addfile(entry, io.BytesIO(code))
    return packed.getvalue()
