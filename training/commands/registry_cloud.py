"""AWS as the registry commands ask it: clients of one account and region, its refusals in plain words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

from jobs import JobError

NO_ACCESS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
BAD_KEYS = (
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
CREDENTIALS = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (for instance `aws sso login`)"


class Cloud:
    """Clients by service name, made once; AWS_ENDPOINT_URL, AWS_PROFILE and their like are honoured."""

    def __init__(self) -> None:
        # botocore itself reads AWS_DEFAULT_REGION alone
        self.session: Any = boto3.Session(region_name=os.environ.get("AWS_REGION"))
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            config = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 5})
            self._clients[service] = self.session.client(service, config=config)
        return self._clients[service]


@contextmanager
def plainly() -> Iterator[None]:
    """What AWS or the way to it refuses, as a JobError that says what to do."""
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise JobError(f"no AWS credentials ({error}); {CREDENTIALS}") from None
    except NoRegionError:
        raise JobError("no AWS region is given; set AWS_REGION, or a region in your AWS profile") from None
    except ClientError as error:
        raise JobError(_refused(error)) from None
    except BotoCoreError as error:
        raise JobError(f"AWS cannot be asked: {error}") from None


def code(error: ClientError) -> str:
    return str(error.response["Error"].get("Code", ""))


def _refused(error: ClientError) -> str:
    told = " ".join(str(error.response["Error"].get("Message", "")).split())
    if code(error) in BAD_KEYS:
        return f"AWS does not take these credentials ({told}); {CREDENTIALS}"
    if code(error) in NO_ACCESS:
        return f"these credentials may not {error.operation_name}: {told}"
    return f"AWS refuses {error.operation_name}: {code(error)}: {told}"
