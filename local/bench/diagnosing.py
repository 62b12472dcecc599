"""The diagnosis of a data file at growing sizes: seconds and peak memory of the whole process."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from catalog.models import MODELS
from local.bench.page import Section
from local.bench.process import timed
from local.run.data import ROOTS
from local.run.place import ROOT

SIZES = (10_000, 100_000, 1_000_000)
COLUMNS = 25
GOAL_S, GOAL_MB = 60, 2048
GENERATE = """
import sys
import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
from pathlib import Path
from catalog.contract import Contract
from sources import layout

folder, rows, columns = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
contract = next(iter(Contract.load_all(folder).values()))
table = pa.concat_tables(layout.made(contract, rows))
draw = np.random.default_rng(0)
while table.num_columns < columns:
    table = table.append_column(f"more_{table.num_columns}", pa.array(draw.lognormal(size=rows)))
pq.write_table(table, folder / "data.parquet")
csv.write_csv(table, folder / "data.csv")
"""


def measure() -> Section:
    section = Section(
        "Diagnosis of a data file",
        ("rows", "file", "MB", "seconds", "processor seconds", "peak memory (MB)"),
        before=f"Whole process, {COLUMNS} columns, synthetic, held against a model's schema."
        f" Goal at a million rows: under {GOAL_S} s and {GOAL_MB} MB.",
    )
    for size in SIZES:
        for row in _sized(size):
            section.add(*row)
    return section


def _sized(size: int) -> list[tuple[object, ...]]:
    with tempfile.TemporaryDirectory() as name:
        folder, contract = Path(name), MODELS[0].contract
        (folder / f"{contract.name}.json").write_text(contract.to_json())
        made = [sys.executable, "-c", GENERATE, name, str(size), str(COLUMNS)]
        timed(made, {"PYTHONPATH": ROOTS})
        return [_diagnosed(folder, suffix, size, contract.name) for suffix in ("csv", "parquet")]


def _diagnosed(folder: Path, suffix: str, size: int, model: str) -> tuple[object, ...]:
    data, report = folder / f"data.{suffix}", folder / "report.html"
    words = ["diagnose", "--input", str(data), "--report", str(report), "--model", model]
    run = timed([sys.executable, str(ROOT / "training" / "__main__.py"), *words])
    rows = json.loads(report.with_suffix(".json").read_text())["file"]["rows"]
    if rows != size:
        raise RuntimeError(f"{data} has {size} rows, the report tells of {rows}")
    megabytes = data.stat().st_size / 1e6
    return f"{size:,}", suffix, f"{megabytes:.0f}", run.seconds, run.cpu, f"{run.peak_mb:.0f}"
