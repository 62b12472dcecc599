"""`registry list`, `show` and `diff`: what there is, and what serves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

from commands import registry_tables as tables
from commands import registry_views as views
from commands.registry_cloud import Cloud
from commands.registry_options import AsJson, Env, Model, Version
from commands.registry_packages import LEARNED, Registry, learned

ALL = "all"
FEW, MORE = 3, 20


def list_versions(
    model: Annotated[
        str | None, typer.Argument(help="One model; without it all.", show_default=False)
    ] = None,
    env: Annotated[
        str, typer.Option("--env", help="The environment, or `all` for what serves in each.")
    ] = "dev",
    limit: Annotated[int | None, typer.Option(min=1, max=100, help="Versions of each model.")] = None,
    as_json: AsJson = False,
) -> None:
    """The newest versions: status, metric, data, and which one serves.

    `list --env all` tells what each environment of this account and region serves.
    """
    registry, specs = Registry(Cloud(), env), (learned(model),) if model else LEARNED
    if env == ALL:
        served = views.everywhere(registry, specs)
        return _tell(served, as_json, tables.everywhere)
    most = limit or (MORE if model else FEW)
    found = [row for spec in specs for row in views.rows(registry, spec, most)]
    return _tell(found, as_json, lambda rows: tables.versions(rows, env))


def show(model: Model, version: Version, env: Env = "dev", as_json: AsJson = False) -> None:
    """One version: metrics beside baselines and champion, gates, lineage, contract."""
    registry, spec = Registry(Cloud(), env), learned(model)
    _tell(views.shown(registry, spec, registry.package(spec, version)), as_json, tables.version)


def diff(
    model: Model,
    a: Annotated[str, typer.Argument(help="The one version.", show_default=False)],
    b: Annotated[str, typer.Argument(help="The other version.", show_default=False)],
    env: Env = "dev",
    as_json: AsJson = False,
) -> None:
    """What changed from version A to version B: metrics, hyperparameters, data, contract."""
    registry, spec = Registry(Cloud(), env), learned(model)
    found = views.compared(registry, spec, registry.package(spec, a), registry.package(spec, b))
    _tell(found, as_json, tables.changes)


def _tell(found: Any, as_json: bool, table: Callable[[Any], Any]) -> None:
    if as_json:
        typer.echo(json.dumps(found, indent=1))
    else:
        tables.console().print(table(found))
