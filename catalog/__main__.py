"""`python -m catalog render|check`: the documents that are derived from the catalogue."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from catalog import dataset_table
from catalog.datasets import DATASETS
from catalog.models import MODELS
from catalog.openapi import render
from catalog.spec import ModelSpec
from catalog.table import replaced


def documents(root: Path, models: Sequence[ModelSpec]) -> dict[Path, str]:
    """Each document and what it must hold; ValueError where the README cannot take the table."""
    readme = root / "README.md"
    if not readme.exists():
        raise ValueError(f"{readme} does not exist; the table of models stands in it")
    return {
        readme: replaced(readme.read_text(encoding="utf-8"), models),
        root / "docs" / "openapi.json": render(models),
        **_collection(root / "docs" / "collection.md"),
    }


def _collection(guide: Path) -> dict[Path, str]:
    if not guide.exists():
        return {}
    return {guide: dataset_table.replaced(guide.read_text(encoding="utf-8"), DATASETS)}


def stale(found: dict[Path, str]) -> list[Path]:
    """The documents that do not hold what they must."""
    return [
        path for path, text in found.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str] | None = None, root: Path = Path()) -> int:
    parser = argparse.ArgumentParser(prog="python -m catalog", description=__doc__)
    parser.add_argument("action", choices=("render", "check"))
    action = parser.parse_args(arguments).action
    try:
        found = documents(root, MODELS)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    behind = stale(found)
    for path in behind:
        if action == "check":
            print(f"{path} is behind the catalogue; run: python -m catalog render", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(found[path], encoding="utf-8")
            print(f"wrote {path}")
    return 1 if behind and action == "check" else 0


if __name__ == "__main__":
    sys.exit(main())
