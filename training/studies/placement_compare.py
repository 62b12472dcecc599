"""`python -m studies.placement_compare simulate|frontier|load|effects ...`: what placing saves, as JSON.

`simulate` serves the same requests in each configuration, in simulation alone; `frontier` does so for each
threshold that the router could have. `load` gives requests to send
to what is deployed, and `effects` adds what AWS's platforms would do to the times measured there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from catalog.contract import Contract, Placement
from sources.placement_request import compare
from sources.placement_request.compare import Outcome
from sources.placement_request.traffic import Pattern
from sources.placement_request.work import CALL_MS
from studies.placement_compare_bill import LEVELS, Asked, Way, figures
from studies.placement_compare_effects import effects
from studies.placement_compare_frontier import frontier
from studies.placement_compare_load import HOURS, Episode, episodes, sample
from studies.placement_compare_policies import Policy, policies

PATTERNS: tuple[Pattern, ...] = tuple(HOURS)
ALL = "all"
Figures = dict[str, Any]


def simulate(
    contract: Contract, model: Path | None, asked: Asked, *, requests: int, seed: int,
    patterns: Sequence[Pattern] = PATTERNS,
) -> dict[str, dict[str, Figures]]:  # fmt: skip
    """Figures by pattern and configuration; `requests` for each configuration, shared by the patterns."""
    assert contract.placement  # noqa: S101 - asked for by contracts that have one
    placement, chosen = contract.placement, policies(contract, model)
    loads = {pattern: list(episodes(pattern, requests // len(patterns), seed)) for pattern in patterns}
    found: dict[str, dict[str, Figures]] = {pattern: {} for pattern in (*patterns, ALL)}
    for policy in chosen:
        served: dict[str, list[Outcome]] = {
            name: [_served(policy, each, placement) for each in load] for name, load in loads.items()
        }
        served[ALL] = [each for row in served.values() for each in row]
        for name, way in policy.ways.items():
            for pattern, outcomes in served.items():
                lasts = sum(each.lasts_s for each in _load(loads, pattern))
                found[pattern][name] = _told(outcomes, lasts, placement, asked, way, policy)
    return found


def _load(loads: Mapping[Pattern, list[Episode]], pattern: str) -> list[Episode]:
    return [each for name, load in loads.items() for each in load if pattern in (name, ALL)]


def _served(policy: Policy, episode: Episode, placement: Placement) -> Outcome:
    """The same requests and chances for every policy."""
    given = replace(placement, latency_usd_per_s=0.0) if policy.patient else placement
    return compare.simulate(episode.requests, policy.place, given, episode.seed)


def _told(
    outcomes: list[Outcome], lasts_s: float, placement: Placement, asked: Asked, way: Way, policy: Policy
) -> Figures:
    found = figures(outcomes, lasts_s, placement, asked, way)
    return {**found, "accuracy": None} if policy.patient else found


def _contract(path: str) -> Contract:
    return Contract.from_json(Path(path).read_text())


def _arguments(argv: Sequence[str]) -> Mapping[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m studies.placement_compare")
    commands = parser.add_subparsers(dest="command", required=True)
    names = ("simulate", "frontier", "load", "effects")
    simulated, swept, sampled, affected = (commands.add_parser(name) for name in names)
    for each in (simulated, swept, affected):
        each.add_argument("--contract", type=_contract, required=True, help="JSON file")
        each.add_argument("--handler-ms", type=float, required=True, help="what the router takes")
        each.add_argument("--inference-ms", type=float, required=True, help="the model's part of it")
        each.add_argument("--hop-ms", type=float, default=CALL_MS[0], help="the way to the router and back")
        each.add_argument("--memory-mb", type=int, required=True, help="of the router")
    simulated.add_argument("--model", type=Path, help="model.onnx; without one no model routes")
    swept.add_argument("--model", type=Path, required=True, help="model.onnx")
    affected.add_argument("--measured", type=Path, required=True, help="what was measured, by configuration")
    sampled.add_argument("--pattern", choices=PATTERNS, required=True)
    for each in (simulated, swept, sampled):
        each.add_argument("--requests", type=int, required=True)
    for each in (simulated, swept, sampled, affected):
        each.add_argument("--seed", type=int, required=True)
    return vars(parser.parse_args(argv))


def main(argv: Sequence[str]) -> int:
    given = dict(_arguments(argv))
    command = given.pop("command")
    if command == "load":
        print(json.dumps(sample(given["pattern"], given["requests"], given["seed"])))
        return 0
    asked = Asked(**{name: given.pop(name) for name in ("handler_ms", "inference_ms", "hop_ms", "memory_mb")})
    if command == "simulate":
        found = simulate(asked=asked, **given)
    elif command == "frontier":
        found = frontier(asked=asked, **given)
    else:
        measured = json.loads(given["measured"].read_text())
        found = effects(measured, given["contract"].placement, asked, given["seed"])
    told = {"seed": given["seed"], "asked": asdict(asked), "levels": LEVELS, "patterns": found}
    print(json.dumps(told, allow_nan=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
