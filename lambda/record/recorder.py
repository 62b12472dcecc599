"""From a message to what MLflow holds."""

from __future__ import annotations

from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from record.journal import Runs
from record.messages import Promotion, Training
from record.results import Results
from record.versions import Versions


@dataclass(frozen=True)
class Recorder:
    """Writes what `results` tells through `client`; each message may come any number of times."""

    results: Results
    client: MlflowClient
    environment: str

    def record(self, told: Training | Promotion) -> None:
        if isinstance(told, Training):
            self._training(told)
        else:
            self._promotion(told)

    def _promotion(self, told: Promotion) -> None:
        """A package whose training went unrecorded is recorded now."""
        versions = self._versions(told.model)
        version = versions.find(told.package) or self._training(
            self.results.training(told.model, told.package)
        )
        if version:
            versions.promote(version)

    def _training(self, told: Training) -> ModelVersion | None:
        evaluation = self.results.evaluation(told.evaluation_uri)
        runs = Runs(self.client, self.environment, told.model)
        run_id = runs.write(told, self.results.trials(told.tuning_jobs), evaluation)
        if not told.package:
            return None
        tags = {
            "status": told.status,
            "profile": told.profile,
            **{name: str(evaluation.get(name, "")) for name in ("learner", "data_hash", "contract_hash")},
        }
        source = self.results.artifact(told.package)
        return self._versions(told.model).add(told.package, source=source, run_id=run_id, tags=tags)

    def _versions(self, model: str) -> Versions:
        return Versions(self.client, f"{self.environment}-{model}")
