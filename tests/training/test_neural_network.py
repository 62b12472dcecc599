"""The neural network: scikit-learn's own answers, also after saving, also as ONNX, with missing values and
without."""

from dataclasses import replace
from functools import cache

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.neural_network import MLPClassifier, MLPRegressor

import artifact
import baselines
import dataset
import metrics
from catalog.known import LEARNERS
from jobs import JobError
from learners import neural_network, neural_network_settings
from learners.neural_network_layers import Layers
from sources import threat_event
from tests.training import events
from tests.training.learning import (
    CLASSES,
    FORECAST,
    NUMBER,
    THREATS,
    TWO,
    WIDTH,
    features,
    rows,
    through_onnx,
)

SMALL = {
    "hidden": "12",
    "layers": "2",
    "epochs": "15",
    "batch_size": "32",
    "learning_rate": "0.01",
    "seed": "3",
}
CONTRACTS = {"classes": THREATS, "two classes": TWO, "a number": NUMBER}
ANY = st.floats(width=32, min_value=-1000, max_value=1000) | st.just(float("nan"))


def silent(*_):
    pass


def fit(contract, train=None, *, report=silent, **hyperparameters):
    given = {**SMALL, **hyperparameters}
    train = train or rows(contract, missing=0.1)
    return neural_network.fit(train, rows(contract, seed=9), contract, given, report=report, identity="")


@cache
def of_two():
    return fit(TWO)[0]


@pytest.fixture(scope="module")
def models():
    return {name: fit(contract)[0] for name, contract in CONTRACTS.items()}


@pytest.mark.parametrize("kind", ["classes", "two classes"])
def test_it_answers_as_the_library_does(kind):
    train, asked = rows(CONTRACTS[kind]), features(seed=1)
    library = MLPClassifier(
        hidden_layer_sizes=(12, 12), batch_size=32, learning_rate_init=0.01, alpha=0.01, random_state=3
    )
    library.partial_fit(train.features, train.target.astype(int), classes=range(int(train.target.max()) + 1))
    model = fit(CONTRACTS[kind], train, epochs="1", alpha="0.01")[0]
    np.testing.assert_allclose(model.predict(asked), library.predict_proba(asked), atol=1e-5)


def test_of_a_number_too():
    train, asked = rows(NUMBER), features(seed=1)
    library = MLPRegressor(
        hidden_layer_sizes=(12, 12), batch_size=32, learning_rate_init=0.01, random_state=3
    )
    library.partial_fit(train.features, (train.target - train.target.mean()) / train.target.std())
    expected = library.predict(asked) * train.target.std() + train.target.mean()
    np.testing.assert_allclose(fit(NUMBER, train, epochs="1")[0].predict(asked), expected, atol=1e-3)


@pytest.mark.parametrize("kind", CONTRACTS)
@pytest.mark.parametrize("asked", [0.0, 0.3, 1.0], ids=["whole", "missing", "nothing there"])
def test_the_onnx_graph_answers_as_the_model_does(models, kind, asked):
    model, inputs = models[kind], features(3000, 1, asked)
    found = through_onnx("neural_network", model, CONTRACTS[kind], inputs)
    np.testing.assert_allclose(
        found.reshape(model.predict(inputs).shape),
        model.predict(inputs),
        atol=1e-4 if kind == "a number" else 1e-5,
    )


@settings(max_examples=60, deadline=None)
@given(inputs=arrays.arrays(np.float32, (5, WIDTH), elements=ANY))
def test_the_graph_agrees_on_any_inputs(inputs):
    model = of_two()
    found = through_onnx("neural_network", model, TWO, inputs)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, model.predict(inputs), atol=1e-4)


def test_a_missing_value_counts_as_the_mean(models):
    asked = features(100, 1, 0.3)
    there = np.where(np.isnan(asked), 0, asked)
    assert (models["classes"].predict(asked) == models["classes"].predict(there)).all()


@pytest.mark.parametrize("kind", CONTRACTS)
def test_what_is_saved_answers_the_same(models, kind, tmp_path):
    model, asked = models[kind], features(seed=1, missing=0.1)
    model.save(tmp_path)
    loaded = neural_network.load(tmp_path, CONTRACTS[kind])
    assert (loaded.predict(asked) == model.predict(asked)).all()
    assert loaded.importance() == model.importance()
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


def test_it_learns_what_can_be_learned(models):
    judged = rows(TWO, 2000, seed=7)
    assert (models["two classes"].predict(judged.features).argmax(axis=1) == judged.target).mean() > 0.88
    number = rows(NUMBER, 2000, seed=7)
    assert metrics.regression(number.target, models["a number"].predict(number.features))["r2"] > 0.9


def test_classes_that_the_training_rows_lack_are_unlikely():
    train = rows(THREATS, 900)
    kept = train.take(np.flatnonzero(np.isin(train.target, [2, 3, 4])))
    judged = rows(THREATS, 900, seed=9)
    judged = judged.take(np.flatnonzero(np.isin(judged.target, [2, 3, 4])))
    model, _ = neural_network.fit(kept, judged, THREATS, SMALL, report=silent, identity="")
    answers = model.predict(kept.features)
    assert answers.shape == (len(kept), CLASSES)
    assert answers[:, [0, 1, 5, 6, 7, 8]].max() < 0.1
    assert (answers.argmax(axis=1) == kept.target).mean() > 0.7


