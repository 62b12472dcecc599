"""`python -m training remote` beside the deployed platform: it would start the jobs that its machines ran."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from catalog.spec import ModelSpec
from local.run.place import ROOT
from local.run.up import GuidedRun
from tests.models import LEARNED

ASKED = ("HyperParameterTuningJobConfig", "TrainingJobDefinition")


@pytest.mark.parametrize("spec", LEARNED, ids=lambda spec: spec.name)
def test_remote_asks_for_what_the_state_machine_asked_for(platform: GuidedRun, spec: ModelSpec) -> None:
    client = platform.cloud.client("sagemaker")
    package = client.describe_model_package(ModelPackageName=platform.cloud.champion(spec.name))
    run = package["CustomerMetadataProperties"]["run"]
    done = subprocess.run(
        [sys.executable, "-m", "training", "remote", spec.name, "--env", "local", "--run", run, "--dry-run"],
        cwd=ROOT,
        env=platform.cloud.place.environ(os.environ),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    requests = json.loads(done.stdout)
    assert len(requests) == len(spec.trained.searches)
    for request in requests:
        name, attempt = (
            request["HyperParameterTuningJobName"][:-1],
            request["HyperParameterTuningJobName"][-1],
        )
        assert attempt == "1"  # the machine's own has taken 0
        ran = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=f"{name}0")
        assert {part: request[part] for part in ASKED} == {part: ran[part] for part in ASKED}
