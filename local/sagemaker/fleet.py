"""What an endpoint runs at one moment: a worker for each variant and the share of requests each gets."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from typing import Any

from local.sagemaker.hosting import LoadFailed, Worker
from local.sagemaker.machine import Machine
from local.sagemaker.models import resolve
from local.sagemaker.store import Record

_generation = itertools.count(1)


@dataclass
class Variant:
    """One variant at work. `credit` spreads the requests evenly by weight."""

    name: str
    worker: Worker
    weight: float
    credit: float = 0.0


@dataclass
class Fleet:
    """The variants of one endpoint under one endpoint config."""

    variants: dict[str, Variant]
    capture: dict[str, Any]
    seen: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def build(cls, machine: Machine, endpoint: str, config: Record, weights: dict[str, float]) -> Fleet:
        """Workers for the config's variants, not yet started."""
        number = next(_generation)
        variants = {}
        for declared in config["ProductionVariants"]:
            name = declared["VariantName"]
            model = machine.store.get("model", declared["ModelName"])
            if model is None:
                raise LoadFailed(f"the model {declared['ModelName']} of variant {name} is gone")
            worker = Worker(
                machine,
                resolve(machine, model),
                machine.endpoints_folder / endpoint / f"{number}-{name}",
                f"/aws/sagemaker/Endpoints/{endpoint}",
                f"{name}/i-local{number:04d}",
                declared.get("ContainerStartupHealthCheckTimeoutInSeconds", 60),
            )
            variants[name] = Variant(
                name, worker, weights.get(name, declared.get("InitialVariantWeight", 1.0))
            )
        return cls(variants, config.get("DataCaptureConfig", {}))

    def load(self) -> None:
        """Start and ping every worker; the first that fails closes all, and LoadFailed names its variant."""
        for variant in self.variants.values():
            try:
                variant.worker.load()
            except LoadFailed as error:
                self.close()
                raise LoadFailed(
                    f"The primary container for production variant {variant.name} did not pass the ping"
                    f" health check. Please check CloudWatch logs for this endpoint. ({error})"
                ) from error

    def choose(self) -> Variant:
        """The next variant: over any run of requests each gets its weight's share."""
        with self._lock:
            total = sum(v.weight for v in self.variants.values())
            for variant in self.variants.values():
                variant.credit += variant.weight
            chosen = max(self.variants.values(), key=lambda v: v.credit)
            chosen.credit -= total
            return chosen

    def captures(self) -> bool:
        """Whether this request is in the captured sample: a fixed share, evenly spread."""
        if not self.capture.get("EnableCapture"):
            return False
        percent = self.capture["InitialSamplingPercentage"]
        with self._lock:
            self.seen += 1
            return bool(self.seen * percent // 100 > (self.seen - 1) * percent // 100)

    def close(self) -> None:
        for variant in self.variants.values():
            variant.worker.close()
