"""Versions as `list`, `show` and `diff` tell them: plain data, for a table or as JSON."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import Any

from catalog.contract import NO_CHAMPION
from catalog.spec import ModelSpec, Promotion
from commands.registry_documents import contract, data, differences, evaluation
from commands.registry_packages import Package, Registry, environments, learned

Json = dict[str, Any]
OPERATORS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
LINEAGE = ("profile", "data_hash", "run", "learner", "training_job", "tuning_jobs", "rows", "contract_hash")
"""Facts of a package that are no metrics."""
FILES = 5
"""Source files that are told; more are counted."""


def row(spec: ModelSpec, package: Package, champion: str | None) -> Json:
    """One line of `list`."""
    metric = spec.trained.promotion.metric
    return {
        "model": spec.name,
        "version": package.version,
        "status": package.status,
        "champion": package.arn == champion,
        "metric": metric,
        "value": package.number(metric),
        "profile": package.facts.get("profile"),
        "learner": package.facts.get("learner"),
        "created": package.created.isoformat(timespec="seconds"),
    }


def rows(registry: Registry, spec: ModelSpec, limit: int) -> list[Json]:
    """The newest versions, and the champion where it is older."""
    champion = registry.champion(spec)
    found = registry.versions(spec, limit)
    if champion and all(each.arn != champion for each in found):
        found.append(registry.describe(champion))
    return [row(spec, each, champion) for each in found]


def everywhere(registry: Registry, specs: Iterable[ModelSpec]) -> list[Json]:
    """What each environment of the account and region serves of each model; null before the first."""
    told: list[Json] = []
    wanted = {spec.name for spec in specs}
    for environment, champions in environments(registry.cloud).items():
        for model in sorted(wanted & set(champions)):
            arn = champions[model]
            package = None if arn == NO_CHAMPION else registry.find(arn)
            serves = row(learned(model), package, arn) if package else None
            told.append({"environment": environment, "model": model, "champion": arn, "serves": serves})
    return told


def shown(registry: Registry, spec: ModelSpec, package: Package) -> Json:
    """Everything that is known of one version."""
    judged, known = evaluation(registry.cloud, package), data(registry.cloud, package)
    lineage = known.get("lineage", {})
    files = lineage.get("sources", [])
    return {
        **row(spec, package, registry.champion(spec)),
        "description": package.described.get("ModelPackageDescription"),
        "approval": package.described.get("ApprovalDescription"),
        "changed": package.changed.isoformat(timespec="seconds"),
        "metrics": _metrics(package, judged),
        "baselines": judged.get("baselines", {}),
        "champion_then": judged.get("champion"),
        "champion_note": judged.get("champion_note"),
        "gates": _gates(spec.trained.promotion, package, judged),
        "hyperparameters": judged.get("hyperparameters", {}),
        "lineage": {
            **{name: package.facts.get(name) for name in LINEAGE},
            "sources": files[:FILES],
            "source_files": lineage.get("files"),
            "artifact": package.artifact,
            "evaluation": package.evaluation,
        },
        "contract": {
            "hash": package.facts.get("contract_hash"),
            "code": spec.contract.hash,
            "matches": package.facts.get("contract_hash") == spec.contract.hash,
        },
    }


def compared(registry: Registry, spec: ModelSpec, a: Package, b: Package) -> Json:
    """What changed from `a` to `b`; equal members are left out, but for the metrics."""
    one, two = (evaluation(registry.cloud, each) for each in (a, b))
    same_contract = a.facts.get("contract_hash") == b.facts.get("contract_hash")
    contracts = ({}, {}) if same_contract else (contract(registry.cloud, a), contract(registry.cloud, b))
    metrics = _metrics(a, one), _metrics(b, two)
    return {
        "model": spec.name,
        "versions": [a.version, b.version],
        "metrics": {
            name: {"a": metrics[0].get(name), "b": metrics[1].get(name)}
            for name in dict.fromkeys([*metrics[0], *metrics[1]])
        },
        "hyperparameters": differences(one.get("hyperparameters", {}), two.get("hyperparameters", {})),
        "data": differences(_facts(a), _facts(b)),
        "contract": differences(*contracts),
    }


def _facts(package: Package) -> Mapping[str, Any]:
    return {name: package.facts.get(name) for name in LINEAGE}


def _metrics(package: Package, judged: Mapping[str, Any]) -> dict[str, float]:
    """Of the evaluation; where that is gone, what the registry kept of it."""
    if judged:
        return dict(judged["metrics"])
    return {name: number for name in package.facts if (number := _measured(package, name)) is not None}


def _measured(package: Package, name: str) -> float | None:
    return None if name in LINEAGE else package.number(name)


def _gates(promotion: Promotion, package: Package, judged: Mapping[str, Any]) -> list[Json]:
    """The floors of its profile as the code has them today."""
    profile = package.facts.get("profile")
    metrics = _metrics(package, judged)
    return [
        {
            "gate": f"{gate.metric} {gate.op} {gate.threshold:g}",
            "value": metrics.get(gate.metric),
            "holds": gate.metric in metrics
            and bool(OPERATORS[gate.op](metrics[gate.metric], gate.threshold)),
        }
        for each in promotion.profiles
        if each.name == profile
        for gate in each.gates
    ]
