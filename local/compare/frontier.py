"""How sure of the function the router must be: what each threshold costs, and which one the goal asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from catalog.spec import ModelSpec
from local.bench.page import Section
from local.compare import frontier_plot, page
from local.compare.frontier_plot import LONGER
from local.compare.intervals import Row, longer, over, saving
from local.compare.tables import MILLION, NONE, TITLES

TITLE = f"{page.SIMULATED}: how sure of the function"
OTHERS = ("lambda", "ecs", "oracle")
Found = Mapping[str, Sequence[Row]]
"""Rows of the seeds by pattern: figures by policy, thresholds by their numbers."""


def thresholds(found: Found) -> list[str]:
    first = next(iter(found.values()))[0]
    return [name for name in first if name not in OTHERS]


def pick(found: Found) -> str | None:
    """The threshold with the smallest bill over all patterns, of those whose p95 is near Lambda's under each;
    None where none's is."""
    fit = [name for name in thresholds(found) if all(_near(rows, name) for rows in found.values())]
    return min(fit, key=lambda name: _bill(found, name), default=None)


def section(found: Found, spec: ModelSpec, folder: Path) -> Section:
    """The page's; draws its plot."""
    placement = spec.contract.placement
    assert placement  # noqa: S101 - what is compared is a placement
    declared, picked = f"{placement.lambda_from:g}", pick(found)
    path = frontier_plot.draw(found, thresholds(found), declared, folder)
    columns = ["", *(f"{pattern}: {title}" for pattern in found for title in COLUMNS)]
    rows = [_line(found, name) for name in (*OTHERS, *thresholds(found))]
    return Section(
        TITLE,
        tuple(columns),
        rows,
        _about(declared, picked, ", ".join(placement.busy_loads)),
        f"![frontier](images/{path.name})",
    )


COLUMNS = ("p95", "p95 against Lambda", "USD a million", "saves", "burden", "by Lambda")


def _line(found: Found, name: str) -> tuple[str, ...]:
    return (
        TITLES.get(name, f"from {name}"),
        *(cell for rows in found.values() for cell in _cells(rows, name)),
    )


def _cells(rows: Sequence[Row], name: str) -> list[str]:
    def each(key: str) -> float:
        return sum(float(row[name][key] / row[name]["requests"]) * MILLION for row in rows) / len(rows)

    p95 = over(rows, lambda row: row[name]["p95_ms"])
    share = over(rows, lambda row: row[name]["lambda_share"])
    more = over(rows, _longer(name))
    less = over(rows, lambda row: saving(row, name, "lambda"))
    return [
        f"{p95.mean:.1f}" if p95 else NONE,
        f"{'+' * (more.mean >= 0)}{more.shown('.2%')}" if more and name != "lambda" else NONE,
        f"{each('total_usd'):.3f}",
        less.shown(".1%") if less and name != "lambda" else NONE,
        f"{each('burden_usd'):.2f}",
        f"{share.mean:.0%}" if share else NONE,
    ]


def _about(declared: str, picked: str | None, busy: str) -> str:
    return (
        "The router sends a request to Lambda only where the model is at least so sure that Lambda is the "
        "better one: nearly alike, the cheaper platform is taken. Not under a busy load "
        f"({busy}): there the likelier one is, as the service grows later than the load. Each threshold "
        "here serves loads of days that neither the model nor the comparison met; the model is asked in the "
        "caller.\n\nChosen is the smallest bill over both loads, of the thresholds whose p95 is at most "
        f"{LONGER:.0%} longer than Lambda's under each: here **{picked or 'none'}**. The one declared, and "
        f"used in all else on this page: **{declared}** (`catalog/models/placement.py`). It changes no label "
        "and no model. The night is left out: two tasks are paid then whatever a router does. Where an "
        "interval is wider than what two thresholds differ by, as in bursts, these seeds do not "
        "tell them apart."
    )


def _near(rows: Sequence[Row], name: str) -> bool:
    more = over(rows, _longer(name))
    return more is not None and more.mean <= LONGER


def _longer(name: str) -> Callable[[Row], float | None]:
    return lambda row: longer(row, name, "lambda")


def _bill(found: Found, name: str) -> float:
    return sum(float(row[name]["total_usd"]) for rows in found.values() for row in rows)
