"""Train a model of the catalogue on this machine, as its jobs would, and judge it by its gates.

Records are split by time into train, validation and test; a learner is fitted with its declared settings;
the untouched test split judges it beside answers that need no learning.

Examples:

* `python -m training train iops-risk --synthetic 10000 --output out`

* `python -m training train iops-risk --data records.csv --output out --hyperparameter max_depth=4`

* `python -m training train threat --synthetic 20000 --learner lightgbm --output out`

Writes `model.tar.gz`, `evaluation.json`, `metrics.json` and the prepared `splits/` below --output.
Exit codes: 0 passes its gates; 1 a gate fails (the model is written all the same); 2 wrong input.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from commands import models
from commands.data import Data, Profile, Synthetic, prepared
from commands.screen import note, step

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)


@app.command(help=__doc__)
def train(
    model: Annotated[str, typer.Argument(help="A trained model of the catalogue, say iops-risk.")],
    output: Annotated[Path, typer.Option(help="Folder for what is made; it may exist.", file_okay=False)],
    data: Data = None,
    synthetic: Synthetic = None,
    profile: Profile = None,
    learner: Annotated[str | None, typer.Option(help="One of the model's learners, say a rival.")] = None,
    hyperparameter: Annotated[
        list[str] | None, typer.Option(help="name=value, over what is declared; may be given again.")
    ] = None,
) -> None:
    spec = models.trained(model)
    search = models.search(spec, learner)
    given = models.hyperparameters(search, hyperparameter or ())
    splits = prepared(spec, data=data, synthetic=synthetic, profile=profile, into=output / "splits")
    note(f"{spec.name}: {splits.rows} rows")
    from commands import running, verdict

    artifact = output / running.ARTIFACT
    with step(f"training {search.learner}"):
        facts = running.fit(spec, splits, given, artifact)
    with step("evaluating"):
        evaluation = running.judge(spec, splits, [artifact], output)
    told = {
        "validation": facts["validation"],
        "test": evaluation["metrics"],
        "baselines": evaluation["baselines"],
    }
    (output / "metrics.json").write_text(json.dumps(told, indent=1))
    passes = verdict.tell(spec, evaluation)
    note(f"written: {artifact}, {output / 'evaluation.json'}")
    raise typer.Exit(0 if passes else 1)
