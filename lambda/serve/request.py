"""What a caller asks for: a record, a batch or a series of one entity, each record checked and flat."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Literal

from catalog.contract import MAX_POINTS, MAX_RECORDS, Contract, Problem, RecordSchema, parse_time
from serve.flat import Flat, flat
from shared.body import batch
from shared.problems import BadRequest, TooLarge


@dataclass(frozen=True)
class Sent:
    """One record as sent, flat and whole. `time_ms` since 1970; `arrived` where the caller gave no time.

    `texts` are for other models to read, by name.
    """

    record: dict[str, Any]
    time_ms: int
    arrived: bool
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What was sent, in order: `kind` says in which form."""

    kind: Literal["one", "batch", "series"]
    sent: list[Sent]


@dataclass(frozen=True)
class Reader:
    """Reads requests of one model; `others` are the contracts of the models that read its texts, by name."""

    contract: Contract
    others: Mapping[str, Contract]

    def read(self, body: Any, request_id: str = "") -> Request:
        """Raises BadRequest with every wrong field of every record, or TooLarge.

        `request_id` names records that leave out a key which is the API's id of the request.
        """
        if not isinstance(body, dict):
            raise BadRequest('the body must be a record, or {"records": [...]}')
        schema = self.contract.record
        if schema.series and schema.series in body:
            return self._series(body, schema)
        if "records" in body:
            found = [self._checked(each, f"records[{n}]") for n, each in enumerate(batch(body))]
            return Request("batch", _named(_whole(found, schema), schema, request_id))
        return Request("one", _named(_whole([self._checked(body, "")], schema), schema, request_id))

    def _series(self, body: dict[str, Any], schema: RecordSchema) -> Request:
        points = body[schema.series]
        limit = MAX_POINTS if self.contract.detector else MAX_RECORDS
        if not isinstance(points, list):
            problem = Problem(schema.series, "must be a list")
            raise BadRequest("the series is not valid", [problem])
        if len(points) > limit:
            raise TooLarge(f"at most {limit} {schema.series} at a time, got {len(points)}")
        shared = {name: body[name] for name in schema.key_names if name in body and name != schema.time}
        envelope = list(self._envelope_problems(body, shared, schema))
        if not points:
            envelope.append(Problem(schema.series, f"must hold 1 to {limit} {schema.series}"))
        found = [self._checked(each, f"{schema.series}[{n}]", shared=shared) for n, each in enumerate(points)]
        return Request("series", _whole(found, schema, envelope))

    def _envelope_problems(
        self, body: Mapping[str, Any], shared: Mapping[str, Any], schema: RecordSchema
    ) -> Iterator[Problem]:
        for key in schema.keys:
            value = shared.get(key.name)
            wrong = "is required" if value is None else key.problem(value)
            if wrong and key.name != schema.time:
                yield Problem(key.name, wrong)
        known = {schema.series, *shared}
        yield from (
            Problem(str(name)[:128], "is not a field of a series") for name in body if name not in known
        )

    def _checked(self, given: Any, at: str, shared: Mapping[str, Any] | None = None) -> _Checked:
        """`shared` are keys that the record has from its series, checked there."""
        schema = self.contract.record
        record = flat(given, schema)
        texts, problems = self._texts(record)
        if shared is None:
            problems += record.problems(self.contract, given)
        else:
            keys = set(schema.key_names) - {schema.time}
            own = sorted(keys & set(record.fields))
            problems += [Problem(name, "is a field of the series, not of a record in it") for name in own]
            record.fields.update(shared)
            problems += [each for each in record.problems(self.contract, given) if each.field not in keys]
        placed = [Problem(_place(each.field, at), each.detail) for each in problems]
        return _Checked(record.fields, texts, placed)

    def _texts(self, record: Flat) -> tuple[dict[str, str], list[Problem]]:
        """Takes the texts for other models out of the record."""
        texts, problems = {}, []
        for reading in self.contract.readings:
            value = record.fields.pop(reading.text, None)
            if value is None:
                continue
            kinds = {text.name: text for text in self.others[reading.model].record.texts}
            if wrong := kinds[reading.text].problem(value):
                problems.append(Problem(reading.text, wrong))
            texts[reading.text] = value
        return texts, problems


@dataclass(frozen=True)
class _Checked:
    fields: dict[str, Any]
    texts: dict[str, str]
    problems: list[Problem]


def _whole(found: list[_Checked], schema: RecordSchema, envelope: list[Problem] | None = None) -> list[Sent]:
    """Records with a time each: those without one arrived now, a millisecond apart and in their order."""
    errors = (envelope or []) + [problem for each in found for problem in each.problems]
    if errors:
        fields = "field is" if len(errors) == 1 else "fields are"
        raise BadRequest(f"{len(errors)} {fields} not as the model's contract says", errors)
    timeless = sum(each.fields.get(schema.time) is None for each in found)
    arrivals = count(round(time.time() * 1000) - timeless + 1)
    return [_sent(each, schema, arrivals) for each in found]


def _named(sent: list[Sent], schema: RecordSchema, request_id: str) -> list[Sent]:
    """Of several records each has a name of its own."""
    for key in schema.keys:
        if key.missing == "request":
            for n, each in enumerate(sent):
                each.record.setdefault(key.name, f"{request_id}.{n}" if len(sent) > 1 else request_id)
    return sent


def _sent(checked: _Checked, schema: RecordSchema, arrivals: Iterator[int]) -> Sent:
    record = {name: value for name, value in checked.fields.items() if value is not None}
    if schema.time not in record:
        arrival_ms = next(arrivals)
        record[schema.time] = datetime.fromtimestamp(arrival_ms / 1000, UTC).isoformat(
            timespec="milliseconds"
        )
        return Sent(record, arrival_ms, True, checked.texts)
    told = parse_time(record[schema.time])
    assert told  # noqa: S101 - checked before
    return Sent(record, round(told.timestamp() * 1000), False, checked.texts)


def _place(field_name: str, at: str) -> str:
    return f"{at}.{field_name}" if at and field_name else at or field_name
