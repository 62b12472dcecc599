"""A file beside the schema of a model: every field's values as the contract itself judges them."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from catalog.contract import MEASURES, PLATFORM, Contract, Feature, Key, Target, Text
from diagnosis.findings import Finding, listed, percent
from diagnosis.profile import Profile, Roles
from diagnosis.values import EXAMPLES, Kind, Typed

Field = Key | Feature | Text | Target
CHOSEN_BY = "chosen_by"
REMEMBERED = 100_000
"""Texts whose verdict is remembered."""
RECORDS = 500
"""Records of the sample that are checked whole, as the API would."""
UNLIKE = 1000.0
ALIKE = 0.75


@dataclass
class Seen:
    """What a field's column has been found to hold."""

    field: Field
    there: bool
    refused: int = 0
    examples: list[str] = dataclasses.field(default_factory=list)
    known: dict[str, str | None] = dataclasses.field(default_factory=dict)

    def add(self, column: Typed) -> None:
        values = column.values
        if pa.types.is_floating(values.type):
            self._judge_numbers(values)
        elif pa.types.is_string(values.type):
            self._judge_texts(values)
        elif not pa.types.is_timestamp(values.type) or not _is_time(self.field):
            self._refuse(len(values) - values.null_count, [_wrong_type(self.field)])
        self._refuse(column.wrong, [self.field.problem(text) or "cannot be read" for text in column.examples])

    def _judge_numbers(self, values: pa.Array) -> None:
        """The range by arithmetic; what is outside it is put to the contract for its words."""
        numbers = values.to_numpy(zero_copy_only=False)
        given = numbers[~np.isnan(numbers)]
        suspects = given[self._outside(given)]
        words = [self.field.problem(float(each)) for each in np.unique(suspects)[:EXAMPLES]]
        self._refuse(len(suspects), [word for word in words if word])

    def _outside(self, given: Any) -> Any:
        if not isinstance(self.field, Feature | Target) or not _is_number(self.field):
            return np.ones(len(given), bool)
        high = self.field.maximum
        outside = (given < self.field.minimum) | ~(np.abs(given) <= 1e100)
        if high is not None:
            outside |= given > high
        if isinstance(self.field, Feature) and self.field.integer:
            outside |= given != np.floor(given)
        return outside

    def _judge_texts(self, values: pa.Array) -> None:
        if isinstance(self.field, Text):
            long = values.filter(pc.greater(pc.utf8_length(values), self.field.longest))
            given = long.drop_null()
            self._refuse(
                len(given), [self.field.problem(text) or "" for text in given[:EXAMPLES].to_pylist()]
            )
            return
        found = pc.value_counts(values.drop_null())
        for name, count in zip(
            found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True
        ):
            if name not in self.known:
                if len(self.known) >= REMEMBERED:
                    self.known.clear()
                self.known[name] = self.field.problem(name)
            if problem := self.known[name]:
                self._refuse(count, [problem])

    def _refuse(self, count: int, words: list[str]) -> None:
        self.refused += count
        self.examples += [word for word in words if word not in self.examples][
            : EXAMPLES - len(self.examples)
        ]


def _is_number(each: Field) -> bool:
    if isinstance(each, Target):
        return not each.classes
    return isinstance(each, Feature) and not each.categories and not each.names


def _is_time(each: Field) -> bool:
    return isinstance(each, Key) and each.kind == "timestamp"


def _wrong_type(each: Field) -> str:
    return f"must be {'a time' if _is_time(each) else 'a number' if _is_number(each) else 'text'}"


@dataclass
class Check:
    """A model's contract held against a file, column by column while it is read."""

    contract: Contract
    labels: tuple[Target, ...] = ()
    """Targets of all models of this record, which its records may carry."""
    seen: dict[str, Seen] = dataclasses.field(default_factory=dict)

    @property
    def fields(self) -> dict[str, Field]:
        record = self.contract.record
        every: list[Field] = [*record.keys, *record.given, *record.texts]
        if not self.contract.placement:
            every += [each for each in self.labels if not each.ahead_of]
        return {each.name: each for each in every}

    @property
    def beside(self) -> tuple[str, ...]:
        """Columns of measurements, of a placement."""
        return (PLATFORM, *MEASURES, CHOSEN_BY) if self.contract.placement else ()

    @property
    def roles(self) -> Roles:
        target = self.contract.target
        label = None if self.contract.placement or target.ahead_of else target.name
        part = PLATFORM if self.contract.placement else None
        return Roles(label, self.contract.record.entity, self.contract.record.time, part)

    @property
    def forced(self) -> dict[str, Kind]:
        """Texts that may look like numbers."""
        texts = (each for each in self.fields.values() if not _is_number(each) and not _is_time(each))
        return {each.name: "text" for each in texts}

    def watch(self, read: Mapping[str, Typed]) -> None:
        for name, each in self.fields.items():
            place = self.seen.setdefault(name, Seen(each, name in read))
            if name in read:
                place.add(read[name])

    def unread(self, found: Profile) -> set[str]:
        """Columns that the model never reads."""
        known = {*(each.name for each in self.contract.record.given), *self.roles_names()}
        return set(found.columns) - known - {text.name for text in self.contract.record.texts}

    @property
    def outcomes(self) -> set[str]:
        """Columns that are known only afterwards: labels, and what measurements came to."""
        return {*(label.name for label in self.labels), *self.beside}

    @property
    def may_lack(self) -> set[str]:
        """Columns whose values the schema lets a caller leave out."""
        return {each.name for each in self.contract.record.given if each.missing != "refuse"} | self.outcomes

    def roles_names(self) -> set[str]:
        return {name for name in vars(self.roles).values() if name}


