"""Tuning from the desk asks SageMaker for the same jobs as the deployed state machine, to the last byte."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import jsonata
import pytest

from catalog.names import tuning_output
from catalog.spec import ModelSpec, Rival
from catalog.tuning import TuningPlaces
from commands import remote_request
from commands.remote import start
from commands.remote_places import Deployed
from local.asl_requests import requests_of
from stacks.names import training_machine
from tests.models import LEARNED
from tests.stacks.assembly import Assembly, plain

RUN, ATTEMPT = "261121-0a1b2c", 0
OPERATION = "sagemaker.CreateHyperParameterTuningJob"
SEARCHES = [(spec, search) for spec in LEARNED for search in spec.trained.searches]
searches = pytest.mark.parametrize(
    ("spec", "search"), SEARCHES, ids=[f"{spec.name}-{search.learner}" for spec, search in SEARCHES]
)


def evaluated(value: Any) -> Any:
    """A state's arguments as Step Functions sends them: each JSONata expression with the run's values."""
    if isinstance(value, dict):
        return {key: evaluated(each) for key, each in value.items()}
    if isinstance(value, list):
        return [evaluated(each) for each in value]
    if not (isinstance(value, str) and value.startswith("{%")):
        return value
    expression = jsonata.Jsonata(value.removeprefix("{%").removesuffix("%}").strip())
    for name, known in (("run", RUN), ("states", {"context": {"State": {"RetryCount": ATTEMPT}}})):
        expression.assign(name, known)
    return expression.evaluate(None)


def deployed_request(assembly: Assembly, spec: ModelSpec, search: Rival) -> dict[str, Any]:
    machine = assembly.machines()[training_machine(assembly.environment, spec)]
    found = [
        evaluated(call.params)
        for call in requests_of(machine)
        if call.operation == "CreateHyperParameterTuningJob"
    ]
    (one,) = (
        each
        for each in found
        if each["TrainingJobDefinition"]["StaticHyperParameters"]["learner"] == search.learner
    )
    return one


def told(assembly: Assembly, spec: ModelSpec) -> TuningPlaces:
    output = assembly.stacks()["Training"]["Outputs"][tuning_output(spec.name)]
    return TuningPlaces.from_json(plain(output["Value"]))


class Desk:
    """A session whose tuning jobs are never sent: `sent` holds what went to the wire."""

    region = "us-east-1"

    def __init__(self) -> None:
        self.session = boto3.Session("key", "secret", region_name=self.region)
        self.sent: list[dict[str, Any]] = []
        self.session.events.register(f"before-call.{OPERATION}", self._created)
        self.session.events.register("before-call.sagemaker.DescribeHyperParameterTuningJob", self._described)

    def client(self, service: str) -> Any:
        return SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: iter(())))

    def _created(self, params: dict[str, Any], **_: Any) -> Any:
        self.sent.append(json.loads(params["body"]))
        return SimpleNamespace(status_code=200), {"HyperParameterTuningJobArn": "arn"}

    def _described(self, **_: Any) -> Any:
        job = self.sent[-1]
        return SimpleNamespace(status_code=200), {
            "HyperParameterTuningJobName": job["HyperParameterTuningJobName"],
            "HyperParameterTuningJobStatus": "InProgress",
        }


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """No account: without a file of defaults and away from any instance's role."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return Desk()


@searches
@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
def test_what_the_sdk_sends_is_what_the_state_machine_sends(
    environment: str, spec: ModelSpec, search: Rival, desk: Desk, request: pytest.FixtureRequest
) -> None:
    assembly: Assembly = request.getfixturevalue(environment)
    deployed = Deployed(desk, assembly.environment.name, spec, told(assembly, spec))  # type: ignore[arg-type]
    name = deployed.job_name(search, RUN)
    given = remote_request.request(spec, search, deployed.places, run=RUN, name=name)
    start(deployed, given)
    assert desk.sent == [deployed_request(assembly, spec, search)]
    assert remote_request.wire(given) == desk.sent[0]  # what --dry-run prints
