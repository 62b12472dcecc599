"""The guided run, step by step. Each step looks at what is there and does what is missing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from catalog.models import MODELS
from local.run import api, data, deploy, report, server, training
from local.run.cloud import Cloud
from local.run.data import Source
from local.run.display import Steps

ENVIRONMENT = "local"
STAGE = ENVIRONMENT.capitalize()


@dataclass(frozen=True)
class Answered:
    """A prediction that the deployed API answered."""

    model: str
    address: str
    body: dict[str, Any]
    answer: dict[str, Any]


def bring_up(console: Console, source: Source, home: Path) -> bool:
    """Everything from nothing to predictions; whether every model is served by a promoted version."""
    steps = Steps(console)
    names = [spec.name for spec in MODELS]
    with steps.step("Start the local AWS") as step:
        place = server.start(home)
        cloud = Cloud(place)
        step.say(place.endpoint)
    with steps.step("Synthesize the templates") as step:
        deploy.synth(ENVIRONMENT, home / "cdk.out", place, step.say)
        step.say(str(len(list((home / "cdk.out").rglob("*.template.json")))) + " stacks")
    with steps.step("Deploy with the CDK CLI") as step:
        if "CDKToolkit" not in _all_stacks(cloud):
            deploy.bootstrap(place, home / "bootstrap.log", step.say)
        deploy.deploy(STAGE, home / "cdk.out", place, home / "deploy.log", step.say)
        stacks = cloud.stacks(ENVIRONMENT)
        step.say(f"{len(stacks)} stacks, {sum(map(cloud.resource_count, stacks))} resources")
    outputs = {key: value for stack in stacks.values() for key, value in stack.items()}
    with steps.step("Load the data") as step:
        data.load(cloud, source, outputs["RawBucket"], outputs["InsightsTable"], step.say)
    with steps.step("Tune, evaluate, gate") as step:
        wanting = [name for name in names if not _trained(cloud, name, source)]
        training.train(cloud, ENVIRONMENT, wanting, source.profile, source.stamp, step.say)
        packages = {name: training.latest_package(cloud, ENVIRONMENT, name) for name in names}
        step.say("both models registered" if wanting else "already trained on this data")
    with steps.step("Promote") as step:
        approved = {
            name: package["ModelPackageArn"]
            for name, package in packages.items()
            if package and package["ModelApprovalStatus"] == "Approved"
        }
        training.await_promotion(cloud, ENVIRONMENT, approved, step.say)
    with steps.step("Predict through the API") as step:
        base = api.url(cloud, ENVIRONMENT)
        answered = [_predict(cloud, base, spec.route, spec.contract, source) for spec in MODELS]
        step.say(f"{len(answered)} models answered")
    report.summary(console, cloud, steps, stacks, packages, answered)
    return all(item.answer.get("degraded") is False for item in answered)


def _all_stacks(cloud: Cloud) -> set[str]:
    found = cloud.client("cloudformation").describe_stacks()["Stacks"]
    return {s["StackName"] for s in found if s["StackStatus"].endswith(("CREATE_COMPLETE", "UPDATE_COMPLETE"))}


def _trained(cloud: Cloud, model: str, source: Source) -> bool:
    """Whether the newest package of a model was judged on this very data."""
    package = training.latest_package(cloud, ENVIRONMENT, model)
    stamp = (package or {}).get("CustomerMetadataProperties", {}).get("execution", "")
    return bool(stamp.startswith(source.stamp + "-"))


def _predict(cloud: Cloud, base: str, route: str, contract: Any, source: Source) -> Answered:
    """One prediction for the record that the contract shows as its example."""
    body = {field.name: field.example for field in (*contract.record.keys, *contract.record.features)}
    address = base + route
    status, answer = api.call(cloud, "POST", address, body)
    if status != 200:
        raise RuntimeError(f"POST {address} answered {status}: {json.dumps(answer)}")
    return Answered(contract.name, address, body, answer)
