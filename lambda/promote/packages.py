"""The model package that is promoted: whether it may be, and what is noted on it when it fails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promote.champion import Held

LONGEST_DESCRIPTION = 1024


class PackageRefused(Exception):
    """The package is not Approved, or belongs to another model."""


@dataclass(frozen=True)
class Packages:
    """The packages of one group; `client` is a sagemaker client."""

    client: Any
    group: str

    def require_approved(self, package: str) -> datetime:
        """When it was last changed, by an approval for instance; PackageRefused where it is not Approved."""
        found = self.client.describe_model_package(ModelPackageName=package)
        group, status = found.get("ModelPackageGroupName"), found.get("ModelApprovalStatus")
        if group != self.group:
            raise PackageRefused(f"{package} belongs to {group}, not to {self.group}")
        if status != "Approved":
            raise PackageRefused(f"{package} is {status}; only an Approved package is promoted")
        changed: datetime = found.get("LastModifiedTime") or found["CreationTime"]
        return changed

    def is_newer(self, package: str, than: str) -> bool:
        """Whether the package has a higher version than another one of the group, which may be none."""
        return not than.rpartition("/")[0].endswith(f"/{self.group}") or _version(package) > _version(than)

    def reject(self, package: str, reason: str) -> None:
        """Notes why, so that nobody approves the same package in good faith."""
        self.client.update_model_package(
            ModelPackageArn=package,
            ModelApprovalStatus="Rejected",
            ApprovalDescription=" ".join(f"Rejected: {reason}".split())[:LONGEST_DESCRIPTION],
        )


def superseded(packages: Packages, package: str, held: Held, changed: datetime) -> str | None:
    """Why the package is not promoted over what the champion parameter holds; None where it is.

    A package older than the champion must have been changed, by an approval, after the champion was written.
    """
    older = package != held.value and not packages.is_newer(package, held.value)
    if older and changed <= held.since:
        return f"older than {held.value}, and not approved since that was promoted"
    return None


def _version(package: str) -> int:
    return int(package.rpartition("/")[2])
