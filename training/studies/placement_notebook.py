"""The placement report as a notebook: its cells call the same functions, and it is kept with its outputs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from studies.placement_page import COLD, TITLES
from studies.placement_steps import Run
from studies.placement_words import told

SECONDS = 3600
SETUP = """%matplotlib inline
import warnings

warnings.filterwarnings("ignore")

import pandas as pd

from studies import placement_checks as checks
from studies import placement_page as page
from studies import placement_plots as plots
from studies import placement_reason_plots as reason_plots
from studies import placement_reasons as reasons
from studies import placement_scores as scores
from studies import placement_steps as steps
from studies import placement_tables as tables

pd.set_option("display.max_colwidth", None)
run = steps.Run.here()


def show(frame):
    \"\"\"A table with its numbers as the report writes them.\"\"\"
    found = page.shown(frame)
    return pd.DataFrame([row[1:] for row in found["rows"]], columns=found["columns"], index=frame.index)"""
CELLS: dict[str, tuple[str, ...]] = {
    "data": (
        'metadata = steps.measured(run)\nrequests = steps.requests(run)\nf"{len(requests):,} requests"',
        "show(tables.examples(requests))",
        "show(tables.shares(requests))",
        "plots.share_by_type(tables.shares(requests))",
    ),
    "variance": (
        "variance = tables.variance(requests)\nshow(tables.variance_by_type(variance))",
        "plots.variance(variance)",
    ),
    "splits": ("show(tables.split_table(metadata))", "plots.timeline(requests)"),
    "search": ("trials = steps.searched(run)\nshow(page.kept(run))", "plots.search(trials)"),
    "learners": ("judged = steps.judged(run)\nright, costs = page.compared(run)\nshow(right)", "show(costs)"),
    "choice": ("show(page.choice(run))", "show(scores.policies(run))"),
    "confusion": (
        'test, answers = steps.rows(run, "test"), steps.answers(run)\nplots.confusion(test, answers)',
        "show(page.by_platform(run))",
    ),
    "roc": ("plots.roc(test, answers)",),
    "calibration": ("plots.calibration(test, answers)",),
    "importance": ('reason_plots.importance(judged["importance"], judged["learner"])',),
    "shap": (
        "why = reasons.explained(run)\nreason_plots.shap_summary(why)",
        "reason_plots.shap_dependence(why)",
    ),
    "regret": ("regret = scores.regret_by(run)\nreason_plots.regret(regret)", "show(page.by_place(regret))"),
    "map": ('reason_plots.decision_map(reasons.map_of(steps.model(run, judged["learner"])))',),
    "checks": ("show(checks.checks(run, requests))",),
}
"""By section: the code that makes what it shows."""
INTRODUCTION = """# Placement: which platform serves a request better

The model `placement` says for each request whether AWS Lambda or ECS Fargate serves it better. This notebook
makes the data, trains four learners, chooses one and judges it, step by step. `make report` runs it, and
makes the [page](placement-report.html) with the same numbers.

**All requests here are synthetic**: they come from this project's simulator of both platforms. Nothing was
measured in production.

To run it yourself, start Jupyter in `docs/` with `PYTHONPATH=../training:..`. Each step keeps what it made
below `.local/placement-report` and is quick the second time."""


def notebook(run: Run, cold_starts: Any = None) -> nbformat.NotebookNode:
    """Executed, with its outputs and without times."""
    cells = list(_cells(told(run)["text"], bool(cold_starts)))
    made: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=cells)
    for place, cell in enumerate(made.cells):
        cell["id"] = f"cell-{place}"
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    client = NotebookClient(made, timeout=SECONDS, kernel_name="python3", record_timing=False)
    client.execute(cwd=str(run.folder), env={**os.environ, **run.environment, "PYTHONPATH": _roots()})
    made.metadata["language_info"] = {"name": "python"}
    nbformat.validate(made)
    return made


def _cells(text: dict[str, str], cold_starts: bool) -> Iterator[nbformat.NotebookNode]:
    yield nbformat.v4.new_markdown_cell(INTRODUCTION)
    yield nbformat.v4.new_code_cell(SETUP)
    for number, (name, title) in enumerate(TITLES.items(), start=1):
        yield nbformat.v4.new_markdown_cell(f"## {number}. {title}\n\n{_markdown(text, name)}")
        for code in CELLS[name]:
            yield nbformat.v4.new_code_cell(code)
    if cold_starts:
        yield nbformat.v4.new_markdown_cell(
            f"## {len(TITLES) + 1}. {COLD['cold-starts']}\n\n{text['cold_starts']}"
        )
        yield nbformat.v4.new_code_cell('show(page.cold(run.kept("cold_starts", dict)))')


def _markdown(text: dict[str, str], name: str) -> str:
    """The section's words; a dollar would begin a formula."""
    parts = {"learners": ("learners", "terms"), "choice": ("choice", "policies")}.get(name, (name,))
    return "\n\n".join(text[part].replace("$", "\\$") for part in parts)


def _roots() -> str:
    training = Path(__file__).parents[1]
    return os.pathsep.join((str(training), str(training.parent)))
