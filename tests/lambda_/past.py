"""A model's past as AWS holds it: executions, packages, writes of the champion, and what was noted."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from tests.lambda_.fakes import TIME, Fake, refusal

MACHINES = "arn:aws:states:us-east-1:000000000000:stateMachine:"
PACKAGES = "arn:aws:sagemaker:us-east-1:000000000000:model-package/"


def hour(number: float) -> datetime:
    return TIME + timedelta(hours=number)


class Past(Fake):
    """`throttled` operations are refused. Lists come in pages of two."""

    def __init__(self) -> None:
        super().__init__()
        self.throttled: set[str] = set()

    def page(self, name: str, rows: list[Any], token: str, start: str | None, most: int) -> Any:
        first = int(start or 0)
        end = first + min(2, most)
        return {name: rows[first:end], **({token: str(end)} if end < len(rows) else {})}

    def may(self, operation: str) -> None:
        if operation in self.throttled:
            raise refusal(operation, "ThrottlingException", "Rate exceeded")

    def count(self, operation: str) -> int:
        return [name for name, _ in self.calls].count(operation)


class Machines(Past):
    service = "stepfunctions"

    def __init__(self) -> None:
        super().__init__()
        self.executions: dict[str, dict[str, Any]] = {}

    def ran(self, machine: str, start: float, given: Any, status: str = "SUCCEEDED", **more: Any) -> None:
        name = f"run-{len(self.executions)}"
        arn = f"{MACHINES}{machine}:{name}".replace(":stateMachine:", ":execution:")
        self.executions[arn] = {
            "executionArn": arn,
            "stateMachineArn": f"{MACHINES}{machine}",
            "name": name,
            "status": status,
            "startDate": hour(start),
            "input": json.dumps(given),
            **({} if status == "RUNNING" else {"stopDate": hour(start + 0.5)}),
            **more,
        }

    def ListExecutions(self, **request: Any) -> Any:  # noqa: N802 - AWS's names
        self.may("ListExecutions")
        machine = request["stateMachineArn"]
        mine = [each for each in self.executions.values() if each["stateMachineArn"] == machine]
        rows = sorted(mine, key=lambda each: each["startDate"], reverse=True)
        listed = [{name: row[name] for name in row if name not in ("input", "output")} for row in rows]
        start, most = request.get("nextToken"), request["maxResults"]
        return self.page("executions", listed, "nextToken", start, most)

    def DescribeExecution(self, executionArn: str) -> Any:  # noqa: N802, N803 - AWS's names
        self.may("DescribeExecution")
        return self.executions[executionArn]


class Packages(Past):
    service = "sagemaker"

    def __init__(self) -> None:
        super().__init__()
        self.packages: list[dict[str, Any]] = []

    def register(self, group: str, version: int, created: float, **more: Any) -> str:
        arn = f"{PACKAGES}{group}/{version}"
        self.packages.append(
            {
                "ModelPackageArn": arn,
                "ModelPackageGroupName": group,
                "ModelPackageVersion": version,
                "ModelApprovalStatus": "Approved",
                "ModelPackageDescription": "Approved: it beats them",
                "CreationTime": hour(created),
                "CustomerMetadataProperties": {"learner": "xgboost", "profile": "live"},
                **more,
            }
        )
        return arn

    def ListModelPackages(self, **request: Any) -> Any:  # noqa: N802 - AWS's names
        self.may("ListModelPackages")
        assert (request["SortBy"], request["SortOrder"]) == ("CreationTime", "Descending")
        before = request["CreationTimeBefore"].replace(microsecond=0)  # as it is sent
        mine = [
            each
            for each in self.packages
            if each["ModelPackageGroupName"] == request["ModelPackageGroupName"]
            and each["CreationTime"] <= before
        ]
        rows = sorted(mine, key=lambda each: each["CreationTime"], reverse=True)
        most = request["MaxResults"]
        return self.page("ModelPackageSummaryList", rows, "NextToken", request.get("NextToken"), most)

    def DescribeModelPackage(self, ModelPackageName: str) -> Any:  # noqa: N802, N803 - AWS's names
        self.may("DescribeModelPackage")
        return next(each for each in self.packages if each["ModelPackageArn"] == ModelPackageName)


class Parameters(Past):
    service = "ssm"

    def __init__(self) -> None:
        super().__init__()
        self.writes: dict[str, list[dict[str, Any]]] = {}

    def write(self, name: str, value: str, at: float) -> None:
        known = self.writes.setdefault(name, [])
        known.append({"Value": value, "Version": len(known) + 1, "LastModifiedDate": hour(at)})

    def GetParameterHistory(self, **request: Any) -> Any:  # noqa: N802 - AWS's names
        self.may("GetParameterHistory")
        writes, start = self.writes[request["Name"]], request.get("NextToken")
        return self.page("Parameters", writes, "NextToken", start, request["MaxResults"])


class Notes(Past):
    service = "dynamodb"

    def __init__(self) -> None:
        super().__init__()
        self.items: list[dict[str, Any]] = []

    def note(self, model: str, kind: str, at: float, detail: Any) -> None:
        moment = hour(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        attributes = {"pk": f"history#{model}", "sk": f"{moment}#{kind}", "kind": kind, "at": moment}
        self.items.append({name: {"S": text} for name, text in attributes.items()})
        self.items[-1]["detail"] = {"S": json.dumps(detail)}

    def Query(self, **request: Any) -> Any:  # noqa: N802 - AWS's names
        self.may("Query")
        values = request["ExpressionAttributeValues"]
        assert request["KeyConditionExpression"] == "pk = :pk AND sk < :before"
        assert request["ScanIndexForward"] is False
        found = sorted(
            (
                each
                for each in self.items
                if each["pk"] == values[":pk"] and each["sk"]["S"] < values[":before"]["S"]
            ),
            key=lambda each: each["sk"]["S"],
            reverse=True,
        )
        first = int(request.get("ExclusiveStartKey", {}).get("sk", {}).get("S", 0))
        end = first + min(2, request["Limit"])
        more = {"LastEvaluatedKey": {"sk": {"S": str(end)}}} if end < len(found) else {}
        return {"Items": found[first:end], **more}
