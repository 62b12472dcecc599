"""The forest: the library's own answers, also after saving, also as ONNX, with missing values and without."""

import numpy as np
import onnxruntime
import pytest
from sklearn.ensemble import RandomForestClassifier

import artifact
import baselines
import dataset
import metrics
from artifact import Artifact
from catalog.models.threat import THREAT
from dataset import Rows
from encoding import Scaler
from jobs import JobError
from learners import random_forest
from sources import threat_event
from tests.training import events

CONTRACT = THREAT.contract
WIDTH, CLASSES = len(CONTRACT.columns), len(CONTRACT.target.classes)
SMALL = {"n_estimators": "12", "max_depth": "8", "seed": "3"}
AS_IS = Scaler(np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32))


def rows(count=600, seed=0, missing=0.0, classes=CLASSES):
    draw = np.random.default_rng(seed)
    features = draw.lognormal(0, 1, (count, WIDTH)).astype(np.float32)
    features[draw.random(features.shape) < missing] = np.nan
    strength = np.nan_to_num(features[:, 0]) * 2 + np.nan_to_num(features[:, 3]) + draw.normal(0, 0.5, count)
    target = np.digitize(strength, np.quantile(strength, np.arange(1, classes) / classes)).astype(np.float32)
    return Rows(features, target, target, np.arange(count))


def fit(train, **given):
    model, _ = random_forest.fit(
        train, rows(seed=9), CONTRACT, {**SMALL, **given}, report=lambda *_: None, identity=""
    )
    return model


def through_onnx(model, features):
    whole = Artifact(CONTRACT, "random_forest", model, AS_IS, np.ones(CLASSES, np.float32), {})
    session = onnxruntime.InferenceSession(whole.onnx())
    return session.run(["probabilities", "label"], {"features": features})


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_it_answers_as_the_library_does(missing):
    train, asked = rows(missing=missing), rows(seed=1, missing=missing).features
    library = RandomForestClassifier(
        12, max_depth=8, min_samples_leaf=2, max_leaf_nodes=512, random_state=3
    ).fit(train.features, train.target)
    np.testing.assert_allclose(fit(train).predict(asked), library.predict_proba(asked), atol=1e-6)


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_the_onnx_graph_answers_as_the_model_does(missing):
    model, asked = fit(rows(missing=missing)), rows(3000, seed=1, missing=missing).features
    found, labels = through_onnx(model, asked)
    np.testing.assert_allclose(found, model.predict(asked), atol=1e-6)
    assert (labels == model.predict(asked).argmax(axis=1)).all()


@pytest.mark.parametrize("odd", [0, 1])
def test_neighbouring_numbers_are_told_apart_as_the_library_does(odd):
    """The library's threshold lies between two float32 neighbours, where no float32 is."""
    low = np.float32(1000) if odd == 0 else np.nextafter(np.float32(1000), np.float32(np.inf))
    high = np.nextafter(low, np.float32(np.inf))
    features = np.ones((40, WIDTH), np.float32)
    features[:, 0] = np.where(np.arange(40) % 2, high, low)
    target = (np.arange(40) % 2).astype(np.float32)
    model = fit(Rows(features, target, target, np.arange(40)), max_features="1.0")
    for found in (model.predict(features[:2]), through_onnx(model, features[:2])[0]):
        assert found.argmax(axis=1).tolist() == [0, 1]


def test_what_is_saved_answers_the_same(tmp_path):
    model, asked = fit(rows()), rows(seed=1).features
    model.save(tmp_path)
    loaded = random_forest.load(tmp_path, CONTRACT)
    assert (loaded.predict(asked) == model.predict(asked)).all()
    assert loaded.importance() == model.importance()
    assert {path.suffix for path in tmp_path.iterdir()} == {".npz", ".npy"}


def test_no_rows_no_answers():
    assert fit(rows()).predict(np.empty((0, WIDTH), np.float32)).shape == (0, CLASSES)


def test_classes_that_the_training_rows_lack_are_never_likely():
    train = rows(classes=4)
    moved = Rows(train.features, train.target + 2, train.known, train.entity)
    answers = fit(moved).predict(train.features)
    assert answers.shape == (len(train), CLASSES)
    assert (answers[:, [0, 1, 6, 7, 8]] == 0).all()
    assert (answers.argmax(axis=1) == moved.target).mean() > 0.8


def test_importance_is_a_share_and_finds_what_matters():
    found = fit(rows(2000)).importance()
    assert sum(found) == pytest.approx(1, abs=1e-4)
    assert np.argmax(found) == 0


def test_leaves_are_bounded():
    model = fit(rows(3000), max_leaf_nodes="20", min_samples_leaf="1", max_depth="30")
    assert len(model.trees.shares) <= 12 * 20


def test_same_seed_same_forest_other_seed_another():
    first, again, other = (fit(rows(), seed=seed).predict(rows(seed=1).features) for seed in ("1", "1", "2"))
    assert (first == again).all()
    assert not (first == other).all()


def test_every_wrong_hyperparameter_is_named_at_once():
    given = {"n_estimators": "many", "max_features": "2", "class_weight": "fair", "eta": "0.1"}
    with pytest.raises(JobError) as error:
        fit(rows(), **given)
    for part in (
        "eta: not a hyperparameter; known are class_weight",
        "n_estimators must be a whole number from 1 to 1000, got 'many'",
        "max_features must be sqrt, log2 or a share of the columns above 0 and at most 1, got '2'",
        "class_weight must be one of none, balanced, got 'fair'",
    ):
        assert part in str(error.value)


def test_numbers_may_come_as_tuning_writes_them():
    log = random_forest.fit(
        rows(), rows(), CONTRACT, {**SMALL, "n_estimators": "5.0", "max_features": "0.25"},
        report=lambda *_: None, identity="",
    )[1]  # fmt: skip
    assert log["hyperparameters"]["n_estimators"] == "5"
    assert log["hyperparameters"]["max_features"] == "0.25"


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = events.prepared(threat_event.chunks(3_000), CONTRACT, tmp_path_factory.mktemp("threat"))
    return folder, *events.trained(folder, CONTRACT, learner="random_forest", n_estimators="60")


def test_generated_events_are_told_apart_almost_as_well_as_can_be(job):
    folder, model_dir, facts = job
    loaded, test = artifact.load(model_dir), dataset.read(folder / "test", CONTRACT)
    truth = test.target.astype(int)
    labels = loaded.labels(loaded.predict(test.features))
    best = threat_event.best_achievable(records=4_000)
    assert (labels == truth).mean() >= 0.9 * best["accuracy"]
    assert metrics.macro_f1(metrics.confusion(truth, labels, CLASSES)) >= 0.9 * best["macro_f1"]
    ruled = baselines.rule(test.features, CONTRACT, CONTRACT.fallback).labels
    assert (labels == truth).mean() > (ruled == truth).mean() > (truth == 0).mean()
    assert facts["validation"]["macro_f1"] > 0.75


def test_the_saved_graph_answers_as_the_artifact_does(job):
    folder, model_dir, _ = job
    test = dataset.read(folder / "test", CONTRACT)
    features = np.ascontiguousarray(test.features)
    session = onnxruntime.InferenceSession(model_dir / "model.onnx")
    found = session.run(["probabilities"], {"features": features})[0]
    np.testing.assert_allclose(found, artifact.load(model_dir).predict(features), atol=2e-6)