@pytest.mark.parametrize("kind", CONTRACTS)
def test_no_rows_no_answers(models, kind):
    none = models[kind].predict(np.empty((0, WIDTH), np.float32))
    assert none.shape == models[kind].predict(features(3))[:0].shape


def test_a_contribution_is_what_a_small_step_changes(models):
    """The gradient times the input, against differences of the outputs in double precision."""
    whole = models["classes"].layers
    layers = Layers(
        *(tuple(each.astype(np.float64) for each in part) for part in (whole.weights, whole.starts))
    )
    model = replace(models["classes"], layers=layers)
    asked = features(20, 1).astype(np.float64)
    labels = model.predict(asked).argmax(axis=1)
    found, step = model.contributions(asked, labels), 1e-6

    def told(inputs):
        odds = layers.outputs(inputs)
        return odds[np.arange(20), labels] - odds.mean(axis=1)

    for column in range(WIDTH):
        moved = asked.copy()
        moved[:, column] += step
        slope = (told(moved) - told(asked)) / step
        np.testing.assert_allclose(found[:, column], slope * asked[:, column], atol=1e-3)


def test_contributions_of_a_number_and_of_what_is_missing(models):
    asked = features(20, 1, 0.3)
    found = models["a number"].contributions(asked, None)
    assert found.shape == asked.shape
    assert (found[np.isnan(asked)] == 0).all()
    assert np.abs(found[:, 0]).max() > np.abs(found[:, 5]).max()


@pytest.mark.parametrize("kind", CONTRACTS)
def test_importance_is_a_share_and_finds_what_matters(models, kind):
    found = models[kind].importance()
    assert sum(found) == pytest.approx(1, abs=1e-4)
    assert np.argsort(found)[::-1][:2].tolist() == [0, 3]


def test_it_stops_early_and_keeps_the_best_pass():
    told = []
    model, log = fit(TWO, report=lambda *line: told.append(line), epochs="500", patience="4", hidden="64")
    scores = [score for _, score in told]
    assert len(scores) == log["best_iteration"] + 1 + 4 < 500
    assert log["best_score"] == min(scores) == scores[log["best_iteration"]]
    assert {metric for metric, _ in told} == {"validation:mlogloss"} == {log["metric"]}
    judged = rows(TWO, seed=9)
    loss = metrics.log_loss(judged.target.astype(int), model.predict(judged.features))
    assert loss == pytest.approx(log["best_score"])


def test_of_a_number_the_error_is_told():
    assert fit(NUMBER)[1]["metric"] == "validation:rmse"


def test_same_seed_same_network_other_seed_another():
    asked = features(seed=1)
    first, again, other = (fit(TWO, seed=seed)[0].predict(asked) for seed in ("1", "1", "2"))
    assert (first == again).all()
    assert not (first == other).all()


def test_layers_and_units_are_as_asked():
    layers = fit(TWO, hidden="7", layers="3", epochs="1")[0].layers
    assert [each.shape for each in layers.weights] == [(WIDTH, 7), (7, 7), (7, 7), (7, 2)]


def test_every_wrong_hyperparameter_is_named_at_once():
    with pytest.raises(JobError) as error:
        fit(TWO, hidden="0", layers="9", eta="0.1")
    for part in (
        "eta: not a hyperparameter; known are alpha",
        "hidden must be a whole number from 1 to 1024, got '0'",
        "layers must be a whole number from 1 to 5, got '9'",
    ):
        assert part in str(error.value)


def test_a_forecast_is_refused_by_name():
    with pytest.raises(JobError, match=f"classes or a number; target {FORECAST.target.name} is a forecast"):
        neural_network_settings.read({}, FORECAST.target)


def test_numbers_may_come_as_tuning_writes_them():
    assert fit(TWO, hidden="5.0", epochs="1.0")[1]["hyperparameters"]["hidden"] == "5"


def test_every_searched_hyperparameter_is_the_learner_s():
    assert set(LEARNERS["neural_network"].hyperparameters) <= set(neural_network_settings.KINDS)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = events.prepared(threat_event.chunks(3_000), THREATS, tmp_path_factory.mktemp("threat"))
    return folder, *events.trained(folder, THREATS, learner="neural_network", batch_size="64")


def test_generated_events_are_told_apart_better_than_by_the_rule(job):
    folder, model_dir, facts = job
    loaded, test = artifact.load(model_dir), dataset.read(folder / "test", THREATS)
    truth = test.target.astype(int)
    labels = loaded.labels(loaded.predict(test.features))
    ruled = baselines.rule(test.features, THREATS, THREATS.fallback).labels
    assert (labels == truth).mean() > (ruled == truth).mean()
    assert facts["versions"]["neural_network"] == neural_network.VERSION


def test_the_saved_graph_answers_as_the_artifact_does(job):
    folder, model_dir, _ = job
    inputs = np.ascontiguousarray(dataset.read(folder / "test", THREATS).features)
    found = onnxruntime.InferenceSession(model_dir / "model.onnx").run(
        ["probabilities"], {"features": inputs}
    )
    np.testing.assert_allclose(found[0], artifact.load(model_dir).predict(inputs), atol=1e-5)
