"""A tuning job, wherever it is started: by a model's state machine, or from the desk with the SDK.

What a model declares is in its spec, what an environment gives is `TuningPlaces`; the rest is here. Ships
nowhere.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from catalog.known import LEARNERS, NUMBER_METRICS, PRINTED_CLASS_METRICS
from catalog.spec import Metric, ModelSpec, Rival

STRATEGY, EARLY_STOPPING = "Bayesian", "Auto"
TRIAL_LIMIT_S = 2 * 3600
TUNING_LIMIT_S = 24 * 3600
ATTEMPTS = 2
"""How often a trial is tried again after a fault of the service."""
CHANNELS = ("train", "validation", "metadata")
CHECKPOINTS = "/opt/ml/checkpoints"
SCRIPT_MODE = {"PIP_NO_BUILD_ISOLATION": "0"}
"""Script mode installs the code with pip, which would fetch build tools; the image has them already."""


@dataclass(frozen=True, kw_only=True)
class TuningPlaces:
    """What one model's tuning jobs run on, and where; the training stack tells it in an output."""

    role_arn: str
    key_arn: str
    processed: str
    models: str
    code_url: str
    images: dict[str, str]
    """By learner."""
    instance: str
    volume_gb: int
    spot: bool
    jobs: int
    """Trials of each learner."""
    parallel: int
    security_groups: list[str]
    subnets: list[str]
    """Empty where the environment has no network."""

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> TuningPlaces:
        """ValueError where it is of another version of the platform."""
        try:
            told: dict[str, Any] = json.loads(text)
            return cls(**told)
        except TypeError as error:
            raise ValueError(f"the stack tells other places than this code reads: {error}") from None


def static_hyperparameters(search: Rival, *, code_url: str, spot: bool) -> dict[str, str]:
    """What every trial of the search is given beside what it searches."""
    return {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": code_url,
        "learner": search.learner,
        **dict(search.fixed),
        **({"checkpoint_dir": CHECKPOINTS} if spot else {}),
    }


def metrics_to_read(spec: ModelSpec, search: Rival) -> tuple[Metric, ...]:
    """What SageMaker is told to read in the job's log. It knows the XGBoost image's metrics, and refuses to
    be told."""
    if LEARNERS[search.learner].framework == "xgboost":
        return ()
    known = PRINTED_CLASS_METRICS if spec.contract.target.classes else NUMBER_METRICS
    return tuple(
        Metric(name=f"validation:{name}", goal="Maximize" if higher else "Minimize")
        for name, higher in known.items()
    )
