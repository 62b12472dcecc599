"""The gate's rules, over all models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pytest

from catalog.spec import Gate, ModelSpec
from gate import handler as module
from gate.verdict import verdict
from tests.lambda_.conftest import Context
from tests.lambda_.fakes import Scripted
from tests.models import LEARNED

pytestmark = pytest.mark.parametrize("spec", LEARNED, ids=lambda spec: spec.name)


def rules(spec: ModelSpec) -> dict[str, Any]:
    """The spec's promotion rules as the state machine passes them."""
    promotion = asdict(spec.trained.promotion)
    promotion["profiles"] = {each["name"]: list(each["gates"]) for each in promotion["profiles"]}
    return promotion


def event(spec: ModelSpec, **changed: Any) -> dict[str, Any]:
    return {
        "model": spec.name,
        "evaluation_uri": "s3://processed/run/evaluation.json",
        "profile": "synthetic",
        "promotion": rules(spec),
        "approval": "automatic",
        **changed,
    }


BARELY_MISSED = {">": 0.0, "<": 0.0, ">=": -1e-6, "<=": 1e-6}


def shifted(spec: ModelSpec, by: float) -> float:
    """A value of the promotion metric that is better than every floor, then better still by `by`."""
    return 0.95 + by if spec.trained.promotion.higher_is_better else 8 - by


def within(gates: Iterable[Gate]) -> float:
    """A value that meets every floor and ceiling of one metric, well away from each."""
    gates = list(gates)
    floor = max((gate.threshold for gate in gates if gate.op in (">", ">=")), default=None)
    ceiling = min((gate.threshold for gate in gates if gate.op in ("<", "<=")), default=None)
    if ceiling is None:
        return 0.97
    return (ceiling + (floor or 0)) / 2


def evaluation(spec: ModelSpec, **changed: Any) -> dict[str, Any]:
    """A candidate that passes everything, with no champion."""
    gates = [gate for profile in spec.trained.promotion.profiles for gate in profile.gates]
    metrics = {each.metric: within(gate for gate in gates if gate.metric == each.metric) for each in gates}
    metrics[spec.trained.promotion.metric] = shifted(spec, 0)
    return {
        "model": spec.name,
        "profile": "synthetic",
        "rows": 1500,
        "data_hash": "abc",
        "contract_hash": spec.contract.hash,
        "metrics": metrics,
        "baselines": {
            kind: {spec.trained.promotion.metric: shifted(spec, -0.1)} for kind in ("constant", "rule")
        },
        "champion": None,
        "champion_note": None,
        **changed,
    }


@pytest.mark.parametrize(
    ("approval", "status"), [("automatic", "Approved"), ("manual", "PendingManualApproval")]
)
def test_a_good_candidate_passes(spec: ModelSpec, approval: str, status: str) -> None:
    judged = verdict(evaluation(spec), event(spec, approval=approval))
    assert (judged["status"], judged["reasons"]) == (status, [])
    assert "no champion" in judged["description"]


def test_the_chosen_candidate_and_its_learner_are_told(spec: ModelSpec) -> None:
    judged = verdict(evaluation(spec, learner="random_forest", chosen=2), event(spec))
    assert (judged["chosen"], judged["metrics"]["learner"]) == (2, "random_forest")
    assert verdict(evaluation(spec), event(spec))["chosen"] == 0


def test_a_missed_floor_rejects(spec: ModelSpec) -> None:
    for gate in spec.trained.promotion.profiles[0].gates:
        bad = evaluation(spec)
        bad["metrics"][gate.metric] = gate.threshold + BARELY_MISSED[gate.op]
        judged = verdict(bad, event(spec))
        assert judged["status"] == "Rejected"
        assert any(gate.metric in reason and f"{gate.threshold:g}" in reason for reason in judged["reasons"])


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), True, "0.99"])
def test_a_metric_that_is_no_number_rejects(spec: ModelSpec, value: Any) -> None:
    bad = evaluation(spec)
    bad["metrics"][spec.trained.promotion.metric] = value
    if not isinstance(value, str):
        assert verdict(bad, event(spec))["status"] == "Rejected"
    del bad["metrics"][spec.trained.promotion.metric]
    assert verdict(bad, event(spec))["status"] == "Rejected"


def test_a_tie_with_a_baseline_rejects(spec: ModelSpec) -> None:
    tie = evaluation(spec)
    tie["baselines"]["rule"] = {spec.trained.promotion.metric: tie["metrics"][spec.trained.promotion.metric]}
    judged = verdict(tie, event(spec))
    assert judged["status"] == "Rejected"
    assert ["rule" in reason for reason in judged["reasons"]] == [True]


def test_without_any_baseline_nothing_is_promoted(spec: ModelSpec) -> None:
    assert verdict(evaluation(spec, baselines={"constant": None}), event(spec))["status"] == "Rejected"
    partly = evaluation(spec)
    partly["baselines"]["persistence"] = None
    assert verdict(partly, event(spec))["status"] == "Approved"


def test_the_champion_may_be_better_by_the_margin_and_no_more(spec: ModelSpec) -> None:
    margin = spec.trained.promotion.margin
    at = evaluation(spec, champion={spec.trained.promotion.metric: shifted(spec, margin)})
    beyond = evaluation(spec, champion={spec.trained.promotion.metric: shifted(spec, margin * 1.01)})
    assert verdict(at, event(spec))["status"] == "Approved"
    judged = verdict(beyond, event(spec))
    assert judged["status"] == "Rejected"
    assert "champion" in judged["reasons"][0]


