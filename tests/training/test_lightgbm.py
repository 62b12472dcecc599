"""LightGBM: the library's own answers, also after saving, also as ONNX, with missing values and without."""

from functools import cache

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import artifact
import baselines
import dataset
import metrics
from catalog.known import LEARNERS
from dataset import Rows
from jobs import JobError
from learners import lightgbm, lightgbm_onnx, lightgbm_settings
from learners.lightgbm_library import lgb
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

SMALL = {"num_boost_round": "30", "num_leaves": "15", "min_child_samples": "5", "seed": "3"}
CONTRACTS = {"classes": THREATS, "two classes": TWO, "a number": NUMBER}
ANY = st.floats(width=32, allow_infinity=False) | st.just(float("nan")) | st.sampled_from([0.0, -0.0])


def silent(*_):
    pass


def fit(contract, train=None, *, report=silent, **hyperparameters):
    given = {**SMALL, **hyperparameters}
    train = train or rows(contract, missing=0.1)
    return lightgbm.fit(train, rows(contract, seed=9), contract, given, report=report, identity="")


@cache
def of_two():
    return fit(TWO)[0]


@pytest.fixture(scope="module")
def models():
    return {name: fit(contract)[0] for name, contract in CONTRACTS.items()}


def library_s(model, inputs):
    """The answers of the library to the saved text, as it gives them."""
    return lgb.Booster(model_str=model.text).predict(inputs, num_threads=1)


@pytest.mark.parametrize("kind", CONTRACTS)
def test_it_answers_as_the_library_does(models, kind):
    model, asked = models[kind], features(seed=1, missing=0.2)
    own = library_s(model, asked)
    whole = np.stack((1 - own, own), axis=1) if kind == "two classes" else own
    np.testing.assert_allclose(model.predict(asked), whole, atol=1e-6)


