"""Models of the catalogue, as a person names them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from catalog.models import MODELS
from catalog.spec import ModelSpec, Rival
from jobs import JobError


def trained(name: str) -> ModelSpec:
    """The trained model of this name or alias; JobError names those there are."""
    found = next((spec for spec in MODELS if name in (spec.name, *spec.aliases)), None)
    known = [spec.name for spec in MODELS if spec.training]
    if found is None:
        raise JobError(
            f"model {name!r} is unknown{_near(name, known)}; trained models are {', '.join(known)}"
        )
    if found.training is None:
        raise JobError(
            f"model {found.name!r} is not trained, it answers from its declaration alone; "
            f"trained models are {', '.join(known)}"
        )
    return found


def search(spec: ModelSpec, learner: str | None) -> Rival:
    """One of the model's learners with what is declared of it, its own where none is named."""
    searches = spec.trained.searches
    found = next((each for each in searches if learner in (None, each.learner)), None)
    if found is None:
        known = [each.learner for each in searches]
        raise JobError(f"learner {learner!r} is not one of {spec.name}'s, {', '.join(known)}")
    return found


def hyperparameters(found: Rival, given: Iterable[str]) -> dict[str, str]:
    """What the search fixes, under what was `given` as name=value."""
    return {**dict(found.fixed), **_pairs(given), "learner": found.learner}


def profile_of(spec: ModelSpec, given: str | None, likely: str) -> str:
    """The data profile, whose gates are asked: `likely` where none is given."""
    known = [profile.name for profile in spec.trained.promotion.profiles]
    wanted = given or likely
    if wanted not in known:
        raise JobError(
            f"data profile {wanted!r} has no gates of {spec.name}; give --profile, one of {', '.join(known)}"
        )
    return wanted


def _pairs(given: Iterable[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise JobError(f"--hyperparameter must be name=value, got {text!r}")
        found[name] = value
    return found


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""
