"""How an update of an endpoint is rolled out, as values."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AllAtOnce:
    """Blue/green with all traffic at once, watched for `bake_s` seconds before the old fleet goes."""

    bake_s: int = 300

    @property
    def waits_s(self) -> int:
        return self.bake_s


@dataclass(frozen=True, kw_only=True)
class Canary:
    """Blue/green: `percent` of the fleet first, watched for `wait_s`, then the rest, watched for `bake_s`."""

    percent: int = 50
    wait_s: int = 600
    bake_s: int = 300

    @property
    def waits_s(self) -> int:
        return self.wait_s + self.bake_s
