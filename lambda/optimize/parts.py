"""What the function is made of, put together once from its settings."""

from __future__ import annotations

from functools import cached_property

from catalog.contract import Optimizer
from optimize.estimates import Estimates
from optimize.request import Reader
from serve import parts
from serve.champions import Champions
from serve.clients import Clients
from serve.companions import Companions
from serve.learned import Learned
from serve.models import Models
from serve.service import Service
from serve.settings import Settings


class Parts(parts.Parts):
    """`asked` reads requests; `estimates` asks the model that the optimiser names."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        super().__init__(settings, clients)
        if self.contract.optimizer is None:
            raise ValueError(f"model {self.contract.name!r} has no optimizer")
        self.optimizer: Optimizer = self.contract.optimizer
        self.asked = Reader(self.contract, self.optimizer)

    @cached_property
    def estimates(self) -> Estimates | None:
        estimate = self.optimizer.estimate
        if estimate is None:
            return None
        other = self.settings.others[estimate.model]
        champions = Champions(lambda: self.clients.ssm, self.settings.parameters)
        models = Models(lambda: self.clients.sagemaker, lambda: self.clients.s3)
        learned = Learned(other, champions, models) if other.name in self.settings.parameters else None
        return Estimates(estimate, other, Service(other, learned, None, None, Companions(other, {})))
