"""Every model's state, gathered from its parameters, the registry and the endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from catalog.contract import NO_CHAMPION
from shared.registry import champions, package, version
from shared.served import Served
from shared.telemetry import logger

KEPT_S = 15.0
STATUS = {
    "InService": "ready",
    "Creating": "updating",
    "Updating": "updating",
    "SystemUpdating": "updating",
    "RollingBack": "updating",
}
HEALTHY = ("ready", "updating")
LINEAGE = (
    "learner",
    "profile",
    "data_hash",
    "data_until",
    "challenge",
    "contract_hash",
    "rows",
    "run",
    "training_job",
    "tuning_jobs",
)
"""Customer metadata of a package that are facts about its training, not metrics."""
Parameter = Mapping[str, Any]


def _nothing(_: Served) -> Mapping[str, Any]:
    return {}


@dataclass
class Overview:
    """Answers from memory for `KEPT_S` seconds, so that callers cannot exhaust the control plane's rates.

    `more` adds fields of its own to each model's entry.
    """

    models: Mapping[str, Served]
    ssm: Any
    sagemaker: Any
    more: Callable[[Served], Mapping[str, Any]] = _nothing
    clock: Callable[[], float] = time.monotonic
    _kept: list[dict[str, Any]] = field(default_factory=list)
    _until: float = float("-inf")

    def all(self) -> list[dict[str, Any]]:
        """One entry per model, in the order of the settings."""
        if self.clock() >= self._until:
            names = [name for each in self.models.values() for name in (each.parameter, each.candidate)]
            found = champions(self.ssm, filter(None, names))
            self._kept = [self._entry(each, found) for each in self.models.values()]
            self._until = self.clock() + KEPT_S
        return self._kept

    def of(self, api: str) -> list[dict[str, Any]]:
        """The entries of one API's models."""
        return [entry for entry in self.all() if self.models[entry["model"]].api == api]

    def forget(self) -> None:
        self._until = float("-inf")

    def _entry(self, model: Served, found: Mapping[str, Parameter]) -> dict[str, Any]:
        champion = _set(found.get(model.parameter))
        known, fault = self._package(champion)
        metadata = known.get("CustomerMetadataProperties", {})
        serving = version(model.name, known["ModelPackageArn"]) if known else None
        return {
            "model": model.name,
            "title": model.title,
            "route": model.route,
            "kind": model.kind,
            "status": self._status(model, champion, fault, found),
            "version": f"{model.name}/{model.version}" if model.kind == "declared" else serving,
            "champion": serving,
            "candidate": _candidate(model, found),
            "metrics": {key: _number(value) for key, value in metadata.items() if key not in LINEAGE},
            "training": {key: value for key, value in metadata.items() if key in LINEAGE},
            "approval": known.get("ModelApprovalStatus"),
            "updated_at": _text(known.get("LastModifiedTime") or known.get("CreationTime")),
            "promoted_at": _text(champion["LastModifiedDate"]) if champion and known else None,
            **self.more(model),
        }

    def _package(self, champion: Parameter | None) -> tuple[dict[str, Any], str | None]:
        """The champion as the registry knows it, and why it does not: `missing` or `unknown`."""
        try:
            return package(self.sagemaker, champion) or {}, None
        except (ClientError, BotoCoreError) as error:
            logger.warning("no package described", extra={"error": type(error).__name__})
            told = error.response["Error"].get("Message", "") if isinstance(error, ClientError) else ""
            return {}, "missing" if "does not exist" in told else "unknown"

    def _status(
        self, model: Served, champion: Parameter | None, fault: str | None, found: Mapping[str, Parameter]
    ) -> str:
        """`no_model`, `ready`, `updating`, `failed`, `missing` (promoted, yet not there) or `unknown`."""
        if model.kind == "declared":
            return "ready"
        if champion is None:
            return "no_model"
        if model.kind == "function":
            return fault or ("updating" if _set(found.get(model.candidate)) else "ready")
        return self._endpoint(model.endpoint)

    def _endpoint(self, name: str) -> str:
        try:
            described = self.sagemaker.describe_endpoint(EndpointName=name)
        except ClientError as error:
            return "missing" if "ould not find" in error.response["Error"].get("Message", "") else "unknown"
        except BotoCoreError:
            return "unknown"
        return STATUS.get(described["EndpointStatus"], "failed")


def health(models: list[dict[str, Any]]) -> dict[str, Any]:
    """`ok` where every model serves."""
    statuses = {entry["model"]: entry["status"] for entry in models}
    healthy = all(status in HEALTHY for status in statuses.values())
    return {"status": "ok" if healthy else "degraded", "models": statuses}


def _set(parameter: Parameter | None) -> Parameter | None:
    return None if parameter is None or parameter["Value"] == NO_CHAMPION else parameter


def _candidate(model: Served, found: Mapping[str, Parameter]) -> dict[str, Any] | None:
    """The package that takes a share of the traffic for now; its parameter holds `<ARN> <percent>`."""
    shifting = _set(found.get(model.candidate))
    if shifting is None:
        return None
    arn, _, percent = shifting["Value"].partition(" ")
    return {"version": version(model.name, arn), "percent": _number(percent)}


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
