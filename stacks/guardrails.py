"""How an update of an endpoint is rolled out, as values."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AllAtOnce:
    """Blue/green with all traffic at once, watched for `bake_s` seconds; the old fleet is kept as long again.

    With 0 the old fleet goes at once and nothing is watched.
    """

    bake_s: int = 300

    @property
    def waits_s(self) -> int:
        """All waits of one deployment together."""
        return 2 * self.bake_s

    @property
    def shortest_watch_s(self) -> int | None:
        """The least time in which an alarm must rise; None where nothing is watched."""
        return self.bake_s or None


@dataclass(frozen=True, kw_only=True)
class Canary:
    """Blue/green: `percent` of the fleet first, watched for `wait_s`, then the rest, watched for `bake_s`."""

    percent: int = 50
    wait_s: int = 600
    bake_s: int = 300

    @property
    def waits_s(self) -> int:
        """All waits of one deployment together."""
        return self.wait_s + self.bake_s

    @property
    def shortest_watch_s(self) -> int | None:
        """The least time in which an alarm must rise."""
        return min(self.wait_s, self.bake_s)
