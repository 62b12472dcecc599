"""What Describe and List answer: records cut to the members of the service's own output shapes."""

from __future__ import annotations

from typing import Any

from local.request_shapes import members
from local.sagemaker.errors import invalid
from local.sagemaker.store import Record

_DEFAULT_PAGE = 10


def described(operation: str, record: Record) -> Record:
    """The record's members that the operation's output has."""
    names = members("sagemaker", operation, output=True)
    return {name: record[name] for name in names if record.get(name) not in (None, "")}


def listed(
    operation: str, records: list[Record], request: dict[str, Any], name_key: str, status_key: str
) -> Record:
    """One page of summaries, filtered and sorted as the request asks."""
    outputs = members("sagemaker", operation, output=True)
    member = next(name for name, shape in outputs.items() if shape.type_name == "list")
    summary = outputs[member].member.members
    found = [record for record in records if _matches(record, request, name_key, status_key)]
    by = name_key if request.get("SortBy") == "Name" else "CreationTime"
    found.sort(key=lambda record: record[by], reverse=request.get("SortOrder", "Descending") == "Descending")
    start, size = _offset(request), request.get("MaxResults", _DEFAULT_PAGE)
    page = [{name: r[name] for name in summary if name in r} for r in found[start : start + size]]
    more = {"NextToken": str(start + size)} if start + size < len(found) else {}
    return {member: page, **more}


def _matches(record: Record, request: dict[str, Any], name_key: str, status_key: str) -> bool:
    created = record["CreationTime"]
    return (
        request.get("NameContains", "") in str(record[name_key])
        and request.get("StatusEquals", record.get(status_key)) == record.get(status_key)
        and request.get("CreationTimeAfter", created) <= created <= request.get("CreationTimeBefore", created)
        and request.get("ModelApprovalStatus", record.get("ModelApprovalStatus"))
        == record.get("ModelApprovalStatus")
    )


def _offset(request: dict[str, Any]) -> int:
    token = request.get("NextToken", "0")
    if not str(token).isdigit():
        raise invalid(f"Invalid NextToken {token!r}.")
    return int(token)
