"""The AWS requests inside a Step Functions definition, and their check against the services' own models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.request_shapes import check, service_model

_RESOURCE = re.compile(r":states:::(?:aws-sdk:)?([A-Za-z0-9]+):([A-Za-z0-9]+)(\.\w+)?$")
_MODELS = {name: name for name in ("sagemaker", "cloudformation", "ssm", "sns", "sqs")}


@dataclass(frozen=True)
class StepRequest:
    """One task state's call: `params` still holds JSONPath (`"Name.$"`) and JSONata (`{% %}`) values."""

    state: str
    service: str
    operation: str
    params: dict[str, Any]

    def problems(self) -> list[str]:
        """What AWS would refuse, as far as it can be known before the machine runs."""
        return [
            f"{self.state}: {problem}"
            for problem in check(self.service, self.operation, self.params, dynamic=True)
        ]


def requests_of(
    definition: dict[str, Any], services: tuple[str, ...] = ("sagemaker",)
) -> Iterator[StepRequest]:
    """Every call to one of the services, in Map and Parallel branches too."""
    for name, state in definition.get("States", {}).items():
        match = _RESOURCE.search(str(state.get("Resource", "")))
        if match and match[1].lower() in services:
            service = _MODELS[match[1].lower()]
            operation = _operation(service, match[2])
            yield StepRequest(
                name, service, operation, state.get("Parameters") or state.get("Arguments") or {}
            )
        inner = [*state.get("Branches", []), state.get("Iterator"), state.get("ItemProcessor")]
        for branch in filter(None, inner):
            yield from requests_of(branch, services)


def _operation(service: str, action: str) -> str:
    """The API's spelling of a state's action: createTrainingJob is CreateTrainingJob."""
    names = {name.lower(): name for name in service_model(service).operation_names}
    return names.get(action.lower(), action)
