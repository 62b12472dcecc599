"""The stress of made-up pools: learned beyond every trivial answer, in the direction that physics says."""

import tarfile

import numpy as np
import pytest

import artifact
import evaluate
from catalog.models.family_stress import FAMILY_STRESS
from comparison import ask
from encoding import Encoder
from sources.load import write_synthetic
from tests.training.fleet import prepared_from, train_on

CONTRACT = FAMILY_STRESS.contract
SETTINGS = {"num_boost_round": "200", "early_stopping_rounds": "15", "eta": "0.1", "max_depth": "5"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pools")
    write_synthetic(folder / "raw", 10_000, CONTRACT.record.name)
    prepared_from(folder / "raw", folder / "splits", CONTRACT)
    train_on(folder / "splits", folder / "model", CONTRACT, **SETTINGS)
    return folder


@pytest.fixture(scope="module")
def evaluation(trained):
    with tarfile.open(trained / "model.tar.gz", "w:gz") as archive:
        archive.add(trained / "model", arcname=".")
    splits = trained / "splits"
    return evaluate.evaluate(
        test=splits / "test",
        metadata=splits / "metadata",
        models=[trained / "model.tar.gz"],
        output=trained / "evaluation",
        champion=None,
        contract=CONTRACT,
    )


def test_the_model_beats_every_trivial_answer_the_familys_mean_among_them(evaluation):
    trivial = {name: each["rmse"] for name, each in evaluation["baselines"].items()}
    assert set(trivial) == {"constant", "persistence", "by_instance_family", "rule"}
    assert evaluation["metrics"]["rmse"] < min(trivial.values())


@pytest.mark.parametrize(
    ("calm", "strained"),
    [
        ({"credit_balance": 1.0}, {"credit_balance": 0.0}),
        ({"slowdown_24h": 1.0}, {"slowdown_24h": 40.0}),
        ({"memory_used": 50.0}, {"memory_used": 97.0}),
        ({"slowdown_1h": 0.0}, {"slowdown_1h": 50.0}),
    ],
)
def test_more_strain_means_more_stress(trained, calm, strained):
    model, encoder = artifact.load(trained / "model"), Encoder.of(CONTRACT)
    base = {
        "pool_id": "p", "timestamp": "2026-03-02T14:00:00+00:00", "instance_family": "t3",
        "region": "us-east-1", "cpu_mean_1h": 55.0, "cpu_mean_24h": 45.0, "cpu_p95_24h": 80.0,
        "credit_balance": 0.3,
    }  # fmt: skip
    low, high = ask(
        model, encoder.features(encoder.read([{**base, **each} for each in (calm, strained)]))
    ).values
    assert np.ravel(high)[0] > np.ravel(low)[0] + 1
