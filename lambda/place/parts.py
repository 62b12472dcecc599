"""What the function is made of, put together once from its settings."""

from __future__ import annotations

from functools import cached_property

from place.choice import FUNCTION, Chooser
from place.clients import Clients
from place.exploration import Exploration
from place.order import Orders
from place.outcomes import Outcomes
from place.router import Router
from place.settings import Forwarding, PlaceSettings
from place.twins import FunctionTwin, ServiceTwin
from serve import parts as serving
from shared.dead_letters import DeadLetters

USUAL_S = 13
"""How long the first twin is waited for where the function has all its time left."""


class Parts(serving.Parts):
    """The model's function's own, and what chooses and forwards."""

    def __init__(self, settings: PlaceSettings, clients: Clients) -> None:
        super().__init__(settings.serving, clients)
        self.placement, self.forwarding = settings.placement, settings.forwarding
        self._clients = clients

    def make_clients(self) -> None:
        """Of what a request needs once it is answered; a client with another time-out comes cheap then."""
        self._clients.dynamodb  # noqa: B018 - made when it is read, as is the next
        if self.forwarding:
            self._clients.firehose  # noqa: B018
            self._clients.function(USUAL_S)

    @cached_property
    def chooser(self) -> Chooser:
        return Chooser(self.contract, self.placement, self.service)

    @cached_property
    def orders(self) -> Orders:
        return Orders(self.reader, self.chooser)

    @cached_property
    def router(self) -> Router | None:
        """None where the function only predicts."""
        return self._router(self.forwarding) if self.forwarding else None

    def _router(self, to: Forwarding) -> Router:
        clients = self._clients
        return Router(
            self.chooser,
            {
                FUNCTION: FunctionTwin(clients.function, to.function_twin),
                self.chooser.other(FUNCTION): ServiceTwin(lambda: clients.http, to.service_url),
            },
            Exploration(lambda: clients.ssm, to.exploration),
            Outcomes(
                lambda: clients.firehose, to.outcomes, lambda: DeadLetters(clients.sqs, to.dead_letters)
            ),
        )
