"""What callers are told: a prediction with what it means for an operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.contract import Advice, Contract, Scorecard

DIGITS = 6


@dataclass(frozen=True)
class Answer:
    """A prediction as it is sent, and the `risk` it tells of: None where nothing said how likely it is."""

    body: dict[str, Any]
    risk: float | None = None


def of_classes(
    contract: Contract,
    label: str,
    shares: Mapping[str, float] | None,
    interval: tuple[float, float] | None = None,
) -> Answer:
    """`shares` are the classes' probabilities, None where a rule without them answered; `interval` bounds the
    risk."""
    told = {name: round(share, DIGITS) for name, share in shares.items()} if shares else None
    confidence = told[label] if told else None
    if contract.advice is None:
        return Answer({"label": label, "probabilities": told, "confidence": confidence})
    risk = round(1 - shares[contract.advice.calm], DIGITS) if shares else None
    body: dict[str, Any] = {
        "label": label,
        "probability": risk,
        "probabilities": told,
        "confidence": confidence,
        **_advised(contract, label, risk),
        **_interval(contract, interval),
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
    body |= _advised(contract, body["label"], score if anomalous else 0.0)
    return Answer(body, score if anomalous else None)


def of_number(contract: Contract, value: float) -> Answer:
    """Its risk is its share of the target's range, where the contract advises on it."""
    if contract.advice is None:
        return Answer({"value": value})
    target = contract.target
    risk = round((value - target.minimum) / (target.maximum - target.minimum), DIGITS)
    return Answer({"value": value, **_advised(contract, "", risk)}, risk)


def of_rule(contract: Contract, record: Mapping[str, Any]) -> Answer:
    """What the contract's transparent rule says of a record; AttributeError where it has none."""
    rule = contract.fallback
    if isinstance(rule, Scorecard):
        risky = rule.probability(record)
        shares = dict.fromkeys(contract.target.classes, 0.0)
        shares |= {rule.positive: risky, rule.negative: 1 - risky}
        return of_classes(contract, rule.answer(record), shares)
    if rule is None:
        raise AttributeError(f"{contract.name} has no rule")
    said = rule.answer(record)
    if contract.target.classes:
        return of_classes(contract, str(said), None)
    return of_number(contract, float(said))


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


def reached(advice: Advice, label: str, risk: float | None) -> float:
    """The risk; where none is known, a class that is not the calm one counts as just above it."""
    if risk is not None:
        return risk
    return 0.0 if label == advice.calm else advice.levels[-2].at_least


def _advised(contract: Contract, label: str, risk: float | None) -> dict[str, Any]:
    """Level and action, and what the risk leaves of 1 where that has a name."""
    advice = contract.advice
    assert advice  # noqa: S101 - asked for by contracts that have one
    risky = reached(advice, label, risk)
    told: dict[str, Any] = {
        advice.field: advice.level(risky).name,
        "recommended_action": advice.action(risky, label),
    }
    if advice.calm_score:
        told[advice.calm_score] = None if risk is None else round(1 - risk, DIGITS)
    return told


def _interval(contract: Contract, bounds: tuple[float, float] | None) -> dict[str, Any]:
    """Null where a rule answered, which knows none."""
    if not contract.target.interval:
        return {}
    if bounds is None:
        return {"interval": None}
    low, high = (round(float(bound), DIGITS) for bound in bounds)
    return {"interval": {"level": contract.target.interval, "low": low, "high": high}}
