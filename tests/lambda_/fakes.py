"""AWS as the functions meet it: what lies outside the machine, held in memory.

Every call is checked against the service's own model, so a request AWS would refuse fails here too.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

TIME = datetime(2026, 3, 1, tzinfo=UTC)


@cache
def _service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


def refusal(operation: str, code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class Fake:
    """Answers `client.some_call(**request)` by the method `SomeCall`, once botocore's model accepts it."""

    service = ""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def close(self) -> None:
        """There is no connection."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = "".join(part.capitalize() for part in name.split("_"))
        act = getattr(type(self), operation)

        def call(**request: Any) -> Any:
            shape = _service(self.service).operation_model(operation).input_shape
            report = ParamValidator().validate(request, shape)
            assert not report.has_errors(), report.generate_report()
            self.calls.append((operation, request))
            return act(self, **request)

        return call


class Scripted(Fake):
    """Gives the next answer of a list at each call, whichever it is; an exception is raised."""

    def __init__(self, service: str, answers: Iterable[Any]) -> None:
        super().__init__()
        self.service, self.answers = service, list(answers)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = "".join(part.capitalize() for part in name.split("_"))

        def call(**request: Any) -> Any:
            shape = _service(self.service).operation_model(operation).input_shape
            report = ParamValidator().validate(request, shape)
            assert not report.has_errors(), report.generate_report()
            self.calls.append((operation, request))
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return {"Body": io.BytesIO(answer)} if isinstance(answer, bytes) else answer

        return call


class Ssm(Fake):
    """Parameters with their history."""

    service = "ssm"

    def __init__(self, **values: str) -> None:
        super().__init__()
        self.history = {name: [value] for name, value in values.items()}
        self.written = TIME

    def value(self, name: str) -> str:
        return self.history[name][-1]

    def GetParameter(self, Name: str) -> Any:  # noqa: N802, N803 - AWS's names
        name, _, version = Name.partition(":")
        known = self.history[name]
        number = int(version or len(known))
        found = {
            "Name": name,
            "Value": known[number - 1],
            "Version": number,
            "LastModifiedDate": self.written,
        }
        return {"Parameter": found}

    def GetParameters(self, Names: list[str]) -> Any:  # noqa: N802, N803 - AWS's names
        found = [
            {"Name": name, "Value": self.value(name), "LastModifiedDate": TIME}
            for name in Names
            if name in self.history
        ]
        return {"Parameters": found}

    def PutParameter(self, Name: str, Value: str, Overwrite: bool) -> Any:  # noqa: N802, N803 - AWS's names
        assert Overwrite
        self.history[Name].append(Value)
        return {"Version": len(self.history[Name])}


class Registry(Fake):
    """Model packages of one group, and endpoints by their status."""

    service = "sagemaker"

    def __init__(self, group: str, **endpoints: str) -> None:
        super().__init__()
        self.packages: dict[str, dict[str, Any]] = {}
        self.group, self.endpoints = group, endpoints

    def add(self, version: int, status: str = "Approved", **more: Any) -> str:
        arn = f"arn:aws:sagemaker:us-east-1:000000000000:model-package/{self.group}/{version}"
        self.packages[arn] = {
            "ModelPackageArn": arn,
            "ModelPackageGroupName": self.group,
            "ModelPackageVersion": version,
            "ModelApprovalStatus": status,
            "CreationTime": TIME,
            **more,
        }
        return arn

    def DescribeModelPackage(self, ModelPackageName: str) -> Any:  # noqa: N802, N803 - AWS's names
        if ModelPackageName not in self.packages:
            raise refusal("DescribeModelPackage", "ValidationException", "does not exist")
        return self.packages[ModelPackageName]

    def UpdateModelPackage(self, ModelPackageArn: str, **changes: Any) -> Any:  # noqa: N802, N803
        self.packages[ModelPackageArn].update(changes)
        return {}

    def DescribeEndpoint(self, EndpointName: str) -> Any:  # noqa: N802, N803 - AWS's names
        if EndpointName not in self.endpoints:
            raise refusal(
                "DescribeEndpoint", "ValidationException", f'Could not find endpoint "{EndpointName}".'
            )
        return {"EndpointStatus": self.endpoints[EndpointName]}


class CloudFormation(Fake):
    """One stack that takes its champion from SSM; an update runs until `finish`."""

    service = "cloudformation"

    def __init__(self, name: str, parameter: str, ssm: Ssm) -> None:
        super().__init__()
        self.name, self.parameter, self.ssm = name, parameter, ssm
        self.status, self.deployed, self.coming = "CREATE_COMPLETE", ssm.value(parameter), ""
        self.events: list[dict[str, str]] = []
        self.before_update: Callable[[], None] = lambda: None

    def finish(self, status: str = "UPDATE_COMPLETE") -> None:
        self.status = status
        if status == "UPDATE_COMPLETE":
            self.deployed = self.coming

    def DescribeStacks(self, StackName: str) -> Any:  # noqa: N802, N803 - AWS's names
        if StackName != self.name:
            raise refusal("DescribeStacks", "ValidationError", f"Stack with id {StackName} does not exist")
        parameters = [
            {"ParameterKey": "Champion", "ParameterValue": self.parameter, "ResolvedValue": self.deployed},
            {"ParameterKey": "Other", "ParameterValue": "x"},
        ]
        return {"Stacks": [{"StackName": StackName, "StackStatus": self.status, "Parameters": parameters}]}

    def DescribeStackEvents(self, StackName: str) -> Any:  # noqa: N802, N803 - AWS's names
        assert StackName == self.name
        return {"StackEvents": self.events}

    def UpdateStack(self, StackName: str, **request: Any) -> Any:  # noqa: N802, N803 - AWS's names
        self.before_update()
        assert request["UsePreviousTemplate"]
        assert request["Parameters"] == [
            {"ParameterKey": key, "UsePreviousValue": True} for key in ("Champion", "Other")
        ]
        if self.status.endswith("_IN_PROGRESS"):
            message = f"Stack:{StackName} is in {self.status} state and can not be updated."
            raise refusal("UpdateStack", "ValidationError", message)
        self.coming = self.ssm.value(self.parameter)
        if self.coming == self.deployed:
            raise refusal("UpdateStack", "ValidationError", "No updates are to be performed.")
        self.status = "UPDATE_IN_PROGRESS"
        return {"StackId": StackName}
