"""The feature job (prepare.py) at growing sizes: records a second and peak memory."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from catalog.models import MODELS
from local.bench.page import Section
from local.bench.process import Run, timed
from local.run.data import ROOTS
from local.run.place import ROOT

SIZES = (10_000, 100_000, 1_000_000, 3_000_000)
GENERATE = """
import sys
from pathlib import Path
from sources import load
load.write_synthetic(Path(sys.argv[1]), records=int(sys.argv[2]))
"""


def measure() -> Section:
    section = Section(
        "Feature job",
        ("records", "seconds", "records a second", "the same beyond start-up", "peak memory (MB)"),
        before="Whole process, one core: read, 25 features, split, scale, write. Goal: 300,000/s at 1M.",
    )
    start_up = _prepare(SIZES[0]).seconds
    for size in SIZES:
        run = _prepare(size)
        beyond = f"{(size - SIZES[0]) / (run.seconds - start_up):,.0f}" if size > SIZES[1] else "-"
        section.add(f"{size:,}", run.seconds, f"{size / run.seconds:,.0f}", beyond, f"{run.peak_mb:.0f}")
    return section


def _prepare(size: int) -> Run:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "contracts").mkdir()
        contract = MODELS[0].contract
        (folder / "contracts" / f"{contract.name}.json").write_text(contract.to_json())
        settings = {"PYTHONPATH": ROOTS, "CONTRACTS_DIR": str(folder / "contracts")}
        timed([sys.executable, "-c", GENERATE, str(folder / "raw"), str(size)], settings)
        arguments = ["--raw", str(folder / "raw"), "--output", str(folder / "out")]
        run = ["--profile", "synthetic", "--run-date", "2026-01-01"]
        return timed([sys.executable, str(ROOT / "training" / "prepare.py"), *arguments, *run], settings)
