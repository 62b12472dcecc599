"""What the champion parameter held before: to which version a rollback leads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.contract import NO_CHAMPION
from catalog.names import champion_parameter
from catalog.spec import ModelSpec
from commands.registry_packages import Package, Registry
from jobs import JobError


@dataclass(frozen=True)
class Earlier:
    """A package that served once, and why a rollback does not lead to it, if so."""

    arn: str
    skipped: str = ""


def earlier(values: Sequence[str]) -> Iterator[Earlier]:
    """What served before the last of `values`, which are all that was ever written, the newest first, each
    once. A value was taken back where what follows it is what came before it."""
    seen = {NO_CHAMPION, values[-1]}
    for place in range(len(values) - 2, -1, -1):
        value = values[place]
        if value not in seen:
            seen.add(value)
            undone = place > 0 and values[place - 1] == values[place + 1]
            yield Earlier(value, "it was taken back" if undone else "")


def written(registry: Registry, spec: ModelSpec) -> list[str]:
    """The parameter's values, the oldest first; SSM remembers the last hundred."""
    name = champion_parameter(registry.environment, spec.name)
    pages = registry.cloud.client("ssm").get_paginator("get_parameter_history").paginate(Name=name)
    found = [each for page in pages for each in page["Parameters"]]
    return [str(each["Value"]) for each in sorted(found, key=lambda each: int(each["Version"]))]


def previous(registry: Registry, spec: ModelSpec) -> tuple[Package, list[Earlier]]:
    """The champion before the one that serves, and those between that were passed over; JobError where there
    is none."""
    values = written(registry, spec)
    if values[-1] == NO_CHAMPION:
        raise JobError(
            f"{spec.name} has no champion in {registry.environment}: there is nothing to roll back"
        )
    passed: list[Earlier] = []
    for each in earlier(values):
        package = None if each.skipped else registry.find(each.arn)
        why = each.skipped or unfit(package, spec)
        if package and not why:
            return package, passed
        passed.append(Earlier(each.arn, why))
    told = "; ".join(f"{version(each.arn)}: {each.skipped}" for each in passed) or "there was none before"
    raise JobError(
        f"{spec.name} has no earlier champion in {registry.environment} to go back to ({told}); "
        "name one with --to VERSION"
    )


def unfit(package: Package | None, spec: ModelSpec) -> str:
    """Why a package that served before should not serve again; empty where it may."""
    if package is None:
        return "it is no longer in the registry"
    if package.refused:
        return "it was rejected since"
    return foreign(package, spec)


def foreign(package: Package, spec: ModelSpec) -> str:
    """Why the code cannot read what the package answers; empty where it can, or nobody can tell."""
    known = package.facts.get("contract_hash")
    if known in (None, spec.contract.hash):
        return ""
    return f"it was trained for contract {known}, the code here has {spec.contract.hash}"


def version(arn: str) -> str:
    return arn.rpartition("/")[2]
