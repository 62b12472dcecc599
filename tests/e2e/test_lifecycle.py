"""What live inputs lead to: counted while predictions are made, compared, decided on and recorded."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from catalog import names
from catalog.models.iops_risk import IOPS_RISK
from local.run.cloud import Cloud
from local.run.up import GuidedRun
from tests.e2e.caller import Caller
from tests.e2e.waiting import eventually

SENT = 22
"""Batches of 50: more records than are counted before all are stored."""


def watched(cloud: Cloud) -> dict[str, Any]:
    """What the watching function answers when it is asked now."""
    pages = cloud.client("cloudformation").get_paginator("list_stack_resources")
    (function,) = (
        each["PhysicalResourceId"]
        for page in pages.paginate(StackName=names.training_stack("local"))
        for each in page["StackResourceSummaries"]
        if each["LogicalResourceId"].startswith("WatchingWatchFunction")
    )
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


def test_inputs_that_drift_lead_to_a_recorded_decision(
    platform: GuidedRun, caller: Caller, insight: dict[str, Any]
) -> None:
    """The same strained volume over and over is no fleet that any training knew."""
    name = IOPS_RISK.name
    strained = insight | {"p99_latency": 900.0, "queue_depth": 400.0}
    fleet = count()

    def send() -> None:
        batch = [strained | {"volume_id": f"vol-drift-{next(fleet)}"} for _ in range(50)]
        assert caller.post(f"{IOPS_RISK.route}?explain=false", {"records": batch})[0] == 200

    for _ in range(SENT):
        send()

    def drifted() -> dict[str, Any] | None:
        send()  # the first request after some seconds has all counts stored
        told: dict[str, Any] = watched(platform.cloud)[name]
        return told if told["decision"] else None

    told = eventually(drifted, "a decision")
    assert told["FeatureDrift"] > IOPS_RISK.trained.retraining.drift_psi
    assert told["DriftedShare"] > IOPS_RISK.trained.retraining.drifted_share
    decision = told["decision"]
    # the champion has just been trained, so a cool-down holds it back
    assert (decision["decision"], decision["trigger"]) == ("skipped", "drift")
    assert decision["reason"]
    _, history = caller.get(f"/api/models/{name}/history")
    kinds = [each["kind"] for each in history["entries"]]
    assert {"drift", "retraining"} <= set(kinds)
    assert kinds.count("retraining") == 1
    assert watched(platform.cloud)[name]["decision"] == decision
