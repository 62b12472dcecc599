"""What functions must know of the models to tell about them and to start their training."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aws_cdk import Stack

from catalog.spec import ModelSpec
from stacks.environments import Environment
from stacks.names import champion_parameter, machine_arn, scoped, training_machine


def directory(stack: Stack, env: Environment, models: Sequence[ModelSpec]) -> str:
    """JSON of an entry for each model; all values are text."""
    return json.dumps({spec.name: _entry(stack, env, spec) for spec in models}, sort_keys=True)


def _entry(stack: Stack, env: Environment, spec: ModelSpec) -> dict[str, str]:
    entry = {
        "title": spec.contract.title,
        "route": spec.route,
        "api": spec.api,
        "kind": "declared" if spec.training is None else "endpoint" if spec.endpoint else "function",
        "contract": spec.contract.hash,
        "aliases": json.dumps(spec.aliases),
    }
    if spec.training is None:
        return entry
    profiles = [profile.name for profile in spec.training.promotion.profiles]
    return {
        **entry,
        "parameter": champion_parameter(env, spec),
        "endpoint" if spec.endpoint else "function": scoped(env, spec),
        "machine": machine_arn(stack, training_machine(env, spec)),
        "profiles": json.dumps(profiles),
    }
