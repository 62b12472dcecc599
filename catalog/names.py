"""Physical names that stacks, the local run and the command line share: of environments and models."""

from __future__ import annotations

import hashlib

from catalog.checks import LONGEST_NAME

ROOT = "/ops-ml"
"""What the names of all parameters begin with."""
CHAMPION = "champion"


def model_id(model: str) -> str:
    """The construct id of a model's own namespace: `iops-risk` is IopsRisk."""
    return "".join(part.capitalize() for part in model.split("-"))


def scoped(environment: str, model: str) -> str:
    """The model's name in its environment; also that of its endpoint or function and its package group."""
    if len(model) > LONGEST_NAME:
        raise ValueError(f"model name {model!r} is longer than {LONGEST_NAME}; job names hold no more")
    return f"{environment}-{model}"


def champion_parameter(environment: str, model: str) -> str:
    """Which package the model is served with."""
    return f"{ROOT}/{environment}/{model}/{CHAMPION}"


def candidate_parameter(environment: str, model: str) -> str:
    """What a promotion gives a share of the traffic: `none`, or a package and the share in percent."""
    return f"{ROOT}/{environment}/{model}/candidate"


def exploration_parameter(environment: str, model: str) -> str:
    """Percent of the requests that both platforms serve, to compare them; 0 turns it off."""
    return f"{ROOT}/{environment}/{model}/exploration"


def tracking_parameter(environment: str) -> str:
    """Where MLflow is: the ARN of the environment's own, an address, or `none`."""
    return f"{ROOT}/{environment}/tracking"


def training_machine(environment: str, model: str) -> str:
    return f"{scoped(environment, model)}-training"


def promotion_machine(environment: str) -> str:
    return f"{environment}-promotion"


def collector(environment: str, dataset: str) -> str:
    """The function that collects the data set."""
    return f"{environment}-collect-{dataset.replace('_', '-')}"


def database(environment: str) -> str:
    """Where the tables of collected data are."""
    return f"{environment}_ops_ml"


def workgroup(environment: str) -> str:
    """What bounds and encrypts queries of them."""
    return f"{environment}-ops-ml"


def stage(environment: str) -> str:
    """What the names of the environment's stacks begin with."""
    return environment.capitalize()


def training_stack(environment: str) -> str:
    return f"{stage(environment)}-Training"


def tuning_output(model: str) -> str:
    """The training stack's output that tells `catalog.tuning.TuningPlaces` of the model."""
    return f"{model_id(model)}Tuning"


def serving_stack(environment: str, model: str) -> str:
    """The CloudFormation name of the stack that serves the model."""
    return f"{stage(environment)}-{model_id(model)}"


def tuning_prefix(environment: str, model: str, rival: str = "") -> str:
    """`prod-iops-r-f57b`: tuning job names hold 32 characters: this (16), the run (13) and the attempt.

    A `rival` of the model's own learner is also named, as far as there is room: `prod-iop-ra-6a9d`.
    """
    whole, part = scoped(environment, model), model[:6].strip("-")
    if rival:
        whole, part = f"{whole}/{rival}", f"{model[:3].strip('-')}-{rival[:2].strip('_')}"
    return f"{environment[:4]}-{part}-{hashlib.sha256(whole.encode()).hexdigest()[:4]}"
