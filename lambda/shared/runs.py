"""A model's training executions: at most one at a time, whoever starts it and however many ask at once."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from shared.locks import HELD_S, Lock, Locks
from shared.served import Served
from shared.telemetry import logger

STARTS_S = 60
"""Within this time of a lock its holder may still start the execution; no function runs as long."""
ATTEMPTS = 5
ABSENT = ("ExecutionDoesNotExist", "StateMachineDoesNotExist", "InvalidArn")


class NotDecided(Exception):
    """Other callers kept taking the model's lock."""


@dataclass(frozen=True)
class Run:
    """An execution that runs; `started` where this call started it."""

    model: str
    name: str
    profile: str | None
    started: bool

    @property
    def id(self) -> str:
        return run_id(self.model, self.name)


@dataclass(frozen=True)
class Runs:
    """`client` is a stepfunctions client; `now` tells seconds since 1970, `name` makes execution names."""

    client: Any
    locks: Locks
    now: Callable[[], float] = time.time
    name: Callable[[], str] = lambda: uuid.uuid4().hex[:12]

    def start(self, model: Served, given: dict[str, Any], name: str | None = None) -> Run:
        """The one that runs, or a new one, called `name` where that is given; raises the client's errors, or
        NotDecided."""
        running = self.running(model)
        if running:
            described = self.describe(model, running) or {}
            return Run(model.name, running, _profile(described), started=False)
        for _ in range(ATTEMPTS):
            held = self.locks.read(model.name)
            if held and self._holds(model, held):
                return Run(model.name, held.name, held.input.get("profile"), started=False)
            mine = Lock(name or self.name(), given, int(self.now()))
            if self.locks.take(model.name, mine, over=held):
                self._start(model, mine)
                return Run(model.name, mine.name, given["profile"], started=True)
        raise NotDecided(f"{ATTEMPTS} attempts")

    def running(self, model: Served) -> str | None:
        """The execution that runs, as Step Functions lists it: a moment late, yet of any origin."""
        listed = self.client.list_executions(
            stateMachineArn=model.machine, statusFilter="RUNNING", maxResults=1
        )
        return next((str(each["name"]) for each in listed["executions"]), None)

    def last(self, model: Served) -> datetime | None:
        """When the newest execution started, whatever became of it."""
        listed = self.client.list_executions(stateMachineArn=model.machine, maxResults=1)
        return next((each["startDate"] for each in listed["executions"]), None)

    def describe(self, model: Served, name: str) -> dict[str, Any] | None:
        """The execution as Step Functions knows it, or as its lock foretells it; None where there is none."""
        try:
            return dict(self.client.describe_execution(executionArn=_arn(model, name)))
        except ClientError as error:
            if error.response["Error"]["Code"] not in ABSENT:
                raise
        held = self.locks.read(model.name)
        if held and held.name == name and self._is_young(held):
            return {"status": "RUNNING", "input": json.dumps(held.input)}
        return None

    def _holds(self, model: Served, held: Lock) -> bool:
        """Whether the lock's execution runs. One that is about to be started is started here: under the same
        name and input, so that its holder and this caller start one and the same."""
        if held.at + HELD_S < self.now():
            return False
        try:
            described = self.client.describe_execution(executionArn=_arn(model, held.name))
            return bool(described["status"] == "RUNNING")
        except ClientError as error:
            if error.response["Error"]["Code"] not in ABSENT:
                raise
        if not self._is_young(held):
            return False
        self._start(model, held)
        return True

    def _is_young(self, held: Lock) -> bool:
        return held.at + STARTS_S > self.now()

    def _start(self, model: Served, lock: Lock) -> None:
        """Raises the client's errors; the lock stays, for the next caller to try again or to take over."""
        try:
            self.client.start_execution(
                stateMachineArn=model.machine, name=lock.name, input=json.dumps(lock.input, sort_keys=True)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
            return  # another caller has started it meanwhile, and it has ended
        logger.info("training started", extra={"model": model.name, "execution": lock.name})


def run_id(model: str, name: str) -> str:
    """`failure.3f9a0c1d2e4b`: neither a model's name nor the names made here hold a dot."""
    return f"{model}.{name}"


def _arn(model: Served, name: str) -> str:
    return f"{model.machine.replace(':stateMachine:', ':execution:')}:{name}"


def _profile(described: Mapping[str, Any]) -> str | None:
    try:
        given = json.loads(described.get("input") or "{}")
    except ValueError:
        return None
    profile = given.get("profile") if isinstance(given, dict) else None
    return profile if isinstance(profile, str) else None
