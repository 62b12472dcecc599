"""`python -m studies.placement_report`: the evaluation of the placement model, as a page and a notebook.

Both come from one run: requests of the project's own simulator, four learners, a small search. With
`--data FOLDER` of real sets they tell of cold starts as well.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat

from studies import cold_start, cold_start_data, placement_steps
from studies.placement_notebook import notebook
from studies.placement_page import page
from studies.placement_steps import Run

DOCS = placement_steps.ROOT / "docs"
PAGE, NOTEBOOK = "placement-report.html", "placement.ipynb"
COLD_STARTS = "lambda_perf"


def report(run: Run, target: Path, data: Path | None) -> list[Path]:
    """Writes page and notebook below `target`; their paths."""
    for step in (placement_steps.measured, placement_steps.searched, placement_steps.judged):
        started = time.perf_counter()
        step(run)
        print(f"{step.__name__}: {time.perf_counter() - started:.0f} s", flush=True)
    cold_starts = _cold_starts(run, data)
    target.mkdir(parents=True, exist_ok=True)
    (target / PAGE).write_text(page(run, cold_starts))
    nbformat.write(notebook(run, cold_starts), target / NOTEBOOK)
    return [target / PAGE, target / NOTEBOOK]


def _cold_starts(run: Run, data: Path | None) -> dict[str, Any] | None:
    """What that study prints, where its set is given."""
    if data is None or not (data / COLD_STARTS).is_dir():
        return None
    print("cold starts: some minutes", flush=True)
    found: dict[str, Any] = run.kept(
        "cold_starts", lambda: cold_start.study(cold_start_data.load(data / COLD_STARTS))
    )
    return found


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m studies.placement_report", description=__doc__)
    parser.add_argument("--records", type=int, default=Run.records, help="synthetic requests")
    parser.add_argument("--trials", type=int, default=Run.trials, help="of each learner")
    parser.add_argument("--target", type=Path, default=DOCS, help="folder for page and notebook")
    parser.add_argument("--data", type=Path, help=f"folder of real sets, of which {COLD_STARTS} is read")
    parser.add_argument("--folder", type=Path, help="keep what is made here, and use what is there")
    given = parser.parse_args(argv)
    with TemporaryDirectory() as passing:
        run = Run((given.folder or Path(passing)).resolve(), given.records, given.trials)
        for path in report(run, given.target, given.data):
            print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