def test_an_unknown_profile_is_refused_by_name(spec: ModelSpec) -> None:
    judged = verdict(evaluation(spec, profile="guess"), event(spec, profile="guess"))
    assert judged["status"] == "Rejected"
    assert "'guess'" in judged["reasons"][0]
    assert "synthetic" in judged["reasons"][0]


def test_another_models_evaluation_is_an_error(spec: ModelSpec) -> None:
    with pytest.raises(ValueError, match="other"):
        verdict(evaluation(spec, model="other"), event(spec))
    with pytest.raises(ValueError, match="approval"):
        verdict(evaluation(spec), event(spec, approval="perhaps"))


def test_the_registry_takes_what_the_gate_says(spec: ModelSpec) -> None:
    long = event(spec)
    long["promotion"]["profiles"]["synthetic"] *= 100
    judged = verdict(evaluation(spec, data_hash="sha256(a,b)\n"), long)
    assert len(judged["description"]) <= 1024
    assert "\n" not in judged["description"]
    for key, value in judged["metrics"].items():
        assert re.fullmatch(r"[\w .:/=+\-@]{1,256}", key + value)
    assert judged["metrics"]["profile"] == "synthetic"


def test_the_handler_reads_the_evaluation(
    spec: ModelSpec, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = Scripted("s3", [json.dumps(evaluation(spec)).encode(), b"{}"])
    monkeypatch.setattr(module, "storage", lambda: s3)
    assert module.handler(event(spec), context)["status"] == "Approved"
    assert s3.calls[0][1] == {"Bucket": "processed", "Key": "run/evaluation.json"}
    with pytest.raises(ValueError, match="lacks baselines, metrics, model, profile"):
        module.handler(event(spec), context)
    with pytest.raises(ValueError, match="s3://bucket/key"):
        module.handler(event(spec, evaluation_uri="https://x/y"), context)


def challenged(spec: ModelSpec, lead: float, verdict: str, on: str = "fresh") -> dict[str, Any]:
    """An evaluation whose challenger leads by so much, a minus being a lead of the champion's."""
    metric = spec.trained.promotion.metric
    sign = 1 if spec.trained.promotion.higher_is_better else -1
    champion, challenger = shifted(spec, 0), shifted(spec, lead)
    told = {
        "on": on,
        "rows": 300,
        "fresh_rows": 300 if on == "fresh" else 12,
        "least_fresh_rows": 200,
        "metric": metric,
        "champion": champion,
        "challenger": challenger,
        "difference": sign * lead,
        "low": sign * lead - 0.001,
        "high": sign * lead + 0.001,
        "verdict": verdict,
    }
    return evaluation(spec, champion={metric: shifted(spec, 0)}, challenge=told)


def test_who_is_shown_worse_on_fresh_rows_is_refused_even_within_the_margin(spec: ModelSpec) -> None:
    little = spec.trained.promotion.margin / 2
    judged = verdict(challenged(spec, -little, "worse"), event(spec))
    assert judged["status"] == "Rejected"
    assert ["worse" in reason and "fresh rows" in reason for reason in judged["reasons"]] == [True]
    held = verdict(challenged(spec, -little, "no difference shown"), event(spec))
    assert held["status"] == "Approved"
    better = verdict(challenged(spec, little, "better"), event(spec))
    assert better["status"] == "Approved"
    assert better["metrics"]["challenge"].startswith("better: ")
    assert "on 300 fresh rows" in better["metrics"]["challenge"]


def test_on_fresh_rows_the_margin_is_that_of_the_fresh_rows(spec: ModelSpec) -> None:
    lost = 2 * spec.trained.promotion.margin
    told = challenged(spec, -lost, "no difference shown")
    assert verdict(told, event(spec))["status"] == "Rejected"
    # on rows that the champion learned from, its lead says nothing
    led = challenged(spec, 0, "no difference shown")
    led["champion"] = {spec.trained.promotion.metric: shifted(spec, lost)}
    assert verdict(led, event(spec))["status"] == "Approved"


def test_with_too_few_fresh_rows_the_whole_test_split_decides_and_it_is_said(spec: ModelSpec) -> None:
    judged = verdict(challenged(spec, -spec.trained.promotion.margin / 2, "worse", on="test"), event(spec))
    assert judged["status"] == "Approved"
    assert "whole test split, as 12 of 200 fresh rows are there" in judged["description"]
    beyond = challenged(spec, 0, "worse", on="test")
    metric, margin = spec.trained.promotion.metric, spec.trained.promotion.margin
    beyond["champion"] = {metric: shifted(spec, 2 * margin)}
    judged = verdict(beyond, event(spec))
    assert judged["status"] == "Rejected"
    assert "12 of 200 fresh rows" in judged["reasons"][0]


def test_a_challenge_without_numbers_is_refused(spec: ModelSpec) -> None:
    blank = challenged(spec, 0, "no difference shown")
    blank["challenge"] |= {"challenger": None, "difference": None, "low": None, "high": None}
    judged = verdict(blank, event(spec))
    assert judged["status"] == "Rejected"
    assert "challenge" not in judged["metrics"]
