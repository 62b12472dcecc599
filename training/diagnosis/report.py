"""The report as data: what the JSON holds, and what the page is drawn from."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from catalog.contract import Feature, Key, Target, Text
from diagnosis import associations, drift, leakage, pictures
from diagnosis.examine import Diagnosis
from diagnosis.findings import SEVERITIES, finite_tree
from diagnosis.profile import SAMPLE, Profile
from diagnosis.schema import Check, Seen
from diagnosis.sketches import KEPT, MOST_PRINTS

SCHEMA_VERSION = "1.0"
"""Its second number rises with what is added, its first with what is renamed or removed."""
PAIRS = 80


def told(seen: Diagnosis) -> dict[str, Any]:
    """All of it, in values that JSON has."""
    found = seen.profile
    counts = Counter(each.severity for each in seen.findings)
    whole: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "verdict": seen.verdict,
        "counts": {severity: counts.get(severity, 0) for severity in SEVERITIES},
        "file": _file(found),
        "against": _file(seen.against) if seen.against else None,
        "roles": vars(found.roles),
        "findings": [each.told() for each in seen.findings],
        "columns": [_column(found, name) for name in found.columns],
        "target": _target(seen),
        "repeats": asdict(seen.repeats),
        "leakage": [asdict(each) for each in seen.powers],
        "associations": [asdict(each) for each in seen.pairs[:PAIRS]],
        "drift": [asdict(each) | {"level": each.level} for each in seen.drifts],
        "schema": _schema(seen.check, seen) if seen.check else None,
        "method": _method(found),
    }
    cleaned: dict[str, Any] = finite_tree(whole)
    return cleaned


def _file(found: Profile) -> dict[str, Any]:
    return {
        "name": found.source.path.name,
        "format": found.source.format,
        "bytes": found.source.path.stat().st_size,
        "rows": found.rows,
        "columns": len(found.columns),
    }


def _column(found: Profile, name: str) -> dict[str, Any]:
    column = found.columns[name]
    facts = column.told()
    facts["histogram"] = pictures.histogram(found, column)
    facts["quantiles"] = pictures.quantiles(found, column)
    facts["top"] = pictures.top(found, column)
    return facts


def _target(seen: Diagnosis) -> dict[str, Any] | None:
    name = seen.profile.roles.target
    if name is None:
        return None
    column = seen.profile.columns[name]
    return {
        "name": name,
        "labelled": column.given,
        "classes": [{"name": each, "count": count} for each, count in seen.balance.counts[:50]],
        "basis": "sample" if seen.balance.sampled else "all rows",
    }


def _schema(check: Check, seen: Diagnosis) -> dict[str, Any]:
    rows, good, problems = seen.accepted
    return {
        "model": check.contract.name,
        "title": check.contract.title,
        "contract_hash": check.contract.hash,
        "fields": [_field(each) for each in check.seen.values()],
        "records": {"checked": rows, "accepted": good, "problems": problems},
    }


def _field(seen: Seen) -> dict[str, Any]:
    each = seen.field
    state = "absent" if not seen.there else "refused" if seen.refused else "good"
    return {
        "name": each.name,
        "role": {Key: "key", Feature: "feature", Text: "text", Target: "label"}[type(each)],
        "unit": getattr(each, "unit", ""),
        "allowed": _allowed(each),
        "state": state,
        "refused": seen.refused,
        "examples": seen.examples,
    }


def _allowed(each: Key | Feature | Text | Target) -> str:
    if isinstance(each, Text):
        return f"up to {each.longest:,} characters"
    if isinstance(each, Key):
        return "time with offset" if each.kind == "timestamp" else "text"
    names = each.classes if isinstance(each, Target) else each.categories
    if names:
        return ", ".join(names)
    if isinstance(each, Feature):
        return (
            "any name of its form" if each.names else each.range_text() + (", whole" if each.integer else "")
        )
    return f"from {each.minimum:g} to {each.maximum:g}"


def _method(found: Profile) -> dict[str, Any]:
    """Where each figure is from, and what bounds it."""
    return {
        "sample_rows": len(found.sample),
        "sample_is_all_rows": not found.sampled,
        "sample_at_most": SAMPLE,
        "distinct_exact_below": KEPT,
        "rows_hashed_at_most": MOST_PRINTS,
        "leakage_rows_at_most": leakage.MOST_ROWS,
        "association_rows_at_most": associations.MOST_ROWS,
        "psi_moderate": drift.MODERATE,
        "psi_large": drift.LARGE,
    }
