"""Train, judge and compare the catalogue's models on this machine, and tune them in SageMaker.

A first walk: `train iops-risk --synthetic 5000 --output out`, then `evaluate`, `compare`, `tune`.

Exit codes: 0 it went well and what was judged passes; 1 a gate, a verdict or a finding fails; 2 the call or
its input is wrong, and the message says what was given and what is allowed.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from jobs import JobError

HERE = Path(__file__).parent
PROGRAM = "python -m training"
COMMANDS = ("diagnose", "train", "evaluate", "compare", "tune", "remote", "registry")
"""In the order of a model's life. Each is `app` of the module of its name, imported when it is called; the
first line of that module is its help."""
WRONG = 2


class Commands(TyperGroup):
    """Lists its commands without importing them: some need seconds to load what they run."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        there = [name for name in COMMANDS if (HERE / f"{name}.py").is_file()]
        self.commands.update({name: TyperCommand(name, help=_first_line(name)) for name in there})

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the signature is typer's
        return list(self.commands)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, loaded(str(name)), rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (JobError, OSError) as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(WRONG) from None


def loaded(name: str) -> Any:
    """The command itself."""
    return typer.main.get_command(importlib.import_module(f"commands.{name}").app)


def _first_line(name: str) -> str:
    text = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text())) or ""
    return text.split("\n\n")[0].replace("\n", " ")


app = typer.Typer(
    cls=Commands,
    help=__doc__,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def entry() -> None:
    """Nothing is common to the commands."""


if __name__ == "__main__":
    app(prog_name=PROGRAM)
