"""Two platforms that can serve the same request, what each costs, and what makes one of them the better.

Standard library only, Python 3.11: this file ships in every function, job and endpoint. Money is in US
dollars.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PLATFORM = "platform"
"""Field of a measurement that names where the request was served: one of the target's classes."""
EXPLORED = "exploration"
"""What a measurement's `chosen_by` says where the request was served on both platforms to compare them."""
MEASURES = ("latency_ms", "cost_usd", "error")
"""What is measured of a request on a platform; `error` is 0 or 1."""
LOAD = "load_pattern"
"""Field of a request that tells the load it comes under."""
LIKELIER = 0.5


@dataclass(frozen=True, kw_only=True)
class Prices:
    """List prices of one region and of x86, as they were on the day `dated`."""

    dated: str
    region: str
    lambda_gb_s: float
    lambda_request: float
    fargate_vcpu_h: float
    fargate_gb_h: float


@dataclass(frozen=True, kw_only=True)
class FunctionTwin:
    """The workload as a Lambda function."""

    memory_mb: int = 1769
    """Where Lambda gives one whole vCPU."""
    limit_kb: float = 4500
    """Largest payload: an invocation takes 6 MB, and the payload travels in base64."""
    timeout_s: int = 60

    def cost_usd(self, run_ms: float, prices: Prices) -> float:
        """Of one invocation that ran so long."""
        return invocation_usd(run_ms, self.memory_mb, prices)


@dataclass(frozen=True, kw_only=True)
class ServiceTwin:
    """The workload as a Fargate service, scaled on its CPU."""

    vcpu: float = 0.5
    memory_gb: float = 1.0
    min_tasks: int = 2
    max_tasks: int = 20
    target_utilisation: float = 0.6
    """Share of the CPU that scaling keeps in use."""
    scale_out_s: int = 60
    scale_in_s: int = 300
    concurrency: int = 4
    """Requests that one task works on at once; more wait."""

    def task_usd_s(self, prices: Prices) -> float:
        """One task for one second."""
        return (self.vcpu * prices.fargate_vcpu_h + self.memory_gb * prices.fargate_gb_h) / 3600

    def cost_usd(self, cpu_ms: float, prices: Prices) -> float:
        """Of one request that kept a whole vCPU busy so long: the fleet grows with its work, and is never
        used beyond the target."""
        return cpu_ms / 1000 / self.vcpu / self.target_utilisation * self.task_usd_s(prices)


@dataclass(frozen=True, kw_only=True)
class Placement:
    """The twins, the price list, what a slow or failed answer is worth, and how sure the router must be."""

    function: FunctionTwin
    service: ServiceTwin
    prices: Prices
    latency_usd_per_s: float
    """What a second of waiting is worth to the caller."""
    error_usd: float
    """What an answer that never came is worth."""
    lambda_from: float = LIKELIER
    """The router sends a request to the function only where the model is at least so sure that it is the
    better one: nearly alike, the cheaper one is taken."""
    busy_loads: tuple[str, ...] = ()
    """Load patterns under which the likelier one is taken all the same: the service has no room to give then,
    and grows later than the load."""

    def function_from(self, load_pattern: str) -> float:
        """The probability from which on a request under this load goes to the function."""
        return LIKELIER if load_pattern in self.busy_loads else self.lambda_from

    def burden_usd(self, *, latency_ms: float, cost_usd: float, error: float) -> float:
        """What a request cost in all; the platform with the least of it serves it better. Takes arrays."""
        return cost_usd + latency_ms / 1000 * self.latency_usd_per_s + error * self.error_usd


def invocation_usd(run_ms: float, memory_mb: int, prices: Prices) -> float:
    """Of one Lambda invocation: billed by the millisecond begun, and for the request itself."""
    return math.ceil(run_ms) / 1000 * memory_mb / 1024 * prices.lambda_gb_s + prices.lambda_request
