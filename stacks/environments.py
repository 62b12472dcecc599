"""Environments are values: everything that differs between them, and nothing about any model."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from catalog.names import stage
from stacks.collecting import CollectionSettings, collection_problems
from stacks.guardrails import AllAtOnce, Canary
from stacks.images import images
from stacks.instances import Role, instance_problem, resolve_hosting
from stacks.placements import PlacementSettings, placement_problems
from stacks.remediations import Automation, Remediation, remediation_problems

Gateway = Literal["s3", "dynamodb"]
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653)


@dataclass(frozen=True, kw_only=True)
class Network:
    """A VPC of isolated subnets for jobs and endpoints. S3's gateway costs nothing; each interface endpoint
    (`sagemaker.runtime`, `logs`, ...) costs by the hour and zone, so none is taken unless named."""

    cidr: str = "10.40.0.0/20"
    zones: int = 2
    gateways: tuple[Gateway, ...] = ("s3",)
    interfaces: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One environment. Durations are in the unit of their name."""

    name: str
    region: str = "us-east-1"
    account: str | None = None
    """None deploys to the account of the caller's credentials."""

    retain: bool = True
    allow_delete: bool = False
    """Data goes with its stack only where `retain` is off *and* this is on: two keys."""

    network: Network | None = None
    table_name: str = "IOPSInsights"
    """Environments that share an account and region need different names."""
    ttl_days: int = 365
    archive_window_s: int = 300
    """How long the stream gathers insights into one object of the raw bucket, 300 at most; training reads
    every object, so fewer and larger ones make it cheaper."""
    log_retention_days: int = 30
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    endpoint_wish: str = "ml.t3.medium"
    initial_instances: int = 1
    guardrail: AllAtOnce | Canary = field(default_factory=AllAtOnce)
    scales: bool = True
    """Off for one deployment when the instance type changes; see docs/changing-the-instance-type.md."""

    processing_instance: str = "ml.t3.large"
    training_instance: str = "ml.m5.large"
    volume_gb: int = 30
    max_tuning_jobs: int = 50
    max_parallel_jobs: int = 5
    max_trials: int | None = None
    """Of one training, shared by the learners it tunes; None bounds each by `max_tuning_jobs` alone."""
    spot: bool = True
    schedules: bool = True

    tracking: Literal["app", "external"] = "app"
    """Experiments are recorded in SageMaker's MLflow app, or in one that someone else runs and names in the
    tracking parameter (see docs/tracking.md)."""
    native_layers: bool = True
    """Off where functions find compiled code (ONNX Runtime, MLflow's) in their interpreter, as in the local
    AWS: it runs them in this project's own, which need not be the one that the layers are built for."""

    promotion: Literal["automatic", "manual"] = "manual"
    remediation: Remediation | None = None
    """Who decides on recommended actions; None leaves it to whoever listens to the bus."""
    placement: PlacementSettings | None = None
    """Where placed work runs; without it the model still tells where it would."""
    collection: CollectionSettings | None = field(default_factory=CollectionSettings)
    """What is collected from AWS; None collects nothing."""
    poll_s: int = 60
    alarm_email: str | None = None
    requests_per_second: int = 50
    burst: int = 100

    @property
    def stage_id(self) -> str:
        return stage(self.name)

    @property
    def deletes_data(self) -> bool:
        return not self.retain and self.allow_delete

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise ValueError(f"environment {self.name!r}: " + "; ".join(problems))


def _problems(env: Environment) -> Iterator[str]:
    if not re.fullmatch(r"[a-z][a-z0-9]{0,11}", env.name):
        yield f"name {env.name!r} must be 1 to 12 lower-case letters and digits, a letter first"
    if env.account is not None and not re.fullmatch(r"\d{12}", env.account):
        yield f"account {env.account!r} must have 12 digits (or be None)"
    for framework, regions in images().items():
        if env.region not in regions:
            yield f"region {env.region!r} has no {framework} image; see stacks/data/images.json"
    if env.retain and env.allow_delete:
        yield "allow_delete contradicts retain; turn one of them off"
    if env.log_retention_days not in RETENTION_DAYS:
        yield f"log_retention_days {env.log_retention_days} is none of CloudWatch's: {RETENTION_DAYS}"
    if not 0 <= env.archive_window_s <= 300:
        yield f"archive_window_s {env.archive_window_s} is beyond what a stream allows, 0 to 300"
    if env.alarm_email is not None and "@" not in env.alarm_email:
        yield f"alarm_email {env.alarm_email!r} is no address"
    if env.remediation:
        yield from remediation_problems(env.remediation)
    if env.placement:
        yield from placement_problems(env.placement)
    if env.collection:
        yield from collection_problems(env.collection)
    yield from _job_problems(env)
    yield from _serving_problems(env)


