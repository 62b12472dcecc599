"""Environments refuse what AWS would refuse, all at once."""

import pytest

from stacks.environments import ENVIRONMENTS, PROD, Environment, chosen
from stacks.guardrails import Canary
from stacks.placements import PlacementSettings


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="environment 'X y'") as error:
        Environment(
            name="X y",
            account="1",
            region="mars-1",
            retain=True,
            allow_delete=True,
            guardrail=Canary(),
            endpoint_wish="ml.huge.large",
            processing_instance="ml.t3.larg",
            log_retention_days=8,
            max_parallel_jobs=60,
            alarm_email="nobody",
            poll_s=0,
            archive_window_s=301,
            placement=PlacementSettings(explored_percent=11),
        )
    told = str(error.value)
    for part in (
        "name 'X y'",
        "account '1'",
        "region 'mars-1'",
        "allow_delete contradicts retain",
        "at least 2 initial instances",
        "ml.huge.large",
        "ml.t3.large",
        "log_retention_days 8",
        "60 of 50",
        "'nobody'",
        "poll_s",
        "archive_window_s 301",
        "explored_percent must be 0 to 10, got 11",
    ):
        assert part in told


def test_data_goes_only_with_two_keys() -> None:
    assert not Environment(name="x", retain=False).deletes_data
    assert not Environment(name="x", retain=True).deletes_data
    assert Environment(name="x", retain=False, allow_delete=True).deletes_data


def test_an_environment_is_chosen_by_name() -> None:
    assert chosen("prod") == (PROD,)
    assert chosen(None) == tuple(env for env in ENVIRONMENTS if env.account != "000000000000")
    with pytest.raises(ValueError, match="'pord' is unknown; choose one of local, dev, staging, prod"):
        chosen("pord")
