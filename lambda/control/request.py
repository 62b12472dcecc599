"""What a caller wants trained, checked whole before anything is started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.contract import LIVE, MAX_RECORDS, SAMPLES, SYNTHETIC, Problem, shown
from shared.problems import BadRequest, NotFound
from shared.served import Served

FEWEST, MOST = SAMPLES
TRIGGER = "api"
"""What started the training, in the words of its history."""
FIELDS = ("models", "use_synthetic_data", "n_samples", "profile")


@dataclass(frozen=True)
class Order:
    """Models to train, each once, and the input of their executions."""

    models: tuple[Served, ...]
    input: dict[str, Any]


def parse(body: Any, models: Mapping[str, Served]) -> Order:
    """Raises BadRequest with every wrong field, or NotFound where only names of models are wrong."""
    if not isinstance(body, dict):
        raise BadRequest('the body must be an object: {"models": [...]}')
    names = {name: each for each in models.values() for name in (each.name, *each.aliases)}
    listed = body["models"] if isinstance(body.get("models"), list) else []
    wanted = {place: name for place, name in enumerate(listed[:MAX_RECORDS]) if isinstance(name, str)}
    chosen = tuple({names[name].name: names[name] for name in wanted.values() if name in names}.values())
    profile = _profile(body)
    errors = [*_names(body.get("models")), *_options(body), *_trainable(chosen, profile, body)]
    absent = [
        Problem(f"models[{place}]", f"there is no model {shown(name)}")
        for place, name in wanted.items()
        if name not in names
    ]
    if absent and not errors:
        raise NotFound(f"no such model; known: {', '.join(names)}", absent)
    if errors:
        raise BadRequest("the training cannot be started as it is asked for", [*errors, *absent])
    records = {} if body.get("n_samples") is None else {"records": int(body["n_samples"])}
    return Order(chosen, {"profile": profile, "trigger": TRIGGER, **records})


def _profile(body: Mapping[str, Any]) -> str:
    """The data profile asked for; one that is named comes before the switch."""
    named = body.get("profile")
    if isinstance(named, str):
        return named
    return SYNTHETIC if body.get("use_synthetic_data") is True else LIVE


def _names(listed: Any) -> Iterator[Problem]:
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_RECORDS:
        yield Problem("models", f"must be a list of 1 to {MAX_RECORDS} models")
        return
    for place, name in enumerate(listed):
        if not isinstance(name, str):
            yield Problem(f"models[{place}]", f"must be the name of a model, got {shown(name)}")


def _options(body: Mapping[str, Any]) -> Iterator[Problem]:
    synthetic, samples, profile = (body.get(name) for name in FIELDS[1:])
    if synthetic is not None and not isinstance(synthetic, bool):
        yield Problem("use_synthetic_data", f"must be true or false, got {shown(synthetic)}")
    if profile is not None and not isinstance(profile, str):
        yield Problem("profile", f"must be the name of a data profile, got {shown(profile)}")
    if samples is not None and not _whole(samples):
        yield Problem("n_samples", f"must be a whole number from {FEWEST} to {MOST}, got {shown(samples)}")
    elif samples is not None and _profile(body) != SYNTHETIC:
        yield Problem(
            "n_samples", "goes with use_synthetic_data: other profiles are trained on what is stored"
        )
    if synthetic is True and isinstance(profile, str) and profile != SYNTHETIC:
        yield Problem("profile", f"contradicts use_synthetic_data, which is profile {SYNTHETIC}")
    for name in body:
        if name not in FIELDS:
            yield Problem(str(name)[:128], f"is not a field of a training; allowed are {', '.join(FIELDS)}")


def _whole(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and FEWEST <= value <= MOST and not value % 1


def _trainable(models: tuple[Served, ...], profile: str, body: Mapping[str, Any]) -> Iterator[Problem]:
    field = "profile" if body.get("profile") is not None else "use_synthetic_data"
    for model in models:
        if not model.machine:
            yield Problem("models", f"{model.name} is not trained: it answers from its contract alone")
        elif profile not in model.profiles:
            known = ", ".join(model.profiles)
            yield Problem(field, f"{model.name} has no data profile {shown(profile)}; it has {known}")
