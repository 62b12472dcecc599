"""`remote`: which prepared data are taken, how jobs are named, what an environment must tell."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from catalog.names import tuning_output
from catalog.tuning import TuningPlaces
from commands import remote_progress
from commands.remote_places import ATTEMPTS, Deployed
from jobs import JobError
from tests.models import LEARNED

SPEC = LEARNED[0]
OWN = SPEC.trained.searches[0]
PLACES = TuningPlaces(
    role_arn="role",
    key_arn="key",
    processed="processed",
    models="models",
    code_url="s3://code/1.gz",
    images={search.learner: "image" for search in SPEC.trained.searches},
    instance="ml.m5.large",
    volume_gb=5,
    spot=False,
    jobs=2,
    parallel=1,
    security_groups=[],
    subnets=[],
)
START = datetime(2026, 11, 21, tzinfo=UTC)


class Pages:
    def __init__(self, *pages):
        self.pages = pages

    def paginate(self, **_):
        return iter(self.pages)


class Fake:
    """An account: `runs` with the minute in which their preparation ended (None while it goes on)."""

    def __init__(self, runs=None, names=(), output=None):
        self.runs, self.names, self.output = runs or {}, names, output
        self.hash = SPEC.contract.hash

    def client(self, _service):
        return self

    def get_paginator(self, operation):
        if operation == "list_objects_v2":
            found = [{"Prefix": f"{SPEC.name}/{run}/"} for run in (*self.runs, "capture")]
            return Pages({"CommonPrefixes": found[:1]}, {"CommonPrefixes": found[1:]})
        return Pages(
            {"HyperParameterTuningJobSummaries": [{"HyperParameterTuningJobName": n} for n in self.names]}
        )

    def head_object(self, Bucket, Key):  # noqa: N803 - boto3's names
        minute = self.runs.get(Key.split("/")[1])
        if minute is None:
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")
        return {"LastModified": START + timedelta(minutes=minute)}

    def get_object(self, Bucket, Key):  # noqa: N803
        return {"Body": io.BytesIO(json.dumps({"contract_hash": self.hash}).encode())}

    def describe_stacks(self, StackName):  # noqa: N803
        return {"Stacks": [{"Outputs": [self.output] if self.output else []}]}


def deployed(cloud):
    return Deployed(cloud, "dev", SPEC, PLACES)


def test_the_run_that_was_prepared_last_is_taken():
    runs = {"261120-ffffff": 900, "261121-bbbbbb": 30, "261121-aaaaaa": 40, "261122-000000": None}
    assert deployed(Fake(runs)).run(None) == "261121-aaaaaa"
    assert deployed(Fake(runs)).run("261120-ffffff") == "261120-ffffff"
    with pytest.raises(JobError, match="run '261122-000000' is not prepared"):
        deployed(Fake(runs)).run("261122-000000")
    with pytest.raises(JobError, match=f"no prepared data of {SPEC.name} .* start its state machine"):
        deployed(Fake({"261122-000000": None})).run(None)


def test_data_of_another_contract_are_refused():
    cloud = Fake({"261121-aaaaaa": 1})
    cloud.hash = "0123456789abcdef"
    with pytest.raises(JobError, match="was prepared for contract 0123456789abcdef, this code has"):
        deployed(cloud).run(None)


def test_names_go_on_where_the_state_machine_s_attempts_end():
    first = deployed(Fake()).job_name(OWN, "261121-aaaaaa")
    assert first.endswith("-261121-aaaaaa-0")
    assert len(first) <= 32
    assert deployed(Fake(names=[first])).job_name(OWN, "261121-aaaaaa") == first[:-1] + "1"
    taken = [first[:-1] + each for each in ATTEMPTS]
    with pytest.raises(JobError, match="as often as names allow"):
        deployed(Fake(names=taken)).job_name(OWN, "261121-aaaaaa")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, f"tells nothing of {SPEC.name}"),
        ('{"role": "x"}', "tells other places than this code reads"),
        (replace(PLACES, images={}).to_json(), "tells no image of"),
    ],
)
def test_an_environment_that_tells_too_little_is_refused(value, message):
    output = {"OutputKey": tuning_output(SPEC.name), "OutputValue": value} if value else None
    with pytest.raises(JobError, match=message):
        Deployed.of(Fake(output=output), "dev", SPEC)


def test_what_an_environment_tells_is_read_back():
    output = {"OutputKey": tuning_output(SPEC.name), "OutputValue": PLACES.to_json()}
    assert Deployed.of(Fake(output=output), "dev", SPEC).places == PLACES


def test_jobs_are_followed_until_all_have_ended(monkeypatch, capsys):
    waits = []
    monkeypatch.setattr(remote_progress.time, "sleep", waits.append)
    seen = iter(["InProgress", "Completed", "InProgress", "Failed", "Completed", "Failed"])

    class Jobs:
        def describe_hyper_parameter_tuning_job(self, HyperParameterTuningJobName):  # noqa: N803
            return {
                "HyperParameterTuningJobName": HyperParameterTuningJobName,
                "HyperParameterTuningJobStatus": next(seen),
                "HyperParameterTuningJobConfig": {"ResourceLimits": {"MaxNumberOfTrainingJobs": 2}},
                "TrainingJobStatusCounters": {"Completed": 1, "NonRetryableError": 1},
                "FailureReason": "no trial was good",
            }

    jobs = remote_progress.follow(Jobs(), ["a", "b"])
    assert [job["HyperParameterTuningJobStatus"] for job in jobs] == ["Completed", "Failed"]
    assert waits == [1.0, 1.5]
    assert remote_progress.tell(jobs) is False
    assert "no trial was good" in capsys.readouterr().out
