"""Rows, keys and contents that come more than once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diagnosis.findings import Finding, percent
from diagnosis.profile import Profile
from diagnosis.sketches import MISSING, Hashes

TEST = 0.15
"""The share of the time that training keeps for its test split."""
WARNED = 0.001
ACROSS = 0.01


@dataclass(frozen=True)
class Repeats:
    """How many rows are copies. Of very many rows a share is looked at: the counts are scaled then."""

    copies: int
    keys: int | None
    """Rows whose key another, different row has; None without keys."""
    contradictions: int | None
    across: int | None
    """Rows after the split whose content is before it, too; None without time."""
    after: int
    exact: bool


def repeats(found: Profile) -> Repeats:
    records, scale = found.records.rows(), found.records.one_in
    copies = len(records) - len(np.unique(records[:, 1]))
    across, after = _across(records) if found.roles.time else (None, 0)
    return Repeats(
        copies=copies * scale,
        keys=_different(found.keys.rows()) * found.keys.one_in if found.roles.keyed else None,
        contradictions=_different(records[records[:, 2] != MISSING][:, [0, 2]]) * scale
        if found.roles.target
        else None,
        across=None if across is None else across * scale,
        after=after * scale,
        exact=scale == 1 and found.keys.one_in == 1,
    )


def _different(pairs: Hashes) -> int:
    """Rows of each first column's value beyond its first, where the second column's values differ."""
    if not len(pairs):
        return 0
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    new = np.append(True, (pairs[1:] != pairs[:-1]).any(axis=1))
    distinct = pairs[new]
    return int((distinct[1:, 0] == distinct[:-1, 0]).sum())


def _across(records: Hashes) -> tuple[int, int]:
    """Rows of the last part in time with a content of the earlier part; rows of the last part."""
    if not len(records):
        return 0, 0
    cut = np.quantile(records[:, 3].astype(np.int64), 1 - TEST)
    late = records[:, 3].astype(np.int64) > cut
    before = np.unique(records[~late, 0])
    return int(np.isin(records[late, 0], before).sum()), int(late.sum())


def findings(found: Profile, seen: Repeats) -> Iterator[Finding]:
    rows, about = found.rows, "" if seen.exact else "about "
    if seen.copies:
        share = percent(seen.copies, rows)
        yield Finding(
            code="duplicates",
            severity="warning" if seen.copies >= WARNED * rows else "note",
            seen=f"{about}{seen.copies:,} rows ({share}) are copies of others.".capitalize(),
            sampled=not seen.exact,
        )
    if seen.keys:
        keys = " and ".join(found.roles.keys)
        yield Finding(
            code="duplicate-keys",
            severity="warning",
            columns=found.roles.keys,
            seen=f"{seen.keys:,} rows have the {keys} of another row and differ from it.",
            sampled=not seen.exact,
        )
    if seen.contradictions and seen.contradictions >= WARNED * rows:
        yield Finding(
            code="contradictions",
            severity="note",
            seen=f"{seen.contradictions:,} times ({percent(seen.contradictions, rows)} of the rows) the same"
            " values have another label.",
            sampled=not seen.exact,
        )
    if seen.across and seen.across >= ACROSS * seen.after:
        yield Finding(
            code="across-split",
            severity="warning",
            seen=f"{seen.across:,} of the last {seen.after:,} rows ({percent(seen.across, seen.after)})"
            " have the content of an earlier row.",
            sampled=not seen.exact,
        )
