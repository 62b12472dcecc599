"""Wishes become types that SageMaker hosts and scales."""

import json

import pytest

from stacks.instances import STEADY, instance_types, resolve_hosting
from tests.stacks.assembly import Assembly


def test_the_wish_is_resolved_with_a_reason() -> None:
    resolved = resolve_hosting("ml.t3.medium")
    assert resolved.instance_type == "ml.c6i.large"
    assert "ml.t3.medium cannot be hosted" in str(resolved.reason)


def test_what_is_hosted_and_scales_stays() -> None:
    resolved = resolve_hosting("ml.m5.xlarge")
    assert (resolved.instance_type, resolved.reason, resolved.cores) == ("ml.m5.xlarge", None, 4)


@pytest.mark.parametrize("instance_type", STEADY.values())
def test_every_resolution_is_hosted(instance_type: str) -> None:
    assert instance_type in instance_types()["hosting"]


@pytest.mark.parametrize(("wish", "told"), [("ml.c6g.large", "x86"), ("ml.c6i.larg", "ml.c6i.large")])
def test_what_cannot_serve_is_refused_with_advice(wish: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        resolve_hosting(wish)


@pytest.mark.parametrize(("instance_type", "encrypts"), [("ml.c6i.large", True), ("ml.m5d.large", False)])
def test_volumes_with_own_disks_take_no_key(instance_type: str, encrypts: bool) -> None:
    assert resolve_hosting(instance_type).encrypts_volume is encrypts


def test_synth_warns_once_per_model(dev: Assembly) -> None:
    report = json.loads((dev.folder / "validation-report.json").read_text())
    (warning,) = (each for plugin in report["pluginReports"] for each in plugin["violations"])
    assert warning["ruleName"] == "Annotation::ops-ml:instance-wish"
    assert "ml.c6i.large" in warning["description"]
    assert len(warning["violatingConstructs"]) == len(dev.resources("AWS::SageMaker::Endpoint"))
