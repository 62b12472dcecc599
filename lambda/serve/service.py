"""One model's answers: what was sent, what is remembered, who answers, what it means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.contract import Contract
from serve import answers, forecasts
from serve.answers import Answer
from serve.companions import Companions
from serve.detecting import Detecting
from serve.inputs import Inputs
from serve.learned import Faults, Learned, Said
from serve.memory import Remembered
from serve.request import Request, Sent
from serve.window import Window, Windows
from shared.problems import NoModel
from shared.registry import version

RULE = "fallback-rule"
HISTORY = "history_unavailable"


@dataclass(frozen=True)
class Reply:
    """Answers in the order sent, each with the version that gave it; `reason` says why it is degraded.

    `packages` are those of the trained model that answered, None where the rule did.
    """

    answers: list[Answer]
    versions: list[str]
    reasons: list[str | None]
    sent: list[Sent]
    faults: Faults = field(default_factory=Faults)
    packages: Sequence[str | None] = ()

    @property
    def degraded(self) -> int:
        """How many answers."""
        return sum(reason is not None for reason in self.reasons)


@dataclass(frozen=True)
class Service:
    """`learned` is the trained model, None where the contract alone answers: by a detector or its rule."""

    contract: Contract
    learned: Learned | None
    windows: Windows | None
    detecting: Detecting | None
    companions: Companions

    def answer(self, request: Request) -> Reply:
        """Raises NoModel where nothing can answer, NotStored where the history could not be kept."""
        if self.detecting:
            return self._detected(self.detecting, request.sent)
        if not self.learned:
            return self._declared(request.sent)
        return self._predicted(self.learned, request)

    def _detected(self, detecting: Detecting, sent: list[Sent]) -> Reply:
        found = detecting.see(sent)
        reason = None if found.known else HISTORY
        return Reply(found.results, [self._own_version()] * len(sent), [reason] * len(sent), sent)

    def _declared(self, sent: list[Sent]) -> Reply:
        told = [answers.of_rule(self.contract, each.record) for each in sent]
        return self._completed(told, [self._own_version()] * len(sent), [None] * len(sent), sent)

    def _predicted(self, learned: Learned, request: Request) -> Reply:
        entity = self.contract.record.entity
        turn = learned.start([each.record[entity] for each in self._asked(request)])
        if self.contract.fallback is None and not turn.ready():
            raise NoModel(f"{self.contract.name} has no model in service yet, or it does not load")
        seen = self._seen(request.sent)
        sent, windows = self._asked(request), seen.results
        if len(sent) < len(windows):
            windows = [windows[request.sent.index(sent[0])]]
        said = turn.run(Inputs(self.contract).rows(windows))
        told = [self._told(*each) for each in zip(said, sent, windows, strict=True)]
        if self.windows:
            told = [self._with_history(*each, seen) for each in zip(told, windows, strict=True)]
        reasons = [each.reason or (None if seen.known else HISTORY) for each in said]
        versions = [version(self.contract.name, each.package) if each.package else RULE for each in said]
        packages = [each.package for each in said]
        return self._completed(told, versions, reasons, sent, turn.faults, packages)

    def _asked(self, request: Request) -> list[Sent]:
        """The records that an answer is for: of a series with a forecast, the newest."""
        if request.kind == "series" and self.contract.target.horizons:
            return [max(request.sent, key=lambda each: each.time_ms)]
        return request.sent

    def _seen(self, sent: list[Sent]) -> Remembered[Window]:
        if self.windows:
            return self.windows.see(sent)
        return Remembered([[(each.time_ms, each.record)] for each in sent])

    def _told(self, said: Said, sent: Sent, window: Window) -> Answer:
        """The model's answer, or the rule's; NoModel where there is neither."""
        if said.package is None:
            if self.contract.fallback is None:
                raise NoModel(
                    f"{self.contract.name} gives no answer ({said.reason}), and has no rule to fall back on"
                )
            return answers.of_rule(self.contract, sent.record)
        if said.label is not None:
            shares = answers.numbers(said.numbers, self.contract)
            label = self.contract.target.classes[said.label]
            return answers.of_classes(self.contract, label, shares, said.interval)
        if self.contract.target.horizons:
            return Answer(forecasts.told(self.contract, window, said.numbers))
        return answers.of_number(self.contract, round(float(said.numbers[0, 0]), 4))

    def _with_history(self, told: Answer, window: Window, seen: Remembered[Window]) -> Answer:
        body = {**told.body, "history": answers.history(self.contract, len(window), seen.known)}
        return Answer(body, told.risk)

    def _completed(
        self,
        told: list[Answer],
        versions: list[str],
        reasons: list[str | None],
        sent: list[Sent],
        faults: Faults | None = None,
        packages: Sequence[str | None] = (),
    ) -> Reply:
        """With what was imputed, and with the parts of other models."""
        whole = [
            Answer({**each.body, **dict(self._imputed(of)), **part}, each.risk)
            for each, of, part in zip(told, sent, self.companions.read(sent), strict=True)
        ]
        return Reply(whole, versions, reasons, sent, faults or Faults(), packages)

    def _imputed(self, sent: Sent) -> Iterator[tuple[str, list[str]]]:
        if any(feature.missing == "default" for feature in self.contract.record.features):
            yield "imputed", self.contract.imputed(sent.record)

    def _own_version(self) -> str:
        """Of a model that its contract declares whole."""
        return f"{self.contract.name}/{self.contract.hash[:8]}"


def body(contract: Contract, request: Request, reply: Reply, request_id: str) -> dict[str, Any]:
    """The answer as it is sent. A prediction that another version gave than the first names its own."""
    first = reply.versions[0]
    told: dict[str, Any] = {
        "model": contract.name,
        "model_version": first,
        "degraded": reply.degraded > 0,
        "request_id": request_id,
    }
    if reply.degraded:
        told["degraded_reason"] = next(reason for reason in reply.reasons if reason)
    predictions = [
        each.body if own == first else {**each.body, "model_version": own}
        for each, own in zip(reply.answers, reply.versions, strict=True)
    ]
    if request.kind == "one" or (request.kind == "series" and contract.target.horizons):
        return {**told, "prediction": predictions[0]}
    return {**told, "predictions": predictions}


def above(contract: Contract, reply: Reply, threshold: float | None) -> list[tuple[Sent, Answer, str]]:
    """The riskiest record of each entity whose risk is at least the threshold, with the version."""
    found: dict[str, tuple[Sent, Answer, str]] = {}
    triples: Sequence[tuple[Sent, Answer, str]] = list(
        zip(reply.sent, reply.answers, reply.versions, strict=True)
    )
    for triple in triples:
        sent, told, _ = triple
        if threshold is None or told.risk is None or told.risk < threshold:
            continue
        entity = sent.record[contract.record.entity]
        if entity not in found or told.risk > (found[entity][1].risk or 0):
            found[entity] = triple
    return list(found.values())
