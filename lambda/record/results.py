"""What a training left behind in SageMaker and S3, as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from record.messages import Training

OWN_PREFIXES = ("sagemaker_", "_")
"""Hyperparameters that SageMaker adds for itself begin so."""


@dataclass(frozen=True)
class Trial:
    """One training job of a tuning job; times are absent where it never ran."""

    name: str
    status: str
    parameters: dict[str, str]
    metrics: dict[str, float]
    artifact: str
    reason: str
    created: datetime
    started: datetime | None
    ended: datetime | None

    @property
    def duration_s(self) -> float | None:
        return (self.ended - self.started).total_seconds() if self.started and self.ended else None


@dataclass(frozen=True)
class Results:
    """Reads through a `sagemaker` and an `s3` client."""

    sagemaker: Any
    s3: Any

    def trials(self, tuning_jobs: Sequence[str]) -> list[Trial]:
        """Every trial of each, oldest first; none where no tuning job began."""
        found = (self.trial(name) for tuning_job in tuning_jobs for name in self._names(tuning_job))
        return sorted(found, key=lambda trial: (trial.created, trial.name))

    def _names(self, tuning_job: str) -> Iterator[str]:
        request = {"HyperParameterTuningJobName": tuning_job, "MaxResults": 100}
        while True:
            page = self.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(**request)
            yield from (each["TrainingJobName"] for each in page["TrainingJobSummaries"])
            if not page.get("NextToken"):
                return
            request["NextToken"] = page["NextToken"]

    def trial(self, training_job: str) -> Trial:
        job = self.sagemaker.describe_training_job(TrainingJobName=training_job)
        given = job.get("HyperParameters", {})
        return Trial(
            name=training_job,
            status=job["TrainingJobStatus"],
            parameters={
                name: _plain(text) for name, text in given.items() if not name.startswith(OWN_PREFIXES)
            },
            metrics={each["MetricName"]: each["Value"] for each in job.get("FinalMetricDataList", [])},
            artifact=job.get("ModelArtifacts", {}).get("S3ModelArtifacts", ""),
            reason=job.get("FailureReason", ""),
            created=job["CreationTime"],
            started=job.get("TrainingStartTime"),
            ended=job.get("TrainingEndTime"),
        )

    def evaluation(self, uri: str) -> dict[str, Any]:
        """The evaluation.json at `s3://bucket/key`; empty where the training did not get that far."""
        if not uri:
            return {}
        place = urlsplit(uri)
        try:
            answer = self.s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket"):
                return {}
            raise
        return dict(json.loads(answer["Body"].read()))

    def artifact(self, package: str) -> str:
        """Where the package's model.tar.gz lies."""
        return _artifact(self._package(package))

    def training(self, model: str, package: str) -> Training:
        """What was told when `package` was registered, read back from the registry."""
        known = self._package(package)
        facts = known.get("CustomerMetadataProperties", {})
        lacking = {"run", "profile", "training_job"} - set(facts)
        if lacking:
            raise ValueError(
                f"{package} lacks {', '.join(sorted(lacking))}: no training of ours registered it"
            )
        tuned = facts.get("tuning_jobs", "").split() or [self._tuning_job(facts["training_job"])]
        quality = known.get("ModelMetrics", {}).get("ModelQuality", {})
        return Training(
            model=model,
            run=facts["run"],
            profile=facts["profile"],
            tuning_jobs=tuple(filter(None, tuned)),
            training_job=facts["training_job"],
            evaluation_uri=quality.get("Statistics", {}).get("S3Uri", ""),
            package=package,
            status=known["ModelApprovalStatus"],
            reasons=(known.get("ModelPackageDescription", ""),),
        )

    def _tuning_job(self, training_job: str) -> str:
        job = self.sagemaker.describe_training_job(TrainingJobName=training_job)
        return str(job.get("TuningJobArn", "").rpartition("/")[2])

    def _package(self, package: str) -> dict[str, Any]:
        return dict(self.sagemaker.describe_model_package(ModelPackageName=package))


def _artifact(package: Mapping[str, Any]) -> str:
    return str(package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])


def _plain(text: str) -> str:
    """A hyperparameter without the quotes that script mode's JSON puts around texts."""
    return text.strip('"')