def findings(check: Check, found: Profile) -> Iterator[Finding]:
    if not found.rows:
        return
    yield from _names(check, found)
    for name, seen in check.seen.items():
        if seen.refused:
            column = found.columns[name]
            yield Finding(
                code="schema-values",
                severity="blocking",
                columns=(name,),
                seen=f"{seen.refused:,} of {column.rows:,} values are refused: {seen.examples[0]}.",
            )
        if seen.there:
            yield from _required(seen.field, check, found)
            yield from _unit(seen.field, found)
    yield from _times(check, found)


def _names(check: Check, found: Profile) -> Iterator[Finding]:
    record, there = check.contract.record, set(found.columns)
    known = {*check.fields, *check.beside}
    unknown = sorted(there - known)
    needed = [*check.roles_names(), *record.required, *check.beside[:-1]]
    if check.contract.target.ahead_of:
        needed.append(check.contract.target.ahead_of)
    for name in sorted({*needed} - there):
        code = "no-target" if name == check.roles.target else "schema-missing"
        yield Finding(
            code=code, severity="blocking", columns=(name,), seen=f"{name} is needed{_meant(name, unknown)}."
        )
    measured = [*(each.name for each in record.given), *(each.name for each in record.texts)]
    optional = [name for name in measured if name not in needed]
    absent = [name for name in optional if name not in there and not _derived(check.contract, name)]
    if absent and len(absent) == len(optional) and not any(each.name in there for each in record.given):
        seen = f"None of the {len(optional)} measurements is there."
        yield Finding(code="schema-missing", severity="blocking", columns=tuple(absent), seen=seen)
    elif absent:
        meant = "".join(_meant(name, unknown) for name in absent)
        yield Finding(
            code="schema-missing",
            severity="warning" if meant else "note",
            columns=tuple(absent),
            seen=f"{listed(absent, 8)} may be left out, and {'is' if len(absent) == 1 else 'are'}{meant}.",
        )
    if unknown:
        seen = f"{listed(unknown, 8)}."
        yield Finding(code="schema-unknown", severity="warning", columns=tuple(unknown), seen=seen)


def _derived(contract: Contract, name: str) -> bool:
    return any(each.name == name and each.missing in ("derive", "default") for each in contract.record.given)


def _meant(name: str, unknown: list[str]) -> str:
    near = difflib.get_close_matches(name, unknown, 1, ALIKE)
    return f" (is {near[0]!r} meant to be {name!r}?)" if near else ""


def _required(each: Field, check: Check, found: Profile) -> Iterator[Finding]:
    column = found.columns[each.name]
    needed = {*check.roles.keys, *check.contract.record.required}
    gone = column.missing - column.wrong
    if each.name in needed and gone > 0:
        seen = f"{gone:,} of {column.rows:,} rows ({percent(gone, column.rows)}) have none."
        yield Finding(code="schema-required", severity="blocking", columns=(each.name,), seen=seen)


def _unit(each: Field, found: Profile) -> Iterator[Finding]:
    """A hundredth or a thousand times of what the unit lets expect."""
    if not isinstance(each, Feature) or not _is_number(each):
        return
    column = found.columns[each.name]
    if column.kind != "number" or not column.counted:
        return
    seen = ""
    if each.unit == "share" and each.maximum == 1 and 1 < column.high <= 100:
        seen = f"The schema has a share from 0 to 1; values reach {column.high:.4g}, as per cent do."
    elif each.unit == "%" and each.maximum == 100 and 0 < column.high <= 1 and not column.whole:
        seen = f"The schema has per cent; no value is above {column.high:.4g}, as of shares."
    elif isinstance(each.example, int | float) and each.example and not each.integer:
        middle = abs(float(found.sample[each.name].median()))
        ratio = middle / abs(each.example)
        if ratio >= UNLIKE or 0 < ratio <= 1 / UNLIKE:
            seen = f"The median is {middle:.4g}; the schema's example is {each.example:g} {each.unit}."
    if seen:
        yield Finding(
            code="schema-unit", severity="warning", columns=(each.name,), seen=seen, sampled=found.sampled
        )


def _times(check: Check, found: Profile) -> Iterator[Finding]:
    time = found.columns.get(check.contract.record.time)
    if time is None or time.kind != "time":
        return
    if time.naive and found.source.format == "csv":
        seen = "The times have no offset."
        yield Finding(code="schema-time", severity="warning", columns=(time.name,), seen=seen)
    if time.given > 1 and time.low == time.high:
        seen = f"All {time.given:,} times are the same."
        yield Finding(code="schema-span", severity="blocking", columns=(time.name,), seen=seen)


def accepted(check: Check, found: Profile) -> tuple[int, int, list[str]]:
    """Of the first records of the sample: how many were checked whole, how many passed, and some problems.
    Columns that the schema does not know are left aside, as they are told of by themselves."""
    known = [name for name in check.fields if name in found.columns]
    rows = found.sample[known].iloc[:: max(1, len(found.sample) // RECORDS)].head(RECORDS)
    good, words = 0, dict[str, str]()
    for row in rows.to_dict("records"):
        record = {str(name): _sent(value) for name, value in row.items() if not pd.isna(value)}
        problems = check.contract.record.check(record, check.labels)
        good += not problems
        for each in problems:
            words.setdefault(each.field, f"{each.field} {each.detail}".strip())
    return len(rows), good, list(words.values())[:EXAMPLES]


def _sent(value: Any) -> Any:
    return value.isoformat() if isinstance(value, pd.Timestamp) else value
