"""What functions must know of the models to tell about them and to start their training: names only."""

from collections.abc import Sequence

from catalog.spec import ModelSpec
from stacks.environments import Environment
from stacks.names import candidate_parameter, champion_parameter, scoped, training_machine

Entry = dict[str, str | list[str]]


def directory(env: Environment, models: Sequence[ModelSpec]) -> dict[str, Entry]:
    """An entry for each model, by its name."""
    return {spec.name: _entry(env, spec) for spec in models}


def _entry(env: Environment, spec: ModelSpec) -> Entry:
    entry: Entry = {
        "title": spec.contract.title,
        "route": spec.route,
        "api": spec.api,
        "kind": "declared" if spec.training is None else "endpoint" if spec.endpoint else "function",
        "aliases": list(spec.aliases),
    }
    if spec.training is None:
        return {**entry, "version": spec.contract.hash[:8]}
    return {
        **entry,
        "parameter": champion_parameter(env, spec),
        **({"candidate": candidate_parameter(env, spec)} if spec.function else {}),
        "endpoint" if spec.endpoint else "function": scoped(env, spec),
        "group": scoped(env, spec),
        "machine": training_machine(env, spec),
        "profiles": [profile.name for profile in spec.training.promotion.profiles],
    }
