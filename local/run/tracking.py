"""Start, find and stop the MLflow server that keeps the experiments of the local AWS.

Runs and versions lie in an SQLite file beside the local AWS, artifacts in its models bucket.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from catalog.names import tracking_parameter
from local.run import processes
from local.run.cloud import ENVIRONMENT, Cloud
from local.run.place import Place

START_TIMEOUT_S = 180
"""It needs ten seconds of a processor, of which the jobs that run meanwhile leave it little."""
PARAMETER = tracking_parameter(ENVIRONMENT)
WORD = "mlflow"
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # its background jobs are for language models; without them it starts fewer processes
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


@dataclass(frozen=True)
class Server:
    """A started MLflow server, and the local AWS that holds its artifacts."""

    pid: int
    port: int
    aws: str
    artifacts: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ready(self) -> bool:
        return processes.answers(f"{self.url}/health")


def launch(home: Path, place: Place, bucket: str) -> Server:
    """The server of `home`, which may still be starting; one that serves another local AWS is replaced."""
    artifacts = f"s3://{bucket}/mlflow"
    known = _load(home)
    if (
        known
        and processes.alive(known.pid, WORD)
        and (known.aws, known.artifacts) == (place.endpoint, artifacts)
    ):
        return known
    stop(home)
    port = processes.free_port()
    folder = home / "mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", WORD, "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--backend-store-uri", f"sqlite:///{folder.absolute() / 'mlflow.db'}"),
        *("--serve-artifacts", "--artifacts-destination", artifacts),
    ]
    env = place.environ(os.environ) | QUIET
    pid = processes.spawn(command, home / "mlflow.log", cwd=folder, env=env)
    server = Server(pid, port, place.endpoint, artifacts)
    (home / "mlflow.json").write_text(json.dumps(asdict(server)))
    return server


def await_ready(home: Path, server: Server) -> None:
    """RuntimeError with the end of its log where it ends or does not answer in time."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not server.ready():
        if not processes.alive(server.pid, WORD) or time.monotonic() > deadline:
            log = home / "mlflow.log"
            raise RuntimeError(f"MLflow did not start; the end of {log}:\n{processes.tail(log)}")
        time.sleep(0.2)


def announce(cloud: Cloud, server: Server) -> None:
    """Tells the recorder where MLflow is."""
    cloud.client("ssm").put_parameter(Name=PARAMETER, Value=server.url, Type="String", Overwrite=True)


def running(home: Path) -> Server | None:
    """The server of `home` where it answers."""
    server = _load(home)
    return server if server and processes.alive(server.pid, WORD) and server.ready() else None


def stop(home: Path) -> None:
    """End the server of `home`; what it holds is kept."""
    server = _load(home)
    if server:
        processes.end(server.pid, WORD)
    (home / "mlflow.json").unlink(missing_ok=True)


def _load(home: Path) -> Server | None:
    try:
        return Server(**json.loads((home / "mlflow.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
