"""AWS clients, each made when it is first needed: making one takes as long as many predictions."""

from __future__ import annotations

import importlib
from functools import cached_property
from typing import Any

from botocore.config import Config

from shared.clients import bounded


class Clients:
    """Short waits: a caller waits too, and every call here has something to fall back on.

    Requests are not validated again before they are sent, which takes a fifth of a prediction's time: they
    have no part that a caller shapes, and tests hold them to the services' own models.
    """

    @cached_property
    def dynamodb(self) -> Any:
        # asked several times a request: however it hangs, all of them end before the function's own time does
        return made("dynamodb", read_timeout_s=1)

    @cached_property
    def events(self) -> Any:
        return made("events")

    @cached_property
    def ssm(self) -> Any:
        return made("ssm")

    @cached_property
    def sagemaker(self) -> Any:
        return made("sagemaker")

    @cached_property
    def s3(self) -> Any:
        return made("s3")


def made(service: str, read_timeout_s: float = 2, attempts: int = 2) -> Any:
    client: Any = importlib.import_module("boto3").client
    unchecked = Config(parameter_validation=False)
    return client(service, config=bounded(read_timeout_s=read_timeout_s, attempts=attempts).merge(unchecked))
