"""Where an environment runs placed work. How large its two platforms are is the model's own to say."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

MOST_EXPLORED = 10
"""Percent. Every explored request may be served worse than it could be."""


@dataclass(frozen=True, kw_only=True)
class PlacementSettings:
    """A VPC of its own for the service and the router, and how much the router tries out."""

    cidr: str = "10.60.0.0/20"
    zones: int = 2
    nat_gateways: int = 1
    """Each costs by the hour; with one in each zone, tasks start while a zone is out."""
    image: str = "public.ecr.aws/lambda/python:3.12"
    """What tasks run in: the interpreter and libraries of the function's own runtime. The code comes as the
    function's bundle, so there is no image to build."""
    explored_percent: float = 2
    """Share of requests that both platforms serve, so that training learns of each; what the exploration
    parameter starts with."""
    outcome_window_s: int = 300
    """How long outcomes are gathered into one object of the raw bucket, 900 at most."""
    reserved_concurrency: int | None = None
    """Of the function; None shares the account's."""


def placement_problems(settings: PlacementSettings) -> Iterator[str]:
    try:
        prefix = ip_network(settings.cidr).prefixlen
    except ValueError as error:
        yield f"placement: cidr {error}"
    else:
        if not 16 <= prefix <= 21:
            yield f"placement: cidr {settings.cidr!r} must be from /16 to /21; each subnet takes a /24"
    if not 2 <= settings.zones <= 3:
        yield f"placement: zones must be 2 or 3, a load balancer needs 2; got {settings.zones}"
    if not 1 <= settings.nat_gateways <= settings.zones:
        yield f"placement: nat_gateways must be 1 to one a zone, got {settings.nat_gateways}"
    if not 0 <= settings.explored_percent <= MOST_EXPLORED:
        yield f"placement: explored_percent must be 0 to {MOST_EXPLORED}, got {settings.explored_percent:g}"
    if not 0 <= settings.outcome_window_s <= 900:
        yield f"placement: outcome_window_s must be 0 to 900, got {settings.outcome_window_s}"
