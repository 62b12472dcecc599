"""The README's table of models, between its markers."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.contract import Contract, Target
from catalog.spec import ModelSpec, Promotion, Training

BEGIN, END = "<!-- models:begin -->", "<!-- models:end -->"
HEADER = ("Model", "Route", "Predicts", "Features", "Learner", "Floors, by data profile", "Beyond the floors")


def table(models: Sequence[ModelSpec]) -> str:
    rows = [HEADER, ("---",) * len(HEADER), *(_row(spec) for spec in models)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def replaced(text: str, models: Sequence[ModelSpec]) -> str:
    """`text` with the table between the markers; ValueError where there is not one pair of them."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"the table stands between one line {BEGIN} and one line {END}; put them in")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table(models)}\n{END}{rest.split(END)[1]}"


def _row(spec: ModelSpec) -> tuple[str, ...]:
    target, training = spec.contract.target, spec.training
    untrained = (_untrained(spec.contract), "-", "-")
    return (
        f"`{spec.name}`: {spec.contract.title}",
        f"`POST {spec.route}`",
        f"`{target.name}`: {_predicts(target)}",
        _features(spec.contract),
        *(
            (_learners(training), _floors(training.promotion), _beyond(training.promotion))
            if training
            else untrained
        ),
    )


def _untrained(contract: Contract) -> str:
    """What answers instead of a learned model."""
    if contract.optimizer:
        return "mixed-integer programme (optimizer)"
    return f"{contract.detector.method} (detector)" if contract.detector else "rule"


def _learners(training: Training) -> str:
    """The one, or those of which the best is chosen."""
    return ", ".join(search.learner for search in training.searches)


def _predicts(target: Target) -> str:
    if target.classes:
        return ", ".join(target.classes)
    reach = f"{target.minimum:g} to {target.maximum:g} {target.unit}".strip()
    ahead = ", ".join(f"{hours:g}" for hours in target.horizons)
    return f"{reach}, {ahead} hours ahead" if ahead else reach


def _features(contract: Contract) -> str:
    """Of one record, and how many records the model reads."""
    record = contract.record
    found = [str(len(record.features))] if record.features else []
    found += [f"text of {text.buckets} buckets" for text in record.texts]
    told = ", ".join(found)
    return f"{told} of {contract.steps} records" if contract.steps > 1 else told


def _floors(promotion: Promotion) -> str:
    profiles = [
        f"{profile.name}: "
        + ", ".join(f"{gate.metric} {gate.op} {gate.threshold:g}" for gate in profile.gates)
        for profile in promotion.profiles
    ]
    return "<br>".join(profiles)


def _beyond(promotion: Promotion) -> str:
    better = "higher" if promotion.higher_is_better else "lower"
    return f"{promotion.metric} {better} than every baseline, within {promotion.margin:g} of the champion"
