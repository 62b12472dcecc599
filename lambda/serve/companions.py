"""Texts of a request that other models read: their part says what they found, or why they did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.contract import Contract, Reading
from serve import answers
from serve.inputs import Inputs
from serve.learned import Faults, Learned, Said
from serve.request import Sent
from shared.registry import version
from shared.telemetry import count, logger

ABSENT = {"model_version": None, "label": None, "probabilities": None}


@dataclass(frozen=True)
class Companions:
    """`learned` holds the models by name; nothing they do fails the request."""

    contract: Contract
    learned: Mapping[str, Learned]

    def read(self, sent: Sequence[Sent]) -> list[dict[str, Any]]:
        """What each record's answer gets beside its prediction."""
        parts: list[dict[str, Any]] = [{} for _ in sent]
        for reading in self.contract.readings:
            places = [place for place, each in enumerate(sent) if reading.text in each.texts]
            if not places:
                continue
            found = self._read(reading, [sent[place] for place in places])
            for place, part in zip(places, found, strict=True):
                parts[place][reading.text] = {"model": reading.model, **part}
        return parts

    def _read(self, reading: Reading, sent: Sequence[Sent]) -> list[dict[str, Any]]:
        model = self.learned[reading.model]
        try:
            rows = Inputs(model.contract).rows(
                [[(each.time_ms, {reading.text: each.texts[reading.text]})] for each in sent]
            )
            entities = [each.record[self.contract.record.entity] for each in sent]
            turn = model.start(entities)
            parts = [_part(model.contract, said) for said in turn.run(rows)]
            _tell(reading.model, turn.faults)
            return parts
        except Exception:  # whatever it is, the request has a prediction without it
            logger.exception("text not read", extra={"companion": reading.model})
            return [{**ABSENT, "reason": "model_error"}] * len(sent)


def _tell(model: str, faults: Faults) -> None:
    """A promotion of the model that reads is watched here too: it may be asked nowhere else."""
    if faults != Faults():
        count({"ModelFaults": faults.champion, "CandidateFaults": faults.candidate}, model=model)


def _part(contract: Contract, said: Said) -> dict[str, Any]:
    if said.package is None or said.label is None:
        return {**ABSENT, "reason": said.reason}
    shares = answers.numbers(said.numbers, contract)
    told = answers.of_classes(contract, contract.target.classes[said.label], shares).body
    return {
        "model_version": version(contract.name, said.package),
        "label": told["label"],
        "probabilities": told["probabilities"],
    }
