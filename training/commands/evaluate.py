"""Judge a trained model on the test split of labelled records, beside trivial answers and a champion.

The records are split by time as for training, and the last part judges. Records that the model learned from
flatter it: give those that it was trained with, or the --output of its training, or newer ones.

Examples:

* `python -m training evaluate iops-risk --artifact out/model.tar.gz --data out`

* `python -m training evaluate iops-risk --artifact new.tar.gz --champion old.tar.gz --data records.csv`

Exit codes: 0 passes its gates; 1 a gate fails; 2 wrong input.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from commands import models
from commands.data import Artifact, Data, Profile, Synthetic, splits_of
from commands.screen import note, step

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)


@app.command(help=__doc__)
def evaluate(
    model: Annotated[str, typer.Argument(help="A trained model of the catalogue, say iops-risk.")],
    artifact: Artifact,
    data: Data = None,
    synthetic: Synthetic = None,
    profile: Profile = None,
    champion: Annotated[
        Path | None, typer.Option(help="Another model.tar.gz that it must not be worse than.", exists=True)
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder for evaluation.json; none keeps nothing.", file_okay=False)
    ] = None,
) -> None:
    spec = models.trained(model)
    with (
        splits_of(spec, data=data, synthetic=synthetic, profile=profile) as splits,
        TemporaryDirectory() as none,
    ):
        from commands import running, verdict

        note(f"{spec.name}: {splits.rows} rows")
        folder = output or Path(none)
        with step("evaluating"):
            evaluation = running.judge(spec, splits, [artifact], folder, champion)
    passes = verdict.tell(spec, evaluation)
    if output:
        note(f"written: {output / 'evaluation.json'}")
    raise typer.Exit(0 if passes else 1)
