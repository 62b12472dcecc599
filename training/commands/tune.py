"""Search the best settings of a model's learners on this machine, as its tuning jobs would in SageMaker.

Each learner of the model is searched over its declared ranges, judged by the validation split; the
promotion's rule chooses among the best of each, and the test split judges the one that is chosen. The study
is kept below --output: the same call again goes on where it was interrupted, and more --jobs add trials.

Examples:

* `python -m training tune iops-risk --synthetic 10000 --jobs 20 --output tuned`

* `python -m training tune threat --data records.parquet --jobs 10 --output tuned`

Writes what `train` writes, and `trials.json`, `study.db` and each learner's best below `candidates/`.
Exit codes: 0 the chosen model passes its gates; 1 a gate fails; 2 wrong input.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from commands import models, screen
from commands.data import Data, Profile, Splits, Synthetic, prepared
from commands.screen import note, step
from jobs import JobError

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)


@app.command(help=__doc__)
def tune(
    model: Annotated[str, typer.Argument(help="A trained model of the catalogue, say iops-risk.")],
    output: Annotated[Path, typer.Option(help="Folder for what is made; of one study.", file_okay=False)],
    data: Data = None,
    synthetic: Synthetic = None,
    profile: Profile = None,
    jobs: Annotated[int, typer.Option(min=1, max=1000, help="Trials of each learner.")] = 20,
    learner: Annotated[str | None, typer.Option(help="Only this one of the model's learners.")] = None,
) -> None:
    spec = models.trained(model)
    searches = (models.search(spec, learner),) if learner else spec.trained.searches
    draft = output / "splits.draft"
    splits = prepared(spec, data=data, synthetic=synthetic, profile=profile, into=draft)
    note(f"{spec.name}: {splits.rows} rows")
    from commands import running, verdict
    from commands.study import Study

    try:
        Study(spec, splits, output).check()
    except JobError:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    splits = splits.moved(draft, output / "splits")
    study = Study(spec, splits, output)
    best = [study.search(search, jobs) for search in searches]
    with step("evaluating"):
        evaluation = running.judge(spec, splits, best, output)
    chosen = best[evaluation["chosen"]]
    (output / running.ARTIFACT).write_bytes(chosen.read_bytes())
    (output / "trials.json").write_text(json.dumps(study.trials(), indent=1))
    _tell(study.trials(), evaluation, splits)
    passes = verdict.tell(spec, evaluation)
    note(f"written: {output / running.ARTIFACT}, {output / 'evaluation.json'}, {output / 'trials.json'}")
    raise typer.Exit(0 if passes else 1)


def _tell(trials: list[dict[str, Any]], evaluation: dict[str, Any], splits: Splits) -> None:
    """The best trial of each learner."""
    rows = []
    for name in dict.fromkeys(each["learner"] for each in trials):
        own = [each for each in trials if each["learner"] == name]
        best = next(each for each in own if each["best"])
        told = ", ".join(f"{key} {value}" for key, value in best["hyperparameters"].items())
        kept = "chosen" if name == evaluation["learner"] else ""
        rows.append([name, str(len(own)), screen.number(best["value"]), kept, told])
    title = f"best of each learner on {splits.metadata['splits']['validation']['rows']:,} validation rows"
    screen.table(title, ["learner", "trials", "objective", "", "hyperparameters"], rows)
