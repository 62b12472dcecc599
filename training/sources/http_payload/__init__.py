"""Synthetic request parameters: seeded and made in groups, see `grouped`.

Documented in docs/http_payload-data.md.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from metrics import Codes, confusion, macro_f1
from sources.grouped import START_MS, grouped
from sources.http_payload.grammar import Grammar
from sources.http_payload.patterns import CLASSES, WORDS

__all__ = ["best_achievable", "chunks"]

LABELS = tuple(CLASSES)
SHARES = (0.4, 0.2, 0.2, 0.2)
"""How many texts are of each class."""
CUT, LEAST_LEFT = 0.1, 4
"""Chance that a text is cut off, as a log or a form would; how many characters stay at least."""
ENCODED = 0.1
"""Chance that a text is percent-encoded, as where nobody decoded it."""
PRECEDED = 0.15
"""Chance that a text stands behind a normal one, in the same parameter."""
MISLABELLED = 0.01
"""Share of texts whose label is a wrong class, any of the others alike."""
GROUP = 5_000
"""Texts made at a time."""
SPACING_MS = 30_000


def chunks(records: int = 10_000, seed: int = 20260101) -> Iterator[pa.Table]:
    """`records` texts in time order, in tables of at most `GROUP`, every one labelled (`attack`)."""
    return grouped(records, lambda group, wanted: _table(group, seed, min(GROUP, wanted)))


def best_achievable(seed: int = 20260101, records: int = 20_000) -> dict[str, float]:
    """Accuracy and macro-F1 of one who knows each text's true class: only wrong labels are left to miss."""
    truth, label = _classes(np.random.default_rng([seed, records]), records)
    return {
        "accuracy": float((truth == label).mean()),
        "macro_f1": macro_f1(confusion(label, truth, len(LABELS))),
    }


def _table(group: int, seed: int, rows: int) -> pa.Table:
    classes, texts = (np.random.default_rng([seed, group, stream]) for stream in range(2))
    truth, label = _classes(classes, GROUP)
    number = np.arange(group * GROUP, group * GROUP + rows)
    return pa.table(
        {
            "request_id": pa.array([f"req-{each:08d}" for each in number.tolist()]),
            "timestamp": pa.array(START_MS + SPACING_MS * number, pa.timestamp("ms", "UTC")),
            "payload": pa.array([_text(texts, LABELS[code]) for code in truth[:rows].tolist()]),
            "attack": pa.array(LABELS).take(pa.array(label[:rows])),
        }
    )


def _classes(random: np.random.Generator, count: int) -> tuple[Codes, Codes]:
    """True class numbers and labels (count,)."""
    truth = random.choice(len(LABELS), count, p=SHARES)
    other = (truth + random.integers(1, len(LABELS), count)) % len(LABELS)
    return truth, np.where(random.random(count) < MISLABELLED, other, truth)


def _text(random: np.random.Generator, label: str) -> str:
    grammar = Grammar(WORDS)

    def one(of: str) -> str:
        return grammar.text(random, CLASSES[of][random.integers(len(CLASSES[of]))])

    behind, encoded, cut = random.random(3) < (PRECEDED, ENCODED, CUT)
    text = f"{one('normal')} {one(label)}" if behind else one(label)
    if encoded:
        text = urllib.parse.quote_plus(text)
    return text[: random.integers(LEAST_LEFT, max(len(text), LEAST_LEFT) + 1)] if cut else text
