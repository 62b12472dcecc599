"""Whether there is anything to learn from: labelled live records newer than the champion's data."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from catalog.contract import LIVE, parse_time

SUFFIXES = (".jsonl", ".parquet")
MOST_LISTED, MOST_READ = 20_000, 200
"""Objects, the newest last in order and first to be read. Nothing is read once enough is found."""
MOST_BYTES = 20_000_000
"""Of one object; larger ones are passed by."""


@dataclass(frozen=True)
class Labels:
    """Where the raw bucket holds a model's live records, and the field that makes one of them labelled: any
    value, or `value` alone where that is given."""

    folder: str
    time: str
    field: str
    value: str = ""

    def labels(self, record: Mapping[str, Any]) -> bool:
        found = record.get(self.field)
        if isinstance(found, float) and math.isnan(found):
            return False
        return found is not None if not self.value else found == self.value


@dataclass(frozen=True)
class Fresh:
    """`s3` is an s3 client."""

    s3: Any
    bucket: str

    def count(self, labels: Labels, since: datetime | None, enough: int) -> int:
        """Labelled live records after `since`, or of any time; no more than `enough` are counted."""
        found = 0
        for key in self._newest(labels, since):
            found += sum(self._labelled(key, labels, since))
            if found >= enough:
                return enough
        return found

    def _newest(self, labels: Labels, since: datetime | None) -> list[str]:
        """Records lie by the day they tell of."""
        prefix = f"{labels.folder}/profile={LIVE}/"
        before = since - timedelta(days=1) if since else None
        start = f"{prefix}date={before.date().isoformat()}/~" if before else prefix
        keys = list(islice(self._listed(prefix, start), MOST_LISTED))
        return keys[::-1][:MOST_READ]

    def _listed(self, prefix: str, start: str) -> Iterator[str]:
        request = {"Bucket": self.bucket, "Prefix": prefix, "StartAfter": start}
        while True:
            page = self.s3.list_objects_v2(**request)
            held = page.get("Contents", ())
            yield from (
                each["Key"] for each in held if each["Key"].endswith(SUFFIXES) and each["Size"] <= MOST_BYTES
            )
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def _labelled(self, key: str, labels: Labels, since: datetime | None) -> Iterator[bool]:
        body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        records = _of_parquet(body, labels) if key.endswith(".parquet") else _of_lines(body)
        for record in records:
            yield _is_fresh(record, labels, since)


def _of_lines(body: bytes) -> Iterator[Any]:
    for line in body.decode(errors="replace").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            yield None


def _of_parquet(body: bytes, labels: Labels) -> Iterator[Any]:
    """The two fields that matter, of every record; none of a file that is no Parquet."""
    import pyarrow as pa  # slow to load, and most live records are lines
    import pyarrow.parquet as pq

    try:
        batches = pq.ParquetFile(io.BytesIO(body)).iter_batches(columns=[labels.time, labels.field])
        for batch in batches:
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError):
        return


def _is_fresh(record: Any, labels: Labels, since: datetime | None) -> bool:
    if not isinstance(record, dict) or not labels.labels(record):
        return False
    time = _time(record.get(labels.time))
    return time is not None and (since is None or time > since)


def _time(value: Any) -> datetime | None:
    """Times of Parquet without a zone are UTC, as trainings read them."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return parse_time(str(value))
