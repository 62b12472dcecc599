"""The registry commands as a person runs them: a version is promoted, rolled back, and the API follows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from catalog import examples, names
from catalog.models import MODELS
from catalog.spec import ModelSpec
from local.run.cloud import ENVIRONMENT, Cloud
from local.run.place import KEY, REGION
from local.run.up import GuidedRun
from tests.e2e.caller import Caller
from tests.e2e.waiting import eventually

KEPT = ("InferenceSpecification", "ModelMetrics", "CustomerMetadataProperties", "ModelPackageDescription")
OF_EACH_KIND = [spec for spec in MODELS if spec.name in ("iops-risk", "threat-payload")]
"""Behind an endpoint, and in a function that no other test trains."""


@pytest.mark.parametrize("spec", OF_EACH_KIND, ids=lambda spec: spec.name)
def test_a_promotion_and_its_rollback_reach_the_api(
    platform: GuidedRun, caller: Caller, spec: ModelSpec
) -> None:
    cloud = platform.cloud
    first = str(cloud.champion(spec.name))
    second = _register_again(cloud, spec, first)
    one, two = (arn.rpartition("/")[2] for arn in (first, second))

    told = _registry(cloud, "promote", spec.name, two, "--reason", "the same once more", "--yes")
    assert f"served by version {two}" in told.stdout, told.stderr
    _answers_with(caller, spec, two)

    told = _registry(cloud, "rollback", spec.name, "--reason", "no better", "--yes")
    assert f"served by version {one} again" in told.stdout, told.stderr
    assert cloud.champion(spec.name) == first
    _answers_with(caller, spec, one)

    listed = json.loads(_registry(cloud, "list", spec.name, "--json").stdout)
    assert {str(each["version"]): (each["champion"], each["status"]) for each in listed}.items() >= {
        one: (True, "Approved"),
        two: (False, "Rejected"),
    }.items()
    shown = json.loads(_registry(cloud, "show", spec.name, one, "--json").stdout)
    assert shown["contract"]["matches"]
    assert shown["baselines"]
    assert shown["lineage"]["sources"]
    changed = json.loads(_registry(cloud, "diff", spec.name, one, two, "--json").stdout)
    assert (changed["hyperparameters"], changed["data"], changed["contract"]) == ({}, {}, {})
    _is_remembered(caller, spec, one, two)


def _is_remembered(caller: Caller, spec: ModelSpec, one: str, two: str) -> None:
    entries: list[dict[str, Any]] = []
    query = "?limit=10"
    for _ in range(20):
        status, body = caller.get(f"/api/models/{spec.name}/history{query}")
        assert (status, body["incomplete"]) == (200, [])
        entries += body["entries"]
        if body["next"] is None:
            break
        query = f"?limit=10&before={body['next']}"
    assert {each["kind"] for each in entries} >= {"training", "package", "champion", "promotion"}
    newest = [each["detail"] for each in entries if each["kind"] == "champion"][:2]
    assert [(each["action"], each["champion"]) for each in newest] == [
        ("rolled_back", f"{spec.name}/{one}"),
        ("promoted", f"{spec.name}/{two}"),
    ]


def _answers_with(caller: Caller, spec: ModelSpec, version: str) -> None:
    """A function reads its champion anew after a while."""

    def served() -> bool:
        status, answer = caller.post(spec.route, examples.one(spec.contract.record))
        assert (status, answer.get("degraded")) == (200, False), answer
        return bool(answer["model_version"] == f"{spec.name}/{version}")

    eventually(served, f"an answer of version {version}", 120)


def _register_again(cloud: Cloud, spec: ModelSpec, package: str) -> str:
    """Another version with the same artifact, which waits for a person."""
    sagemaker = cloud.client("sagemaker")
    known = sagemaker.describe_model_package(ModelPackageName=package)
    kept = {name: known[name] for name in KEPT if name in known}
    made = sagemaker.create_model_package(
        ModelPackageGroupName=names.scoped(ENVIRONMENT, spec.name),
        ModelApprovalStatus="PendingManualApproval",
        **kept,
    )
    return str(made["ModelPackageArn"])


def _registry(cloud: Cloud, *words: str) -> subprocess.CompletedProcess[str]:
    aws = {
        "AWS_ENDPOINT_URL": cloud.place.endpoint,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_REGION": REGION,
    }
    command = [sys.executable, "-m", "training", "registry", *words, "--env", ENVIRONMENT]
    found = subprocess.run(
        command, env=os.environ | aws, capture_output=True, text=True, check=False, timeout=300
    )
    assert found.returncode == 0, found.stderr
    return found
