"""The search behind a tuning job: Optuna over the declared ranges, answering in SageMaker's strings."""

from __future__ import annotations

import threading
import zlib
from dataclasses import dataclass, field
from typing import Any

import optuna

from local.sagemaker.errors import unsupported

_WARM_UP_REPORTS = 10
_WARM_UP_TRIALS = 5
Trial = optuna.trial.Trial


@dataclass
class Search:
    """One study; every method may be called from any thread."""

    request: dict[str, Any]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        config = self.request["HyperParameterTuningJobConfig"]
        seed = config.get("RandomSeed", zlib.crc32(self.request["HyperParameterTuningJobName"].encode()))
        samplers = {"Bayesian": _bayesian, "Random": optuna.samplers.RandomSampler}
        objective = config["HyperParameterTuningJobObjective"]
        self.metric = objective["MetricName"]
        self._ranges = config["ParameterRanges"]
        self._prunes = config.get("TrainingJobEarlyStoppingType") == "Auto"
        self._study = optuna.create_study(
            direction=objective["Type"].lower(),
            sampler=samplers[config["Strategy"]](seed=seed),
            pruner=optuna.pruners.MedianPruner(_WARM_UP_TRIALS, _WARM_UP_REPORTS),
        )

    def ask(self) -> tuple[Trial, dict[str, str]]:
        with self._lock:
            trial = self._study.ask()
            return trial, {name: text for suggest in _SUGGEST for name, text in suggest(trial, self._ranges)}

    def report(self, trial: Trial, value: float, step: int) -> bool:
        """Note an intermediate value; True where early stopping says the trial cannot win."""
        if not self._prunes:
            return False
        with self._lock:
            trial.report(value, step)
            return trial.should_prune()

    def tell(self, trial: Trial, value: float | None) -> None:
        """The trial's last value; None where it failed or printed none."""
        state = optuna.trial.TrialState.FAIL if value is None else optuna.trial.TrialState.COMPLETE
        with self._lock:
            self._study.tell(trial, value, state=state)

    def better(self, value: float, than: float | None) -> bool:
        if than is None:
            return True
        return value < than if self._study.direction.name == "MINIMIZE" else value > than


def refuse(request: dict[str, Any]) -> None:
    """Ranges and strategies this search has not: named, before the job starts."""
    config = request["HyperParameterTuningJobConfig"]
    if config["Strategy"] not in ("Bayesian", "Random"):
        raise unsupported(f"Tuning strategy {config['Strategy']}", "; supported: Bayesian, Random")
    for name in ("StrategyConfig", "TuningJobCompletionCriteria"):
        if name in config:
            raise unsupported(f"HyperParameterTuningJobConfig.{name}")
    for kind in ("ContinuousParameterRanges", "IntegerParameterRanges"):
        for span in config.get("ParameterRanges", {}).get(kind, []):
            if span.get("ScalingType") == "ReverseLogarithmic":
                raise unsupported(f"ScalingType ReverseLogarithmic of {span['Name']}")


def _bayesian(seed: int) -> optuna.samplers.BaseSampler:
    return optuna.samplers.TPESampler(seed=seed, constant_liar=True, n_startup_trials=5)


def _log(span: dict[str, str]) -> bool:
    """Auto is logarithmic where a positive range spans three orders of magnitude or more."""
    low, high = float(span["MinValue"]), float(span["MaxValue"])
    scaling = span.get("ScalingType", "Auto")
    return scaling == "Logarithmic" or (scaling == "Auto" and low > 0 and high / low >= 1_000)


def _continuous(trial: Trial, ranges: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (
            s["Name"],
            repr(trial.suggest_float(s["Name"], float(s["MinValue"]), float(s["MaxValue"]), log=_log(s))),
        )
        for s in ranges.get("ContinuousParameterRanges", [])
    ]


def _integer(trial: Trial, ranges: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (s["Name"], str(trial.suggest_int(s["Name"], int(s["MinValue"]), int(s["MaxValue"]), log=_log(s))))
        for s in ranges.get("IntegerParameterRanges", [])
    ]


def _categorical(trial: Trial, ranges: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (s["Name"], str(trial.suggest_categorical(s["Name"], s["Values"])))
        for s in ranges.get("CategoricalParameterRanges", [])
    ]


_SUGGEST = (_continuous, _integer, _categorical)
