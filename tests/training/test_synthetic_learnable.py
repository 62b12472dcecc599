"""The synthetic task: hard enough to need learning, and no harder than chance makes it."""

import tarfile

import pytest

import evaluate
from sources import iops_insight
from sources.load import write_synthetic
from tests.training.fleet import MODELS, prepared_from, train_on

SETTINGS = {"num_boost_round": "300", "early_stopping_rounds": "15", "eta": "0.1", "max_depth": "5"}


@pytest.fixture(scope="module")
def best():
    return iops_insight.best_achievable()


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory):
    """Both models' evaluations on the default 10,000 records, by the job's own code."""
    folder = tmp_path_factory.mktemp("synthetic")
    write_synthetic(folder / "raw", 10_000)
    return {spec.name: _evaluate(folder, spec.contract) for spec in MODELS}


def _evaluate(folder, contract):
    splits = folder / contract.name
    prepared_from(folder / "raw", splits, contract)
    train_on(splits, splits / "model", contract, **SETTINGS)
    with tarfile.open(splits / "model.tar.gz", "w:gz") as archive:
        archive.add(splits / "model", arcname=".")
    return evaluate.evaluate(
        test=splits / "test",
        metadata=splits / "metadata",
        models=[splits / "model.tar.gz"],
        output=splits / "evaluation",
        champion=None,
        contract=contract,
    )


def test_chance_leaves_room_for_error(best):
    assert 0.94 < best["accuracy"] < 0.98
    assert 3.0 < best["rmse"] < 5.0


def test_what_is_best_does_not_depend_on_the_draw(best):
    other = iops_insight.best_achievable(seed=7)
    assert other["accuracy"] == pytest.approx(best["accuracy"], abs=0.01)
    assert other["rmse"] == pytest.approx(best["rmse"], abs=0.3)


def test_risk_can_be_learned_beyond_every_trivial_answer(evaluations, best):
    found = evaluations["iops-risk"]
    assert 0.90 < found["metrics"]["accuracy"] < best["accuracy"] + 0.02
    assert found["metrics"]["macro_f1"] > 0.75
    trivial = [each["accuracy"] for each in found["baselines"].values()]
    assert max(trivial) < found["metrics"]["accuracy"] - 0.04


def test_the_score_can_be_learned_beyond_every_trivial_answer(evaluations, best):
    found = evaluations["iops-performance"]
    assert best["rmse"] < found["metrics"]["rmse"] < 9
    assert min(each["rmse"] for each in found["baselines"].values()) > 10
