"""JSON Schema of a prediction, by what the model tells: classes, a number, a forecast or points."""

from __future__ import annotations

from typing import Any

from catalog.contract import Advice, Contract
from catalog.schemas import Schema, ref, whole
from catalog.spec import InFunction, ModelSpec

NUMBER: Schema = {"type": "number"}
KNOWN: Schema = {"type": ["number", "null"]}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
KNOWN_SHARE: Schema = {**SHARE, "type": ["number", "null"]}
FLAG: Schema = {"type": "boolean"}
TEXT: Schema = {"type": "string"}
HISTORY: Schema = {
    "type": "object",
    "properties": {
        "records": {"type": "integer", "minimum": 0},
        "wanted": {"type": "integer", "minimum": 1},
        "note": {**TEXT, "description": "What the answer lacks"},
    },
    "required": ["records", "wanted"],
    "description": "How many of the entity's records the prediction rests on",
}


def prediction(spec: ModelSpec) -> Schema:
    """One prediction; what a rule cannot know is null."""
    contract = spec.contract
    if not isinstance(spec.serving, InFunction):
        return _explained(contract)
    if contract.detector:
        told = whole(_of_point(contract))
    elif contract.target.horizons:
        told = whole(_of_forecast(contract))
    else:
        told = whole(_of_classes(contract) if contract.target.classes else _of_number(contract))
    told["properties"].update(_beside(contract))
    if any(feature.missing == "default" for feature in contract.record.features):
        told["required"] = [*told["required"], "imputed"]
    return told


def _explained(contract: Contract) -> Schema:
    """An endpoint's, with what moved it."""
    contributions = {"contributions": {"type": "array", "items": ref("Contribution")}}
    if not contract.target.classes:
        return whole({"value": _value(contract), **contributions})
    return whole({**_label(contract), **_confidence(contract), **contributions})


def _value(contract: Contract) -> Schema:
    target = contract.target
    described = f"{target.description}, from {target.minimum:g} to {target.maximum:g} {target.unit}".strip()
    return {**NUMBER, "description": described}


def _of_number(contract: Contract) -> Schema:
    return {"value": _value(contract), **(_advised(contract.advice) if contract.advice else {})}


def _label(contract: Contract) -> Schema:
    target = contract.target
    return {"label": {"type": "string", "enum": list(target.classes), "description": target.description}}


def _confidence(contract: Contract) -> Schema:
    shares = {**whole(dict.fromkeys(contract.target.classes, SHARE)), "type": ["object", "null"]}
    return {
        "probabilities": shares,
        "confidence": {**KNOWN_SHARE, "description": "Probability of the label"},
    }


def _of_classes(contract: Contract) -> Schema:
    if contract.advice is None:
        return {**_label(contract), **_confidence(contract)}
    risk = f"Risk: probability of another class than {contract.advice.calm}"
    return {
        **_label(contract),
        "probability": {**KNOWN_SHARE, "description": risk},
        **_confidence(contract),
        **_advised(contract.advice),
        **_interval(contract),
    }


def _interval(contract: Contract) -> Schema:
    """The bounds of the risk, where the model tells them."""
    level = contract.target.interval
    if not level:
        return {}
    bounds = whole({"level": {"const": level}, "low": SHARE, "high": SHARE})
    return {
        "interval": {
            **bounds,
            "type": ["object", "null"],
            "description": f"Where the probability lies, {level:.0%} sure",
        }
    }


def _advised(advice: Advice) -> Schema:
    actions = dict.fromkeys([*(level.action for level in advice.levels), *(act for _, act in advice.actions)])
    left = {"description": "What the probability leaves of 1"}
    return {
        advice.field: {"type": "string", "enum": [level.name for level in advice.levels]},
        "recommended_action": {"type": "string", "enum": list(actions)},
        **({advice.calm_score: {**KNOWN_SHARE, **left}} if advice.calm_score else {}),
    }


def _of_point(contract: Contract) -> Schema:
    return {
        **_label(contract),
        "score": {**SHARE, "description": "How rare such a point is in the series' own past; 1 is rarest"},
        "expected": KNOWN,
        "lower": {**KNOWN, "description": "From here to `upper` a value is ordinary"},
        "upper": KNOWN,
        "warming": {**FLAG, "description": "The series is too young for a verdict"},
        "stale": {**FLAG, "description": "The point is older than the newest seen, and was not learned from"},
        **(_advised(contract.advice) if contract.advice else {}),
    }


def _of_forecast(contract: Contract) -> Schema:
    target = contract.target
    described = f"Quantiles of {target.ahead_of} ({target.unit}) at each horizon"
    quantiles = {f"p{level * 100:g}": NUMBER for level in target.quantiles}
    hours = {"type": "number", "enum": list(target.horizons)}
    limits = {name: _reached(value) for name, value in target.limits}
    return {
        "current": {**KNOWN, "description": f"{target.ahead_of} now"},
        "forecast": {
            "type": "array",
            "items": whole({"horizon_hours": hours, **quantiles}),
            "description": described,
        },
        "time_to": {
            "type": "object",
            "properties": limits,
            "description": "Hours until each limit is reached; null where it is not within the horizons",
        },
    }


def _reached(limit: float) -> Schema:
    return whole({"value": {"const": limit}, "hours": KNOWN, "earliest": KNOWN, "latest": KNOWN})


def _beside(contract: Contract) -> Schema:
    """What a prediction may carry beside its own."""
    record, name = contract.record, contract.target.name
    more: Schema = {"model_version": {**TEXT, "description": "Where another version answered than the first"}}
    if contract.advice and len(contract.target.classes) > 2:
        share = whole({name: {"type": "string", "enum": list(contract.target.classes)}, "probability": SHARE})
        more[f"{name}s"] = {"type": "array", "items": share, "description": "Likeliest first"}
    if record.history and (contract.steps > 1 or record.derives):
        more["history"] = HISTORY
    if any(feature.missing == "default" for feature in record.features):
        more["imputed"] = {
            "type": "array",
            "items": {"type": "string"},
            "description": "Fields that were left out, whose defaults stood in",
        }
    return more | {reading.text: _part(reading.model, reading.description) for reading in contract.readings}


def _part(model: str, description: str) -> Schema:
    known: dict[str, Any] = {"type": ["string", "null"]}
    part = whole(
        {
            "model": {"const": model},
            "model_version": known,
            "label": known,
            "probabilities": {"type": ["object", "null"], "additionalProperties": SHARE},
        }
    )
    part["properties"]["reason"] = {**TEXT, "description": "Why it was not read, in one word"}
    return {**part, "description": description}
