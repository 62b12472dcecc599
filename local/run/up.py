"""The guided run, step by step. Each step looks at what is there and does what is missing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from catalog import examples
from catalog.models import MODELS
from catalog.spec import ModelSpec
from local.run import api, collect, data, deploy, report, server, tracking, training
from local.run.answered import Answered
from local.run.cloud import ENVIRONMENT, STAGE, Cloud
from local.run.data import Source
from local.run.display import Steps

Package = dict[str, Any]


@dataclass
class GuidedRun:
    """One run from nothing to predictions over `home`, the folder of the local AWS."""

    console: Console
    home: Path
    steps: Steps = field(init=False)
    cloud: Cloud = field(init=False)

    def __post_init__(self) -> None:
        self.steps = Steps(self.console)

    def all(self, source: Source) -> bool:
        """Every step; whether each model is served by a version that was promoted."""
        self.start()
        self.deploy()
        mlflow = self.launch()
        server.snapshot(self.home)
        self.load(source)
        self.collect()
        server.snapshot(self.home)
        self.track(mlflow)
        packages = self.train(source)
        server.snapshot(self.home)
        self.promote(packages)
        answered = self.predict()
        report.summary(self.console, self.cloud, self.steps, packages, answered, mlflow.url)
        return len(answered) == len(MODELS) and not any(item.degraded for item in answered)

    def start(self) -> None:
        with self.steps.step("Start the local AWS") as step:
            self.cloud = Cloud(server.start(self.home))
            step.say(self.cloud.place.endpoint)

    def deploy(self) -> None:
        place, assembly = self.cloud.place, self.home / "cdk.out"
        with self.steps.step("Synthesize the templates") as step:
            deploy.synth(ENVIRONMENT, assembly, place, step.say)
            step.say(f"{len(list(assembly.rglob('*.template.json')))} stacks")
        with self.steps.step("Deploy with the CDK CLI") as step:
            if not self.cloud.is_bootstrapped():
                deploy.bootstrap(assembly, place, self.home / "bootstrap.log", step.say)
            deploy.deploy(STAGE, assembly, place, self.home / "deploy.log", step.say)
            stacks = self.cloud.stacks()
            step.say(f"{len(stacks)} stacks, {sum(map(self.cloud.resource_count, stacks))} resources")

    def launch(self) -> tracking.Server:
        """Starts MLflow, which takes its time: `track` waits for it."""
        return tracking.launch(self.home, self.cloud.place, self.cloud.output("Foundation", "ModelsBucket"))

    def load(self, source: Source) -> None:
        with self.steps.step("Load the data") as step:
            step.say(data.load(self.cloud, source, step.say))

    def collect(self) -> None:
        """Each scheduled collector once: schedules are off here."""
        with self.steps.step("Collect from AWS") as step:
            step.say(collect.summary(collect.collect(self.cloud, step.say)))

    def track(self, mlflow: tracking.Server) -> None:
        """It has been starting since the deployment."""
        with self.steps.step("Start MLflow") as step:
            tracking.await_ready(self.home, mlflow)
            tracking.announce(self.cloud, mlflow)
            step.say(mlflow.url)

    def train(self, source: Source) -> dict[str, Package | None]:
        """The newest package of each model, trained now unless it already was on this data."""
        learned = [spec for spec in MODELS if spec.training]
        with self.steps.step("Tune, evaluate, gate") as step:
            since, cloud = data.loaded_at(self.cloud, source), self.cloud
            wanting: dict[str, training.Input] = {}
            for spec in learned:
                given, loaded = source.training_input(spec), since if source.holds(spec) else None
                if not training.is_trained(cloud, spec, given, loaded):
                    wanting[spec.name] = given
            training.train(cloud, wanting, step.say)
            packages = {spec.name: training.latest_package(cloud, spec.name) for spec in learned}
            states = [f"{name} {found['ModelApprovalStatus']}" for name, found in packages.items() if found]
            step.say(", ".join(states) if wanting else "already trained on this data")
        return packages

    def promote(self, packages: dict[str, Package | None]) -> None:
        approved = {
            name: str(package["ModelPackageArn"])
            for name, package in packages.items()
            if package and package["ModelApprovalStatus"] == "Approved"
        }
        with self.steps.step("Promote") as step:
            training.await_promotion(self.cloud, approved, step.say)
            step.say(f"{len(approved)} of {len(packages)} models promoted")

    def predict(self) -> list[Answered]:
        """One prediction of each model that is served."""
        base = api.url(self.cloud)
        with self.steps.step("Predict through the API") as step:
            record = data.newest_record(self.cloud)
            served = [spec for spec in MODELS if not spec.training or self.cloud.champion(spec.name)]
            answered = [self._ask(base, spec, record) for spec in served]
            step.say(f"{len(answered)} models answered")
        return answered

    def _ask(self, base: str, spec: ModelSpec, stored: dict[str, Any]) -> Answered:
        """Asks with the newest stored record, or with the schema's own example where none is stored."""
        schema = spec.contract.record
        address = base + (spec.router.forward if spec.router else spec.route)
        if spec.contract.optimizer:
            body = examples.unestimated(schema, spec.contract.optimizer)
        elif spec.router:
            body = examples.request(schema)
        elif schema.name == MODELS[0].contract.record.name:
            body = stored
        else:
            body = examples.several(schema) if schema.series else examples.one(schema)
        status, answer = api.call("POST", address, body)
        if status != 200:
            raise RuntimeError(f"POST {address} answered {status}: {json.dumps(answer)}")
        return Answered(spec, address, body, answer)
