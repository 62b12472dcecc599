"""Puts the stand-ins into the emulator through its own tables, once it proves to be the expected one.

The tables are private names of ministack: they are listed in `EXPECTED`, and a version other than `VERSION`
is refused, so that an upgrade is tried on purpose and never meets a user by surprise.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
from collections.abc import Callable, Mapping
from typing import Any

from local import alarm_dimensions, cloudformation, network_resources, stream_retries
from local.autoscaling import service as autoscaling
from local.fargate import api as ecs
from local.fargate import balancer_resources, target_health
from local.fargate import resources as ecs_resources
from local.fargate.fargate import Fargate
from local.recorded.service import Recorded
from local.sagemaker import service as sagemaker
from local.sagemaker.machine import Machine
from local.sagemaker.steps import run_step

VERSION = "1.5.33"
# Module, name, and the type it has or the attribute it must have.
EXPECTED: tuple[tuple[str, str, type | str], ...] = (
    ("app", "SERVICE_HANDLERS", dict),
    ("app", "SERVICE_REGISTRY", dict),
    ("app", "_state_map", dict),
    ("app", "_loaded_modules", dict),
    ("app", "_build_persistence_save_dict", "__call__"),
    ("app", "save_all", "__call__"),
    ("app", "main", "__call__"),
    ("core.router", "SERVICE_PATTERNS", dict),
    ("services.stepfunctions", "_AWS_SDK_SERVICE_MAP", dict),
    ("services.stepfunctions", "_AWS_SDK_ERROR_PREFIX", dict),
    ("services.stepfunctions", "_AWS_SDK_ERROR_CODE_OVERRIDES", dict),
    ("services.stepfunctions", "_SERVICE_DISPATCH", dict),
    ("services.stepfunctions", "_ExecutionError", "__call__"),
    ("services.cloudformation.provisioners", "_RESOURCE_HANDLERS", dict),
    ("services.cloudformation.stacks", "_runs_on_worker_thread", "__call__"),
    ("services.alb", "_lbs", "get"),
    ("services.eventbridge", "_put_events", "__call__"),
    ("services.lambda_svc", "_execute_function", "__call__"),
    ("services.lambda_svc", "_poll_dynamodb_streams", "__call__"),
    ("services.lambda_svc", "_iter_all_esms", "__call__"),
    ("services.lambda_svc", "_apply_filter_criteria", "__call__"),
    ("services.lambda_svc", "_get_func_record_for_qualifier", "__call__"),
    ("services.lambda_svc", "_send_ddb_stream_failure_record", "__call__"),
    ("services.lambda_svc", "_esm_backoff_until", "all_items"),
    ("services.lambda_svc", "_dynamodb_stream_positions", "all_items"),
    ("services.dynamodb", "stream_records_since", "__call__"),
    ("services.cloudwatch", "_evaluate_alarm", "__code__"),
    ("services.cloudwatch", "_metrics", "get"),
    ("services.cloudwatch", "_dims_key", "__call__"),
    ("services.cloudwatch", "_dims_from_list", "__call__"),
    ("core.responses", "request_scope", "__call__"),
)
_OURS = ("AWS::SageMaker::", "AWS::ApplicationAutoScaling::", "AWS::ECS::")


class WrongEmulator(RuntimeError):
    """The installed ministack is not the one the stand-ins were made for."""


def check_emulator() -> None:
    """Every difference at once; WrongEmulator says what to do."""
    found = importlib.metadata.version("ministack")
    problems = [] if found == VERSION else [f"version {found} is installed, {VERSION} is expected"]
    for module, name, kind in EXPECTED:
        value = getattr(_module(module), name, None)
        fits = hasattr(value, kind) if isinstance(kind, str) else isinstance(value, kind)
        if not fits:
            wanted = f"with {kind}" if isinstance(kind, str) else f"a {kind.__name__}"
            problems.append(f"ministack.{module}.{name} is not {wanted}")
    if problems:
        raise WrongEmulator(
            "ministack does not fit: "
            + "; ".join(problems)
            + f". Install ministack=={VERSION}, or try the new one"
            " against tests/local and adapt local/emulator.py."
        )


def install(machine: Machine, fargate: Fargate) -> None:
    """Register every stand-in with the emulator of this process."""
    check_emulator()
    _install_services(machine, fargate)
    _install_steps(machine)
    scope = _module("core.responses").request_scope
    stream_retries.install(_module("services.lambda_svc"), _module("services.dynamodb"), scope)
    alarm_dimensions.install(_module("services.cloudwatch"))
    types = _module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    types.update(cloudformation.handlers(machine))
    types.update(network_resources.handlers())
    types.update(ecs_resources.handlers(fargate))
    types.update(balancer_resources.handlers(fargate, types, _name_balancer))
    stacks = _module("services.cloudformation.stacks")
    blocks = stacks._runs_on_worker_thread
    # What loads takes seconds and calls back into the emulator: its event loop must stay free.
    stacks._runs_on_worker_thread = lambda kind: kind.startswith(_OURS) or blocks(kind)


def publisher() -> Callable[[dict[str, Any]], None]:
    """Events as the service's own: PutEvents refuses the source aws.sagemaker from anyone else."""
    events = _module("services.eventbridge")
    return lambda entry: events._put_events({"Entries": [entry]}, allow_aws_source=True)


