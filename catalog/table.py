"""The README's table of models, between its markers."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.spec import ModelSpec, Promotion

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
    predicts = ", ".join(target.classes) or f"{target.minimum:g} to {target.maximum:g} {target.unit}".strip()
    detector = spec.contract.detector
    untrained = (f"{detector.method} (detector)" if detector else "rule", "-", "-")
    return (
        f"`{spec.name}`: {spec.contract.title}",
        f"`POST {spec.route}`",
        f"`{target.name}`: {predicts}",
        str(len(spec.contract.features)),
        *(
            (training.learner, _floors(training.promotion), _beyond(training.promotion))
            if training
            else untrained
        ),
    )


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
