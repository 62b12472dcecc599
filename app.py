"""Synthesizes the platform, one stage per environment: the only file that reads the outside world.

`ENV=dev` (or `-c env=dev`) chooses one environment; without it all that lie in AWS are synthesized.
`CDK_VALIDATION=true` turns the library's own template validation on.
"""

import gc
import os
import sys
from pathlib import Path


def main() -> None:
    sys.dont_write_bytecode = False  # the library is large: without its cache every synth compiles it again
    gc.disable()  # a short process that builds many classes; collecting them costs a tenth of the synth
    from aws_cdk import App

    from catalog.models import MODELS
    from stacks.bundling import Payloads
    from stacks.environments import chosen
    from stacks.platform import Platform

    validation = os.environ.get("CDK_VALIDATION") == "true"
    app = App(builtin_cloud_formation_validation=validation, tree_metadata=False)
    payloads = Payloads.of(Path(__file__).parent)
    for environment in chosen(app.node.try_get_context("env") or os.environ.get("ENV")):
        Platform(app, environment=environment, models=MODELS, payloads=payloads)
    app.synth()


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"error: {error}")
