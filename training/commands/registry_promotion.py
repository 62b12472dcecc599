"""A promotion as the platform does it: approve the package, and follow the state machine that this starts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from catalog import names
from catalog.spec import ModelSpec
from commands.registry_champions import version
from commands.registry_packages import ANEW, Package, Registry

POLL_S = 2.0
STARTS_S = 180
"""Within this time of an approval its event starts the promotion."""
SERVES_S = 120
"""Within this time of its end an endpoint tells that it serves the package."""
LISTED = 50
LONGEST_REASON = 1024
Say = Callable[[str], None]


class NotServed(Exception):
    """The promotion ended and the environment serves something else; the message says why."""


@dataclass
class Promotion:
    """One package on its way to be the champion; `wait` sleeps, `now` tells seconds."""

    registry: Registry
    spec: ModelSpec
    package: Package
    say: Say
    timeout_s: float = 4 * 3600
    wait: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    _inputs: dict[str, Any] = field(default_factory=dict)

    def run(self, reason: str) -> None:
        """Approve the package and wait until it serves; NotServed where it does not.

        One that is on its way already is followed, and nothing is approved anew.
        """
        execution = self._running()
        if execution is None:
            self.say("approving it")
            approved = approve_anew(self.registry, self.package, reason)
            execution = self._started(approved)
        self._follow(execution)
        self._confirm()

    def others(self) -> list[str]:
        """Versions of the model that are being promoted now, besides this one."""
        found = [self._input(arn) for arn, _ in self._listed(statusFilter="RUNNING")]
        own = [each["package"] for each in found if each.get("model") == self.spec.name]
        return [version(each) for each in own if each != self.package.arn]

    def _running(self) -> str | None:
        return next(iter(self._executions(statusFilter="RUNNING")), None)

    def _started(self, approved: Package) -> str:
        """The execution that the approval's event starts."""
        deadline, since = self.now() + STARTS_S, approved.changed - timedelta(seconds=1)
        while self.now() < deadline:
            self.say("waiting for the approval's event")
            for execution in self._executions(since=since):
                return execution
            self.wait(POLL_S)
        raise NotServed(
            f"no promotion started within {STARTS_S} s of the approval; the dead-letter queue of"
            f" {names.stage(self.registry.environment)}-Training may hold the event"
        )

    def _executions(self, since: datetime | None = None, **chosen: str) -> Iterator[str]:
        """Executions of this package's promotion, the newest first."""
        for arn, started in self._listed(**chosen):
            if since and started < since:
                continue
            if self._input(arn).get("package") == self.package.arn:
                yield arn

    def _listed(self, **chosen: str) -> list[tuple[str, datetime]]:
        """The newest executions of all models' promotions, and when each started."""
        found = self._states.list_executions(stateMachineArn=self._machine(), maxResults=LISTED, **chosen)
        return [(str(each["executionArn"]), each["startDate"]) for each in found["executions"]]

    def _input(self, arn: str) -> Any:
        if arn not in self._inputs:
            self._inputs[arn] = json.loads(self._states.describe_execution(executionArn=arn)["input"])
        return self._inputs[arn]

    def _machine(self) -> str:
        """By the package's ARN: it tells partition, region and account."""
        _, partition, _, region, account, _ = self.package.arn.split(":", 5)
        name = names.promotion_machine(self.registry.environment)
        return f"arn:{partition}:states:{region}:{account}:stateMachine:{name}"

    def _follow(self, execution: str) -> None:
        deadline = self.now() + self.timeout_s
        while True:
            told = self._states.describe_execution(executionArn=execution)
            if told["status"] == "SUCCEEDED":
                return
            if told["status"] != "RUNNING":
                cause = told.get("cause") or told.get("error") or "no cause was recorded"
                raise NotServed(f"the promotion {told['status'].lower().replace('_', ' ')}: {cause}")
            if self.now() > deadline:
                raise NotServed(f"the promotion still runs after {self.timeout_s:g} s: {execution}")
            self.say(self._stage(execution))
            self.wait(POLL_S)

    def _stage(self, execution: str) -> str:
        return self._shift() if self.spec.function else self._update(execution)

    def _shift(self) -> str:
        name = names.candidate_parameter(self.registry.environment, self.spec.name)
        waiting = self.registry.cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        arn, _, percent = str(waiting).partition(" ")
        if arn != self.package.arn:
            return "the function tries it"
        if self.registry.champion(self.spec) == arn:
            return "it answers every request, and is watched"
        return f"it answers {percent}% of the requests"

    def _update(self, execution: str) -> str:
        told = self._states.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=20)
        entered = [each.get("stateEnteredEventDetails", {}).get("name") for each in told["events"]]
        return "taking it back" if "Restore" in entered else "CloudFormation updates the endpoint"

    def _confirm(self) -> None:
        """NotServed unless the environment serves the package."""
        deadline = self.now() + SERVES_S
        while problem := self._problem():
            held = self.registry.champion(self.spec)
            if held != self.package.arn:
                other = f"version {version(held)}" if held else "nothing"
                raise NotServed(f"the promotion ended and {self.spec.name} is served by {other}: {problem}")
            if self.now() > deadline:
                raise NotServed(f"the promotion ended, yet {problem}")
            self.say(f"{problem}; waiting")
            self.wait(POLL_S)

    def _problem(self) -> str:
        """Why the environment does not serve the package; empty where it does."""
        if self.registry.champion(self.spec) != self.package.arn:
            return "another version is the champion, or this one is older and was not approved since"
        return "" if self.spec.function else self._endpoint()

    def _endpoint(self) -> str:
        """What the endpoint really runs, whatever the parameter says."""
        sagemaker = self.registry.cloud.client("sagemaker")
        name = names.scoped(self.registry.environment, self.spec.name)
        endpoint = sagemaker.describe_endpoint(EndpointName=name)
        if endpoint["EndpointStatus"] != "InService":
            return f"the endpoint {name} is {endpoint['EndpointStatus']}"
        config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
        container = model.get("PrimaryContainer") or model["Containers"][0]
        runs = container.get("ModelPackageName")
        return "" if runs == self.package.arn else f"the endpoint {name} runs {runs}"

    @property
    def _states(self) -> Any:
        return self.registry.cloud.client("stepfunctions")


def approve_anew(registry: Registry, package: Package, reason: str) -> Package:
    """The package, Approved by a change of its status: only a change is an event."""
    if package.status == "Approved":
        judge(registry, package, "Rejected", ANEW)
    return judge(registry, package, "Approved", reason)


def judge(registry: Registry, package: Package, status: str, reason: str) -> Package:
    """The package after its status was set, with the reason as its description."""
    registry.cloud.client("sagemaker").update_model_package(
        ModelPackageArn=package.arn,
        ModelApprovalStatus=status,
        ApprovalDescription=" ".join(f"{status}: {reason}".split())[:LONGEST_REASON],
    )
    return registry.describe(package.arn)
