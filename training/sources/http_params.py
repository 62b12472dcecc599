"""The HttpParams data set as HTTP payload records: request parameters, normal or of four kinds of attack.

The set has no times. The author's training part comes first, then the test part, ten seconds apart: whoever
splits by time tests on rows of the author's test part alone. Its files are sorted by class here and there, so
each part is shuffled, always in the same way.

Source: github.com/Morzeux/HttpParamsDataset, MIT.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from sources.grouped import START_MS

PARTS = ("train", "test")
ATTACKS = {
    "norm": "normal",
    "sqli": "sql_injection",
    "xss": "xss_attack",
    "cmdi": "other_attack",
    "path-traversal": "other_attack",
}
"""The record's class of each of the set's."""
SPACING_MS = 10_000
SHUFFLE = 0
"""Seed of the order within a part."""


def chunks(data: Path) -> Iterator[pa.Table]:
    """The set in the folder `data`, one table a part. ValueError where it is not the set."""
    first = 0
    for part in PARTS:
        payloads, attacks = rows(data, part)
        order = np.random.default_rng(SHUFFLE).permutation(len(payloads))
        time = START_MS + SPACING_MS * np.arange(first, first + len(order))
        first += len(order)
        yield pa.table(
            {
                "request_id": pa.array([f"http-params-{part}-{row:05d}" for row in order.tolist()]),
                "timestamp": pa.array(time, pa.timestamp("ms", "UTC")),
                "payload": pa.array([payloads[row] for row in order]),
                "attack": pa.array([ATTACKS[attacks[row]] for row in order]),
            }
        )


def rows(data: Path, part: str) -> tuple[list[str], list[str]]:
    """Texts and the set's own classes of the part `train` or `test`."""
    path = data / f"payload_{part}.csv.gz"
    if not path.is_file():
        raise ValueError(
            f"{path} is missing; give the folder that holds payload_train.csv.gz and its sibling"
        )
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        found = [(row.get("payload"), row.get("attack_type")) for row in csv.DictReader(file)]
    unknown = {attack for _, attack in found} - ATTACKS.keys()
    if unknown:
        raise ValueError(f"{path} must have the attack_types {', '.join(ATTACKS)}, got {unknown.pop()!r}")
    return [payload or "" for payload, _ in found], [str(attack) for _, attack in found]
