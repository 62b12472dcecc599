"""The comparison as tables: for the terminal, and for the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.table import Table

from local.bench.page import Section
from local.compare.intervals import BASELINES, Row, Spread, better, over, reached, returned, saving

TITLES = {
    "lambda": "Lambda only",
    "ecs": "Fargate only",
    "model": "ML-routed",
    "forwarded": "ML-routed, forwarding",
    "embedded": "ML-routed, in the caller",
    "rule": "rule-routed",
    "oracle": "oracle (bound)",
    "cheapest": "oracle of money alone",
}
PRINTED = ("lambda", "ecs", "model", "embedded", "oracle")
MILLION = 1e6
NONE = "-"
Ask = Callable[[Row], float | None]


def lines(found: Sequence[Row]) -> list[tuple[str, ...]]:
    """A line for each figure, a cell for each configuration, with intervals where there are several seeds."""
    names = configurations(found)
    cheaper = better(found, "total_usd")

    def line(title: str, form: str, ask: Callable[[str], Ask]) -> tuple[str, ...]:
        return (title, *(_shown(over(found, ask(name)), form) for name in names))

    def plain(key: str) -> Callable[[str], Ask]:
        return lambda name: lambda row: row[name].get(key)

    def million(key: str) -> Callable[[str], Ask]:
        return lambda name: lambda row: _each(row[name].get(key), row[name]["requests"])

    def saved(baseline: str) -> Callable[[str], Ask]:
        return lambda name: lambda row: None if name == baseline else saving(row, name, baseline)

    def weighed(name: str) -> Ask:
        return lambda row: None if name in BASELINES or "oracle" not in row else reached(row, name)

    made = [
        line("average (ms)", ".1f", plain("average_ms")),
        line("p95 (ms)", ".1f", plain("p95_ms")),
        line("p99 (ms)", ".0f", plain("p99_ms")),
        line("errors", ".2%", plain("error_rate")),
        line("total cost (USD a million)", ".3f", million("total_usd")),
        line("of it functions", ".3f", million("function_usd")),
        line("of it the fleet", ".3f", million("service_usd")),
        line("of it the router", ".3f", million("router_usd")),
        *(line(f"saves against {TITLES[each]}", ".1%", saved(each)) for each in BASELINES),
        line("return on the router's cost", ".2f", lambda name: lambda row: returned(row, name, cheaper)),
        line(
            "the same against Lambda only", ".2f", lambda name: lambda row: returned(row, name, "lambda")
        ),
        line("routing accuracy", ".1%", plain("accuracy")),
        line("served by Lambda", ".1%", plain("lambda_share")),
        line("burden (USD a million)", ".2f", million("burden_usd")),
        line("share of the oracle's gain", ".1%", weighed),
        ("most tasks", *(str(max(row[name]["most_tasks"] for row in found)) for name in names)),
    ]  # fmt: skip
    return [each for each in made if any(cell != NONE for cell in each[1:])]


def configurations(found: Sequence[Row]) -> list[str]:
    return [name for name in TITLES if all(name in row for row in found)]


def printed(title: str, found: Sequence[Row]) -> Table:
    """What fits on a terminal; the page has all."""
    kept = [place for place, name in enumerate(configurations(found), start=1) if name in PRINTED]
    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    for place in kept:
        table.add_column(TITLES[configurations(found)[place - 1]], justify="right")
    for line in lines(found):
        table.add_row(line[0], *(line[place] for place in kept))
    return table


def section(title: str, found: Sequence[Row], before: str = "", after: str = "") -> Section:
    columns = ("", *(TITLES[name] for name in configurations(found)))
    return Section(title, columns, lines(found), before=before, after=after)


def _each(value: float | None, requests: int) -> float | None:
    return None if value is None else value / requests * MILLION


def _shown(spread: Spread | None, form: str) -> str:
    return NONE if spread is None else spread.shown(form)
