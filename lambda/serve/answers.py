"""What callers are told: a prediction with what it means for an operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.contract import Contract, Scorecard

DIGITS = 6


@dataclass(frozen=True)
class Answer:
    """A prediction as it is sent, and the `risk` it tells of: None where nothing said how likely it is."""

    body: dict[str, Any]
    risk: float | None = None


def of_classes(contract: Contract, label: str, shares: Mapping[str, float] | None) -> Answer:
    """`shares` are the classes' probabilities, None where a rule without them answered."""
    told = {name: round(share, DIGITS) for name, share in shares.items()} if shares else None
    confidence = told[label] if told else None
    if contract.advice is None:
        return Answer({"label": label, "probabilities": told, "confidence": confidence})
    risk = round(1 - shares[contract.advice.calm], DIGITS) if shares else None
    level, action = _advised(contract, label, risk)
    body: dict[str, Any] = {
        "label": label,
        "probability": risk,
        "probabilities": told,
        "confidence": confidence,
        contract.advice.field: level,
        "recommended_action": action,
    }
    if told and len(contract.target.classes) > 2:
        name = contract.target.name
        ranked = sorted(told.items(), key=lambda share: -share[1])
        body[f"{name}s"] = [{name: each, "probability": share} for each, share in ranked]
    return Answer(body, risk)


def of_point(contract: Contract, anomalous: bool, score: float, band: Mapping[str, Any]) -> Answer:
    """A detector's. The score is a risk where the point is an anomaly; else it may be no news."""
    calm, alarm = contract.target.classes
    body: dict[str, Any] = {"label": alarm if anomalous else calm, "score": round(score, DIGITS), **band}
    if contract.advice is None:
        return Answer(body)
    level, action = _advised(contract, body["label"], score if anomalous else 0.0)
    body |= {contract.advice.field: level, "recommended_action": action}
    return Answer(body, score if anomalous else None)


def of_rule(contract: Contract, record: Mapping[str, Any]) -> Answer:
    """What the contract's transparent rule says of a record; AttributeError where it has none."""
    rule = contract.fallback
    if isinstance(rule, Scorecard):
        risky = rule.probability(record)
        shares = dict.fromkeys(contract.target.classes, 0.0)
        shares |= {rule.positive: risky, rule.negative: 1 - risky}
        return of_classes(contract, rule.answer(record), shares)
    said = rule.answer(record) if rule else None
    if contract.target.classes:
        return of_classes(contract, str(said), None)
    return Answer({"value": said})


def history(contract: Contract, known: int, remembered: bool) -> dict[str, Any]:
    """How much of the past a prediction rests on."""
    kept = contract.record.history
    wanted = contract.steps if contract.steps > 1 else kept.records if kept else 1
    told: dict[str, Any] = {"records": known, "wanted": wanted}
    if not remembered:
        told["note"] = "unavailable: earlier records could not be read, and this one is not remembered"
    elif known < wanted:
        told["note"] = f"short history: {known} of {wanted} records; the prediction sharpens with more"
    return told


def numbers(shares: Sequence[float], contract: Contract) -> dict[str, float]:
    """Probabilities by class."""
    return {name: float(share) for name, share in zip(contract.target.classes, shares, strict=True)}


def _advised(contract: Contract, label: str, risk: float | None) -> tuple[str, str]:
    """Level and action. Where no risk is known, a class that is not the calm one counts as just above it."""
    advice = contract.advice
    assert advice  # noqa: S101 - asked for by contracts that have one
    if risk is None:
        risk = 0.0 if label == advice.calm else advice.levels[-2].at_least
    return advice.level(risk).name, advice.action(risk, label)
