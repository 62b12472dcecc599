"""AWS on this machine: `python -m local.aws --port 4566 --home .local` serves it until it is told to end."""

from __future__ import annotations

import argparse
import atexit
import importlib
import os
import re
import shutil
import socket
import sys
from pathlib import Path

_SAFE = re.compile(r"[A-Za-z0-9/._+@=-]+")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--home", type=Path, default=Path(".local"))
    given = parser.parse_args()
    home = given.home.absolute()
    problem = _problem(given.port, home)
    if problem:
        parser.error(problem)
    serve(given.port, home)


def serve(port: int, home: Path) -> None:
    """Run the emulator with the stand-ins in this process; children end with it."""
    home.mkdir(parents=True, exist_ok=True)
    configure(port, home)
    # The emulator reads its environment when it is imported.
    app = importlib.import_module("ministack.app")

    from local import emulator
    from local.fargate import usage
    from local.fargate.fargate import Fargate
    from local.persistence import keep
    from local.sagemaker.machine import Machine

    machine = Machine(home, f"http://127.0.0.1:{port}", emulator.publisher())
    fargate = Fargate(machine)
    emulator.install(machine, fargate)
    machine.children.end_leftovers()
    for folder in (machine.jobs_folder, machine.endpoints_folder, machine.tasks_folder):
        shutil.rmtree(folder, ignore_errors=True)
    machine.objects.prune()
    atexit.register(machine.children.end_all)
    atexit.register(fargate.close)
    machine.telemetry.start()
    usage.watch(fargate)
    keep(app)
    sys.argv = ["ministack"]
    try:
        app.main()
    finally:
        fargate.close()
        machine.children.end_all()


def configure(port: int, home: Path) -> None:
    """The emulator's settings: this machine only, state under `home`, no Docker, nothing we do not use."""
    os.environ.update(
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}",
        MINISTACK_REGION="us-east-1",
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        PERSIST_STATE="1",
        STATE_DIR=str(home / "state"),
        S3_PERSIST="1",
        S3_DATA_DIR=str(home / "s3"),
        # A Docker daemon on the developer's machine is none of our business: the emulator would sweep it.
        DOCKER_HOST=f"unix://{home}/no-docker.sock",
    )
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    # The emulator works without Docker's library, and importing it takes half of the start.
    sys.modules["docker"] = None  # type: ignore[assignment]


def _problem(port: int, home: Path) -> str:
    """What is wrong with the arguments, and what to do; empty where nothing is."""
    if not _SAFE.fullmatch(str(home)):
        return (
            f"--home {str(home)!r} holds characters that shells split at; choose a plain path, say /tmp/aws"
        )
    if home.exists() and not home.is_dir():
        return f"--home {home} is a file; name a folder"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            return f"--port {port} cannot be used ({error}); stop what listens there or choose another"
    return ""


if __name__ == "__main__":
    main()
