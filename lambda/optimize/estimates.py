"""A feature that callers left out, told by the model that the optimiser names: its champion, or its rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catalog.contract import MAX_RECORDS, Contract, Estimate, Problem
from optimize.request import Option
from serve.answers import Answer, reached
from serve.request import Reader
from serve.service import Service
from shared.problems import BadRequest


@dataclass(frozen=True)
class Estimated:
    """The options, whole; by which versions of the model, for how many, and why not by its champion."""

    options: list[Option]
    count: int = 0
    versions: Sequence[str] = ()
    reason: str | None = None


@dataclass(frozen=True)
class Estimates:
    """`service` answers for the model whose contract this is."""

    estimate: Estimate
    contract: Contract
    service: Service

    def fill(self, options: list[Option], field: str, request_id: str) -> Estimated:
        """Raises BadRequest where the model needs what an option lacks, NoModel where it cannot answer."""
        name, (kind, category) = self.estimate.feature, self.estimate.among
        whole = [
            option if name in option or option[kind] == category else {**option, name: 0.0}
            for option in options
        ]
        places = [place for place, option in enumerate(whole) if name not in option]
        versions: list[str] = []
        reasons: list[str | None] = []
        for start in range(0, len(places), MAX_RECORDS):
            some = places[start : start + MAX_RECORDS]
            reply = self.service.answer(self._read([whole[place] for place in some], some, field, request_id))
            for place, told in zip(some, reply.answers, strict=True):
                whole[place] = {**whole[place], name: risk(self.contract, told)}
            versions += reply.versions
            reasons += reply.reasons
        reason = next((each for each in reasons if each), None)
        return Estimated(whole, len(places), tuple(dict.fromkeys(versions)), reason)

    def _read(self, options: list[Option], places: list[int], field: str, request_id: str) -> Any:
        """The options as records of the model: what both know by the same name."""
        schema = self.contract.record
        known = {*schema.key_names, *(feature.name for feature in schema.given)}
        records = [{name: value for name, value in option.items() if name in known} for option in options]
        try:
            return Reader(self.contract, {}).read({"records": records}, request_id)
        except BadRequest as error:
            raise BadRequest(
                f"{self.contract.name} cannot tell {self.estimate.feature} of all options that lack it",
                [_placed(each, places, field) for each in error.errors],
            ) from None


def risk(contract: Contract, told: Answer) -> float:
    """The risk of an answer; a rule's that tells no probability is that of its level."""
    if contract.advice is None:
        return told.risk or 0.0
    return reached(contract.advice, told.body.get("label", ""), told.risk)


def _placed(problem: Problem, places: list[int], field: str) -> Problem:
    """`records[2].x` of the model's request, as the place among all options."""
    head, _, rest = problem.field.partition("]")
    number = head.rpartition("[")[2]
    place = f"{field}[{places[int(number)]}]" if number.isdigit() else field
    return Problem(f"{place}{rest}", problem.detail)
