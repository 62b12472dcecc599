"""The registry's views as tables for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

Json = Mapping[str, Any]
STYLES = {"Approved": "green", "Rejected": "red", "PendingManualApproval": "yellow"}
BOX = box.SIMPLE_HEAD


def versions(rows: Sequence[Json], environment: str) -> Table:
    table = Table("model", "version", "status", "serves", "metric", "profile", "learner", "created", box=BOX)
    for each in rows:
        table.add_row(
            each["model"],
            str(each["version"]),
            _status(each["status"]),
            f"● {environment}" if each["champion"] else "",
            f"{each['metric']} {number(each['value'])}",
            each["profile"] or "",
            each["learner"] or "",
            each["created"],
        )
    return table


def everywhere(rows: Sequence[Json]) -> Table:
    table = Table("model", "environment", "serves", "metric", "learner", "data", "created", box=BOX)
    for each in sorted(rows, key=lambda each: (each["model"], each["environment"])):
        found = each["serves"]
        told = (
            [
                f"version {found['version']}",
                f"{found['metric']} {number(found['value'])}",
                found["learner"] or "",
                found["profile"] or "",
                found["created"],
            ]
            if found
            else [f"{each['champion']}, which is gone" if ":" in each["champion"] else "none yet", *[""] * 4]
        )
        table.add_row(each["model"], each["environment"], *told)
    return table


def version(found: Json) -> Group:
    """One version: verdict, metrics beside baselines and champion, gates, lineage, contract."""
    serves = " · [bold green]serves[/]" if found["champion"] else ""
    head = f"[bold]{found['model']} {found['version']}[/] · {_status(found['status'])}{serves}"
    told = [escape(line) for line in (found["description"], found["approval"]) if line]
    contract = found["contract"]
    fits = (
        "[green]the code has the same[/]"
        if contract["matches"]
        else f"[red]the code has {contract['code']}[/]"
    )
    told.append(f"contract {contract['hash']}: {fits}")
    return Group(
        Panel("\n".join([head, *told]), expand=False),
        _metrics(found),
        pairs("gate", "value", {_gate(each): number(each["value"]) for each in found["gates"]}),
        pairs("hyperparameter", "value", found["hyperparameters"]),
        pairs("lineage", "", found["lineage"]),
    )


def changes(found: Json) -> Group:
    a, b = (f"version {each}" for each in found["versions"])
    metrics = Table("metric", a, b, "change", box=BOX)
    for name, each in found["metrics"].items():
        moved = each["b"] - each["a"] if None not in each.values() else None
        metrics.add_row(name, number(each["a"]), number(each["b"]), "" if moved is None else f"{moved:+.4g}")
    parts: list[Any] = [metrics]
    for title in ("hyperparameters", "data", "contract"):
        parts.append(_changed(title, found[title], a, b) if found[title] else f"{title}: nothing changed")
    return Group(*parts)


def pairs(left: str, right: str, found: Json) -> Table | str:
    table = Table(left, box=BOX)
    table.add_column(right, overflow="fold")
    for name, value in found.items():
        told = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        if value not in (None, [], ""):
            table.add_row(str(name), escape(told))
    return table if table.row_count else ""


def number(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def console() -> Console:
    """Made when it is asked for: standard output may have been replaced by then."""
    return Console(highlight=False, soft_wrap=False)


def _changed(title: str, found: Json, a: str, b: str) -> Table:
    table = Table(title, a, b, box=BOX)
    for name, (one, two) in found.items():
        table.add_row(name, escape(number(one)), escape(number(two)))
    return table


def _metrics(found: Json) -> Table:
    others = dict(found["baselines"])
    if found["champion_then"]:
        others["champion then"] = found["champion_then"]
    table = Table("metric", f"version {found['version']}", *others, box=BOX)
    for name, value in found["metrics"].items():
        table.add_row(name, number(value), *(number((each or {}).get(name)) for each in others.values()))
    return table


def _gate(found: Json) -> str:
    return f"{'[green]✓[/]' if found['holds'] else '[red]✗[/]'} {found['gate']}"


def _status(status: str) -> str:
    return f"[{STYLES.get(status, 'white')}]{status}[/]"
