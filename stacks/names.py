"""Names that several stacks, the functions and a person at the console share. Everything else is unnamed."""

from functools import lru_cache

from aws_cdk import Stack

from catalog import names
from catalog.spec import ModelSpec
from stacks.environments import Environment

VARIANT = "AllTraffic"
METRIC_NAMESPACE = "OpsMl"


def model_id(spec: ModelSpec) -> str:
    """The construct id of a model's own namespace: `iops-risk` is IopsRisk."""
    return names.model_id(spec.name)


def scoped(env: Environment, spec: ModelSpec) -> str:
    """The model's name in its environment; also that of its endpoint or function and its package group."""
    return names.scoped(env.name, spec.name)


def champion_parameter(env: Environment, spec: ModelSpec) -> str:
    return names.champion_parameter(env.name, spec.name)


def candidate_parameter(env: Environment, spec: ModelSpec) -> str:
    """What a promotion gives a share of the traffic: `none`, or a package and the share in percent."""
    return names.candidate_parameter(env.name, spec.name)


def exploration_parameter(env: Environment, spec: ModelSpec) -> str:
    """Percent of the requests that both platforms serve, to compare them; 0 turns it off."""
    return names.exploration_parameter(env.name, spec.name)


def tracking_parameter(env: Environment) -> str:
    """Where MLflow is: the ARN of the environment's own, an address, or `none`."""
    return names.tracking_parameter(env.name)


def undo_alarms(env: Environment, spec: ModelSpec) -> dict[str, str]:
    """Names of the alarms that take back the promotion of a model in a function, by the count they watch.

    Each must be silent while no package is promoted, or none ever could be: answers are degraded before the
    first champion, and faults of a champion are what the next one mends.
    """
    routed = ("RouterErrors",) if spec.router and env.placement else ()
    watched = ("CandidateFaults", "Errors", *routed)
    return {metric: f"{scoped(env, spec)}-undo-{metric.lower()}" for metric in watched}


def training_machine(env: Environment, spec: ModelSpec) -> str:
    return names.training_machine(env.name, spec.name)


def promotion_machine(env: Environment) -> str:
    return names.promotion_machine(env.name)


def workload(env: Environment) -> str:
    """Placed work by both its platforms: the function, and the cluster and its service."""
    return f"{env.name}-workload"


def router_function(env: Environment) -> str:
    """The function that sends work to the platform its model chose."""
    return f"{env.name}-router"


def outcome_stream(env: Environment) -> str:
    return f"{env.name}-outcomes"


def serving_stack(env: Environment, spec: ModelSpec) -> str:
    """The CloudFormation name of the stack that serves the model."""
    return names.serving_stack(env.name, spec.name)


def tuning_prefix(env: Environment, spec: ModelSpec, learner: str = "") -> str:
    """What the names of the jobs begin with: of the model's own learner, or of a rival."""
    rival = "" if learner == spec.trained.learner else learner
    return names.tuning_prefix(env.name, spec.name, rival)


def tuning_prefixes(env: Environment, spec: ModelSpec) -> list[str]:
    """Of each learner's tuning jobs, in the order of the searches."""
    return [tuning_prefix(env, spec, search.learner) for search in spec.trained.searches]


def arn(stack: Stack, service: str, resource: str) -> str:
    """The ARN of something of this account and region, by its name."""
    partition, region, account = _home(stack)
    return f"arn:{partition}:{service}:{region}:{account}:{resource}"


def machine_arn(stack: Stack, name: str) -> str:
    return arn(stack, "states", f"stateMachine:{name}")


@lru_cache(maxsize=16)
def _home(stack: Stack) -> tuple[str, str, str]:
    """Partition, region and account: asked of the library once, as each question crosses to its process."""
    return stack.partition, stack.region, stack.account
