"""A deployed environment in memory, as the registry commands meet it. An approval starts a promotion, which
ends as `outcome` says once it was looked at a few times."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from catalog.names import candidate_parameter, champion_parameter, promotion_machine, scoped
from catalog.spec import ModelSpec

START = datetime(2026, 3, 1, tzinfo=UTC)
ACCOUNT = "us-east-1:000000000000"
SERVES, TAKEN_BACK, SUPERSEDED, NOTHING, STUCK = "serves", "taken back", "superseded", "nothing", "stuck"


def refusal(operation: str, code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@cache
def service_model(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


class Client:
    """A service whose operations are methods of the world; botocore's model judges each request."""

    def __init__(self, world: World, service: str) -> None:
        self._world = world
        self._model = service_model(service)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = "".join(part.capitalize() for part in name.split("_"))

        def call(**request: Any) -> Any:
            shape = self._model.operation_model(operation).input_shape
            report = ParamValidator().validate(request, shape)
            assert not report.has_errors(), report.generate_report()
            return getattr(self._world, name)(**request)

        return call

    def get_paginator(self, name: str) -> Any:
        client = self

        class Pages:
            def paginate(self, **request: Any) -> Iterator[Any]:
                most = request.pop("PaginationConfig", {}).get("MaxItems")
                answer = getattr(client, name)(**request)
                yield {key: value[:most] for key, value in answer.items()}

        return Pages()


