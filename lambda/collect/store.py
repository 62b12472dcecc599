"""Objects in the raw bucket. Names follow from data set, region, window and part: a replay overwrites."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from collect.parts import Columns, Part
from collect.progress import Gap
from collect.windows import Window, moment

GAPS = "collection_gaps"


@dataclass(frozen=True)
class Store:
    """`client` is an s3 client, whose errors are raised."""

    client: Any
    bucket: str
    dataset: str
    region: str
    gap_columns: Columns

    def put_part(self, window: Window, number: int, body: bytes) -> None:
        self._put(self._part_key(window, number), body)

    def delete_parts(self, window: Window, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.client.delete_object(Bucket=self.bucket, Key=self._part_key(window, number))

    def tell_gap(self, window: Window, gap: Gap, state: str, *, now: float, until: float) -> None:
        """One object per window that was ever a gap: what it says is overwritten as it changes."""
        part = Part(self.gap_columns)
        part.add(
            [
                {
                    "dataset": self.dataset,
                    "region": self.region,
                    "window_start": moment(window.start),
                    "window_end": moment(window.end),
                    "state": state,
                    "reason": gap.reason,
                    "since": moment(gap.since),
                    "changed_at": moment(int(now)),
                    "retried_until": moment(until),
                    "tries": gap.tries,
                }
            ]
        )
        name = f"{self.dataset}-{self.region}-{window.stamp}.parquet"
        self._put(f"{GAPS}/date={window.date}/{name}", part.close())

    def _part_key(self, window: Window, number: int) -> str:
        return f"{self.dataset}/date={window.date}/{self.region}-{window.stamp}-{number:05d}.parquet"

    def _put(self, key: str, body: bytes) -> None:
        self.client.put_object(
            Bucket=self.bucket, Key=key, Body=body, ContentType="application/vnd.apache.parquet"
        )
