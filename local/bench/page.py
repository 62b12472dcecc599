"""The benchmark document: headed tables, and the machine they were measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.run.place import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"


@dataclass
class Section:
    """One table under its heading, with the words around it."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    before: str = ""
    after: str = ""

    def add(self, *cells: object) -> None:
        self.rows.append(tuple(f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in cells))

    def text(self) -> str:
        head = f"| {' | '.join(self.columns)} |\n|{'---|' * len(self.columns)}"
        body = "\n".join(f"| {' | '.join(row)} |" for row in self.rows)
        return "\n\n".join(
            part for part in (f"## {self.title}", self.before, f"{head}\n{body}", self.after) if part
        )


def write(sections: Sequence[Section], path: Path = PAGE) -> None:
    """Replace the sections measured now; others of the page stay as they are."""
    kept = _sections(path)
    kept.update({section.title: section.text() for section in sections})
    path.write_text("\n\n".join([_head(), *kept.values()]) + "\n")


def _sections(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    parts = path.read_text().strip().split("\n## ")[1:]
    return {part.split("\n", 1)[0]: "## " + part.strip() for part in parts}


def _head() -> str:
    model = next(
        (line.split(":", 1)[1].strip() for line in _cpu_lines() if line.startswith("model name")), ""
    )
    return (
        "# Benchmarks\n\n"
        "Measured by `make bench`, never asserted by a test. Medians unless said otherwise. Elsewhere "
        "read the ratios.\n"
        f"This machine: {os.cpu_count()} cores{f' ({model})' if model else ''}, "
        f"{platform.system()}, Python {platform.python_version()}."
    )


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
