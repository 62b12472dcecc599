"""Arguments and options that the registry commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Model = Annotated[str, typer.Argument(help="The model's name or alias.", show_default=False)]
Version = Annotated[str, typer.Argument(help="Its number, `champion` or `latest`.", show_default=False)]
Env = Annotated[str, typer.Option("--env", help="The environment: dev, staging, prod, local.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of tables.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the version.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Timeout = Annotated[float, typer.Option(help="Minutes to follow the promotion.", min=0.1)]
