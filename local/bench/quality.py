"""How good a guided run's models are: beside trivial baselines, and what can be reached at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from catalog.contract import SYNTHETIC
from catalog.models import MODELS
from catalog.spec import ModelSpec
from local.bench import achievable
from local.bench.page import Section
from local.run import report, training
from local.run.cloud import Cloud

ABOUT = (
    "The untouched test split; the interval is of 95%, over draws of whole entities. Sent alone: each record "
    "without its entity's history. Constant: the commonest class or the mean. Persistence: the entity's "
    "last label known at the time, or the current value. Rule: the fallback. By a name: what the training "
    "split tells of it alone. Always: one platform for every request. Regret and extra cost: shares paid "
    "beyond one who knows both platforms' outcomes."
)
ACHIEVABLE = (
    " Best achievable: one who knows what the generator hides and answers as well as can be, on records of "
    "its own; no model sees what that one sees. Of a placement: the likeliest platform by the request alone, "
    "counted over many made-up ones."
)


@dataclass(frozen=True)
class Judged:
    """A model's newest package: its verdict, its evaluation and the best achievable figures, where known."""

    spec: ModelSpec
    verdict: str
    evaluation: dict[str, Any]
    best: dict[str, float]


@dataclass(frozen=True)
class Goal:
    """What a model shall reach on synthetic data: a floor, or a share of the achievable, or both, and more
    than a baseline, or less where that is `better`."""

    model: str
    metric: str
    floor: float = 0.0
    share: float = 0.0
    baseline: str = ""
    better: Literal["more", "less"] = "more"

    def row(self, judged: Judged) -> tuple[str, str, str, str, str]:
        """Model, metric, what is wanted, what was measured, whether that is enough."""
        value = judged.evaluation["metrics"][self.metric]
        wanted, enough = [], []
        if self.floor:
            wanted.append(f">= {self.floor:g}")
            enough.append(value >= self.floor)
        if self.share:
            least = self.share * judged.best[self.metric]
            wanted.append(f">= {least:.4f} ({self.share:g} of the achievable)")
            enough.append(value >= least)
        if self.baseline:
            other = judged.evaluation["baselines"][self.baseline][self.metric]
            sign, beats = (">", value > other) if self.better == "more" else ("<", value < other)
            wanted.append(f"{sign} {other:.4f} ({self.baseline})")
            enough.append(beats)
        return self.model, self.metric, ", ".join(wanted), f"{value:.4f}", "yes" if all(enough) else "**no**"


GOALS = (
    Goal("threat", "accuracy", share=0.9),
    Goal("capacity", "r2", floor=0.6, baseline="moving_mean_1h"),
    Goal("failure", "auc", floor=0.85, baseline="rule"),
    Goal("placement", "accuracy", floor=0.75, share=0.95, baseline="rule"),
    Goal("placement", "regret", baseline="rule", better="less"),
    Goal("placement", "regret", baseline="always_lambda", better="less"),
    Goal("placement", "regret", baseline="always_ecs", better="less"),
    Goal("family-stress", "rmse", baseline="by_instance_family", better="less"),
)
LEARNERS = (
    "accuracy", "precision", "recall", "macro_f1", "auc", "mlogloss", "calibration_error", "regret",
    "extra_cost", "extra_latency_ms",
)  # fmt: skip
"""What is told of each of several learners, as far as the model's kind has it."""


def sections(cloud: Cloud, profile: str) -> Iterator[Section]:
    """What the models reach that were trained on `profile`; beside the goals where it is synthetic."""
    found = list(_judged(cloud, profile))
    yield quality(found, profile)
    if profile == SYNTHETIC:
        yield goals(found)
    yield from (forecast(each) for each in found if each.evaluation.get("horizons"))
    yield from (learners(each, profile) for each in found if each.evaluation.get("rivals"))


def _judged(cloud: Cloud, profile: str) -> Iterator[Judged]:
    for spec in MODELS:
        package = training.latest_package(cloud, spec.name) if spec.training else None
        if package is None:
            continue
        evaluation = report.evaluation(cloud, package)
        if evaluation["profile"] == profile:
            best = achievable.best(spec.contract) if profile == SYNTHETIC else {}
            yield Judged(spec, str(package["ModelApprovalStatus"]), evaluation, best)


def quality(found: list[Judged], profile: str) -> Section:
    baselines = list(dict.fromkeys(name for each in found for name in each.evaluation["baselines"]))
    last = ("best achievable",) if profile == SYNTHETIC else ()
    section = Section(
        f"Quality on `{profile}`",
        ("model", "verdict", "metric", "test split", "interval", "sent alone", *baselines, *last),
        before=ABOUT + (ACHIEVABLE if last else ""),
    )
    for each in found:
        evaluation = each.evaluation
        intervals = evaluation.get("confidence_intervals") or {}
        for metric, value in evaluation["metrics"].items():
            others = [evaluation["alone"], *(evaluation["baselines"].get(name, {}) for name in baselines)]
            shown = [_number(known.get(metric)) for known in (*others, *([each.best] if last else []))]
            interval = " to ".join(map(_number, intervals[metric])) if metric in intervals else "-"
            section.add(each.spec.name, each.verdict, metric, _number(value), interval, *shown)
    return section


def goals(found: list[Judged]) -> Section:
    section = Section(
        "Goals on `synthetic`",
        ("model", "metric", "wanted", "test split", "reached"),
        before="The data is made up by this project: the figures say that the models learn what is there.",
    )
    by_name = {each.spec.name: each for each in found}
    for goal in GOALS:
        if goal.model in by_name:
            section.add(*goal.row(by_name[goal.model]))
    return section


def forecast(judged: Judged) -> Section:
    """A forecast's metrics by its horizon, the achievable ones in brackets where these are known."""
    horizons: dict[str, dict[str, float]] = judged.evaluation["horizons"]
    names = tuple(next(iter(horizons.values())))
    section = Section(
        f"`{judged.spec.name}` by hours ahead",
        ("hours", *names),
        before="The same rows as above; in brackets the best achievable. r2_change: share of the squared "
        "change that is explained. Coverage: truths between the lowest and the highest quantile.",
    )
    best = achievable.by_horizon(judged.spec.contract) if judged.best else {}
    for hours, metrics in horizons.items():
        known = best.get(hours, {})
        cells = (
            _number(metrics[name]) + (f" ({known[name]:.4f})" if name in known else "") for name in names
        )
        section.add(hours, *cells)
    return section


def learners(judged: Judged, profile: str) -> Section:
    """The learners of one training on the same splits, the chosen one marked."""
    rivals, promotion = judged.evaluation["rivals"], judged.spec.trained.promotion
    names = [name for name in LEARNERS if any(name in told["test"] for told in rivals.values())]
    section = Section(
        f"Learners of `{judged.spec.name}` on `{profile}`",
        ("learner", f"{promotion.metric}, validation", *names, "train - test", "one row (ms)", "export (KB)"),
        before="Each tuned with as many trials, all judged on the test split. Chosen (bold): the best "
        f"{promotion.metric} of the validation split; of those within {promotion.margin:g} of it the "
        "smallest export. Train - test: accuracy. One row: by the learner's own library, asked alone.",
    )
    for learner, told in rivals.items():
        figures = [
            told["validation"].get(promotion.metric),
            *(told["test"].get(name) for name in names),
            told["gap"],
        ]
        cells = [*map(_number, figures), f"{told['inference_ms']:.3f}", f"{told['bytes'] / 1024:,.0f}"]
        section.add(f"**{learner}**" if told["chosen"] else learner, *cells)
    return section


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
