"""Physical names are a contract: resources keep the names they were deployed under."""

import pytest

from catalog import names
from catalog.models import MODELS


def test_names_are_those_that_were_deployed() -> None:
    assert names.champion_parameter("prod", "iops-risk") == "/ops-ml/prod/iops-risk/champion"
    assert names.candidate_parameter("prod", "failure") == "/ops-ml/prod/failure/candidate"
    assert names.exploration_parameter("dev", "placement") == "/ops-ml/dev/placement/exploration"
    assert names.tracking_parameter("dev") == "/ops-ml/dev/tracking"
    assert names.training_machine("prod", "iops-risk") == "prod-iops-risk-training"
    assert names.promotion_machine("prod") == "prod-promotion"
    assert names.serving_stack("prod", "iops-risk") == "Prod-IopsRisk"
    assert names.tuning_prefix("prod", "iops-risk") == "prod-iops-r-f57b"
    assert names.tuning_prefix("prod", "iops-risk", "random_forest") == "prod-iop-ra-6a9d"


def test_tuning_job_names_have_room_for_the_run_and_differ() -> None:
    prefixes = [
        names.tuning_prefix("production", spec.name, rival)
        for spec in MODELS
        for rival in ("", "random_forest")
    ]
    assert len(set(prefixes)) == len(prefixes)
    assert max(map(len, prefixes)) <= 16


def test_a_name_that_jobs_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 24"):
        names.scoped("dev", "m" * 25)
