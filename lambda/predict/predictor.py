"""The prediction itself: the endpoint's answer, or the contract's rule marked degraded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catalog.contract import Contract
from predict.endpoint import EndpointFailed, ask
from shared.inputs import Inputs
from shared.problems import NoModel

RULE = "fallback-rule"


@dataclass(frozen=True)
class Answer:
    """One prediction per record, in order. `reason` says why the rule answered; None where the model did."""

    predictions: list[dict[str, Any]]
    model_version: str
    reason: str | None = None


@dataclass(frozen=True)
class Predictor:
    """Serves one model behind one endpoint; `runtime` is a sagemaker-runtime client."""

    contract: Contract
    endpoint: str
    runtime: Any
    inputs: Inputs

    def predict(self, records: Sequence[dict[str, Any]], *, explain: bool) -> Answer:
        """Raises NoModel where there is neither a model nor, after a failure, a rule."""
        try:
            told = ask(self.runtime, self.endpoint, self.contract, records, explain=explain)
        except EndpointFailed as error:
            return Answer([self._rule(record) for record in records], RULE, error.reason)
        return Answer(told["predictions"], told["model_version"])

    def _rule(self, record: dict[str, Any]) -> dict[str, Any]:
        """What the transparent rule says; it has no probabilities and explains nothing."""
        if self.contract.fallback is None:
            raise NoModel(f"the endpoint of {self.contract.name} fails and no fallback rule is declared")
        said = self.contract.fallback.answer(record)
        if not self.contract.target.classes:
            return {"value": said, "contributions": []}
        return {"label": said, "probabilities": None, "confidence": None, "contributions": []}
