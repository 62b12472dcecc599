"""Start, find and stop the process that is the local AWS."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

from local.persistence import SAVED
from local.run import processes, tracking
from local.run.place import ROOT, Place

WORD = "local.aws"
START_TIMEOUT_S = 60
SNAPSHOT_TIMEOUT_S = 20


def running(home: Path) -> Place | None:
    """The local AWS of `home` where its process lives and answers, else None."""
    place = Place.load(home)
    return place if place and processes.alive(place.pid, WORD) and _answers(place) else None


def start(home: Path) -> Place:
    """The running local AWS of `home`, started where there is none; RuntimeError if it does not start."""
    place = running(home)
    if place:
        return place
    _recover(home)
    place = _spawn(home)
    place.save(home)
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if _answers(place):
            return place
        if not processes.alive(place.pid, WORD):
            break
        time.sleep(0.1)
    raise RuntimeError(
        f"the local AWS did not start; the end of {home / 'aws.log'}:\n{processes.tail(home / 'aws.log')}"
    )


def snapshot(home: Path) -> None:
    """Have the local AWS write its state to disk now; a crash may lose what comes later."""
    place = Place.load(home)
    if place is None:
        return
    before = _saved_at(home)
    os.kill(place.pid, signal.SIGUSR1)
    deadline = time.monotonic() + SNAPSHOT_TIMEOUT_S
    while _saved_at(home) == before and time.monotonic() < deadline:
        time.sleep(0.05)


def _recover(home: Path) -> None:
    """After a crash: go on from the last snapshot, or from nothing where there never was one.

    Objects are on disk at once and all else with the snapshot, so without one the buckets are orphans.
    """
    crashed = Place.load(home) is not None
    stop(home)
    if crashed and _saved_at(home) is None:
        shutil.rmtree(home / "aws", ignore_errors=True)


def _saved_at(home: Path) -> int | None:
    marker = home / "aws" / "state" / SAVED
    return marker.stat().st_mtime_ns if marker.exists() else None


def stop(home: Path) -> bool:
    """End the local AWS of `home` with its children, and MLflow with it; whether there was one."""
    tracking.stop(home)
    place = Place.load(home)
    alive = place is not None and processes.alive(place.pid, WORD)
    if place and alive:
        processes.end(place.pid, WORD)
    (home / "aws.json").unlink(missing_ok=True)
    return alive


def _spawn(home: Path) -> Place:
    port = processes.kept_port(home / "aws" / "port")  # addresses of queues hold it
    command = [sys.executable, "-m", WORD, "--port", str(port), "--home", str(home / "aws")]
    return Place(pid=processes.spawn(command, home / "aws.log", cwd=ROOT), port=port)


def _answers(place: Place) -> bool:
    return processes.answers(f"{place.endpoint}/_ministack/health")
