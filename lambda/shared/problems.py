"""Every error an API caller can meet, and its HTTP status: `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from catalog.contract import Problem
from shared.telemetry import logger

MAX_ERRORS = 1000
"""More are counted, not listed: an answer must fit the function's 6 MB."""


class Refused(Exception):
    """A request that gets no answer but a problem; subclasses fix the status and title."""

    status = 500
    title = "Internal error"
    retry_after_s: int | None = None

    def __init__(self, detail: str, errors: Sequence[Problem] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors


class BadRequest(Refused):
    status, title = 400, "The request is not valid"


class NotFound(Refused):
    status, title = 404, "Not found"


class TooLarge(Refused):
    status, title = 413, "The request is too large"


class UnsupportedMediaType(Refused):
    status, title = 415, "Unsupported media type"


class CannotBeMet(Refused):
    status, title = 422, "The requirement cannot be met"


class NoModel(Refused):
    status, title, retry_after_s = 503, "No model yet", 60


class NotServed(Refused):
    status, title, retry_after_s = 503, "Not served", 10


class NotStored(Refused):
    status, title, retry_after_s = 503, "Not stored", 10


class NotStarted(Refused):
    status, title, retry_after_s = 503, "Not started", 10


def install(app: APIGatewayRestResolver) -> None:
    """Maps what a route raises to a problem; what nobody foresaw becomes a 500 that tells no internals."""

    def refused(error: Refused) -> Response[str]:
        logger.info("refused", extra={"status": error.status, "errors": len(error.errors)})
        return answer(app, error)

    def unknown(_: NotFoundError) -> Response[str]:
        event = app.current_event
        return answer(app, NotFound(f"there is no {event.http_method} {event.path}"))

    def unforeseen(_: Exception) -> Response[str]:
        logger.exception("unforeseen error")
        return answer(app, Refused("the request could not be answered; quote request_id when you report it"))

    app.exception_handler(Refused)(refused)
    app.exception_handler(NotFoundError)(unknown)
    app.exception_handler(Exception)(unforeseen)


def answer(app: APIGatewayRestResolver, error: Refused) -> Response[str]:
    """The problem as a response."""
    headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else {}
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "request_id": request_id(app),
    }
    if error.errors:
        body["errors"] = [{"field": p.field, "detail": p.detail} for p in error.errors[:MAX_ERRORS]]
    return Response(error.status, "application/problem+json", json.dumps(body), headers=headers)


def request_id(app: APIGatewayRestResolver) -> str:
    """The gateway's id of this request, as in its access log."""
    return str(app.current_event.request_context.request_id)
