"""A million requests a configuration and seed, in simulation alone."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from catalog.spec import ModelSpec
from local.bench.page import Section
from local.compare import candidate, frontier, page, plots, router, study, tables, verdict
from local.compare.intervals import Row, over

PATTERNS = ("steady", "burst", "night")
ALL = "all"


@dataclass(frozen=True)
class Run:
    """What was asked for; `date` is told where it is given."""

    spec: ModelSpec
    requests: int
    seeds: Sequence[int]
    model: Path | None
    home: Path
    date: str = ""


def compare(run: Run, console: Console) -> list[Section]:
    """Prints and plots; the page's sections."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        chosen = candidate.find(run.spec, run.model, run.home, work, console.print)
        asked = router.measure(run.spec, chosen.folder)
        console.print(f"model: {chosen.told}; router: {asked.p50_ms:.2f} ms (p99 {asked.p99_ms:.1f})")
        contract = work / "contract.json"
        contract.write_text(run.spec.contract.to_json())
        arguments = study.asking(contract, asked, memory(run.spec))
        given = ["--model", chosen.onnx, *arguments]
        found = study.each_seed("simulate", ["--requests", run.requests, *given], run.seeds, console.print)
        # two loads, and many thresholds
        half = ["--requests", run.requests // 2, *given]
        swept = study.each_seed("frontier", half, run.seeds, console.print)
        about = _about(run, chosen.told, asked, found[0]["asked"]["hop_ms"])
    patterns = (*PATTERNS, ALL)
    rows = _rows(found, patterns)
    paths = plots.draw(rows, found[0]["levels"], page.IMAGES, "placement-simulated")
    for pattern in patterns:
        console.print(tables.printed(f"{page.SIMULATED}: {pattern}", rows[pattern]))
    judged = verdict.judged(rows)
    console.print(verdict.GOAL, *judged, sep="\n")
    judged.append(_why(rows, found[0]["asked"]))
    tried = frontier.section(_rows(swept, tuple(swept[0]["patterns"])), run.spec, page.IMAGES)
    return [*_sections(rows, about, judged, paths), tried]


def _rows(found: Sequence[study.Found], patterns: Sequence[str]) -> dict[str, list[Row]]:
    return {each: [seed["patterns"][each] for seed in found] for each in patterns}


def _why(rows: Mapping[str, Sequence[Row]], asked: Mapping[str, float]) -> str:
    """What no choice of a platform can change."""
    added = asked["hop_ms"] + asked["handler_ms"]
    share = over(rows[ALL], lambda row: added / row["lambda"]["p95_ms"])
    idle = over(rows["night"], lambda row: row["oracle"]["service_usd"] / row["lambda"]["total_usd"])
    return (
        f"**What no choice can change**: a function of its own adds {added:.1f} ms to every request, "
        f"{share.shown('.1%') if share else 'much'} of Lambda's p95, and so is never as quick. By night the "
        f"fleet, two tasks that are paid whatever they do, costs {idle.shown('.0%') if idle else 'much'} of "
        "Lambda's whole bill, whoever routes."
    )


def memory(spec: ModelSpec) -> int:
    """Of the router's function."""
    assert spec.router  # noqa: S101 - what is compared is a router
    return spec.router.memory_mb


def shown(paths: Sequence[Path]) -> str:
    """Images, as the page names them."""
    return "\n".join(f"![{path.stem.replace('-', ' ')}](images/{path.name})" for path in paths)


def _sections(
    rows: dict[str, list[Row]], about: str, judged: list[str], paths: Sequence[Path]
) -> list[Section]:
    goal = "\n".join(f"- {line}" for line in judged)
    first = tables.section(
        page.SIMULATED, rows[ALL], before=about, after=f"{verdict.GOAL}\n\n{goal}\n\n{shown(paths)}"
    )
    return [
        first,
        *(tables.section(f"{page.SIMULATED}: {pattern}", rows[pattern]) for pattern in PATTERNS),
    ]


def _about(run: Run, model: str, asked: router.Measured, hop_ms: float) -> str:
    return (
        f"{run.requests:,} requests for each configuration and seed, {len(run.seeds)} seeds"
        f"{', ' + run.date if run.date else ''}; a third each steady (40 a second, by day), with many "
        "bursts, and by night (8 a second). All of it is synthetic, made and served by the simulator of "
        "[the training data](placement_request-data.md), in weeks after those that the model learned from. "
        f"Fargate only may grow to 200 tasks.\n\nThe model: {model}.\n\n"
        f"Measured here: the router's handler with that model takes {asked.p50_ms:.2f} ms in the median "
        f"(p99 {asked.p99_ms:.1f} ms, the first call {asked.first_ms:.0f} ms), AWS's answers canned; the "
        f"choice itself {asked.inference_ms:.2f} ms. Assumed: the way to the router's function and back "
        f"takes {hop_ms:g} ms, as the simulator has it for any function. Left out: the router's own cold "
        "starts, and that it falls over to the other platform."
    )
