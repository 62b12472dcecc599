"""The serving stack, updated with the template it has, so that only the champion changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from botocore.exceptions import ClientError

State = Literal["running", "done", "rolled_back"]
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
UPDATABLE = (*DONE, "UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")
OF_MODEL = ("AWS::SageMaker::Endpoint", "AWS::SageMaker::Model")
"""Resources that fail when a package does not load, answer or satisfy the endpoint's alarms."""
NO_ROOM = re.compile(
    r"ResourceLimitExceeded|service limit|quota|Throttl|insufficient.{0,20}capacity"
    r"|unable to provision|CapacityError",
    re.IGNORECASE,
)
"""Why an endpoint fails through no fault of its package."""


class StackBusy(Exception):
    """Another update runs; try again later. Nothing is left written."""


class StackMissing(Exception):
    """The serving stack was never deployed."""


class StackBroken(Exception):
    """The stack is in a state that takes no updates until a person mends it."""


class Failure(NamedTuple):
    """Why an update failed, and whether that speaks against the model it brought."""

    reason: str
    of_model: bool


@dataclass(frozen=True)
class ServingStack:
    """One model's serving stack; `client` is a cloudformation client."""

    client: Any
    name: str

    def describe(self) -> dict[str, Any]:
        try:
            return dict(self.client.describe_stacks(StackName=self.name)["Stacks"][0])
        except ClientError as error:
            if "does not exist" in _message(error):
                raise StackMissing(f"stack {self.name} does not exist; deploy it first") from error
            raise

    def settled(self) -> dict[str, Any]:
        """The stack's description; StackBusy while an update or its rollback runs."""
        found = self.describe()
        if found["StackStatus"].endswith("_IN_PROGRESS"):
            raise StackBusy(f"stack {self.name} is in {found['StackStatus']}")
        return found

    def ready(self) -> dict[str, Any]:
        """The stack's description, once it can take an update."""
        found = self.settled()
        status = found["StackStatus"]
        if status not in UPDATABLE:
            raise StackBroken(
                f"stack {self.name} is in {status} and takes no update; mend it, then approve again"
            )
        return found

    def update(self, found: dict[str, Any]) -> bool:
        """Starts an update that resolves the champion anew; False where nothing would change."""
        keys = [parameter["ParameterKey"] for parameter in found.get("Parameters", [])]
        try:
            self.client.update_stack(
                StackName=self.name,
                UsePreviousTemplate=True,
                Parameters=[{"ParameterKey": key, "UsePreviousValue": True} for key in keys],
                Capabilities=CAPABILITIES,
            )
        except ClientError as error:
            if "No updates are to be performed" in _message(error):
                return False
            if "_IN_PROGRESS" in _message(error):
                raise StackBusy(f"stack {self.name} is being updated") from error
            raise
        return True

    def failure(self, found: dict[str, Any]) -> Failure:
        """Why the last update failed: what the first resource to fail said, else the stack's own words."""
        told = Failure(str(found.get("StackStatusReason") or found["StackStatus"]), of_model=False)
        try:
            events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        except ClientError:  # a reason is worth having, not worth failing for
            return told
        for event in events:  # newest first
            status, reason = event.get("ResourceStatus", ""), event.get("ResourceStatusReason")
            if status.endswith("_FAILED") and reason:
                blamed = event.get("ResourceType") in OF_MODEL and not NO_ROOM.search(reason)
                told = Failure(f"{event['LogicalResourceId']}: {reason}", blamed)
            if status == "UPDATE_IN_PROGRESS" and event["LogicalResourceId"] == self.name:
                break
        return told


def state(found: dict[str, Any]) -> State:
    """What a described stack's status means for a promotion."""
    if found["StackStatus"].endswith("_IN_PROGRESS"):
        return "running"
    return "done" if found["StackStatus"] in DONE else "rolled_back"


def resolved(found: dict[str, Any], parameter: str) -> str | None:
    """The value with which the stack was last deployed, where CloudFormation tells it."""
    for each in found.get("Parameters", []):
        if each.get("ParameterValue") == parameter:
            value = each.get("ResolvedValue")
            return None if value is None else str(value)
    return None


def _message(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Message", "")
