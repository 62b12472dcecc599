"""What a caller asks for: one record or a batch, each checked against the contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.contract import Contract, Problem
from shared.body import batch
from shared.problems import BadRequest


@dataclass(frozen=True)
class Request:
    """Records that keep the contract; `single` where one record came without a list around it."""

    records: list[dict[str, Any]]
    single: bool


def parse(body: Any, contract: Contract) -> Request:
    """Raises BadRequest with every wrong field of every record, or TooLarge."""
    if not isinstance(body, dict):
        raise BadRequest('the body must be a record, or {"records": [...]}')
    single = "records" not in body
    records = [body] if single else batch(body)
    errors = [
        Problem(_place(problem.field, None if single else index), problem.detail)
        for index, record in enumerate(records)
        for problem in contract.check(record)
    ]
    if errors:
        fields = "field is" if len(errors) == 1 else "fields are"
        raise BadRequest(f"{len(errors)} {fields} not as the model's contract says", errors)
    return Request(records, single)


def _place(field: str, index: int | None) -> str:
    if index is None:
        return field
    return f"records[{index}].{field}" if field else f"records[{index}]"