@pytest.mark.parametrize("kind", CONTRACTS)
@pytest.mark.parametrize("seen", [0.0, 0.3], ids=["never missing", "missing in training"])
@pytest.mark.parametrize("asked", [0.0, 0.3, 1.0], ids=["whole", "missing", "nothing there"])
def test_the_onnx_graph_answers_as_the_model_does(kind, seen, asked):
    """Where training saw no missing value, the library reads one as 0."""
    contract = CONTRACTS[kind]
    model, inputs = fit(contract, rows(contract, missing=seen))[0], features(3000, 1, asked)
    found = through_onnx("lightgbm", model, contract, inputs).reshape(model.predict(inputs).shape)
    np.testing.assert_allclose(found, model.predict(inputs), atol=1e-5, rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(inputs=arrays.arrays(np.float32, (5, WIDTH), elements=ANY))
def test_the_graph_agrees_on_any_inputs(inputs):
    model = of_two()
    np.testing.assert_allclose(through_onnx("lightgbm", model, TWO, inputs), model.predict(inputs), atol=1e-5)


@pytest.mark.parametrize("kind", CONTRACTS)
def test_a_threshold_and_its_neighbours_go_where_the_library_sends_them(models, kind):
    """Thresholds are double in the library and float32 in the graph."""
    model = models[kind]
    tree = lightgbm_onnx.trees(model.text)[0]
    inputs = np.zeros((3 * len(tree.threshold), WIDTH), np.float32)
    for place, (column, threshold) in enumerate(zip(tree.feature, tree.threshold, strict=True)):
        near = (threshold, np.nextafter(threshold, np.float32(9)), np.nextafter(threshold, np.float32(-9)))
        inputs[3 * place : 3 * place + 3, column] = near
    found = through_onnx("lightgbm", model, CONTRACTS[kind], inputs).reshape(model.predict(inputs).shape)
    np.testing.assert_allclose(found, model.predict(inputs), atol=1e-5, rtol=1e-6)


@pytest.mark.parametrize("kind", CONTRACTS)
def test_what_is_saved_answers_the_same_and_is_text(models, kind, tmp_path):
    model, asked = models[kind], features(seed=1, missing=0.1)
    model.save(tmp_path)
    loaded = lightgbm.load(tmp_path, CONTRACTS[kind])
    assert (loaded.predict(asked) == model.predict(asked)).all()
    assert loaded.importance() == model.importance()
    (path,) = tmp_path.iterdir()
    assert path.read_text().startswith("tree\nversion=")


def test_a_tree_without_branches_is_exported_too():
    train = rows(TWO)
    alike = Rows(np.ones_like(train.features), train.target, train.known, train.entity)
    model = fit(TWO, alike)[0]
    assert lightgbm_onnx.trees(model.text)[0].size == 1
    np.testing.assert_allclose(
        through_onnx("lightgbm", model, TWO, train.features), model.predict(train.features), atol=1e-6
    )


def test_classes_that_the_training_rows_lack_are_never_likely():
    train = rows(THREATS, 900)
    kept = train.take(np.flatnonzero(np.isin(train.target, [2, 3, 4])))
    answers = fit(THREATS, kept)[0].predict(kept.features)
    assert answers.shape == (len(kept), CLASSES)
    assert (answers[:, [0, 1, 5, 6, 7, 8]] < 1e-6).all()
    assert (answers.argmax(axis=1) == kept.target).mean() > 0.8


@pytest.mark.parametrize("kind", CONTRACTS)
def test_no_rows_no_answers(models, kind):
    none = models[kind].predict(np.empty((0, WIDTH), np.float32))
    assert none.shape == models[kind].predict(features(3))[:0].shape


@pytest.mark.parametrize("kind", CONTRACTS)
def test_contributions_add_up_to_the_answer(models, kind):
    model, asked = models[kind], features(50, 1, 0.1)
    raw = lgb.Booster(model_str=model.text).predict(asked, raw_score=True)
    labels = None if kind == "a number" else model.predict(asked).argmax(axis=1)
    if kind == "classes":
        raw = raw[np.arange(50), labels]
    elif kind == "two classes":
        raw = raw * np.where(labels == 1, 1, -1)
    found = model.contributions(asked, labels)
    assert found.shape == asked.shape
    rest = raw - found.sum(axis=1)
    groups = np.zeros(50, int) if labels is None else labels
    for group in np.unique(groups):
        np.testing.assert_allclose(rest[groups == group], rest[groups == group][0], atol=1e-4)


@pytest.mark.parametrize("kind", CONTRACTS)
def test_importance_is_a_share_and_finds_what_matters(models, kind):
    found = models[kind].importance()
    assert sum(found) == pytest.approx(1, abs=1e-4)
    assert np.argsort(found)[::-1][:2].tolist() == [0, 3]


def test_it_stops_early_and_keeps_the_best_round():
    told = []
    model, log = fit(TWO, report=lambda *line: told.append(line), num_boost_round="400", learning_rate="0.3")
    judged = rows(TWO, seed=9)
    assert log["best_iteration"] + 1 == len(lightgbm_onnx.trees(model.text)) < 400
    loss = metrics.log_loss(judged.target.astype(int), model.predict(judged.features))
    assert loss == pytest.approx(log["best_score"], abs=1e-6)
    assert {metric for metric, _ in told} == {"validation:mlogloss"} == {log["metric"]}
    assert all(score >= log["best_score"] for _, score in told)


def test_of_a_number_the_error_is_told():
    log = fit(NUMBER)[1]
    assert log["metric"] == "validation:rmse"
    assert log["best_score"] < 0.5 * rows(NUMBER, seed=9).target.std()


@pytest.mark.parametrize("drawn", ["bagging_fraction", "feature_fraction"])
def test_same_seed_same_trees_other_seed_others(drawn):
    first, again, other = (fit(TWO, **{drawn: "0.6"}, seed=seed)[0].text for seed in ("1", "1", "2"))
    assert first == again
    assert _grown(first) != _grown(other)


def _grown(text):
    """The trees alone: the text tells the seed too."""
    return text.partition("end of trees")[0]


def test_rare_classes_weigh_more_where_asked():
    train = rows(TWO, 2000)
    rare = train.take(np.flatnonzero((train.target == 0) | (np.arange(2000) % 20 == 0)))
    plain, fair = (fit(TWO, rare, class_weight=rule)[0] for rule in ("none", "balanced"))
    asked = features(500, 1)
    assert fair.predict(asked)[:, 1].mean() > plain.predict(asked)[:, 1].mean() + 0.05


def test_every_wrong_hyperparameter_is_named_at_once():
    with pytest.raises(JobError) as error:
        fit(TWO, num_leaves="1", feature_fraction="0", class_weight="fair", eta="0.1", num_threads="few")
    for part in (
        "eta: not a hyperparameter; known are bagging_fraction",
        "num_leaves must be a whole number from 2 to 4096, got '1'",
        "feature_fraction must be a share above 0 and at most 1, got '0'",
        "class_weight must be one of none, sqrt, balanced, got 'fair'",
        "num_threads must be a whole number from 1, or auto for all cores of the job, got 'few'",
    ):
        assert part in str(error.value)


def test_a_forecast_is_refused_by_name():
    with pytest.raises(
        JobError, match=f"classes or a number here; target {FORECAST.target.name} is a forecast"
    ):
        lightgbm_settings.read({}, FORECAST.target)


def test_what_the_library_refuses_is_told():
    train = rows(THREATS)
    beyond = Rows(train.features, train.target + CLASSES, train.known, train.entity)
    with pytest.raises(JobError, match="LightGBM refuses"):
        fit(THREATS, beyond)


def test_numbers_may_come_as_tuning_writes_them():
    log = fit(TWO, num_leaves="7.0", learning_rate="0.05")[1]
    assert (log["hyperparameters"]["num_leaves"], log["hyperparameters"]["learning_rate"]) == ("7", "0.05")


def test_every_searched_hyperparameter_is_the_learner_s():
    assert set(LEARNERS["lightgbm"].hyperparameters) <= set(lightgbm_settings.KINDS)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = events.prepared(threat_event.chunks(3_000), THREATS, tmp_path_factory.mktemp("threat"))
    return folder, *events.trained(folder, THREATS, learner="lightgbm", num_boost_round="60", num_leaves="7")


def test_generated_events_are_told_apart_better_than_by_the_rule(job):
    folder, model_dir, facts = job
    loaded, test = artifact.load(model_dir), dataset.read(folder / "test", THREATS)
    truth = test.target.astype(int)
    labels = loaded.labels(loaded.predict(test.features))
    ruled = baselines.rule(test.features, THREATS, THREATS.fallback).labels
    assert (labels == truth).mean() > (ruled == truth).mean()
    assert (labels == truth).mean() >= 0.9 * threat_event.best_achievable(records=4_000)["accuracy"]
    assert facts["versions"]["lightgbm"] == lightgbm.VERSION


def test_the_saved_graph_answers_as_the_artifact_does(job):
    folder, model_dir, _ = job
    inputs = np.ascontiguousarray(dataset.read(folder / "test", THREATS).features)
    found = onnxruntime.InferenceSession(model_dir / "model.onnx").run(
        ["probabilities"], {"features": inputs}
    )
    np.testing.assert_allclose(found[0], artifact.load(model_dir).predict(inputs), atol=1e-5)
