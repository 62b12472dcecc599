"""Every model's state, gathered from the champion parameter, the registry and the endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from catalog.contract import NO_CHAMPION
from shared.registry import champions, package, version
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
LINEAGE = ("profile", "data_hash", "contract_hash", "rows", "run", "training_job")
"""Customer metadata of a package that are facts about its training, not metrics."""


@dataclass
class Overview:
    """Answers from memory for `KEPT_S` seconds, so that callers cannot exhaust the control plane's rates."""

    models: Mapping[str, Mapping[str, str]]
    ssm: Any
    sagemaker: Any
    clock: Callable[[], float] = time.monotonic
    _kept: list[dict[str, Any]] = field(default_factory=list)
    _until: float = float("-inf")

    def all(self) -> list[dict[str, Any]]:
        """One entry per model, in the order of the settings."""
        if self.clock() >= self._until:
            found = champions(self.ssm, [entry["parameter"] for entry in self.models.values()])
            self._kept = [
                self._entry(name, found.get(entry["parameter"])) for name, entry in self.models.items()
            ]
            self._until = self.clock() + KEPT_S
        return self._kept

    def _entry(self, name: str, champion: Mapping[str, Any] | None) -> dict[str, Any]:
        known, status = self._package(champion), self._status(name, champion)
        metadata = known.get("CustomerMetadataProperties", {})
        return {
            "model": name,
            "title": self.models[name]["title"],
            "route": self.models[name]["route"],
            "status": status,
            "champion": version(name, known["ModelPackageArn"]) if known else None,
            "metrics": {key: _number(value) for key, value in metadata.items() if key not in LINEAGE},
            "training": {key: value for key, value in metadata.items() if key in LINEAGE},
            "approval": known.get("ModelApprovalStatus"),
            "updated_at": _text(known.get("LastModifiedTime") or known.get("CreationTime")),
            "promoted_at": _text(champion["LastModifiedDate"]) if champion and known else None,
        }

    def _package(self, champion: Mapping[str, Any] | None) -> dict[str, Any]:
        try:
            return package(self.sagemaker, champion) or {}
        except (ClientError, BotoCoreError) as error:
            logger.warning("no package described", extra={"error": type(error).__name__})
            return {}

    def _status(self, name: str, champion: Mapping[str, Any] | None) -> str:
        """`no_model`, `ready`, `updating`, `failed`, `missing` (promoted, yet no endpoint) or `unknown`."""
        if champion is None or champion["Value"] == NO_CHAMPION:
            return "no_model"
        try:
            described = self.sagemaker.describe_endpoint(EndpointName=self.models[name]["endpoint"])
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


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
