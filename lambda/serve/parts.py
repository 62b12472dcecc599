"""What the function is made of, put together once from its settings."""

from __future__ import annotations

from functools import cached_property

from serve.champions import Champions
from serve.clients import Clients
from serve.companions import Companions
from serve.detecting import Detecting
from serve.events import Events
from serve.learned import Learned
from serve.models import Models
from serve.request import Reader
from serve.service import Service
from serve.settings import Settings
from serve.window import Windows
from shared.counters import Counters
from shared.inputs import Inputs
from shared.state import StateStore


class Parts:
    """Clients and models come with the first request that needs them."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        self.settings, self.clients, self.contract = settings, clients, settings.contract
        self.reader = Reader(settings.contract, settings.others)

    @cached_property
    def service(self) -> Service:
        settings, contract = self.settings, self.contract
        champions = Champions(lambda: self.clients.ssm, settings.parameters)
        models = Models(lambda: self.clients.sagemaker, lambda: self.clients.s3)
        history = contract.record.history
        remembers = contract.steps > 1 or contract.record.derives
        others = {name: Learned(other, champions, models) for name, other in settings.others.items()}
        return Service(
            contract,
            Learned(contract, champions, models) if contract.name in settings.parameters else None,
            Windows(self._store, contract, history) if history and remembers else None,
            Detecting(self._store, contract) if contract.detector else None,
            Companions(contract, others),
        )

    @cached_property
    def events(self) -> Events:
        settings = self.settings
        return Events(
            lambda: self.clients.dynamodb,
            lambda: self.clients.events,
            settings.state_table,
            settings.event_bus,
            settings.cooldown_s,
        )

    @cached_property
    def counters(self) -> Counters:
        return Counters(self.clients.dynamodb, self.settings.state_table)

    @cached_property
    def inputs(self) -> Inputs | None:
        """None where nothing was trained that they could drift away from."""
        settings, contract = self.settings, self.contract
        if contract.name not in settings.parameters:
            return None
        return Inputs(lambda: self.clients.dynamodb, settings.state_table, contract)

    def _store(self) -> StateStore:
        return StateStore(self.clients.dynamodb, self.settings.state_table)
