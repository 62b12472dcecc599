"""Look a data file over before anything is learned from it, alone or beside a model's schema or another file.

It tells of missing values, types, outliers, distributions, associations, leakage, class balance, copies,
constant and near-unique columns, drift, and whether a model could take the file. The report is one page that
needs no network; the same findings stand in a JSON file beside it.

Examples:

* `python -m training diagnose --input records.csv --report report.html`

* `python -m training diagnose --input records.parquet --report report.html --model iops-risk`

* `python -m training diagnose --input new.parquet --against old.parquet --report report.html --target label`

* `python -m training diagnose --input records.csv --report report.html --fail-on warning` (strict)

Exit codes: 0 fine; 1 blocking findings, or warnings with --fail-on warning; 2 wrong usage or a file that
cannot be read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.status import Status

from catalog.models import MODELS
from commands import screen
from jobs import JobError

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)
FAILED = 1
SHOWN = 8
COLOURS = {"blocking": "red", "warning": "yellow", "note": "blue"}


@app.command(help=__doc__)
def diagnose(
    data: Annotated[Path, typer.Option("--input", help="The .csv or .parquet file to look at.")],
    report: Annotated[Path, typer.Option(help="Where the page goes, *.html; the JSON goes beside it.")],
    model: Annotated[
        str | None, typer.Option(help="Hold it against this model's schema, say iops-risk.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Column to predict; the model's own if left out.")
    ] = None,
    entity: Annotated[str | None, typer.Option(help="Column that says whom a row is about.")] = None,
    time: Annotated[str | None, typer.Option(help="Column that says when.")] = None,
    against: Annotated[Path | None, typer.Option(help="An earlier file, to tell drift from.")] = None,
    fail_on: Annotated[
        Literal["blocking", "warning"], typer.Option(help="Findings from which the exit code is 1.")
    ] = "blocking",
    explore: Annotated[
        bool, typer.Option(help="Put skrub's explorer into the page; it holds rows of the file.")
    ] = False,
) -> None:
    if report.suffix.lower() not in (".html", ".htm"):
        raise JobError(f"--report must end in .html, got {report}")
    check = _check(model) if model else None
    with _progress() as progress:
        from diagnosis.examine import examine
        from diagnosis.profile import Roles

        seen = examine(
            data, check=check, roles=Roles(target, entity, time), against=against, progress=progress
        )
        told = _written(seen, report, explore)
    _summary(told, report)
    fails = ("blocking",) if fail_on == "blocking" else ("blocking", "warning")
    if any(told["counts"][severity] for severity in fails):
        raise typer.Exit(FAILED)


def _check(name: str) -> Any:
    """The contract of a model, trained or not, by name or alias."""
    from diagnosis.schema import Check

    spec = next((each for each in MODELS if name in (each.name, *each.aliases)), None)
    if spec is None:
        raise JobError(f"model {name!r} is unknown; models are {', '.join(each.name for each in MODELS)}")
    record = spec.contract.record
    labels = {
        each.contract.target.name: each.contract.target for each in MODELS if each.contract.record is record
    }
    return Check(spec.contract, tuple(labels.values()))


def _written(seen: Any, report: Path, explore: bool) -> dict[str, Any]:
    from diagnosis import explorer, page
    from diagnosis.report import told

    found = told(seen)
    text = page.render(found, explorer.page(seen.profile) if explore else "")
    try:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(text, encoding="utf-8")
        report.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise JobError(f"{report} cannot be written: {error.strerror}") from None
    return found


@contextmanager
def _progress() -> Iterator[Callable[[str], Callable[[str, int], None]]]:
    with screen.told().status("starting") as status:
        yield lambda name: _rows(status, name)


def _rows(status: Status, name: str) -> Callable[[str, int], None]:
    def say(what: str, rows: int) -> None:
        status.update(escape(f"{name}: {what}" + (f", {rows:,} rows" if rows else "")))

    return say


def _summary(told: dict[str, Any], report: Path) -> None:
    """The worst findings, for who does not open the page."""
    console = screen.shown()
    counts = ", ".join(f"{count} {severity}" for severity, count in told["counts"].items())
    console.print(f"[bold]{told['verdict']}[/bold]: {counts}; {told['file']['rows']:,} rows")
    told_of = [each for each in told["findings"] if each["severity"] != "note"]
    for each in told_of[:SHOWN]:
        colour, columns = COLOURS[each["severity"]], _plain(", ".join(each["columns"][:3]))
        title = f"{each['title']}{f' ({columns})' if columns else ''}"
        console.print(f"  [{colour}]{each['severity']:8}[/{colour}] {title}: {_plain(each['seen'])}")
    if len(told_of) > SHOWN:
        console.print(f"  and {len(told_of) - SHOWN} more in the report")
    console.print(escape(f"report: {report} and {report.with_suffix('.json').name}"))


def _plain(text: str) -> str:
    """What a file holds, as a terminal may show it: no markup, no control characters."""
    return escape("".join(letter if letter.isprintable() else "?" for letter in text))
