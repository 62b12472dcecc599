"""Synthesizes the platform, one stage per environment: the only file that reads the outside world.

`ENV=dev` (or `-c env=dev`) chooses one environment; without it all are synthesized.
`CDK_VALIDATION=true` turns the library's own template validation on.
"""

import os
import sys
from pathlib import Path

from aws_cdk import App

from catalog.models import MODELS
from stacks.bundling import Payloads
from stacks.environments import ENVIRONMENTS, Environment
from stacks.platform import Platform


def chosen(name: str | None) -> tuple[Environment, ...]:
    """The environment called `name`, or all of them; ValueError where there is none."""
    if not name:
        return ENVIRONMENTS
    found = tuple(env for env in ENVIRONMENTS if env.name == name)
    if not found:
        known = ", ".join(env.name for env in ENVIRONMENTS)
        raise ValueError(f"environment {name!r} is unknown; choose one of {known} (ENV=dev or -c env=dev)")
    return found


def main() -> None:
    app = App(builtin_cloud_formation_validation=os.environ.get("CDK_VALIDATION") == "true")
    payloads = Payloads.of(Path(__file__).parent)
    for environment in chosen(app.node.try_get_context("env") or os.environ.get("ENV")):
        Platform(app, environment=environment, models=MODELS, payloads=payloads)
    app.synth()


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"error: {error}")
