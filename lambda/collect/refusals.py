"""What an error of a service means for the window that is read."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

THROTTLED = (
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "TransactionInProgressException",
)
BAD_TOKENS = (
    "InvalidNextToken",
    "InvalidNextTokenException",
    "InvalidPaginationToken",
    "InvalidPaginationTokenException",
    "InvalidToken",
    "ExpiredPaginationToken",
    "ExpiredNextTokenException",
)
VAGUE = ("InvalidParameterValue", "InvalidParameterValueException", "IllegalArgumentException")
"""What services also say of a token that they no longer know."""


class Later(Exception):
    """The service cannot answer now: throttled, failing, or not reached. `str()` is the reason."""


class StaleToken(Exception):
    """The service no longer knows the page; the window must be read from its start."""


class Denied(Exception):
    """The service refuses the request itself: more of them would be refused too."""


def meaning(error: ClientError | BotoCoreError, token: str) -> Exception:
    """What to raise in the error's place; `token` is what was sent with the request."""
    if not isinstance(error, ClientError):
        return Later(type(error).__name__)
    code = str(error.response.get("Error", {}).get("Code", "Unknown"))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400))
    if code in THROTTLED or status in (429, 503) or status >= 500:
        return Later(code)
    if token and (code in BAD_TOKENS or code in VAGUE):
        return StaleToken(code)
    return Denied(code)
