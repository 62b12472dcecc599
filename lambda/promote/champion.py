"""The champion parameter: the one place that says which package a model is served with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from catalog.contract import NO_CHAMPION


class Held(NamedTuple):
    """What the parameter holds, the version that counts its writes, and the time of the last one."""

    value: str
    version: int
    since: datetime


@dataclass(frozen=True)
class Champion:
    """A model's champion parameter; `client` is an ssm client."""

    client: Any
    parameter: str

    def read(self) -> Held:
        found = self.client.get_parameter(Name=self.parameter)["Parameter"]
        return Held(found["Value"], int(found["Version"]), found["LastModifiedDate"])

    def before(self, version: int) -> str:
        """The value one write earlier; NO_CHAMPION where the parameter was never written since."""
        if version <= 1:
            return NO_CHAMPION
        found = self.client.get_parameter(Name=f"{self.parameter}:{version - 1}")["Parameter"]
        return str(found["Value"])

    def write(self, value: str) -> int:
        """Returns the new version."""
        return int(self.client.put_parameter(Name=self.parameter, Value=value, Overwrite=True)["Version"])
