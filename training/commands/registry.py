"""Tell the versions of the deployed models, judge them, and choose which one serves.

A version is one model package of SageMaker's registry; each environment numbers its own. What serves is the
champion, and only the platform's promotion state machine changes it: `approve`, `promote` and `rollback`
approve a package, which starts it. AWS is found as usual: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL.

Exit codes: 0 it went well, and what was to serve serves; 1 it was taken back or does not serve, and the
message says why; 2 the call is wrong, or AWS refuses it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from commands import registry_changing as changing
from commands import registry_reading as reading
from commands.registry_cloud import plainly
from commands.registry_promotion import NotServed

COMMANDS: dict[str, Callable[..., None]] = {
    "list": reading.list_versions,
    "show": reading.show,
    "diff": reading.diff,
    "approve": changing.approve,
    "reject": changing.reject,
    "promote": changing.promote,
    "rollback": changing.rollback,
}
app = typer.Typer(
    help=__doc__,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _plain(function: Callable[..., None]) -> Callable[..., None]:
    """The command, whose refusals are one clear message; exit code 1 where nothing came to serve."""

    @wraps(function)
    def run(*args: Any, **options: Any) -> None:
        try:
            with plainly():
                function(*args, **options)
        except NotServed as error:
            typer.echo(f"failed: {error}", err=True)
            raise typer.Exit(1) from None

    return run


for name, function in COMMANDS.items():
    app.command(name)(_plain(function))
