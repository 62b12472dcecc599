"""A model's operations: how it is tuned, judged, served, watched and scheduled. Ships nowhere.

Everything is checked at construction; every problem is gathered and raised once.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from catalog.checks import problems_of
from catalog.contract import Contract


@dataclass(frozen=True)
class Continuous:
    name: str
    low: float
    high: float
    scaling: Literal["Linear", "Logarithmic"] = "Linear"


@dataclass(frozen=True)
class Integer:
    name: str
    low: int
    high: int
    scaling: Literal["Linear", "Logarithmic"] = "Linear"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A number a training job prints, and which way is better.

    Named as SageMaker's XGBoost image names its own (`validation:rmse`); jobs print it in that image's form,
    `[round]#011validation-rmse:0.25`, which `regex` finds.
    """

    name: str
    goal: Literal["Minimize", "Maximize"]

    @property
    def regex(self) -> str:
        printed = self.name.replace(":", "-", 1)
        return rf"\[[0-9]+\].*#011{printed}:([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """Bayesian search over `ranges`; an environment may lower `jobs` and `parallel`, never raise them."""

    objective: Metric
    ranges: tuple[Continuous | Integer, ...]
    fixed: tuple[tuple[str, str], ...] = ()
    jobs: int = 50
    parallel: int = 5


@dataclass(frozen=True)
class Gate:
    """A floor on a test-split metric: `Gate("accuracy", ">", 0.90)`."""

    metric: str
    op: Literal[">", ">=", "<", "<="]
    threshold: float


@dataclass(frozen=True)
class Profile:
    """The absolute floors for one kind of data, named as the data's partition in `raw/`."""

    name: str
    gates: tuple[Gate, ...]


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What a candidate must do beyond its profile's floors: beat each trivial baseline on `metric`,
    and be no worse than the champion by more than `margin` (same unit as the metric)."""

    metric: str
    higher_is_better: bool
    margin: float
    profiles: tuple[Profile, ...]

    @property
    def rules(self) -> dict[str, Any]:
        """As the gate function reads them."""
        rules = asdict(self)
        return rules | {"profiles": {each["name"]: list(each["gates"]) for each in rules["profiles"]}}


@dataclass(frozen=True, kw_only=True)
class RealTimeEndpoint:
    """A SageMaker endpoint, scaled on invocations per instance and minute."""

    min_instances: int = 1
    max_instances: int = 3
    target_invocations: int = 70
    scale_in_cooldown_s: int = 300
    scale_out_cooldown_s: int = 60
    data_capture_percent: int = 10


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """Thresholds of one model's alarms, in the unit of the name; None leaves the alarm out."""

    max_latency_ms: float | None = 500
    latency_periods: int = 2
    period_minutes: int = 5
    max_5xx: int | None = 5
    max_4xx: int | None = 100
    min_invocations_per_hour: int | None = None
    max_cpu_percent: float | None = 80
    max_memory_percent: float | None = 85
    max_age_days: int | None = 45


@dataclass(frozen=True, kw_only=True)
class InFunction:
    """ONNX Runtime, a rule or a detector inside a function of its own.

    A prediction whose risk is at least `remediate_above` tells the event bus, once per entity and cool-down.
    """

    memory_mb: int = 1024
    timeout_s: int = 15
    remediate_above: float | None = None
    cooldown_minutes: int = 30


@dataclass(frozen=True, kw_only=True)
class Router(InFunction):
    """In a function that also forwards each request to the platform it chose, on `POST {forward}`."""

    forward: str = "/route"


@dataclass(frozen=True, kw_only=True)
class Rival:
    """A learner that is searched over `ranges`, on the same splits as the others of its training."""

    learner: str
    ranges: tuple[Continuous | Integer, ...]
    fixed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Retraining:
    """When a model is retrained beside its schedule, and what bounds it; see docs/lifecycle.md.

    Live inputs have drifted where the population stability index (PSI) of at least `drifted_share` of the
    features is above `drift_psi`, each over `least_records` of the last `window_days` days, of
    `least_entities` or more: records of few entities resemble each other, and never resemble a fleet.
    """

    drift_psi: float = 0.25
    drifted_share: float = 0.2
    least_records: int = 500
    least_entities: int = 100
    window_days: int = 7
    stale_days: int = 45
    """Age from which a champion is retrained whatever its inputs are."""
    cooldown_days: int = 7
    """Since the last training, whoever started it."""
    most_starts: int = 2
    """By drift or staleness, within 30 days."""
    least_fresh_rows: int = 200
    """Labelled live records, newer than the champion's data, without which there is nothing to learn, and
    rows of the test split on which a challenger is compared with the champion on what neither has seen."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a model is learned: by which learners, searched how, judged and promoted by what, how often."""

    learner: str
    tuning: Tuning
    promotion: Promotion
    rivals: tuple[Rival, ...] = ()
    """Other learners, tuned with as many jobs each; `evaluate.py` says which one becomes the candidate."""
    records: int = 10_000
    """Synthetic records that a first training needs to get through its gates."""
    schedule: str | None = "cron(0 3 1 * ? *)"
    """When retraining on live records starts, as an EventBridge Scheduler expression (UTC), if it does."""
    retraining: Retraining = field(default_factory=Retraining)

    @property
    def searches(self) -> tuple[Rival, ...]:
        """Every learner with what is searched, its own first."""
        tuning = self.tuning
        return (Rival(learner=self.learner, ranges=tuning.ranges, fixed=tuning.fixed), *self.rivals)


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """One model: its contract and its operations. Knows no environment.

    A model without `training` answers from its contract alone: a rule, or a detector that learns as it runs.
    """

    contract: Contract
    route: str
    training: Training | None = None
    serving: RealTimeEndpoint | InFunction = field(default_factory=RealTimeEndpoint)
    alarms: Alarms = field(default_factory=Alarms)
    aliases: tuple[str, ...] = ()
    """Other names that callers may call it by."""

    @property
    def name(self) -> str:
        return self.contract.name

    @property
    def trained(self) -> Training:
        """Its training; ValueError where it has none."""
        if self.training is None:
            raise ValueError(f"model {self.name!r} is not trained: it answers from its contract alone")
        return self.training

    @property
    def endpoint(self) -> RealTimeEndpoint | None:
        return self.serving if isinstance(self.serving, RealTimeEndpoint) else None

    @property
    def function(self) -> InFunction | None:
        return self.serving if isinstance(self.serving, InFunction) else None

    @property
    def api(self) -> str:
        """Where its API begins: the route up to /predict or /optimize."""
        return re.split("/(?:predict|optimize)", self.route)[0]

    @property
    def router(self) -> Router | None:
        return self.serving if isinstance(self.serving, Router) else None

    def __post_init__(self) -> None:
        problems = list(problems_of(self))
        if problems:
            raise ValueError(f"model {self.name!r}: " + "; ".join(problems))
