"""Start, find and stop the process that is the local AWS."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil

from local.persistence import SAVED
from local.run.place import ROOT, Place

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 20
SNAPSHOT_TIMEOUT_S = 20


def running(home: Path) -> Place | None:
    """The local AWS of `home` where its process lives and answers, else None."""
    place = Place.load(home)
    return place if place and _is_ours(place.pid) and _answers(place) else None


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
        if not _is_ours(place.pid):
            break
        time.sleep(0.1)
    raise RuntimeError(f"the local AWS did not start; the end of {home / 'aws.log'}:\n{_tail(home)}")


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
    """End the local AWS of `home` with its children; whether there was one."""
    place = Place.load(home)
    alive = place is not None and _is_ours(place.pid)
    if place and alive:
        os.killpg(place.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while _is_ours(place.pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        if _is_ours(place.pid):
            os.killpg(place.pid, signal.SIGKILL)
    (home / "aws.json").unlink(missing_ok=True)
    return alive


def _spawn(home: Path) -> Place:
    home.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    command = [sys.executable, "-m", "local.aws", "--port", str(port), "--home", str(home / "aws")]
    with (home / "aws.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    return Place(pid=process.pid, port=port)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ours(pid: int) -> bool:
    """Whether `pid` lives and is a local AWS: a recycled process id is never signalled."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and "local.aws" in process.cmdline()
    except psutil.Error:
        return False


def _answers(place: Place) -> bool:
    try:
        with urllib.request.urlopen(f"{place.endpoint}/_ministack/health", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def _tail(home: Path, lines: int = 15) -> str:
    return "\n".join((home / "aws.log").read_text(errors="replace").splitlines()[-lines:])
