"""Calls the deployed API as a client does."""

from dataclasses import dataclass
from typing import Any

from local.run import api


@dataclass(frozen=True)
class Caller:
    """Calls the deployed API with signed requests."""

    base: str

    def post(self, path: str, body: object) -> tuple[int, Any]:
        return api.call("POST", self.base + path, body)

    def text(self, path: str) -> str:
        """The answer as it is sent, whatever its media type."""
        return api.send("GET", self.base + path).text

    def get(self, path: str) -> tuple[int, Any]:
        return api.call("GET", self.base + path)
