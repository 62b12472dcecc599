"""`python -m training remote` against the local AWS, which really tunes."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import pytest

import generate
import prepare
from catalog.contract import SHIPPED, SYNTHETIC
from catalog.names import training_machine, training_stack, tuning_output
from catalog.tuning import CHANNELS, TuningPlaces
from tests.local.toys import IMAGE, ROOT, LocalAws
from tests.models import LEARNED

SPEC = next(spec for spec in LEARNED if not spec.trained.rivals and spec.trained.learner == "xgboost")
OTHER = next(spec for spec in LEARNED if spec is not SPEC)
BUCKET, RUN, KEY = "remote", "261121-0a1b2c", "arn:aws:kms:us-east-1:000000000000:key/1"
PLACES = TuningPlaces(
    role_arn="arn:aws:iam::000000000000:role/jobs",
    key_arn=KEY,
    processed=BUCKET,
    models=BUCKET,
    code_url=f"s3://{BUCKET}/code.tar.gz",
    images={SPEC.trained.learner: IMAGE},
    instance="ml.m5.large",
    volume_gb=5,
    spot=False,
    jobs=2,
    parallel=1,
    security_groups=[],
    subnets=[],
)


def remote(aws: LocalAws, *words: str) -> subprocess.CompletedProcess[str]:
    keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
    return subprocess.run(
        [sys.executable, "-m", "training", "remote", *words],
        cwd=ROOT,
        env=os.environ | keys | {"AWS_ENDPOINT_URL": aws.url, "COLUMNS": "300"},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def deployed(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A training stack that tells its places, the code of the jobs, and a finished preparation."""
    template = {
        "Resources": {"Any": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {tuning_output(SPEC.name): {"Value": PLACES.to_json()}},
    }
    name = training_stack("local")
    aws("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    aws("cloudformation").get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    s3, folder = aws("s3"), tmp_path_factory.mktemp("prepared")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="code.tar.gz", Body=code())
    with redirect_stdout(io.StringIO()):
        generate.generate(
            records=2000, seed=None, profile=SYNTHETIC, output=folder / "raw", contract=SPEC.contract
        )
    prepare.prepare(
        raw=folder / "raw",
        output=folder / "out",
        profile=SYNTHETIC,
        run_date="2026-11-21",
        contract=SPEC.contract,
    )
    for path in sorted((folder / "out").rglob("*.*")):
        key = f"{SPEC.name}/{RUN}/{path.relative_to(folder / 'out')}"
        s3.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
    yield aws
    aws("cloudformation").delete_stack(StackName=name)


def code() -> bytes:
    """The training root and what it needs of the catalogue, as the job's bundle holds them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path in (ROOT / "training").glob("*.py"):
            archive.add(path, path.name)
        for name in ("features", "learners"):
            archive.add(ROOT / "training" / name, name)
        for name in SHIPPED:
            archive.add(ROOT / "catalog" / name, f"catalog/{name}")
        text = SPEC.contract.to_json().encode()
        entry = tarfile.TarInfo(f"contracts/{SPEC.name}.json")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return packed.getvalue()


def test_a_tuning_runs_to_its_end_and_is_told(deployed: LocalAws) -> None:
    done = remote(deployed, SPEC.name, "--env", "local", "--wait")
    assert done.returncode == 0, done.stderr
    assert f"data of run {RUN}" in done.stderr
    (job,) = deployed("sagemaker").list_hyper_parameter_tuning_jobs(NameContains=RUN)[
        "HyperParameterTuningJobSummaries"
    ]
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == PLACES.jobs
    assert job["HyperParameterTuningJobName"] in done.stdout
    assert SPEC.trained.tuning.objective.name in done.stdout
    again = remote(deployed, SPEC.name, "--env", "local", "--dry-run")
    (request,) = json.loads(again.stdout)
    assert request["HyperParameterTuningJobName"] == job["HyperParameterTuningJobName"][:-1] + "1"
    channels = request["TrainingJobDefinition"]["InputDataConfig"]
    assert [each["ChannelName"] for each in channels] == list(CHANNELS)


def test_what_is_missing_is_named(deployed: LocalAws) -> None:
    cases = {
        (
            SPEC.name,
            "--env",
            "dev",
        ): f"'dev' is not deployed: region us-east-1 .* no stack {training_stack('dev')}",
        (OTHER.name, "--env", "local"): f"tells nothing of {OTHER.name}",
        (SPEC.name, "--env", "local", "--run", "261120-000000"): "run '261120-000000' is not prepared",
    }
    for words, message in cases.items():
        done = remote(deployed, *words)
        assert done.returncode == 2, done.stderr
        assert re.search(message, done.stderr), done.stderr


def test_an_environment_without_prepared_data_says_what_prepares_it(deployed: LocalAws) -> None:
    s3 = deployed("s3")
    key = f"{SPEC.name}/{RUN}/metadata/metadata.json"
    body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    s3.delete_object(Bucket=BUCKET, Key=key)
    try:
        done = remote(deployed, SPEC.name, "--env", "local")
    finally:
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    assert done.returncode == 2
    assert re.search(f"no prepared data .*{training_machine('local', SPEC.name)}", done.stderr), done.stderr


def test_without_credentials_it_says_so(deployed: LocalAws, tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    none = {"AWS_CONFIG_FILE": str(tmp_path / "no"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no")}
    done = subprocess.run(
        [sys.executable, "-m", "training", "remote", SPEC.name, "--env", "dev"],
        cwd=ROOT,
        env=bare | none | {"AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "no AWS credentials" in done.stderr
