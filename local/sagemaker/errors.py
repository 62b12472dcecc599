"""Errors as the service names them."""

from __future__ import annotations

from typing import Any


class ServiceError(Exception):
    """One refused request: AWS's error code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400, **details: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.details = code, message, status, details


def invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)


def missing(kind: str, identifier: str) -> ServiceError:
    return ServiceError("ValidationException", f'Could not find {kind} "{identifier}".')


def not_found(message: str) -> ServiceError:
    return ServiceError("ResourceNotFound", message)


def in_use(message: str) -> ServiceError:
    return ServiceError("ResourceInUse", message)


def over_limit(message: str) -> ServiceError:
    return ServiceError("ResourceLimitExceeded", message)


def unsupported(what: str, instead: str = "") -> ServiceError:
    """Something AWS does and this stand-in does not: refused by name, never dropped."""
    return ServiceError("UnsupportedOperation", f"{what} is not supported by the local stand-in{instead}")
