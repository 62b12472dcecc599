"""The AWS clients of the guided run, all pointed at the local AWS."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from local.run.place import KEY, REGION, Place


class Cloud:
    """Clients by service name, and what the deployed stacks say of themselves."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._clients: dict[str, Any] = {}

    @cached_property
    def session(self) -> boto3.Session:
        return boto3.Session(KEY, KEY, region_name=REGION)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            config = Config(connect_timeout=5, read_timeout=120, retries={"total_max_attempts": 3})
            self._clients[service] = self.session.client(
                service, endpoint_url=self.place.endpoint, config=config
            )
        return self._clients[service]

    def stacks(self, environment: str) -> dict[str, dict[str, str]]:
        """Outputs by stack name, for the stacks of one environment that are deployed."""
        prefix = environment.capitalize() + "-"
        found = self.client("cloudformation").describe_stacks()["Stacks"]
        return {
            stack["StackName"]: {out["OutputKey"]: out["OutputValue"] for out in stack.get("Outputs", [])}
            for stack in found
            if stack["StackName"].startswith(prefix) and stack["StackStatus"] != "DELETE_COMPLETE"
        }

    def resource_count(self, stack: str) -> int:
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        return sum(len(page["StackResourceSummaries"]) for page in pages)

    def champion(self, environment: str, model: str) -> str | None:
        """The ARN of the promoted model package, or None."""
        name = f"/ops-ml/{environment}/{model}/champion"
        value: str = self.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        return None if value == "none" else value
