"""The AWS clients of the guided run, and what the local AWS says of the platform."""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from catalog import names
from catalog.contract import NO_CHAMPION
from local.run.place import KEY, REGION, Place

ENVIRONMENT = "local"
STAGE = names.stage(ENVIRONMENT)


class Cloud:
    """Clients by service name, made once."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._clients: dict[str, Any] = {}

    @cached_property
    def session(self) -> boto3.Session:
        return boto3.Session(KEY, KEY, region_name=REGION)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            config = Config(connect_timeout=5, read_timeout=120, retries={"total_max_attempts": 3})
            made = cast(Any, self.session).client(service, endpoint_url=self.place.endpoint, config=config)
            self._clients[service] = made
        return self._clients[service]

    def is_bootstrapped(self) -> bool:
        try:
            found = self.client("cloudformation").describe_stacks(StackName="CDKToolkit")["Stacks"]
        except ClientError:
            return False
        return bool(found and found[0]["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"))

    def stacks(self) -> dict[str, dict[str, str]]:
        """Outputs by stack name, for the stacks of the environment that are deployed."""
        found = self.client("cloudformation").describe_stacks()["Stacks"]
        return {
            stack["StackName"]: {out["OutputKey"]: out["OutputValue"] for out in stack.get("Outputs", [])}
            for stack in found
            if stack["StackName"].startswith(f"{STAGE}-") and stack["StackStatus"] != "DELETE_COMPLETE"
        }

    def output(self, stack: str, key: str) -> str:
        return self.stacks()[f"{STAGE}-{stack}"][key]

    def resource_count(self, stack: str) -> int:
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        return sum(len(page["StackResourceSummaries"]) for page in pages)

    def champion(self, model: str) -> str | None:
        """The ARN of the promoted model package, or None."""
        name = names.champion_parameter(ENVIRONMENT, model)
        value: str = self.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        return None if value == NO_CHAMPION else value
