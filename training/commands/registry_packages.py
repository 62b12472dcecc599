"""The versions of a model in one environment's registry, and which of them serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from catalog.contract import NO_CHAMPION
from catalog.models import MODELS
from catalog.names import CHAMPION, ROOT, champion_parameter, scoped
from catalog.spec import ModelSpec
from commands.registry_cloud import Cloud, code
from jobs import JobError

LATEST = "latest"
ANEW = "to be approved anew"
"""Why a version is rejected for the moment that lies before its approval."""
KNOWN = 20
"""Versions that an error names."""
LEARNED = tuple(spec for spec in MODELS if spec.training)


@dataclass(frozen=True)
class Package:
    """One version as the registry describes it."""

    described: Mapping[str, Any]

    @property
    def arn(self) -> str:
        return str(self.described["ModelPackageArn"])

    @property
    def version(self) -> int:
        return int(self.described["ModelPackageVersion"])

    @property
    def status(self) -> str:
        """`Approved`, `Rejected` or `PendingManualApproval`."""
        return str(self.described["ModelApprovalStatus"])

    @property
    def refused(self) -> bool:
        """Rejected, and not on the way to an approval that broke off."""
        return self.status == "Rejected" and not self.approval.endswith(ANEW)

    @property
    def approval(self) -> str:
        """Why it was approved or rejected, as far as anybody said."""
        return str(self.described.get("ApprovalDescription", ""))

    @property
    def created(self) -> datetime:
        found: datetime = self.described["CreationTime"]
        return found

    @property
    def changed(self) -> datetime:
        """When an approval or an edit last touched it."""
        found: datetime = self.described.get("LastModifiedTime") or self.created
        return found

    @property
    def facts(self) -> Mapping[str, str]:
        """Metrics on the test split and the lineage, as texts."""
        found: Mapping[str, str] = self.described.get("CustomerMetadataProperties", {})
        return found

    @property
    def artifact(self) -> str:
        return str(self.described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])

    @property
    def evaluation(self) -> str:
        """Where its evaluation.json lies; empty where it was registered without one."""
        quality = self.described.get("ModelMetrics", {}).get("ModelQuality", {})
        return str(quality.get("Statistics", {}).get("S3Uri", ""))

    def number(self, metric: str) -> float | None:
        try:
            return float(self.facts[metric])
        except (KeyError, ValueError):
            return None


@dataclass(frozen=True)
class Registry:
    """The registry of one environment."""

    cloud: Cloud
    environment: str

    def champion(self, spec: ModelSpec) -> str | None:
        """The ARN of the package that serves; JobError where the environment is not deployed."""
        name = champion_parameter(self.environment, spec.name)
        try:
            found = self.cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        except ClientError as error:
            if code(error) == "ParameterNotFound":
                raise JobError(self._absent(spec)) from None
            raise
        return None if found == NO_CHAMPION else str(found)

    def versions(self, spec: ModelSpec, limit: int) -> list[Package]:
        """The newest first, described."""
        return [self.describe(arn) for arn in self._arns(spec, limit)]

    def package(self, spec: ModelSpec, version: str) -> Package:
        """By its number, or `champion` or `latest`; JobError names the versions that there are."""
        champion = self.champion(spec)
        arns = {arn.rpartition("/")[2]: arn for arn in self._arns(spec, None)}
        if champion and version == CHAMPION:
            return self.describe(champion)
        if arns and version == LATEST:
            return self.describe(next(iter(arns.values())))
        if version not in arns:
            there = ", ".join(list(arns)[:KNOWN]) or "none yet; train it first"
            more = f" and {len(arns) - KNOWN} older ones" if len(arns) > KNOWN else ""
            wanted = f"{spec.name} has no version {version!r} in {self.environment}"
            raise JobError(f"{wanted}; there are: {there}{more}; also allowed: {CHAMPION}, {LATEST}")
        return self.describe(arns[version])

    def describe(self, arn: str) -> Package:
        return Package(self.cloud.client("sagemaker").describe_model_package(ModelPackageName=arn))

    def find(self, arn: str) -> Package | None:
        """None where the registry has it no longer."""
        try:
            return self.describe(arn)
        except ClientError as error:
            if code(error) in ("ValidationException", "ResourceNotFound"):
                return None
            raise

    def _arns(self, spec: ModelSpec, limit: int | None) -> list[str]:
        group = scoped(self.environment, spec.name)
        pages = self.cloud.client("sagemaker").get_paginator("list_model_packages")
        found = pages.paginate(
            ModelPackageGroupName=group,
            SortBy="CreationTime",
            SortOrder="Descending",
            PaginationConfig={"PageSize": 100, **({"MaxItems": limit} if limit else {})},
        )
        return [str(each["ModelPackageArn"]) for page in found for each in page["ModelPackageSummaryList"]]

    def _absent(self, spec: ModelSpec) -> str:
        served = environments(self.cloud)
        if self.environment in served:
            return f"{self.environment} was deployed without {spec.name}; deploy it anew"
        known = ", ".join(sorted(served)) or "none at all"
        return f"environment {self.environment!r} is not deployed in this account and region; found: {known}"


def environments(cloud: Cloud) -> dict[str, dict[str, str]]:
    """What serves in each environment of this account and region: ARN or `none` by model."""
    found: dict[str, dict[str, str]] = {}
    for name, value in _parameters(cloud):
        parts = name.removeprefix(f"{ROOT}/").split("/")
        if len(parts) == 3 and parts[2] == CHAMPION:
            found.setdefault(parts[0], {})[parts[1]] = value
    return found


def _parameters(cloud: Cloud) -> Iterator[tuple[str, str]]:
    for page in (
        cloud.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=ROOT, Recursive=True)
    ):
        for each in page["Parameters"]:
            yield each["Name"], each["Value"]


def learned(name: str) -> ModelSpec:
    """The model of that name or alias; JobError where there is none, or none that has versions."""
    for spec in MODELS:
        if name in (spec.name, *spec.aliases):
            if spec.training:
                return spec
            raise JobError(f"{spec.name} is declared, not trained: it has no versions")
    known = ", ".join(spec.name for spec in LEARNED)
    raise JobError(f"there is no model {name!r}; known: {known}")