class World:
    """One environment, `dev`, that holds `spec` and its versions."""

    def __init__(self, spec: ModelSpec, environment: str = "dev") -> None:
        self.spec, self.environment = spec, environment
        self.parameter = champion_parameter(environment, spec.name)
        self.values: dict[str, list[str]] = {self.parameter: ["none"]}
        if spec.function:
            self.values[candidate_parameter(environment, spec.name)] = ["none"]
        self.packages: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, bytes] = {}
        self.updates: list[dict[str, Any]] = []
        self.executions: dict[str, dict[str, Any]] = {}
        self.outcome, self.runs, self.looks = SERVES, "", 0
        self.clock = START

    # what the tests arrange and look at

    def arn(self, version: int) -> str:
        return (
            f"arn:aws:sagemaker:{ACCOUNT}:model-package/{scoped(self.environment, self.spec.name)}/{version}"
        )

    def add(self, version: int, status: str = "Approved", **facts: str) -> str:
        arn = self.arn(version)
        metric = self.spec.trained.promotion.metric
        known = {metric: f"0.{version}", "profile": "synthetic", "learner": self.spec.trained.learner}
        self.packages[arn] = {
            "ModelPackageArn": arn,
            "ModelPackageVersion": version,
            "ModelApprovalStatus": status,
            "ModelPackageDescription": f"{status}: as judged",
            "CreationTime": START + timedelta(hours=version),
            "CustomerMetadataProperties": known | {"contract_hash": self.spec.contract.hash} | facts,
            "InferenceSpecification": {
                "Containers": [{"ModelDataUrl": f"s3://models/{version}/model.tar.gz"}]
            },
            "ModelMetrics": {
                "ModelQuality": {
                    "Statistics": {"S3Uri": f"s3://data/m/r{version}/evaluation/evaluation.json"}
                }
            },
        }
        return arn

    def serve(self, *values: str) -> None:
        """Writes of the champion's parameter, one after the other."""
        self.values[self.parameter] += values
        self.runs = values[-1]

    def judged(self, version: int, **evaluation: Any) -> None:
        self.objects[f"data/m/r{version}/evaluation/evaluation.json"] = json.dumps(evaluation).encode()

    def pack(self, version: int, contract: Any) -> None:
        packed, text = io.BytesIO(), json.dumps({"contract": contract}).encode()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            entry = tarfile.TarInfo("model.json")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
        self.objects[f"models/{version}/model.tar.gz"] = packed.getvalue()

    def champion(self) -> str:
        return self.values[self.parameter][-1]

    def status(self, version: int) -> str:
        return str(self.packages[self.arn(version)]["ModelApprovalStatus"])

    def start(self, package: str) -> str:
        machine = f"arn:aws:states:{ACCOUNT}:stateMachine:{promotion_machine(self.environment)}"
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{len(self.executions)}"
        self.executions[arn] = {
            "executionArn": arn,
            "stateMachineArn": machine,
            "status": "RUNNING",
            "startDate": self.clock,
            "input": json.dumps({"model": self.spec.name, "package": package}),
        }
        return arn

    # what AWS answers

    def client(self, service: str) -> Client:
        return Client(self, service)

    def get_parameter(self, Name: str) -> Any:  # noqa: N803 - AWS's names
        if Name not in self.values:
            raise refusal("GetParameter", "ParameterNotFound")
        return {"Parameter": {"Value": self.values[Name][-1]}}

    def get_parameters_by_path(self, Path: str, Recursive: bool) -> Any:  # noqa: N803
        assert (Path, Recursive) == ("/ops-ml", True)
        return {"Parameters": [{"Name": n, "Value": values[-1]} for n, values in self.values.items()]}

    def get_parameter_history(self, Name: str) -> Any:  # noqa: N803
        return {"Parameters": [{"Value": v, "Version": n} for n, v in enumerate(self.values[Name], 1)]}

    def list_model_packages(self, **request: Any) -> Any:
        assert (request["SortBy"], request["SortOrder"]) == ("CreationTime", "Descending")
        found = sorted(self.packages.values(), key=lambda each: each["CreationTime"], reverse=True)
        group = f"/{request['ModelPackageGroupName']}/"
        return {"ModelPackageSummaryList": [each for each in found if group in each["ModelPackageArn"]]}

    def describe_model_package(self, ModelPackageName: str) -> Any:  # noqa: N803
        if ModelPackageName not in self.packages:
            raise refusal("DescribeModelPackage", "ValidationException", "does not exist")
        return dict(self.packages[ModelPackageName])

    def update_model_package(self, ModelPackageArn: str, **changes: Any) -> Any:  # noqa: N803
        before = self.packages[ModelPackageArn]["ModelApprovalStatus"]
        self.clock += timedelta(days=1)
        self.packages[ModelPackageArn] |= {**changes, "LastModifiedTime": self.clock}
        self.updates.append({"ModelPackageArn": ModelPackageArn, **changes})
        approved = changes["ModelApprovalStatus"] == "Approved" != before
        if approved and self.outcome != NOTHING:
            self.start(ModelPackageArn)
        return {}

    def list_executions(self, stateMachineArn: str, **request: Any) -> Any:  # noqa: N803
        wanted = request.get("statusFilter")
        found = [each for each in self.executions.values() if wanted in (None, each["status"])]
        assert all(each["stateMachineArn"] == stateMachineArn for each in found)
        return {"executions": found[::-1]}

    def describe_execution(self, executionArn: str) -> Any:  # noqa: N803
        execution = self.executions[executionArn]
        self.looks += 1
        if self.looks > 3 and execution["status"] == "RUNNING":
            self._end(execution, json.loads(execution["input"])["package"])
        return dict(execution)

    def get_execution_history(self, **_: Any) -> Any:
        return {"events": [{"stateEnteredEventDetails": {"name": "Check"}}, {}]}

    def describe_endpoint(self, EndpointName: str) -> Any:  # noqa: N803
        return {"EndpointStatus": "InService", "EndpointConfigName": "config"}

    def describe_endpoint_config(self, EndpointConfigName: str) -> Any:  # noqa: N803
        return {"ProductionVariants": [{"ModelName": "model"}]}

    def describe_model(self, ModelName: str) -> Any:  # noqa: N803
        return {"PrimaryContainer": {"ModelPackageName": self.runs}}

    def get_object(self, Bucket: str, Key: str) -> Any:  # noqa: N803
        body = self.objects.get(f"{Bucket}/{Key}")
        if body is None:
            raise refusal("GetObject", "NoSuchKey")
        return {"ContentLength": len(body), "Body": io.BytesIO(body)}

    def _end(self, execution: dict[str, Any], package: str) -> None:
        if self.outcome == TAKEN_BACK:
            before = self.champion()
            self.values[self.parameter] += [package, before]
            execution |= {
                "status": "FAILED",
                "error": "RolledBack",
                "cause": f"serves {before} again: alarm rang",
            }
            return
        execution["status"] = "SUCCEEDED"
        if self.outcome != SUPERSEDED:
            self.values[self.parameter].append(package)
            self.runs = self.runs if self.outcome == STUCK else package
