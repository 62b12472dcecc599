"""`python -m studies.workload_times DATE`: how much CPU time the twins' work takes here, by type and size.
Writes sources/placement_request/measured.json, dated as told.

The real code of lambda/workload runs in a process of its own on one thread, from the bytes of a request to
the bytes of its answer. CPU time, not the clock's, so that other work on the machine does not count.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ROOT = Path(__file__).parents[2]
TARGET = ROOT / "training" / "sources" / "placement_request" / "measured.json"
TYPES = ("lightweight_api", "thumbnail_processing", "medium_processing", "heavy_processing")
SIZES_KB = (0.2, 1.0, 5.0, 20.0, 100.0, 500.0, 2000.0, 4500.0, 10240.0)
LEAST_CALLS, MOST_CALLS, ENOUGH_S = 5, 60, 10.0
"""Calls of one point: at most so many, and no more than the least once they took so long."""
STARTS = 7
SETTING = """
import base64, json, sys, time
def request(kind, kb, seed):
    from workload.work import sample
    payload = base64.b64encode(sample(kind, kb, seed)).decode()
    return json.dumps({"workload_type": kind, "payload_size_kb": kb, "payload": payload})
def timed(text):
    started = time.process_time()
    from workload.twin import Twin
    json.dumps(Twin("lambda").answer(json.loads(text)))
    return (time.process_time() - started) * 1000
kind, *given = json.loads(sys.argv[1])
"""
ASK = "print(request(kind, given[0], 0))"
START = "print(timed(sys.stdin.read()))"
CALLS = """
kb, least, most, enough_s = given
requests = [request(kind, kb, seed) for seed in range(3)]
timed(requests[0])
found = []
while len(found) < most and (len(found) < least or sum(found) < enough_s * 1000):
    found.append(timed(requests[len(found) % 3]))
print(json.dumps(found))
"""


def study(date: str) -> dict[str, Any]:
    return {
        "measured": date,
        "machine": _processor(),
        "python": platform.python_version(),
        "what": "CPU ms of one thread from a request's bytes to its answer's, the payload in base64; the "
        "machine had other work, so CPU time stands for the time on an idle one. base_ms + ms_per_kb * kb is "
        "the line with least squares over ms through the medians, off by misfit (root mean square of the "
        "logarithm); the points tell more. spread: standard deviation of the logarithm of a call's time over "
        "its point's median. import_ms: CPU ms of what a new process imports, with a first answer to 1 KB.",
        "types": {kind: _type(kind) for kind in TYPES},
    }


def _type(kind: str) -> dict[str, Any]:
    calls = {kb: _calls(kind, kb) for kb in SIZES_KB}
    base_ms, ms_per_kb = line(
        np.array(SIZES_KB), np.array([float(np.median(found)) for found in calls.values()])
    )
    noise = np.concatenate([np.log(found / np.median(found)) for found in calls.values()])
    misfit = [np.log(np.median(found) / (base_ms + ms_per_kb * kb)) for kb, found in calls.items()]
    return {
        "points": [
            {"payload_kb": kb, "calls": len(found), "ms": _told(found)} for kb, found in calls.items()
        ],
        "base_ms": round(base_ms, 4),
        "ms_per_kb": round(ms_per_kb, 6),
        "misfit": round(float(np.sqrt(np.mean(np.square(misfit)))), 4),
        "spread": round(float(np.sqrt(np.mean(noise**2))), 4),
        "import_ms": round(_import_ms(kind), 2),
    }


def line(kb: Array, ms: Array) -> tuple[float, float]:
    """Intercept and slope through `ms`, squares weighted by 1/ms; a line that would start below zero starts
    at the smallest."""
    root = np.sqrt(ms)
    base, slope = np.linalg.lstsq(np.column_stack([np.ones_like(kb), kb]) / root[:, None], root, rcond=None)[
        0
    ]
    if base > 0:
        return float(base), float(slope)
    least = float(ms.min())
    return least, float(((ms - least) * kb / ms).sum() / (kb**2 / ms).sum())


def _told(found: Array) -> dict[str, float]:
    return {f"p{part}": round(float(np.percentile(found, part)), 4) for part in (10, 50, 90)}


def _calls(kind: str, kb: float) -> Array:
    return np.array(json.loads(_child(CALLS, [kind, kb, LEAST_CALLS, MOST_CALLS, ENOUGH_S])))


def _import_ms(kind: str) -> float:
    request = _child(ASK, [kind, 1.0])
    return float(np.median([float(_child(START, [kind], request)) for _ in range(STARTS)]))


def _child(program: str, given: list[Any], text: str = "") -> str:
    """What the program prints, run with the functions' root as its own."""
    told = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", SETTING + program, json.dumps(given)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "lambda")},
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout


def _processor() -> str:
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    return next(
        (row.split(":", 1)[1].strip() for row in lines if row.startswith("model name")), platform.machine()
    )


if __name__ == "__main__":
    TARGET.write_text(json.dumps(study(sys.argv[1]), indent=1) + "\n")