def _job_problems(env: Environment) -> Iterator[str]:
    wishes: tuple[tuple[Role, str], ...] = (
        ("processing", env.processing_instance),
        ("training", env.training_instance),
    )
    for role, instance_type in wishes:
        if problem := instance_problem(role, instance_type):
            yield problem
    if not 1 <= env.max_parallel_jobs <= env.max_tuning_jobs:
        yield f"{env.max_parallel_jobs} of {env.max_tuning_jobs} tuning jobs run at once; allowed is 1 to all"
    if env.max_trials is not None and env.max_trials < env.max_tuning_jobs:
        yield f"max_trials {env.max_trials} must be at least max_tuning_jobs, {env.max_tuning_jobs}, or None"
    for name in ("ttl_days", "volume_gb", "poll_s", "requests_per_second", "burst"):
        if getattr(env, name) < 1:
            yield f"{name} must be at least 1, got {getattr(env, name)}"


def _serving_problems(env: Environment) -> Iterator[str]:
    try:
        resolve_hosting(env.endpoint_wish)
    except ValueError as error:
        yield f"endpoint_wish: {error}"
    if env.initial_instances < 1:
        yield f"initial_instances must be at least 1, got {env.initial_instances}"
    if isinstance(env.guardrail, Canary):
        if env.initial_instances < 2:
            yield "a canary needs at least 2 initial instances; raise them or take AllAtOnce"
        share = env.guardrail.percent * env.initial_instances / 100
        if env.guardrail.percent > 50 or share < 1:
            yield f"a canary takes one instance or more, half at most; {env.guardrail.percent}% is {share:g}"
    if not 0 <= env.guardrail.waits_s <= 3600:
        yield f"the guardrail waits {env.guardrail.waits_s} s; allowed are 0 to 3600 in all"


LOCAL = Environment(
    name="local",
    account="000000000000",
    retain=False,  # the folder that holds the local AWS is deleted, not its stacks
    log_retention_days=7,
    guardrail=AllAtOnce(bake_s=0),
    max_tuning_jobs=6,
    max_parallel_jobs=2,
    max_trials=8,
    spot=False,
    schedules=False,
    tracking="external",
    native_layers=False,
    promotion="automatic",
    remediation=Remediation(
        (("restart_service", Automation("AWS-RestartEC2Instance", (("InstanceId", ("{entity}",)),))),)
    ),
    placement=PlacementSettings(outcome_window_s=1),
    collection=CollectionSettings(look_back_days=2),
    poll_s=1,
    archive_window_s=1,
)

DEV = Environment(
    name="dev",
    retain=False,
    allow_delete=True,
    promotion="automatic",
    log_retention_days=14,
    placement=PlacementSettings(outcome_window_s=60),
    archive_window_s=10,
)

STAGING = Environment(
    name="staging",
    network=Network(),
    initial_instances=2,
    guardrail=Canary(percent=50, wait_s=300),
    placement=PlacementSettings(),
    promotion="automatic",
)

PROD = Environment(
    name="prod",
    network=Network(),
    initial_instances=2,
    guardrail=Canary(percent=50, wait_s=600, bake_s=600),
    placement=PlacementSettings(nat_gateways=2),
    log_retention_days=365,
    processing_instance="ml.m5.xlarge",
    training_instance="ml.m5.xlarge",
    poll_s=60,
    requests_per_second=200,
    burst=400,
)

ENVIRONMENTS: tuple[Environment, ...] = (LOCAL, DEV, STAGING, PROD)


def chosen(name: str | None) -> tuple[Environment, ...]:
    """The environment called `name`; without one all that lie in AWS. ValueError where there is none such."""
    if not name:
        return tuple(env for env in ENVIRONMENTS if env is not LOCAL)
    found = tuple(env for env in ENVIRONMENTS if env.name == name)
    if not found:
        known = ", ".join(env.name for env in ENVIRONMENTS)
        raise ValueError(f"environment {name!r} is unknown; choose one of {known} (ENV=dev or -c env=dev)")
    return found
