"""Processes of ours that outlive the command that starts them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

STOP_TIMEOUT_S = 20


def spawn(command: Sequence[str], log: Path, *, cwd: Path, env: Mapping[str, str] | None = None) -> int:
    """The id of a process in a group of its own that writes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and its modules
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    return process.pid


def alive(pid: int, word: str) -> bool:
    """Whether `pid` lives and has `word` among its arguments: a recycled process id is never signalled."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and word in process.cmdline()
    except psutil.Error:
        return False


def end(pid: int, word: str) -> None:
    """End the process with all that it started, by force what does not end by itself."""
    if not alive(pid, word):
        return
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    os.killpg(pid, signal.SIGTERM)
    _, left = psutil.wait_procs(family, timeout=STOP_TIMEOUT_S)
    for each in left:
        each.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kept_port(note: Path) -> int:
    """The port that `note` holds while nobody else has it, else a free one, noted for the next time."""
    port = int(note.read_text()) if note.exists() else 0
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(str(port))
    return port


def answers(url: str) -> bool:
    """Whether a GET of this address of ours succeeds within two seconds."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
