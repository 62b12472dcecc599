"""The linear model of texts: the library's own answers, also after saving and as ONNX."""

import json
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from sklearn.linear_model import LogisticRegression

import artifact
import dataset
import grams
import metrics
from artifact import Artifact
from catalog.models.threat_payload import THREAT_PAYLOAD
from dataset import Rows
from encoding import Scaler
from jobs import JobError
from learners import linear_text
from sources import http_payload
from tests.training import events

CONTRACT = THREAT_PAYLOAD.contract
TEXT, CLASSES = CONTRACT.record.texts[0], CONTRACT.target.classes
AS_IS = Scaler(np.zeros(TEXT.buckets, np.float32), np.ones(TEXT.buckets, np.float32))


def rows(count=400, seed=5):
    table = next(http_payload.chunks(count, seed))
    target = np.array([CLASSES.index(label) for label in table["attack"].to_pylist()], np.float32)
    return Rows(grams.encode(TEXT, table["payload"].to_pylist()), target, target, np.arange(count))


def of_classes(kept, count=400):
    every = rows(count)
    return every.take(np.flatnonzero(np.isin(every.target, kept)))


def fit(train, **given):
    return linear_text.fit(train, rows(seed=9), CONTRACT, given, report=lambda *_: None, identity="")[0]


@pytest.mark.parametrize("kept", [[0, 1, 2, 3], [0, 2, 3]])
def test_it_answers_as_the_library_does(kept):
    train, asked = of_classes(kept), rows(seed=1).features
    library = LogisticRegression(C=5, class_weight="balanced", max_iter=1000)
    library.fit(train.features, train.target)
    answers = fit(train, C="5", class_weight="balanced").predict(asked)
    np.testing.assert_allclose(answers[:, kept], library.predict_proba(asked), atol=1e-3)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-6)
    assert (np.delete(answers, kept, axis=1) < 1e-6).all()


def test_of_two_classes_too():
    train, asked = of_classes([1, 2]), rows(seed=1).features
    library = LogisticRegression(C=5, max_iter=1000).fit(train.features, train.target)
    answers = fit(train, C="5").predict(asked)
    np.testing.assert_allclose(answers[:, [1, 2]], library.predict_proba(asked), atol=1e-3)


def test_one_class_is_not_enough():
    with pytest.raises(JobError, match="all of one class; threat-payload needs at least two"):
        fit(of_classes([1]))


def test_the_onnx_graph_answers_as_the_model_does():
    model, asked = fit(rows()), rows(seed=1).features
    whole = Artifact(CONTRACT, "linear_text", model, AS_IS, np.ones(len(CLASSES), np.float32), {})
    session = onnxruntime.InferenceSession(whole.onnx())
    found, labels = session.run(["probabilities", "label"], {"features": asked})
    np.testing.assert_allclose(found, model.predict(asked), atol=1e-6)
    assert (labels == model.predict(asked).argmax(axis=1)).all()


def test_what_is_saved_answers_the_same(tmp_path):
    model, asked = fit(rows()), rows(seed=1).features
    model.save(tmp_path)
    assert (linear_text.load(tmp_path, CONTRACT).predict(asked) == model.predict(asked)).all()


def test_contributions_add_up_to_the_log_odds_of_the_label():
    model, asked = fit(rows()), rows(seed=1).features
    labels = model.predict(asked).argmax(axis=1)
    odds = np.log(model.predict(asked)) - model.start
    above = odds[np.arange(len(asked)), labels] - odds.mean(axis=1)
    np.testing.assert_allclose(model.contributions(asked, labels).sum(axis=1), above, atol=1e-3)


def test_importance_is_a_share():
    found = fit(rows()).importance()
    assert len(found) == TEXT.buckets
    assert sum(found) == pytest.approx(1, abs=1e-3)


def test_every_wrong_hyperparameter_is_named_at_once():
    with pytest.raises(JobError) as error:
        fit(rows(), C="0", class_weight="fair", seed="1")
    for part in (
        "seed: not a hyperparameter; known are C, class_weight",
        "C must be a number above 0, got '0'",
        "class_weight must be one of none, balanced, got 'fair'",
    ):
        assert part in str(error.value)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = events.prepared(http_payload.chunks(3_000), CONTRACT, tmp_path_factory.mktemp("payload"))
    return folder, *events.trained(folder, CONTRACT, learner="linear_text", class_weight="balanced")


def test_texts_reach_the_learner_unscaled(job):
    scaler = json.loads((job[0] / "metadata" / "metadata.json").read_text())["scaler"]
    assert set(scaler["mean"]) == {0.0}
    assert set(scaler["scale"]) == {1.0}


def test_generated_texts_are_told_apart_above_the_floor(job):
    folder, model_dir, facts = job
    loaded, test = artifact.load(model_dir), dataset.read(folder / "test", CONTRACT)
    truth = test.target.astype(int)
    labels = loaded.labels(loaded.predict(test.features))
    profiles = THREAT_PAYLOAD.trained.promotion.profiles
    floor = next(each.gates[0].threshold for each in profiles if each.name == "synthetic")
    assert metrics.macro_f1(metrics.confusion(truth, labels, len(CLASSES))) > floor
    assert facts["validation"]["macro_f1"] <= http_payload.best_achievable()["macro_f1"] + 0.02


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("maria.lopez@example.org", "normal"),
        ("' OR 1=1 -- ", "sql_injection"),
        ("1 UNION SELECT name, password FROM users", "sql_injection"),
        ("<script>alert(1)</script>", "xss_attack"),
        ("<img src=x onerror=alert('x')>", "xss_attack"),
        ("../../../etc/passwd", "other_attack"),
        ("; cat /etc/passwd", "other_attack"),
    ],
)
def test_plain_cases_are_read_right_whatever_their_case(job, text, label):
    loaded = artifact.load(job[1])
    found = loaded.predict(grams.encode(TEXT, [text, text.upper()]))
    assert [CLASSES[code] for code in loaded.labels(found)] == [label] * 2
    assert (found[0] == found[1]).all()


def test_a_numbers_contract_is_no_obstacle():
    """The learner reads columns, wherever they come from."""
    three = replace(CONTRACT, target=replace(CONTRACT.target, classes=("a", "b", "c")))
    draw = np.random.default_rng(0)
    features, target = draw.normal(size=(200, 4)).astype(np.float32), np.arange(200) % 3
    features[np.arange(200), target] += 5
    train = Rows(features, target.astype(np.float32), target.astype(np.float32), target)
    model, _ = linear_text.fit(train, train, three, {}, report=lambda *_: None, identity="")
    assert (model.predict(features).argmax(axis=1) == target).mean() > 0.95
