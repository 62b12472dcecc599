"""What the registry and the champion's parameter remember: packages, and which of them came to serve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from catalog.contract import NO_CHAMPION
from models.executions import Executions
from models.timeline import Detail, Entry, Part, Window, newest, pages, text
from shared.registry import version
from shared.served import Served

AT_ONCE = 50
"""SSM gives no more of a parameter's history at once, and remembers a hundred writes."""
SECOND = timedelta(seconds=1)
KNOWN = ("learner", "profile", "run", "data_hash", "data_until", "challenge", "contract_hash")
"""Facts of a package that are told."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Registered:
    """`sagemaker` and `ssm` are clients."""

    sagemaker: Any
    ssm: Any
    executions: Executions

    def packages(self, model: Served, window: Window) -> Part:
        rows, until = newest(self._listed(model, window), _created, window)
        return Part([self._package(model, row) for row in rows], until)

    def champions(self, model: Served, window: Window) -> Part:
        """Every write of the parameter but the one that made it."""
        found = [
            each
            for page in pages(
                self.ssm.get_parameter_history, "NextToken", Name=model.parameter, MaxResults=AT_ONCE
            )
            for each in page["Parameters"]
        ]
        writes = sorted(found, key=lambda each: int(each["Version"]))
        places = range(len(writes) - 1, 0, -1)
        rows, until = newest(places, lambda place: _written(writes[place]), window)
        return Part([self._champion(model, writes, place) for place in rows], until)

    def _listed(self, model: Served, window: Window) -> Iterator[Row]:
        for page in pages(
            self.sagemaker.list_model_packages,
            "NextToken",
            ModelPackageGroupName=model.group,
            # the request holds whole seconds
            CreationTimeBefore=window.before + SECOND,
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=min(100, window.limit + 1),
        ):
            yield from page["ModelPackageSummaryList"]

    def _package(self, model: Served, row: Row) -> Entry:
        def detail() -> Detail:
            found = self.sagemaker.describe_model_package(ModelPackageName=row["ModelPackageArn"])
            facts = found.get("CustomerMetadataProperties", {})
            return {
                "package": version(model.name, row["ModelPackageArn"]),
                "status": found["ModelApprovalStatus"],
                "verdict": found.get("ModelPackageDescription"),
                "approval": found.get("ApprovalDescription"),
                "changed_at": text(found.get("LastModifiedTime") or found["CreationTime"]),
                **{name: facts.get(name) for name in KNOWN},
            }

        return Entry(_created(row), "package", detail)

    def _champion(self, model: Served, writes: Sequence[Row], place: int) -> Entry:
        def named(write: Row) -> str | None:
            value = str(write["Value"])
            return None if value == NO_CHAMPION else version(model.name, value)

        def detail() -> Detail:
            return {
                "action": self._action(writes, place),
                "champion": named(writes[place]),
                "previous": named(writes[place - 1]),
            }

        return Entry(_written(writes[place]), "champion", detail)

    def _action(self, writes: Sequence[Row], place: int) -> str:
        """`promoted` for the first time; back again by the promotion itself, which failed (`taken_back`),
        or by an approval anew (`rolled_back`)."""
        value, left = writes[place]["Value"], writes[place - 1]["Value"]
        if value not in (each["Value"] for each in writes[:place]):
            return "promoted"
        failed = value == NO_CHAMPION or self.executions.took_back(left, _written(writes[place]))
        return "taken_back" if failed else "rolled_back"


def _created(row: Row) -> datetime:
    created: datetime = row["CreationTime"]
    return created


def _written(row: Row) -> datetime:
    written: datetime = row["LastModifiedDate"]
    return written
