"""`compare`: a verdict with its interval on the same rows, and exit codes that a pipeline can use."""

import json

import pytest

from tests.models import LEARNED
from tests.training.cli import call

SPEC = next(spec for spec in LEARNED if spec.trained.learner == "xgboost")
METRIC = SPEC.trained.promotion.metric


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A model, and one that learned less from the same rows."""
    root = tmp_path_factory.mktemp("pair")
    first = ["--synthetic", 3000, "--hyperparameter", "num_boost_round=60"]
    second = [
        "--data",
        root / "good",
        "--hyperparameter",
        "num_boost_round=1",
        "--hyperparameter",
        "max_depth=1",
    ]
    for name, words in (("good", first), ("poor", second)):
        done = call("train", SPEC.name, *words, "--output", root / name)
        assert done.exit_code in (0, 1), done.output
    return root / "good", root / "poor"


def compared(a, b, *words):
    return call("compare", a / "model.tar.gz", b / "model.tar.gz", *words)


def test_the_better_model_is_better_and_the_poorer_worse(pair, tmp_path):
    good, poor = pair
    told = tmp_path / "verdict.json"
    done = compared(good, poor, "--data", good, "--require", "better", "--json", told)
    assert done.exit_code == 0, done.output
    assert f"by {METRIC}: A is better than B" in done.stdout
    verdict = json.loads(told.read_text())
    assert (verdict["model"], verdict["metric"], verdict["verdict"]) == (SPEC.name, METRIC, "better")
    own = verdict["differences"][METRIC]
    assert own["low"] <= own["value"] <= own["high"]
    evaluations = [json.loads((each / "evaluation.json").read_text())["metrics"][METRIC] for each in pair]
    assert [own["a"], own["b"]] == pytest.approx(evaluations)
    other_way = compared(poor, good, "--data", good)
    assert other_way.exit_code == 1
    assert f"by {METRIC}: A is worse than B" in other_way.stdout


def test_a_model_is_no_better_than_itself(pair):
    good, _ = pair
    same = compared(good, good, "--data", good)
    assert same.exit_code == 0
    assert f"by {METRIC}: no difference shown" in same.stdout
    assert compared(good, good, "--data", good, "--require", "better").exit_code == 1


def test_other_data_than_it_learned_from_is_told(pair):
    good, poor = pair
    done = compared(good, poor, "--synthetic", 800)
    assert "A learned from data" in done.stderr
    assert "B learned from data" in done.stderr


def test_another_metric_may_decide(pair):
    good, poor = pair
    assert "by accuracy: " in compared(good, poor, "--data", good, "--metric", "accuracy").stdout


def test_what_cannot_be_compared_is_named(pair, tmp_path):
    good, _ = pair
    wrong = compared(good, good, "--data", good, "--metric", "beauty")
    assert wrong.exit_code == 2
    assert f"metric 'beauty' cannot be compared for {SPEC.name}; known are" in wrong.stderr
    (tmp_path / "model.tar.gz").write_text("not an archive")
    broken = compared(tmp_path, good, "--data", good)
    assert broken.exit_code == 2
    assert "is not a model that a training wrote" in broken.stderr
    assert compared(tmp_path / "no", good, "--data", good).exit_code == 2
