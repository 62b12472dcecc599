"""Compare two trained models on the same test rows, and say whether one is better or it may be chance.

A paired bootstrap draws the same rows for both, whole entities at a time, and tells the 95% interval of the
difference. The metric that the model is promoted by decides, or --metric.

Examples:

* `python -m training compare new.tar.gz champion.tar.gz --data out`

* `python -m training compare new.tar.gz old.tar.gz --data records.csv --require better --json diff.json`

Exit codes: 0 the first one does as --require asks; 1 it does not; 2 wrong input. In CI, `--require not-worse`
(what is asked if nothing is) stops a change for the worse that is no chance; `--require better` lets only a
shown improvement through.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from commands import models, screen
from commands.data import Data, Profile, Splits, Synthetic, splits_of
from commands.screen import note, number, step
from commands.verdict import BETTER
from jobs import JobError

if TYPE_CHECKING:
    from artifact import Artifact
    from paired import Difference

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)
UNSHOWN = "no difference shown"
Given = Annotated[
    Path, typer.Argument(help="A model.tar.gz that a training wrote.", exists=True, dir_okay=False)
]


@app.command(help=__doc__)
def compare(
    a: Given,
    b: Given,
    data: Data = None,
    synthetic: Synthetic = None,
    profile: Profile = None,
    metric: Annotated[
        str | None, typer.Option(help="What decides instead of the promotion's metric.")
    ] = None,
    require: Annotated[
        Literal["not-worse", "better"], typer.Option(help="What the first model must be to exit with 0.")
    ] = "not-worse",
    output: Annotated[
        Path | None, typer.Option("--json", help="File for the verdict and all intervals.", dir_okay=False)
    ] = None,
) -> None:
    name = _name(a)
    spec = models.trained(name)
    with splits_of(spec, data=data, synthetic=synthetic, profile=profile) as splits:
        with step("reading both models"):
            from evaluate import opened

            pair = [opened(path, spec.contract) for path in (a, b)]
        _warn(pair, splits)
        with step("drawing rows for the intervals"):
            found = _differences(pair, splits)
    deciding = metric or spec.trained.promotion.metric
    if deciding not in found:
        raise JobError(f"metric {deciding!r} cannot be compared for {name}; known are {', '.join(found)}")
    _tell(name, found, deciding)
    verdict = found[deciding].verdict
    if output:
        told = {"model": name, "a": str(a), "b": str(b), "metric": deciding, "verdict": verdict}
        all_of = {each: asdict(difference) for each, difference in found.items()}
        output.write_text(json.dumps({**told, "data_hash": splits.hash, "differences": all_of}, indent=1))
        note(f"written: {output}")
    raise typer.Exit(0 if verdict == "better" or (require == "not-worse" and verdict != "worse") else 1)


def _name(path: Path) -> str:
    """Which model the artifact is of; JobError where it is none."""
    import tarfile

    try:
        with tarfile.open(path) as archive:
            member = next(each for each in archive if each.name in ("model.json", "./model.json"))
            described = archive.extractfile(member)
            assert described  # noqa: S101 - a file, as it was written
            return str(json.load(described)["contract"]["name"])
    except (OSError, ValueError, KeyError, StopIteration, tarfile.TarError) as error:
        raise JobError(
            f"{path} is not a model that a training wrote: {error or 'no model.json in it'}"
        ) from None


def _differences(pair: list[Artifact], splits: Splits) -> dict[str, Difference]:
    import dataset
    from comparison import ask
    from paired import differences
    from scoring import score

    contract = pair[0].contract
    rows = dataset.read(splits.folder("test"), contract)
    a, b = (ask(each, rows.features) for each in pair)
    goals = {name: BETTER[name] for name in score(rows, a, contract) if name in BETTER}
    return differences(rows, a, b, contract, goals)


def _warn(pair: list[Artifact], splits: Splits) -> None:
    for place, model in zip("AB", pair, strict=True):
        learned, now = (each[:12] for each in (model.facts["data_hash"], splits.hash))
        if learned != now:
            note(f"{place} learned from data {learned}, not {now}: be sure that it never saw these test rows")


def _tell(name: str, found: dict[str, Difference], deciding: str) -> None:
    first = found[deciding]
    drawn = f"{first.blocks:,} blocks drawn {first.rounds:,} times"
    rows = [
        [
            each.metric + (" *" if each.metric == deciding else ""),
            number(each.a),
            number(each.b),
            f"{each.value:+.3g}",
            f"{each.low:+.3g} to {each.high:+.3g}",
            "" if each.verdict == UNSHOWN else each.verdict,
        ]
        for each in found.values()
    ]
    title = f"{name}: A against B on {first.rows:,} test rows, {drawn}"
    screen.table(title, ["metric", "A", "B", "A - B", "95% interval", "A is"], rows)
    told = UNSHOWN if first.verdict == UNSHOWN else f"A is {first.verdict} than B"
    screen.say(f"by {deciding}: {told}", "bold")
