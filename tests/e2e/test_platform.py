"""The deployed platform as callers and operators meet it. Slow: it deploys, trains and promotes for real."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.models import MODELS
from local.run import training
from local.run.cloud import Cloud
from local.run.up import GuidedRun
from tests.e2e.caller import Caller
from tests.e2e.raw import raw_files
from tests.e2e.waiting import eventually
from tests.models import ENDPOINTS

Answers = dict[str, tuple[int, Any]]


class TestBeforeAnyModel:
    def test_prediction_says_that_there_is_no_model_yet(self, first_answers: Answers) -> None:
        status, problem = first_answers["predict"]
        assert status == 503
        assert "iops-risk" in problem["detail"]

    def test_models_are_listed_without_champion(self, first_answers: Answers) -> None:
        status, answer = first_answers["models"]
        assert status == 200
        assert {m["model"]: m["champion"] for m in answer["models"]} == {spec.name: None for spec in MODELS}


def version(cloud: Cloud, model: str) -> str:
    """The champion as answers name it."""
    return f"{model}/{str(cloud.champion(model)).rpartition('/')[2]}"


class TestPredictions:
    @pytest.mark.parametrize("spec", ENDPOINTS, ids=lambda spec: spec.name)
    def test_champion_answers_with_reasons(
        self, platform: GuidedRun, caller: Caller, insight: dict[str, Any], spec: Any
    ) -> None:
        status, answer = caller.post(spec.route, insight)
        assert status == 200, answer
        assert answer["degraded"] is False
        assert answer["model_version"] == version(platform.cloud, spec.name)
        assert len(answer["prediction"]["contributions"]) == 5

    def test_batch_keeps_its_order(
        self, platform: GuidedRun, caller: Caller, insight: dict[str, Any]
    ) -> None:
        calm = insight | {"volume_id": "vol-calm"}
        burning = insight | {"volume_id": "vol-burning", "p99_latency": 900.0, "avg_latency": 400.0}
        alone = [caller.post("/api/predict/risk", record)[1]["prediction"] for record in (calm, burning)]
        status, answer = caller.post("/api/predict/risk", {"records": [calm, burning]})
        assert status == 200
        assert [p["label"] for p in answer["predictions"]] == [p["label"] for p in alone]

    def test_every_wrong_field_is_named_at_once(self, platform: GuidedRun, caller: Caller) -> None:
        wrong = {"volume_id": "v", "timestamp": "yesterday", "read_iops": -1, "colour": "red"}
        status, problem = caller.post("/api/predict/risk", wrong)
        assert status == 400
        assert {error["field"] for error in problem["errors"]} >= {"timestamp", "read_iops", "colour"}

    def test_too_many_records_are_refused(
        self, platform: GuidedRun, caller: Caller, insight: dict[str, Any]
    ) -> None:
        assert caller.post("/api/predict/risk", {"records": [insight] * 501})[0] == 413


class TestInsights:
    def test_good_ones_are_stored_once_and_reach_raw(
        self, platform: GuidedRun, caller: Caller, insight: dict[str, Any]
    ) -> None:
        good = insight | {"volume_id": "vol-ingested", "risk_level": "high"}
        for _ in range(2):
            status, answer = caller.post("/api/insights", {"records": [good, good | {"read_iops": -5}]})
            assert (status, answer["accepted"]) == (207, 1)
            assert answer["rejected"][0]["index"] == 1
        assert self._stored(platform.cloud, "vol-ingested") == 1
        eventually(lambda: "vol-ingested" in self._raw(platform.cloud), "the record's arrival in raw/")

    @staticmethod
    def _stored(cloud: Cloud, volume: str) -> int:
        answer = cloud.client("dynamodb").query(
            TableName=cloud.output("Foundation", "TableName"),
            KeyConditionExpression="volume_id = :v",
            ExpressionAttributeValues={":v": {"S": volume}},
        )
        return int(answer["Count"])

    @staticmethod
    def _raw(cloud: Cloud) -> str:
        return b"\n".join(body for _, body in raw_files(cloud, "insights/profile=live/")).decode()


class TestPromotion:
    def test_a_later_deploy_keeps_the_champion(self, platform: GuidedRun) -> None:
        before = self._served(platform.cloud)
        platform.deploy()
        assert self._served(platform.cloud) == before

    def test_a_package_that_does_not_load_is_taken_back(
        self, platform: GuidedRun, caller: Caller, insight: dict[str, Any], broken_artifact: bytes
    ) -> None:
        cloud = platform.cloud
        champion = cloud.champion("iops-risk")
        package = self._register(cloud, broken_artifact)
        eventually(lambda: self._status(cloud, package) == "Rejected", "the package's rejection", 90)
        eventually(lambda: cloud.champion("iops-risk") == champion, "the champion's return")
        status, answer = caller.post("/api/predict/risk", insight)
        assert (status, answer["degraded"], answer["model_version"]) == (
            200,
            False,
            version(cloud, "iops-risk"),
        )

    def test_an_unknown_profile_is_refused_by_name(self, platform: GuidedRun) -> None:
        states = platform.cloud.client("stepfunctions")
        machine = training.machine_arn(platform.cloud, "local-iops-risk-training")
        arn = states.start_execution(stateMachineArn=machine, input=json.dumps({"profile": "moon"}))
        ended = eventually(lambda: self._ended(states, arn["executionArn"]), "the execution's end")
        assert ended["status"] == "FAILED"
        assert "moon" in ended["cause"]

    @staticmethod
    def _ended(states: Any, arn: str) -> dict[str, Any] | None:
        execution: dict[str, Any] = states.describe_execution(executionArn=arn)
        return execution if execution["status"] != "RUNNING" else None

    @staticmethod
    def _served(cloud: Cloud) -> dict[str, str]:
        sagemaker = cloud.client("sagemaker")
        names = [f"local-{spec.name}" for spec in ENDPOINTS]
        return {name: sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"] for name in names}

    @staticmethod
    def _status(cloud: Cloud, package: str) -> str:
        described = cloud.client("sagemaker").describe_model_package(ModelPackageName=package)
        return str(described["ModelApprovalStatus"])

    @staticmethod
    def _register(cloud: Cloud, artifact: bytes) -> str:
        """An approved package of iops-risk, like the champion but for its artifact."""
        sagemaker, bucket = cloud.client("sagemaker"), cloud.output("Foundation", "ModelsBucket")
        cloud.client("s3").put_object(Bucket=bucket, Key="iops-risk/broken/model.tar.gz", Body=artifact)
        champion = sagemaker.describe_model_package(ModelPackageName=cloud.champion("iops-risk"))
        specification = champion["InferenceSpecification"]
        container = specification["Containers"][0]
        kept = {key: container[key] for key in ("Image", "Environment") if key in container}
        made = sagemaker.create_model_package(
            ModelPackageGroupName="local-iops-risk",
            InferenceSpecification={
                "Containers": [kept | {"ModelDataUrl": f"s3://{bucket}/iops-risk/broken/model.tar.gz"}],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
            ModelApprovalStatus="Approved",
        )
        return str(made["ModelPackageArn"])
