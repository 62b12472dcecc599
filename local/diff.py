"""`python -m local.diff --env dev --base HEAD`: what a change does to an environment's templates.

No account is needed: both sides are synthesized here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from local.assembly import templates
from local.run.place import ROOT, tools

OUT = ROOT / ".local" / "diff"
TIMEOUT_S = 300


def main(
    env: Annotated[str, typer.Option(help="The environment to compare.")] = "dev",
    base: Annotated[str, typer.Option(help="The git revision to compare with.")] = "HEAD",
) -> None:
    """Synthesize `base` and the working tree, and print the difference stack by stack."""
    shutil.rmtree(OUT, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        templates(env, OUT / "before", _checkout(base, Path(folder)))
    templates(env, OUT / "after")
    before, after = _stacks(OUT / "before"), _stacks(OUT / "after")
    for name in sorted(before.keys() - after.keys()):
        typer.echo(f"Stack {name}\nThe stack is no longer there; deploying does not delete it.\n")
    empty = OUT / "empty.json"
    empty.write_text("{}")
    for name in sorted(after):
        old = before.get(name, str(empty))
        _run(["cdk", "diff", name, "--exclusively", "--app", str(OUT / "after"), "--template", old], ROOT)


def _checkout(base: str, folder: Path) -> Path:
    """The tree of `base` in `folder`, with the built layers of the working tree beside it."""
    known = subprocess.run(  # noqa: S603
        ["git", "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if known.returncode:
        raise SystemExit(f"error: {base!r} is not a revision of this repository; try HEAD, a branch or a tag")
    archive = folder / "base.tar"
    _run(["git", "archive", "--output", str(archive), known.stdout.strip()], ROOT)
    tree = folder / "tree"
    shutil.unpack_archive(archive, tree)
    (tree / ".build").symlink_to(ROOT / ".build")
    return tree


def _stacks(assembly: Path) -> dict[str, str]:
    """Hierarchical stack ids by template file, over the nested assemblies of the stages."""
    found = {}
    for manifest in sorted(assembly.rglob("manifest.json")):
        for artifact in json.loads(manifest.read_text())["artifacts"].values():
            if artifact["type"] == "aws:cloudformation:stack":
                found[artifact["displayName"].split(" ")[0]] = (
                    manifest.parent / artifact["properties"]["templateFile"]
                )
    return {name: str(path) for name, path in found.items()}


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, env=os.environ | tools(), check=False, timeout=TIMEOUT_S)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"error: {' '.join(command[:2])} ended with {done.returncode}")


if __name__ == "__main__":
    typer.run(main)
