"""Step Functions in memory: executions by ARN."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tests.lambda_.fakes import TIME, Fake, refusal


class StepFunctions(Fake):
    """`listed` False: an execution is not in lists yet, as lists may come late. `before_start` runs once."""

    service = "stepfunctions"

    def __init__(self) -> None:
        super().__init__()
        self.executions: dict[str, dict[str, Any]] = {}
        self.listed = True
        self.before_start: Callable[[], None] | None = None
        self.lock = threading.RLock()

    def end(self, arn: str, status: str = "SUCCEEDED", **more: Any) -> None:
        self.executions[arn] |= {"status": status, "stopDate": TIME, **more}

    def StartExecution(self, stateMachineArn: str, name: str, input: str) -> Any:  # noqa: N802, N803
        hook, self.before_start = self.before_start, None
        if hook:
            hook()
        arn = f"{stateMachineArn.replace(':stateMachine:', ':execution:')}:{name}"
        with self.lock:
            known = self.executions.get(arn)
            if known and (known["status"] != "RUNNING" or known["input"] != input):
                raise refusal("StartExecution", "ExecutionAlreadyExists")
            self.executions.setdefault(
                arn,
                {
                    "executionArn": arn,
                    "stateMachineArn": stateMachineArn,
                    "name": name,
                    "status": "RUNNING",
                    "startDate": TIME,
                    "input": input,
                },
            )
        return {"executionArn": arn, "startDate": TIME}

    def DescribeExecution(self, executionArn: str) -> Any:  # noqa: N802, N803 - AWS's names
        if executionArn not in self.executions:
            raise refusal("DescribeExecution", "ExecutionDoesNotExist")
        return self.executions[executionArn]

    def ListExecutions(self, stateMachineArn: str, **request: Any) -> Any:  # noqa: N802, N803
        """The newest first."""
        status = request.get("statusFilter")
        with self.lock:
            found = [
                each
                for each in self.executions.values()
                if each["stateMachineArn"] == stateMachineArn and status in (None, each["status"])
            ][::-1]
        return {"executions": found if self.listed else []}
