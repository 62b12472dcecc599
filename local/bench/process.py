"""Whole processes, timed: wall seconds and peak memory as the operating system counts them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from local.run.place import ROOT


@dataclass(frozen=True)
class Run:
    """One finished process: seconds by the clock, peak resident memory in MB, what it printed and the seconds
    that processors worked for it."""

    seconds: float
    peak_mb: float
    output: str
    cpu: float


def timed(command: Sequence[str], extra: Mapping[str, str] | None = None) -> Run:
    """Run `command` to its end; RuntimeError with its last lines if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - commands of our own
        command,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **(extra or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:3])} failed:\n{output[-2000:]}")
    return Run(seconds, usage.ru_maxrss / 1024, output, usage.ru_utime + usage.ru_stime)


def repeated(command: Sequence[str], extra: Mapping[str, str] | None = None, runs: int = 5) -> list[Run]:
    """`runs` counted runs after one that warms the caches."""
    timed(command, extra)
    return [timed(command, extra) for _ in range(runs)]


def middle(runs: Sequence[Run]) -> float:
    """The median of the runs' seconds."""
    return median(run.seconds for run in runs)