def _name_balancer(arn: str, address: str) -> None:
    """The address that the emulator's own DescribeLoadBalancers tells."""
    _module("services.alb")._lbs[arn]["DNSName"] = address


def _install_services(machine: Machine, fargate: Fargate) -> None:
    async def answer_sagemaker(
        method: str, path: str, headers: Mapping[str, str], body: bytes, _query: Any
    ) -> Any:
        return await asyncio.to_thread(sagemaker.respond, machine, method, path, headers, body)

    async def answer_scaling(
        _method: str, _path: str, headers: Mapping[str, str], body: bytes, _query: Any
    ) -> Any:
        return await asyncio.to_thread(autoscaling.respond, machine, headers, body)

    async def answer_ecs(
        _method: str, _path: str, headers: Mapping[str, str], body: bytes, _query: Any
    ) -> Any:
        return await asyncio.to_thread(ecs.respond, fargate, headers, body)

    app, router = _module("app"), _module("core.router")
    app.SERVICE_HANDLERS.update({"sagemaker": answer_sagemaker, "application-autoscaling": answer_scaling})
    app.SERVICE_HANDLERS["ecs"] = answer_ecs
    balancing = "elasticloadbalancing"
    app.SERVICE_HANDLERS[balancing] = target_health.answered(
        fargate.balancer, app.SERVICE_HANDLERS[balancing]
    )
    recorded = Recorded()
    for service in ("ec2", "monitoring", "servicequotas"):
        app.SERVICE_HANDLERS[service] = recorded.before(app.SERVICE_HANDLERS.get(service))
    app.SERVICE_REGISTRY["sagemaker"] = {"module": "sagemaker"}
    app._state_map["sagemaker"] = "sagemaker"
    app._loaded_modules["sagemaker"] = _State(machine, fargate)
    router.SERVICE_PATTERNS["sagemaker"] = {"target_prefixes": ["SageMaker."]}
    router.SERVICE_PATTERNS["application-autoscaling"] = {"target_prefixes": ["AnyScaleFrontendService."]}
    router.SERVICE_PATTERNS["servicequotas"] = {"target_prefixes": ["ServiceQuotasV20190624."]}


def _install_steps(machine: Machine) -> None:
    steps = _module("services.stepfunctions")
    steps._SERVICE_DISPATCH["arn:aws:states:::sagemaker:"] = lambda resource, request: run_step(
        machine, steps._ExecutionError, resource, request
    )
    steps._AWS_SDK_SERVICE_MAP["sagemaker"] = {"target_prefix": "SageMaker", "protocol": "json"}
    steps._AWS_SDK_ERROR_PREFIX["sagemaker"] = "SageMaker"
    # The Java SDK's name, which AWS surfaces; the emulator passes the service's own code on.
    steps._AWS_SDK_ERROR_CODE_OVERRIDES["ssm"] = {"ParameterNotFound": "ParameterNotFoundException"}
    steps._AWS_SDK_ERROR_CODE_OVERRIDES["sagemaker"] = {
        "ResourceNotFound": "ResourceNotFoundException",
        "ResourceInUse": "ResourceInUseException",
        "ResourceLimitExceeded": "ResourceLimitExceededException",
        "ValidationException": "SageMakerException",
        "UnsupportedOperation": "SageMakerException",
    }


class _State:
    """The stand-ins' records as one of the emulator's own persisted services."""

    def __init__(self, machine: Machine, fargate: Fargate) -> None:
        self._machine, self._fargate = machine, fargate

    def get_state(self) -> dict[str, Any]:
        return self._machine.store.snapshot()

    def load_persisted_state(self, data: dict[str, Any]) -> None:
        self._machine.store.restore(data)
        sagemaker.fail_interrupted(self._machine)
        self._fargate.resume()

    def reset(self) -> None:
        self._fargate.reset()
        self._machine.children.end_all()
        self._machine.fleets.clear()
        self._machine.store.restore({})


def _module(name: str) -> Any:
    return importlib.import_module(f"ministack.{name}")
