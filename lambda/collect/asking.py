"""What a source is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from collect.parts import Row

Clients = Callable[[str], Any]
"""From a service's name to its client, in the region that is asked."""


class Ask(NamedTuple):
    """One page of a window, from `start` to just before `end`; `token` is "" for the first."""

    region: str
    start: datetime
    end: datetime
    token: str
    options: Mapping[str, Any]

    @property
    def type_filter(self) -> dict[str, Any]:
        """EC2's filter of the families that are asked for; nothing where all are."""
        families = self.options["families"]
        patterns = [f"{family}.*" for family in families]
        return {"Filters": [{"Name": "instance-type", "Values": patterns}]} if patterns else {}

    @property
    def following(self) -> dict[str, str]:
        return {"NextToken": self.token} if self.token else {}


class Page(NamedTuple):
    """`token` is "" where no page follows."""

    rows: Sequence[Row]
    token: str


class Source(Protocol):
    """A module of `collect.sources`. Errors of its clients are raised."""

    def read(self, clients: Clients, ask: Ask) -> Page: ...
