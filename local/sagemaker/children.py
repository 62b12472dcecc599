"""Child processes: each in a process group of its own, none outlives the stand-in."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TAIL_LINES = 20
_LINE_LIMIT = 8_192
_GRACE_S = 5.0


@dataclass
class Stop:
    """A request to end one job; `reason` is Stopped or MaxRuntimeExceeded."""

    event: threading.Event = field(default_factory=threading.Event)
    reason: str = ""

    def set(self, reason: str) -> None:
        if not self.event.is_set():
            self.reason = reason
            self.event.set()


@dataclass(frozen=True)
class Finished:
    """How a process ended: its exit code and its last lines."""

    code: int
    tail: tuple[str, ...]


class Children:
    """Starts processes, notes them in `folder` so that the next start finds what a crash left, ends all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def start(self, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] = subprocess.Popen(command, start_new_session=True, **options)  # noqa: S603 - jobs run their own code
        with self._lock:
            self._running[process.pid] = process
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / str(process.pid)).write_text(_started(process.pid))
        return process

    def end(self, process: subprocess.Popen[bytes], grace: float = _GRACE_S) -> None:
        """Ask the whole group to end, then make it; always reaps."""
        _signal(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=grace)
        _signal(process.pid, signal.SIGKILL)
        process.wait()
        self.forget(process)

    def forget(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._running.pop(process.pid, None)
        (self._folder / str(process.pid)).unlink(missing_ok=True)

    def end_all(self) -> None:
        with self._lock:
            processes = list(self._running.values())
        for process in processes:
            _signal(process.pid, signal.SIGTERM)
        for process in processes:
            self.end(process, grace=1.0)

    def end_leftovers(self) -> int:
        """Kill what an earlier stand-in left behind when it was killed; answers how many."""
        count = 0
        for note in self._folder.glob("*"):
            pid = int(note.name)
            if note.read_text() == _started(pid) != "":
                _signal(pid, signal.SIGKILL)
                count += 1
            note.unlink(missing_ok=True)
        return count

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: dict[str, str],
        on_line: Callable[[str], None],
        stop: Stop,
        timeout: float,
    ) -> Finished:
        """Run to the end, feeding each line of output; `stop` or the timeout (seconds) ends the group."""
        process = self.start(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        guard = threading.Thread(target=self._guard, args=(process, stop, timeout), daemon=True)
        guard.start()
        tail: list[str] = []
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        with process.stdout as output:
            while line := output.readline(_LINE_LIMIT):
                text = line.decode(errors="replace").rstrip("\n")
                tail = [*tail[1 - _TAIL_LINES :], text]
                on_line(text)
        code = process.wait()
        _signal(process.pid, signal.SIGKILL)
        self.forget(process)
        return Finished(code, tuple(tail))

    def _guard(self, process: subprocess.Popen[bytes], stop: Stop, timeout: float) -> None:
        waited = 0.0
        while process.poll() is None:
            if stop.event.wait(0.1):
                self.end(process)
                return
            waited += 0.1
            if waited >= timeout:
                stop.set("MaxRuntimeExceeded")


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _started(pid: int) -> str:
    """The process's start time in clock ticks, which tells a reused pid; empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""
