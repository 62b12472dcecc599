"""Who chooses a platform: nobody, the rule, a trained model, or the oracle. All are asked at once."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import baselines
from catalog.contract import Contract, Fallback, Placement
from encoding import Matrix
from features import placement_request
from features.columns import Columns
from sources.placement_request import compare
from sources.placement_request.traffic import LOAD_PATTERNS, Array, Codes, Requests
from sources.placement_request.world import ECS, LAMBDA
from studies.placement_compare_bill import Way, embedded, forwarding, function, unasked


@dataclass(frozen=True)
class Policy:
    """`ways` are the configurations that it stands for: the same choices, asked for in other ways."""

    place: compare.Policy
    ways: dict[str, Way]
    patient: bool = False
    """Whether waiting is worth nothing to the oracle, so that it looks at money alone."""


def policies(contract: Contract, model: Path | None) -> list[Policy]:
    """The model's only where there is one."""
    found = [
        Policy("lambda", {"lambda": unasked}),
        Policy("ecs", {"ecs": unasked}),
        Policy(lambda requests: _ruled(requests, contract), {"rule": function}),
        Policy("oracle", {"oracle": unasked}),
        Policy("oracle", {"cheapest": unasked}, patient=True),
    ]
    if model is None:
        return found
    ways: dict[str, Way] = {"model": function, "forwarded": forwarding, "embedded": embedded}
    return [*found, Policy(learned(model, contract), ways)]


def learned(model: Path, contract: Contract) -> Callable[[Requests], Codes]:
    """Where the router sends requests, by the model's export."""
    placement, chance = contract.placement, chances(model, contract)
    assert placement  # noqa: S101 - asked for by contracts that have one
    return lambda requests: sent(chance(requests), requests, placement)


def chances(model: Path, contract: Contract) -> Callable[[Requests], Array]:
    """How likely the function is the better one (n,); ValueError where the model is of another contract."""
    runtime = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(model.read_bytes(), options, providers=["CPUExecutionProvider"])
    agreed = session.get_modelmeta().custom_metadata_map.get("contract_hash")
    if agreed != contract.hash:
        raise ValueError(f"{model} is of the contract {agreed}, this is {contract.hash}: train it again")

    def chance(requests: Requests) -> Array:
        (shares,) = session.run(["probabilities"], {"features": features(requests)})
        found: Array = shares[:, LAMBDA].astype(np.float64)
        return found

    return chance


def sent(chance: Array, requests: Requests, placement: Placement) -> Codes:
    """As the router does: to the function where it is sure enough, never beyond the payload's limit."""
    least = np.array([placement.function_from(load) for load in LOAD_PATTERNS])
    sure = (chance >= least[requests.load]) & (requests.payload_kb <= placement.function.limit_kb)
    return np.where(sure, LAMBDA, ECS)


def features(requests: Requests) -> Matrix:
    """(n, 15), as training and serving make them."""
    given = {
        "workload_type": requests.workload.astype(np.float64),
        "payload_size_kb": requests.payload_kb,
        "time_window": requests.window.astype(np.float64),
        "load_pattern": requests.load.astype(np.float64),
    }
    time = np.floor(requests.time_s).astype(np.int64)
    return placement_request.build(Columns(np.arange(len(requests)), time, given)).astype(np.float32)


def _ruled(requests: Requests, contract: Contract) -> Codes:
    assert isinstance(contract.fallback, Fallback)  # noqa: S101 - placements have one
    labels = baselines.rule(features(requests), contract, contract.fallback).labels
    assert labels is not None  # noqa: S101 - of classes
    return _limited(labels, requests, contract)


def _limited(chosen: Codes, requests: Requests, contract: Contract) -> Codes:
    assert contract.placement  # noqa: S101 - as above
    return np.where(requests.payload_kb > contract.placement.function.limit_kb, ECS, chosen)
