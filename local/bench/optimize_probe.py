"""Run as a process of its own, `optimize_probe MODEL OPTIONS INSTANCES`: seconds of choosing, as JSON.

Instances are drawn by seed: zones, prices around a few families' list prices, capacities, and a requirement
of limits that come and go, some of them beyond what can be met.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

STARTED = time.perf_counter()

import numpy as np  # noqa: E402 - its time is measured

from catalog.models import MODELS  # noqa: E402
from optimize.estimates import Estimated  # noqa: E402
from optimize.optimum import Optimum  # noqa: E402
from optimize.request import Asked  # noqa: E402
from shared.problems import CannotBeMet  # noqa: E402

IMPORTED = time.perf_counter() - STARTED
FAMILIES = {"m": (4, 0.048), "c": (2, 0.0425), "r": (8, 0.063), "t": (4, 0.0416)}
"""GB and USD per hour of one vCPU."""
SIZES = {"large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32, "16xlarge": 64}
ZONES = (3, 6, 12)


def options(rng: np.random.Generator, zones: list[str], count: int) -> list[dict[str, Any]]:
    risky = {zone: rng.uniform(0.5, 2) for zone in zones}
    kinds = [(family, n, size) for n in range(3, 9) for family in FAMILIES for size in SIZES]
    markets = ("spot", "on-demand")
    whole = [(z, f, n, size, m) for z in zones for f, n, size in kinds for m in markets]
    while len(whole) < count:
        whole += [(z, f, n + 10, s, m) for z, f, n, s, m in whole]
    return [_option(rng, whole[place], risky) for place in rng.permutation(len(whole))[:count].tolist()]


def _option(
    rng: np.random.Generator, kind: tuple[str, str, int, str, str], risky: dict[str, float]
) -> dict[str, Any]:
    zone, family, n, size, market = kind
    vcpu, (gb, usd), spot = SIZES[size], FAMILIES[family], market == "spot"
    made = {
        "zone": zone,
        "instance_type": f"{family}{n}.{size}",
        "market": market,
        "price_usd": round(float(usd * vcpu * (rng.uniform(0.25, 0.6) if spot else 1)), 4),
        "vcpu": vcpu,
        "memory_gb": vcpu * gb,
        "interruption_probability": round(float(min(1, rng.beta(1.5, 20) * risky[zone])), 4) if spot else 0.0,
    }
    return {**made, "capacity": int(rng.integers(0, 40))} if rng.random() < 0.7 else made


def requirement(rng: np.random.Generator, zones: int) -> dict[str, float]:
    vcpus = float(rng.integers(20, 3000))
    drawn = {
        "memory_gb": round(vcpus * rng.uniform(1, 8)),
        "instances": int(rng.integers(3, 60)),
        "max_interruption": round(rng.uniform(0.01, 0.1), 3),
        "min_zones": int(rng.integers(1, zones + 1)),
        "max_zone_share": round(rng.uniform(1 / zones, 0.8), 2),
        "survive_zones": int(rng.integers(0, 3)),
        "max_latency_ms": round(rng.uniform(0.5, 1.8), 2),
        "max_usd_per_hour": round(vcpus * rng.uniform(0.008, 0.05), 2),
    }
    chosen = {name: float(value) for name, value in drawn.items() if rng.random() < 0.5}
    return {"vcpus": vcpus, "risk_usd": 0.05, **chosen}


def asked(seed: int, count: int) -> Asked:
    rng = np.random.default_rng(seed)
    zones = [f"z-{n}" for n in range(int(rng.choice(ZONES)))]
    pairs = [(one, other) for place, one in enumerate(zones) for other in zones[place + 1 :]]
    distances = {pair: round(float(rng.uniform(0.3, 1.8)), 3) for pair in pairs}
    return Asked(options(rng, zones, count), requirement(rng, len(zones)), distances)


def main(model: str, count: int, instances: int) -> dict[str, Any]:
    optimizer = next(spec.contract.optimizer for spec in MODELS if spec.name == model)
    assert optimizer  # noqa: S101 - asked for optimisers
    found: dict[str, list[float]] = {"solve": [], "whole": [], "refused": [], "gap": [], "proven": []}
    for seed in range(instances):
        given = asked(seed, count)
        began = time.perf_counter()
        try:
            plan = Optimum(optimizer).of(given, Estimated(given.options))
        except CannotBeMet:
            found["refused"].append(time.perf_counter() - began)
            continue
        found["whole"].append(time.perf_counter() - began)
        found["solve"].append(plan["solve_ms"] / 1000)
        found["gap"].append(plan["gap"])
        found["proven"].append(plan["proven"])
    return {"import": IMPORTED, **found}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
