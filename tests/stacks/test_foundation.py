"""State is encrypted, kept, and never replaced by accident."""

import json
from pathlib import Path
from typing import Any

import pytest

from stacks.environments import LOCAL, STAGING
from stacks.names import candidate_parameter, champion_parameter
from tests.models import LEARNED
from tests.stacks.assembly import Assembly
from tests.stacks.conftest import Synthesize

PINNED = Path("tests/stacks/stateful_ids.json")
GROUP = "AWS::SageMaker::ModelPackageGroup"
STATEFUL = (
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::DynamoDB::Table",
    GROUP,
    "AWS::SSM::Parameter",
    "AWS::SageMaker::MlflowApp",
)
DATA = ("Raw", "Processed", "Models")
SETTING = "/exploration"
"""Ends the name of a parameter that is no state: its value is the environment's."""


def stateful(assembly: Assembly) -> dict[str, str]:
    found = {name: kind for kind in STATEFUL for name in assembly.resources(kind, "Foundation")}
    return dict(sorted(found.items()))


def kept(assembly: Assembly, kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: each
        for name, each in assembly.resources(kind).items()
        if not str(each["Properties"].get("Name")).endswith(SETTING)
    }


def test_stateful_logical_ids_are_pinned(prod: Assembly) -> None:
    """A changed id replaces the resource and orphans its data; change the file only where that is meant."""
    assert stateful(prod) == json.loads(PINNED.read_text())


def test_all_state_lies_in_the_foundation(prod: Assembly) -> None:
    places = {name.split("/")[0] for kind in STATEFUL for name in kept(prod, kind)}
    assert places == {"Foundation"}


@pytest.mark.parametrize("kind", STATEFUL)
def test_state_survives_a_destroy_in_production(prod: Assembly, kind: str) -> None:
    for name, resource in kept(prod, kind).items():
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


@pytest.mark.parametrize("kind", [kind for kind in STATEFUL if kind != GROUP])
def test_state_goes_where_both_keys_are_turned(dev: Assembly, kind: str) -> None:
    assert {each["DeletionPolicy"] for each in kept(dev, kind).values()} == {"Delete"}


def test_package_groups_are_kept_even_there(dev: Assembly) -> None:
    """SageMaker deletes no group that holds packages: the destroy would fail in the middle."""
    groups = dev.resources(GROUP).values()
    assert [each["DeletionPolicy"] for each in groups] == ["Retain"] * len(LEARNED)


def test_buckets_are_emptied_only_where_they_may_be_deleted(dev: Assembly, prod: Assembly) -> None:
    emptied = dev.resources("Custom::S3AutoDeleteObjects")
    assert len(emptied) == len(dev.resources("AWS::S3::Bucket"))
    assert not prod.resources("Custom::S3AutoDeleteObjects")


def test_staging_keeps_its_data() -> None:
    assert STAGING.retain
    assert not STAGING.deletes_data


def test_the_key_rotates(prod: Assembly) -> None:
    (key,) = prod.resources("AWS::KMS::Key").values()
    assert key["Properties"]["EnableKeyRotation"] is True


def test_buckets_are_closed_versioned_and_tiered(prod: Assembly) -> None:
    for name, bucket in prod.resources("AWS::S3::Bucket").items():
        properties = bucket["Properties"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}, name
        assert any("Transitions" in rule for rule in properties["LifecycleConfiguration"]["Rules"]), name


def test_what_every_run_leaves_behind_expires(prod: Assembly) -> None:
    found = {
        rule["Prefix"]: rule["ExpirationInDays"]
        for name, bucket in prod.resources("AWS::S3::Bucket", "Foundation").items()
        if name.startswith(DATA)
        for rule in bucket["Properties"]["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    }
    assert found == {
        f"{spec.name}/{part}": days
        for spec in LEARNED
        for part, days in (("checkpoints/", 7), ("capture/", 90), ("", 180))
    } | {"athena/": 7}


def test_trials_are_kept_but_cold(prod: Assembly) -> None:
    """One of them is the champion."""
    buckets = prod.resources("AWS::S3::Bucket", "Foundation")
    (models,) = (bucket for name, bucket in buckets.items() if name.startswith("Models"))
    rules = models["Properties"]["LifecycleConfiguration"]["Rules"]
    (cold,) = (rule for rule in rules if "Transitions" in rule)
    assert "Prefix" not in cold
    assert [each["StorageClass"] for each in cold["Transitions"]] == ["STANDARD_IA"]


def test_data_buckets_use_the_key_and_are_logged(prod: Assembly) -> None:
    buckets = prod.resources("AWS::S3::Bucket", "Foundation")
    data = [bucket for name, bucket in buckets.items() if name.startswith(DATA)]
    assert len(data) == len(DATA)
    for bucket in data:
        (rule,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        assert "LoggingConfiguration" in bucket["Properties"]


def test_every_bucket_refuses_plain_http(prod: Assembly) -> None:
    policies = prod.resources("AWS::S3::BucketPolicy").values()
    refusals = [
        statement
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert len(refusals) == len(prod.resources("AWS::S3::Bucket"))


def test_tables_recover_expire_and_are_encrypted(prod: Assembly) -> None:
    tables = [table["Properties"] for table in prod.resources("AWS::DynamoDB::Table").values()]
    (insights,) = (table for table in tables if table.get("TableName") == "IOPSInsights")
    assert insights["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    for table in tables:
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert table["SSESpecification"]["SSEType"] == "KMS"
        assert table["DeletionProtectionEnabled"] is True


def test_topic_and_log_groups_and_queues_use_the_key(prod: Assembly) -> None:
    for kind, key in (
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
    ):
        found = prod.resources(kind)
        assert found
        assert all(key in each["Properties"] for each in found.values())


def test_champion_parameters_never_change(local: Assembly, prod: Assembly) -> None:
    """CloudFormation would write `none` over the champion along with any change of these properties."""
    for assembly in (local, prod):
        parameters = assembly.resources("AWS::SSM::Parameter").values()
        env = assembly.environment
        names = [champion_parameter(env, spec) for spec in LEARNED]
        names += [candidate_parameter(env, spec) for spec in LEARNED if spec.function]
        found = {each["Properties"]["Name"]: each["Properties"] for each in parameters}
        for name in names:
            assert found[name] == {"Name": name, "Type": "String", "Value": "none"}


def test_email_is_subscribed_where_given(synthesized: Synthesize) -> None:
    import dataclasses

    told = synthesized(dataclasses.replace(LOCAL, alarm_email="ops@example.com"))
    (subscription,) = told.resources("AWS::SNS::Subscription").values()
    assert subscription["Properties"]["Endpoint"] == "ops@example.com"


def test_the_network_asks_nobody_for_zones_and_costs_nothing_at_rest(prod: Assembly, local: Assembly) -> None:
    subnets = prod.resources("AWS::EC2::Subnet", "Foundation").values()
    assert all("Fn::Select" in subnet["Properties"]["AvailabilityZone"] for subnet in subnets)
    endpoints = prod.resources("AWS::EC2::VPCEndpoint", "Foundation").values()
    assert {each["Properties"]["VpcEndpointType"] for each in endpoints} == {"Gateway"}
    assert not prod.resources("AWS::EC2::NatGateway", "Foundation")
    assert not local.resources("AWS::EC2::VPC", "Foundation")
