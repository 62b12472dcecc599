"""How far live inputs lie from those that a champion was trained on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from catalog.histogram import MISSING, psi
from shared.inputs import Counted
from shared.telemetry import logger
from watch.limits import Limits

MOST_TOLD = 5
"""Features that a record of drift names, the most drifted first."""
GONE = ("NoSuchKey", "AccessDenied")
"""What S3 says of an object that is not there, to one who may not list the bucket."""


@dataclass(frozen=True)
class Drift:
    """The index (PSI) of each feature that had enough live values; never of none."""

    records: int
    indexes: Mapping[str, float]
    drifted: tuple[str, ...]
    """The features above the limit, the most drifted first."""
    found: bool
    """Whether they are as many as the model's limit says."""

    @property
    def worst(self) -> float:
        return max(self.indexes.values())

    @property
    def share(self) -> float:
        return len(self.drifted) / len(self.indexes)

    def told(self) -> dict[str, Any]:
        most = sorted(self.indexes, key=lambda name: -self.indexes[name])[:MOST_TOLD]
        return {
            "records": self.records,
            "compared": len(self.indexes),
            "drifted": len(self.drifted),
            "most": {name: round(self.indexes[name], 4) for name in most},
        }

    def sentence(self) -> str:
        name, *_ = self.drifted
        told = f"{len(self.drifted)} of {len(self.indexes)} features drifted"
        return f"{told}, most of all {name} (PSI {self.indexes[name]:.3g})"


def measure(reference: Mapping[str, Any], live: Counted, limits: Limits) -> Drift | None:
    """None where no feature has enough live values, or they are of too few entities."""
    if live.entities < limits.least_entities:
        return None
    indexes = {}
    for name, told in reference["features"].items():
        before = {int(code): int(count) for code, count in told["counts"].items()}
        after = dict(live.counts.get(name, {}))
        if told["filled"]:  # the training knows a value for each that is left out
            before.pop(MISSING, None)
            after.pop(MISSING, None)
        if before and sum(after.values()) >= limits.least_records:
            indexes[name] = psi(before, after, named=told["named"])
    if not indexes:
        return None
    above = [name for name, value in indexes.items() if value > limits.drift_psi]
    drifted = tuple(sorted(above, key=lambda name: -indexes[name]))
    found = bool(drifted) and len(drifted) >= limits.drifted_share * len(indexes)
    return Drift(live.records, indexes, drifted, found)


def reference(s3: Any, package: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the package's training counted; None where it counted nothing, or it is kept no longer."""
    baselines = package.get("DriftCheckBaselines", {}).get("ModelDataQuality", {})
    uri = baselines.get("Statistics", {}).get("S3Uri")
    if not uri:
        return None
    place = urlsplit(uri)
    try:
        answer = s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        logger.warning("no reference", extra={"uri": uri})
        return None
    return dict(json.loads(answer["Body"].read()))
