"""What MLflow is told: an experiment for each model, a run for each training, a child run for each trial.

Everything is found again by the names it was given, so a message that comes twice writes the same once more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, Metric, Param, Run, RunTag
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NOTE

from record.messages import Training
from record.plots import plots
from record.results import Trial

RUN, TRIAL, RECORDED = "ops_ml.run", "ops_ml.trial", "ops_ml.recorded"
STATUSES = {"Completed": "FINISHED", "Stopped": "KILLED", "Failed": "FAILED"}
LISTS = ("tuning_jobs", "reasons")
LONGEST_PARAM, LONGEST_TAG, LONGEST_DIGEST = 6000, 5000, 36


@dataclass(frozen=True)
class Runs:
    """Runs of one model in one environment."""

    client: MlflowClient
    environment: str
    model: str

    def write(self, told: Training, trials: Sequence[Trial], evaluation: Mapping[str, Any]) -> str:
        """The id of the training's run, with everything below it written."""
        experiment = self._experiment()
        begun = min((trial.created for trial in trials), default=None)
        run = self._run(experiment, {RUN: told.run}, told.run, begun)
        run_id = str(run.info.run_id)
        if RECORDED in run.data.tags:
            return run_id
        for trial in trials:
            self._trial(experiment, run_id, trial, best=trial.name == told.training_job)
        best = next((trial for trial in trials if trial.name == told.training_job), None)
        self._training(run_id, told, best, evaluation)
        ended = max((trial.ended for trial in trials if trial.ended), default=None)
        self.client.set_terminated(run_id, "FINISHED" if told.package else "FAILED", _ms(ended))
        self.client.set_tag(run_id, RECORDED, "yes")
        return run_id

    def _experiment(self) -> str:
        name = f"{self.environment}/{self.model}"
        found = self.client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self.client.create_experiment(name))

    def _run(self, experiment: str, tags: dict[str, str], name: str, begun: datetime | None) -> Run:
        """The run with these tags, made where there is none."""
        wanted = " and ".join(f"tags.`{key}` = '{value}'" for key, value in tags.items())
        found = self.client.search_runs([experiment], wanted, max_results=1)
        return found[0] if found else self.client.create_run(experiment, _ms(begun), tags, name)

    def _trial(self, experiment: str, parent: str, trial: Trial, *, best: bool) -> None:
        tags = {TRIAL: trial.name, MLFLOW_PARENT_RUN_ID: parent}
        run_id = self._run(experiment, tags, trial.name, trial.created).info.run_id
        facts = {"artifact": trial.artifact, "reason": trial.reason, "best": "yes" if best else "no"}
        metrics = {**trial.metrics, "duration_s": trial.duration_s}
        self._batch(run_id, trial.parameters, metrics, facts, at=trial.ended or trial.created)
        self.client.set_terminated(run_id, STATUSES.get(trial.status, "KILLED"), _ms(trial.ended))

    def _training(
        self, run_id: str, told: Training, best: Trial | None, evaluation: Mapping[str, Any]
    ) -> None:
        facts = {
            **{name: getattr(told, name) for name in Training.__dataclass_fields__ if name not in LISTS},
            "tuning_jobs": ", ".join(told.tuning_jobs),
            **{
                name: str(evaluation.get(name, ""))
                for name in ("learner", "data_hash", "data_until", "contract_hash", "champion_note")
            },
            "challenge": str((evaluation.get("challenge") or {}).get("verdict", "")),
            "artifact": best.artifact if best else "",
            "reasons": "; ".join(told.reasons),
            MLFLOW_RUN_NOTE: "; ".join(told.reasons),
        }
        parameters = dict(best.parameters) if best else {}
        self._batch(run_id, parameters, dict(_scores(evaluation)), facts, at=best.ended if best else None)
        if evaluation:
            self.client.log_inputs(run_id, datasets=[_dataset(told, evaluation)])
            self.client.log_dict(run_id, dict(evaluation), "evaluation.json")
        for name, figure in plots(evaluation).items():
            self.client.log_figure(run_id, figure, name)

    def _batch(
        self,
        run_id: str,
        parameters: Mapping[str, str],
        metrics: Mapping[str, Any],
        tags: Mapping[str, str],
        *,
        at: datetime | None,
    ) -> None:
        moment = _ms(at) or 0
        self.client.log_batch(
            run_id,
            metrics=[
                Metric(name, float(value), moment, 0) for name, value in metrics.items() if _finite(value)
            ],
            params=[Param(name, value[:LONGEST_PARAM]) for name, value in parameters.items()],
            tags=[RunTag(name, value[:LONGEST_TAG]) for name, value in tags.items() if value],
        )


def _scores(evaluation: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The test split's metrics, and beside them those of each baseline, of the champion before, what
    challenging it gave, and of each learner that was compared."""
    yield from evaluation.get("metrics", {}).items()
    yield "rows", evaluation.get("rows")
    others = {
        **evaluation.get("baselines", {}),
        "champion": evaluation.get("champion"),
        "challenge": evaluation.get("challenge"),
        **{learner: _flat(told) for learner, told in evaluation.get("rivals", {}).items()},
    }
    for who, metrics in others.items():
        for name, value in (metrics or {}).items():
            yield f"{who}/{name}", value


def _flat(rival: Mapping[str, Any]) -> dict[str, Any]:
    """A learner's metrics on the test split, under their names, and all else that is a number."""
    chosen_by = {f"validation/{name}": value for name, value in rival["validation"].items()}
    rest = {name: rival[name] for name in ("gap", "inference_ms", "bytes")}
    return {**rival["test"], **chosen_by, **rest}


def _dataset(told: Training, evaluation: Mapping[str, Any]) -> DatasetInput:
    digest = str(evaluation.get("data_hash", ""))[:LONGEST_DIGEST]
    source = told.evaluation_uri.removesuffix("evaluation/evaluation.json")
    return DatasetInput(Dataset(told.profile, digest, "s3", source))


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
