"""A request's body: from bytes a stranger sent to records, or a refusal that says why."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, NoReturn

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from catalog.contract import MAX_RECORDS, Problem
from shared.problems import BadRequest, TooLarge, UnsupportedMediaType

MAX_BYTES = 1_000_000


def read_json(event: APIGatewayProxyEvent) -> Any:
    """The body as JSON; raises a `Refused` where it is no JSON, too large or of another media type."""
    _check_media_type(event)
    raw = _raw(event)
    if len(raw) > MAX_BYTES:
        raise TooLarge(f"the body may hold {MAX_BYTES} bytes, got {len(raw)}; send fewer records at a time")
    try:
        return json.loads(raw, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise BadRequest(
            f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise BadRequest("the body is nested too deeply") from None
    except ValueError:
        raise BadRequest("the body must be JSON in UTF-8, with numbers of ordinary length") from None


def batch(body: Any) -> list[Any]:
    """The records of `{"records": [...]}`, 1 to 500 of them, unchecked as yet."""
    records = body.get("records") if isinstance(body, dict) else None
    if not isinstance(records, list):
        raise BadRequest("the body must be an object", [Problem("records", "must be a list of records")])
    if len(records) > MAX_RECORDS:
        raise TooLarge(f"at most {MAX_RECORDS} records at a time, got {len(records)}")
    errors = [Problem(str(name)[:128], "is not a field of a batch") for name in body if name != "records"]
    if not records:
        errors.append(Problem("records", f"must hold 1 to {MAX_RECORDS} records"))
    if errors:
        raise BadRequest("the batch is not valid", errors)
    return records


def _check_media_type(event: APIGatewayProxyEvent) -> None:
    given = {name.lower(): value for name, value in (event.headers or {}).items()}.get("content-type") or ""
    kind = given.split(";")[0].strip().lower()
    if kind not in ("", "application/json"):
        raise UnsupportedMediaType(f"send Content-Type: application/json, got {kind[:80]!r}")


def _raw(event: APIGatewayProxyEvent) -> bytes:
    body = event.body or ""
    if not event.is_base64_encoded:
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("the body is marked as base64 and is not") from None


def _refuse_constant(name: str) -> NoReturn:
    raise BadRequest(f"{name} is not JSON; leave a field out where its value is unknown")
