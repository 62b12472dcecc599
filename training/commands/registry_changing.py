"""`registry approve`, `reject`, `promote` and `rollback`: each asks first and changes approvals alone."""

from __future__ import annotations

from typing import Annotated

import typer

from catalog.spec import ModelSpec
from commands.registry_champions import foreign, previous
from commands.registry_champions import version as number_of
from commands.registry_cloud import Cloud
from commands.registry_options import Env, Model, Reason, Timeout, Version, Yes
from commands.registry_packages import Package, Registry, learned
from commands.registry_progress import following
from commands.registry_promotion import Promotion, judge
from jobs import JobError


def approve(model: Model, version: Version, env: Env = "dev", reason: Reason = "", yes: Yes = False) -> None:
    """Approve a version; the platform promotes it by itself. `promote` also waits for the end."""
    registry, spec = Registry(Cloud(), env), learned(model)
    package = registry.package(spec, version)
    if package.status == "Approved":
        raise JobError(f"version {package.version} is Approved already; `promote` makes it serve")
    _require_readable(package, spec)
    _ask(f"Approve {spec.name} {package.version} in {env}, which promotes it? It is {package.status}", yes)
    judge(registry, package, "Approved", reason or "from the command line")
    typer.echo(f"{spec.name} {package.version} is Approved; its promotion starts by itself")


def reject(
    model: Model,
    version: Version,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the version.", show_default=False)],
    env: Env = "dev",
    yes: Yes = False,
) -> None:
    """Reject a version, so that nothing promotes it. What serves goes on serving until a rollback."""
    registry, spec = Registry(Cloud(), env), learned(model)
    package = registry.package(spec, version)
    serves = registry.champion(spec) == package.arn
    more = "; it serves, and goes on serving until `rollback`" if serves else ""
    _ask(f"Reject {spec.name} {package.version} in {env}? It is {package.status}{more}", yes)
    judge(registry, package, "Rejected", reason)
    typer.echo(f"{spec.name} {package.version} is Rejected{more}")


def promote(
    model: Model,
    version: Version,
    env: Env = "dev",
    reason: Reason = "",
    timeout: Timeout = 240,
    yes: Yes = False,
) -> None:
    """Make a version serve, and wait until it does. Exit code 1 where it was taken back."""
    registry, spec = Registry(Cloud(), env), learned(model)
    package, before = registry.package(spec, version), registry.champion(spec)
    _require_readable(package, spec)
    question = f"Promote {spec.name} {package.version} ({package.status}) in {env}? {_serving(before)}"
    if package.refused:
        question += f"; it was rejected: {package.approval or 'no reason is known'}"
    _tell_others(registry, spec, package)
    _ask(question, yes)
    _follow(registry, spec, package, timeout, reason or "promoted by hand")
    typer.echo(f"{spec.name} in {env} is served by version {package.version}")


def rollback(
    model: Model,
    env: Env = "dev",
    to: Annotated[str | None, typer.Option(help="This version, not the last that served.")] = None,
    reason: Reason = "",
    timeout: Timeout = 240,
    yes: Yes = False,
) -> None:
    """Let the champion before this one serve again, and reject this one. Exit code 1 where that fails."""
    registry, spec = Registry(Cloud(), env), learned(model)
    before = registry.champion(spec)
    if before is None:
        raise JobError(f"{spec.name} has no champion in {env}: there is nothing to roll back")
    package, passed = (registry.package(spec, to), []) if to else previous(registry, spec)
    if package.arn == before:
        raise JobError(f"version {package.version} serves already; name an earlier one")
    _require_readable(package, spec)
    for each in passed:
        typer.echo(f"passed over version {number_of(each.arn)}: {each.skipped}", err=True)
    _tell_others(registry, spec, package)
    _ask(f"Roll {spec.name} in {env} back to version {package.version}? {_serving(before)}", yes)
    left, why = registry.describe(before), reason or "no reason was given"
    _follow(registry, spec, package, timeout, f"rolled back from version {left.version}: {why}")
    judge(registry, left, "Rejected", f"rolled back to version {package.version}: {why}")
    typer.echo(
        f"{spec.name} in {env} is served by version {package.version} again; {left.version} is Rejected"
    )


def _follow(registry: Registry, spec: ModelSpec, package: Package, minutes: float, reason: str) -> None:
    with following(f"{spec.name} {package.version}") as say:
        Promotion(registry, spec, package, say, timeout_s=60 * minutes).run(reason)


def _tell_others(registry: Registry, spec: ModelSpec, package: Package) -> None:
    """That a promotion of another version runs: they take turns, and neither stops the other."""
    for other in Promotion(registry, spec, package, lambda _: None).others():
        typer.echo(f"version {other} is being promoted too; the one that ends last serves", err=True)


def _require_readable(package: Package, spec: ModelSpec) -> None:
    if why := foreign(package, spec):
        raise JobError(f"version {package.version} cannot serve: {why}; check out and deploy that code first")


def _serving(champion: str | None) -> str:
    return f"Version {number_of(champion)} serves now" if champion else "Nothing serves yet"


def _ask(question: str, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True)
