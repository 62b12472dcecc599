"""What is reported: a finding says what was seen, why it matters and what to do."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from diagnosis.guide import GUIDE

Severity = Literal["blocking", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("blocking", "warning", "note")
"""The worst first."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing found, of `columns` or of the whole file where there are none."""

    code: str
    severity: Severity
    seen: str
    columns: tuple[str, ...] = ()
    sampled: bool = False
    """Whether a figure in `seen` is from the sample, not from every row."""

    def told(self) -> dict[str, Any]:
        title, why, do = GUIDE[self.code]
        return {
            "code": self.code,
            "severity": self.severity,
            "title": title,
            "columns": list(self.columns),
            "seen": self.seen,
            "why": why,
            "do": do,
            "basis": "sample" if self.sampled else "all rows",
        }


def ordered(found: Iterable[Finding]) -> list[Finding]:
    """The worst first, otherwise as they were found."""
    return sorted(found, key=lambda each: SEVERITIES.index(each.severity))


def verdict(found: Iterable[Finding]) -> Literal["blocked", "warnings", "fine"]:
    there = {each.severity for each in found}
    if "blocking" in there:
        return "blocked"
    return "warnings" if "warning" in there else "fine"


def percent(part: float, whole: float) -> str:
    """A share in words, never 0% of something that is there and never 100% of less than all."""
    if not whole or not part:
        return "0%"
    share = 100 * part / whole
    if share < 0.01:
        return "under 0.01%"
    if share > 99.99 and part < whole:
        return "over 99.99%"
    return f"{share:.{0 if share >= 10 else 1 if share >= 1 else 2}f}%"


def listed(values: Iterable[object], most: int = 3) -> str:
    """The first few, as they would be written, and how many more."""
    every = [short(value) for value in values]
    more = len(every) - most
    return ", ".join(every[:most]) + (f" and {more} more" if more > 0 else "")


def short(value: object, longest: int = 60) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= longest else text[: longest - 3] + "..."


def finite_tree(value: Any) -> Any:
    """Numbers that JSON does not have as none."""
    if isinstance(value, dict):
        return {str(name): finite_tree(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite_tree(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
