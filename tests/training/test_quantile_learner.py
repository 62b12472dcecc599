"""Quantile forecasts by boosted trees: what they learn, that bands never cross, and the exported model."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from artifact import Artifact
from catalog.contract import Contract, Feature, Key, RecordSchema, Target
from dataset import Rows
from encoding import Scaler
from jobs import JobError
from learners import xgboost

RECORD = RecordSchema(
    name="reading",
    title="Reading",
    keys=(
        Key(name="unit", kind="text", description="Unit", example="u1"),
        Key(name="timestamp", kind="timestamp", description="When", example="2026-01-01T00:00:00+00:00"),
    ),
    features=(
        Feature(name="rate", unit="1/h", description="Growth", minimum=-10),
        Feature(name="level", unit="%", description="Now", maximum=100, missing="refuse"),
    ),
)
CONTRACT = Contract(
    name="toy-forecast",
    title="Toy",
    record=RECORD,
    target=Target(
        name="later",
        description="Later level",
        minimum=0,
        maximum=100,
        ahead_of="level",
        horizons=(1, 4),
        quantiles=(0.1, 0.5, 0.9),
    ),
)
GIVEN = {"num_boost_round": "60", "eta": "0.2", "max_depth": "4"}


def rows(low, high, seed, count=3000):
    """Units at `low` to `high` percent that grow by `rate` an hour, give or take a point; unscaled."""
    draw = np.random.default_rng(seed)
    rate, level = draw.uniform(0, 2, count), draw.uniform(low, high, count)
    hours = draw.choice([1.0, 4.0], count)
    later = level + rate * hours + draw.normal(0, 1, count)
    rate[draw.random(count) < 0.1] = np.nan
    features = np.column_stack((rate, level, hours)).astype(np.float32)
    return Rows(features, later.astype(np.float32), level.astype(np.float32), np.zeros(count, np.int64))


def fitted(given=GIVEN):
    train, validation = rows(20, 60, 1), rows(20, 60, 2, 800)
    scaler = Scaler(np.nanmean(train.features, axis=0), np.nanstd(train.features, axis=0))
    printed = []
    model, log = xgboost.fit(
        replace(train, features=scaler.apply(train.features)),
        replace(validation, features=scaler.apply(validation.features)),
        CONTRACT,
        given,
        report=lambda name, score: printed.append((name, score)),
        identity="toy",
    )
    return Artifact(CONTRACT, "xgboost", model, scaler, np.empty(0, np.float32), {}), log, printed


@pytest.fixture(scope="module")
def forecast():
    return fitted()


def test_the_median_follows_the_truth_and_the_band_holds_four_of_five(forecast):
    artifact, test = forecast[0], rows(20, 60, 3)

    low, median, high = artifact.predict(test.features).T

    assert np.abs(median - test.target).mean() < 1.2
    assert np.mean((low <= test.target) & (test.target <= high)) == pytest.approx(0.8, abs=0.06)


def test_it_holds_at_levels_no_training_row_had(forecast):
    artifact, beyond = forecast[0], rows(70, 90, 4)

    assert np.abs(artifact.predict(beyond.features)[:, 1] - beyond.target).mean() < 1.2


def test_quantiles_never_cross(forecast):
    artifact = forecast[0]
    strange = np.random.default_rng(5).uniform(-50, 150, (2000, 3)).astype(np.float32)

    assert (np.diff(artifact.predict(strange), axis=1) >= 0).all()


def test_the_exported_model_answers_the_same(forecast):
    artifact, test = forecast[0], rows(0, 100, 6)

    session = onnxruntime.InferenceSession(artifact.onnx())
    (answers,) = session.run(["value"], {"features": test.features})

    assert answers.shape == (len(test), 3)
    np.testing.assert_allclose(answers, artifact.predict(test.features), atol=1e-4)


def test_what_is_loaded_again_is_the_same(forecast, tmp_path):
    model, inputs = forecast[0].model, forecast[0].scaler.apply(rows(0, 100, 7, 50).features)

    model.save(tmp_path)

    np.testing.assert_array_equal(xgboost.load(tmp_path, CONTRACT).predict(inputs), model.predict(inputs))


def test_the_log_tells_the_pinball_loss_and_the_levels_come_from_the_contract(forecast):
    log, printed = forecast[1:]

    assert log["metric"] == "validation:pinball"
    assert {name for name, _ in printed} == {"validation:pinball"}
    assert 0 < log["best_score"] < 0.5
    assert "0.9" in log["hyperparameters"]["quantile_alpha"]


def test_growth_moves_the_middle_answer_most(forecast):
    artifact, test = forecast[0], rows(20, 60, 8, 400)

    moved = np.abs(artifact.contributions(test.features, None)).mean(axis=0)

    assert moved.shape == (3,)
    assert moved.argmax() in (0, 2)
    assert moved[1] < moved[0]


def test_levels_are_no_hyperparameter():
    with pytest.raises(JobError, match="quantile_alpha: not a hyperparameter"):
        fitted({"quantile_alpha": "0.5"})
