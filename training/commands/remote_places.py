"""What a deployed environment tells: where a model is tuned, on which prepared data, under which name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from catalog.names import training_stack, tuning_output, tuning_prefix
from catalog.spec import ModelSpec, Rival
from catalog.tuning import TuningPlaces
from commands.registry_cloud import Cloud, code
from jobs import JobError

RUN = re.compile(r"\d{6}-[0-9a-f]{6}")
"""How state machines name their runs: the day, and some chance."""
FINISHED = "metadata/metadata.json"
ATTEMPTS = "0123456789abcdefghijklmnopqrstuvwxyz"
"""What ends a tuning job's name: the state machine counts its attempts, and so do those who tune again."""


@dataclass(frozen=True)
class Deployed:
    """One model in one environment."""

    cloud: Cloud
    env: str
    spec: ModelSpec
    places: TuningPlaces

    @classmethod
    def of(cls, cloud: Cloud, env: str, spec: ModelSpec) -> Deployed:
        """JobError where the environment is not deployed, or before it told of tuning."""
        stack = training_stack(env)
        outputs = _outputs(cloud, env, stack)
        text = outputs.get(tuning_output(spec.name))
        if text is None:
            raise JobError(
                f"stack {stack} tells nothing of {spec.name}: it was deployed before the model, or before "
                f"stacks told where models are tuned; deploy environment {env} again"
            )
        try:
            places = TuningPlaces.from_json(text)
        except ValueError as error:
            raise JobError(f"stack {stack}: {error}; deploy environment {env} from this version") from None
        if lacking := {each.learner for each in spec.trained.searches} - set(places.images):
            told = ", ".join(sorted(lacking))
            raise JobError(
                f"stack {stack} tells no image of {spec.name}'s {told}; deploy environment {env} again"
            )
        return cls(cloud, env, spec, places)

    def run(self, wanted: str | None) -> str:
        """The `wanted` run, else the one whose data was prepared last; JobError where it is not prepared."""
        folder = f"s3://{self.places.processed}/{self.spec.name}/"
        if wanted is None:
            found = max(self._prepared(), default=None)
            if found is None:
                raise JobError(
                    f"no prepared data of {self.spec.name} below {folder}; start its state machine "
                    f"{self.env}-{self.spec.name}-training once, which prepares it"
                )
            wanted = found[1]
        self._check(wanted, f"{folder}{wanted}/")
        return wanted

    def job_name(self, search: Rival, run: str) -> str:
        """A name that nothing has taken: with the run and how often it was tuned already."""
        rival = "" if search.learner == self.spec.trained.learner else search.learner
        start = f"{tuning_prefix(self.env, self.spec.name, rival)}-{run}-"
        pages = self.cloud.client("sagemaker").get_paginator("list_hyper_parameter_tuning_jobs")
        taken = {
            job["HyperParameterTuningJobName"]
            for page in pages.paginate(NameContains=start)
            for job in page["HyperParameterTuningJobSummaries"]
        }
        free = next((start + each for each in ATTEMPTS if start + each not in taken), None)
        if free is None:
            raise JobError(
                f"run {run} was tuned {len(ATTEMPTS)} times, as often as names allow; prepare another"
            )
        return free

    def _prepared(self) -> Iterator[tuple[Any, str]]:
        """When each finished preparation ended, and its run; of the newest day that has any."""
        days: dict[str, list[str]] = {}
        pages = self.cloud.client("s3").get_paginator("list_objects_v2")
        prefix = f"{self.spec.name}/"
        for page in pages.paginate(Bucket=self.places.processed, Prefix=prefix, Delimiter="/"):
            for each in page.get("CommonPrefixes", []):
                name = each["Prefix"].removeprefix(prefix).strip("/")
                if RUN.fullmatch(name):
                    days.setdefault(name[:6], []).append(name)
        for day in sorted(days, reverse=True):
            found = [(head["LastModified"], name) for name in days[day] if (head := self._head(name))]
            if found:
                yield from found
                return

    def _head(self, run: str) -> dict[str, Any] | None:
        key = f"{self.spec.name}/{run}/{FINISHED}"
        try:
            found: dict[str, Any] = self.cloud.client("s3").head_object(Bucket=self.places.processed, Key=key)
        except ClientError as error:
            if code(error) in ("404", "NoSuchKey", "NotFound"):
                return None
            raise
        return found

    def _check(self, run: str, url: str) -> None:
        """JobError unless the run is prepared, for this contract."""
        if self._head(run) is None:
            raise JobError(
                f"run {run!r} is not prepared: {url}{FINISHED} is missing; leave --run out for the newest"
            )
        key = f"{self.spec.name}/{run}/{FINISHED}"
        body = self.cloud.client("s3").get_object(Bucket=self.places.processed, Key=key)["Body"].read()
        found, wanted = json.loads(body).get("contract_hash"), self.spec.contract.hash
        if found != wanted:
            raise JobError(
                f"run {run} was prepared for contract {found}, this code has {self.spec.name} {wanted}: "
                "deploy and prepare again"
            )


def _outputs(cloud: Cloud, env: str, stack: str) -> dict[str, str]:
    client = cloud.client("cloudformation")
    try:
        found = client.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        raise JobError(
            f"environment {env!r} is not deployed: region {client.meta.region_name} of this account has no "
            f"stack {stack}; deploy it, or choose another --env, AWS_PROFILE or AWS_REGION"
        ) from None
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
