"""A record as the contract knows it, flat, from one whose measurements may lie in an object of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.contract import Contract, Problem, RecordSchema, shown


@dataclass(frozen=True)
class Flat:
    """`fields` by name; `inside` names those that the group held, `wrong` what kept others out."""

    fields: dict[str, Any]
    inside: frozenset[str]
    wrong: list[Problem]

    def problems(self, contract: Contract, given: Any) -> list[Problem]:
        """Every problem, each at the place where the caller wrote the field, or should have."""
        if not isinstance(given, Mapping):
            return contract.check(given)
        group, told = contract.record.group, {each.field for each in self.wrong}
        found = [each for each in contract.check(self.fields) if each.field not in told]
        return self.wrong + [Problem(self._place(each.field, group), each.detail) for each in found]

    def _place(self, told: str, group: str) -> str:
        name = told.removeprefix(f"{group}.") if group else told
        if name in self.inside:
            return f"{group}.{name}"
        return name if name in self.fields else told


def flat(given: Any, schema: RecordSchema) -> Flat:
    """What is no object has no fields."""
    if not isinstance(given, Mapping):
        return Flat({}, frozenset(), [])
    fields = dict(given)
    if not schema.group or schema.group not in fields:
        return Flat(fields, frozenset(), [])
    group = fields.pop(schema.group)
    if not isinstance(group, Mapping):
        return Flat(fields, frozenset(), [Problem(schema.group, f"must be an object, got {shown(group)}")])
    inside = {name: value for name, value in group.items() if name not in schema.key_names}
    twice = [name for name in inside if name in fields]
    wrong = [Problem(f"{schema.group}.{name}", "is given twice") for name in twice]
    wrong += [
        Problem(f"{schema.group}.{name}", f"belongs beside {schema.group}, not into it")
        for name in group
        if name in schema.key_names
    ]
    return Flat({**fields, **inside}, frozenset(inside), wrong)
