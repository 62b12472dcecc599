"""The comparison's own code lies with the simulator in training/: it is run as processes, two at a time."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local.bench.process import timed
from local.compare.router import Measured
from local.run.data import ROOTS

MODULE = "studies.placement_compare"
AT_ONCE = 2
Found = dict[str, Any]


def ask(command: str, *arguments: object) -> Found:
    run = timed([sys.executable, "-m", MODULE, command, *map(str, arguments)], {"PYTHONPATH": ROOTS})
    found: Found = json.loads(run.output.strip().splitlines()[-1])
    return found


def each_seed(
    command: str, arguments: Sequence[object], seeds: Sequence[int], say: Callable[[str], None]
) -> list[Found]:
    """What each seed came to, in their order."""

    def one(seed: int) -> Found:
        found = ask(command, *arguments, "--seed", seed)
        say(f"seed {seed} done")
        return found

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, seeds))


def load(pattern: str, requests: int, seed: int) -> Found:
    """Requests to send: {"pattern", "lasts_s", "weight", "rows"}."""
    return ask("load", "--pattern", pattern, "--requests", requests, "--seed", seed)


def asking(contract: Path, router: Measured, memory_mb: int) -> list[object]:
    """The arguments that say what asking the router takes; the way to it is the simulator's own."""
    return [
        *("--contract", contract, "--handler-ms", router.p50_ms),
        *("--inference-ms", router.inference_ms, "--memory-mb", memory_mb),
    ]
