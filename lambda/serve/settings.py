"""What the function is told: which model it serves, where its parameters, state and events lie."""

from __future__ import annotations

import os
from dataclasses import dataclass

from catalog.contract import Contract
from shared.environment import Environment


@dataclass(frozen=True)
class Parameters:
    """Names of the SSM parameters of one trained model."""

    champion: str
    candidate: str


@dataclass(frozen=True)
class Settings:
    """`others` are the contracts of the models that answer a part of the requests, by name; `parameters` name
    trained models only. A prediction whose risk is at least `remediate_above` is told to `event_bus`."""

    contract: Contract
    others: dict[str, Contract]
    parameters: dict[str, Parameters]
    state_table: str
    event_bus: str
    remediate_above: float | None
    cooldown_s: int
    environment: str


def read() -> Settings:
    """Raises BadEnvironment with everything that is wrong."""
    environment = Environment()
    model, contracts = environment.text("MODEL"), environment.contracts()
    learned = os.environ.get("PARAMETERS") != "{}"
    given = environment.table("PARAMETERS", "champion", "candidate") if learned else {}
    table, bus = environment.text("STATE_TABLE"), environment.text("EVENT_BUS")
    cooldown_s, above = environment.number("COOLDOWN_S"), os.environ.get("REMEDIATE_ABOVE", "")
    environment.require(not above or _is_share(above), f"REMEDIATE_ABOVE must be from 0 to 1, got {above!r}")
    environment.require(model in contracts, f"MODEL {model!r} has no contract")
    companions = contracts[model].companions if model in contracts else ()
    for each in companions:
        environment.require(each in contracts, f"{each}, which answers a part, has no contract")
        environment.require(each in given, f"PARAMETERS lacks {each}, which answers a part")
    environment.done()
    return Settings(
        contract=contracts[model],
        others={each: contracts[each] for each in companions},
        parameters={name: Parameters(each["champion"], each["candidate"]) for name, each in given.items()},
        state_table=table,
        event_bus=bus,
        remediate_above=float(above) if above else None,
        cooldown_s=cooldown_s,
        environment=os.environ.get("ENVIRONMENT", "local"),
    )


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False
