"""Columns of a batch as values of one kind, however the file stores them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

Kind = Literal["number", "time", "boolean", "text", "empty", "other"]
NUMBER = r"^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$"
TIME = r"^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$"
OFFSET = r"(?:Z|[+-]\d\d:?\d\d)$"
BOOLEAN = r"^(?i:true|false)$"
TEXT, STAMP = pa.string(), pa.timestamp("us", "UTC")
EXAMPLES = 5


def stored_kind(kind: pa.DataType) -> Kind:
    """Of a column that the file itself gives a type."""
    if pa.types.is_dictionary(kind):
        return stored_kind(kind.value_type)
    tests: tuple[tuple[Kind, bool], ...] = (
        ("empty", pa.types.is_null(kind)),
        ("boolean", pa.types.is_boolean(kind)),
        ("number", pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)),
        ("time", pa.types.is_timestamp(kind) or pa.types.is_date(kind)),
        ("text", pa.types.is_string(kind) or pa.types.is_large_string(kind)),
    )
    return next((name for name, holds in tests if holds), "other")


@dataclass
class Guess:
    """What a column of texts may be, counted over all of it."""

    given: int = 0
    numbers: int = 0
    times: int = 0
    booleans: int = 0

    def add(self, column: pa.Array) -> None:
        column = unblanked(column)
        given = len(column) - column.null_count
        self.given += given
        numbers = _count(column, NUMBER, pa.float64())
        self.numbers += numbers
        if given and not numbers:
            times = _count(column, TIME, None)
            self.times += times
            self.booleans += 0 if times else _count(column, BOOLEAN, None)

    @property
    def kind(self) -> Kind:
        """What at least half of the values are."""
        if not self.given:
            return "empty"
        counts: tuple[tuple[Kind, int], ...] = (
            ("number", self.numbers), ("time", self.times), ("boolean", self.booleans),
        )  # fmt: skip
        kind, most = max(counts, key=lambda each: each[1])
        if kind == "boolean":
            return "boolean" if most == self.given else "text"
        return kind if 2 * most >= self.given else "text"


def unblanked(column: pa.Array) -> pa.Array:
    """Texts that are not blank; what quotes every field cannot leave one out."""
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, TEXT), column)


def _count(column: pa.Array, pattern: str, kind: pa.DataType | None) -> int:
    if kind is not None:
        try:
            column.cast(kind)
            return int(len(column) - column.null_count)
        except pa.ArrowInvalid:
            pass
    return int(pc.sum(pc.match_substring_regex(column, pattern)).as_py() or 0)


@dataclass
class Typed:
    """A batch's column: its values, and those that are not of the kind."""

    values: pa.Array
    wrong: int = 0
    examples: list[str] = field(default_factory=list)
    naive: bool = False
    """Whether times have no offset."""


def typed(kind: Kind, column: pa.Array) -> Typed:
    """`column` as float64, UTC times, text, or untouched where it is of no kind that is profiled."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if kind in ("empty", "other"):
        return Typed(column)
    if kind == "time":
        return _times(column)
    if kind == "boolean":
        return Typed(pc.utf8_lower(column.cast(TEXT)))
    if kind == "text":
        return Typed(column.cast(TEXT))
    return _numbers(column)


def _numbers(column: pa.Array) -> Typed:
    if not pa.types.is_string(column.type):
        return Typed(column.cast(pa.float64(), safe=False))
    column = unblanked(column)
    try:
        return Typed(column.cast(pa.float64()))
    except pa.ArrowInvalid:
        trimmed = pc.utf8_trim_whitespace(column)
        fits = pc.match_substring_regex(trimmed, NUMBER)
        values = pc.if_else(fits, pc.utf8_ltrim(trimmed, "+"), pa.scalar(None, TEXT)).cast(pa.float64())
        return Typed(values, *_left_out(column, values))


def _times(column: pa.Array) -> Typed:
    if not pa.types.is_string(column.type):
        naive = getattr(column.type, "tz", None) is None
        stamps = column.cast(pa.timestamp("us"), safe=False) if naive else column
        return Typed(stamps.cast(STAMP, safe=False), naive=naive)
    column = unblanked(column)
    given = column.drop_null()
    first = given[0].as_py() if len(given) else ""
    offset = bool(pc.match_substring_regex(pa.array([first]), OFFSET)[0].as_py())
    try:
        values = column.cast(STAMP if offset else pa.timestamp("us")).cast(STAMP)
        return Typed(values, naive=not offset)
    except pa.ArrowInvalid:
        return _odd_times(column)


def _odd_times(column: pa.Array) -> Typed:
    """Value by value: offsets that differ, dates that are none."""
    encoded = column.dictionary_encode()
    read = [_time(text) for text in encoded.dictionary.to_pylist()]
    values = pa.array([time for time, _ in read], STAMP).take(encoded.indices)
    naive = any(time is not None and bare for time, bare in read)
    return Typed(values, *_left_out(column, values), naive=naive)


def _time(text: str) -> tuple[datetime | None, bool]:
    try:
        time = datetime.fromisoformat(text)
        return (time.astimezone(UTC), False) if time.tzinfo else (time.replace(tzinfo=UTC), True)
    except (ValueError, OverflowError):
        return None, False


def _left_out(column: pa.Array, values: pa.Array) -> tuple[int, list[str]]:
    lost: Any = pc.and_(pc.is_valid(column), pc.is_null(values))
    examples = column.filter(lost).unique()[:EXAMPLES].to_pylist()
    return int(pc.sum(lost).as_py() or 0), [str(each) for each in examples]
