"""The LSTM learner: what it learns, that its export answers alike, that an interruption changes nothing."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

import metrics
import onnx_file
from catalog.contract import Contract, Feature, Key, RecordSchema, Target
from dataset import Rows
from jobs import JobError
from learners import lstm, lstm_calibration

STEPS, FEATURES, TREND, EMPTY = 6, 4, 1, 3
CONTRACT = Contract(
    name="drift",
    title="Drift",
    steps=STEPS,
    record=RecordSchema(
        name="drift",
        title="Drift",
        keys=(Key(name="id", kind="text", description="Which", example="a"),),
        features=tuple(Feature(name=f"f{i}", unit="1", description="A number") for i in range(FEATURES)),
    ),
    target=Target(name="state", description="State", classes=("calm", "busy")),
)
QUICK = {"epochs": "6", "hidden_size": "8", "learning_rate": "0.02", "batch_size": "64", "dropout": "0.1"}


def rows(seed, count=600):
    """Windows whose class is the direction of one feature, at any level; one feature is never there."""
    draw = np.random.default_rng(seed)
    window = draw.standard_normal((count, STEPS, FEATURES)).astype(np.float32)
    busy = draw.random(count) < 0.4
    slope = np.where(busy, 1.0, -1.0)[:, None] * np.linspace(-1, 1, STEPS)
    window[:, :, TREND] = slope + 2 * draw.standard_normal((count, 1)) + 0.5 * window[:, :, TREND]
    window[draw.random(window.shape) < 0.05] = np.nan
    window[: count // 10, :4] = np.nan
    window[:, :, EMPTY] = np.nan
    target = busy.astype(np.float32)
    return Rows(window.reshape(count, -1), target, target, np.arange(count))


def silent(metric, score):
    """Reports nothing."""


def fit(given=QUICK, report=silent, checkpoints=None, identity="one"):
    return lstm.fit(
        rows(0), rows(1, 300), CONTRACT, given, report=report, identity=identity, checkpoints=checkpoints
    )


@pytest.fixture(scope="module")
def fitted():
    return fit()


@pytest.fixture(scope="module")
def odd():
    """Windows at the edges: without history, without anything, far out of range, and ordinary ones."""
    inputs = rows(2, 50).features.copy()
    inputs[0, :-FEATURES] = np.nan
    inputs[1] = np.nan
    inputs[2, -FEATURES:] = np.inf
    inputs[3] = 1e30
    return inputs


def test_it_learns_from_history_what_the_latest_record_does_not_tell(fitted):
    judged = rows(3, 1000)
    latest = judged.features.reshape(-1, STEPS, FEATURES)[:, -1, TREND]
    told = np.nan_to_num(latest, nan=0.0)
    probability = fitted[0].predict(judged.features)
    found = metrics.auc(judged.target == 1, probability[:, 1])
    assert found > 0.9 > metrics.auc(judged.target == 1, told) + 0.05
    np.testing.assert_allclose(probability.sum(axis=1), 1, atol=1e-6)


def test_the_same_seed_gives_the_same_model_another_seed_another(fitted):
    inputs = rows(3).features
    again, other = fit()[0], fit({**QUICK, "seed": "1"})[0]
    np.testing.assert_array_equal(fitted[0].predict(inputs), again.predict(inputs))
    assert (fitted[0].predict(inputs) != other.predict(inputs)).any()


def test_the_log_tells_the_best_pass(fitted):
    log = fitted[1]
    assert log["metric"] == "validation:mlogloss"
    judged = rows(1, 300)
    assert log["best_score"] == pytest.approx(
        metrics.log_loss(judged.target.astype(np.int64), fitted[0].predict(judged.features))
    )
    assert 0 <= log["best_iteration"] < 6
    assert log["hyperparameters"]["hidden_size"] == "8"


def test_it_stops_when_patience_is_at_an_end():
    passes = []
    fit({**QUICK, "learning_rate": "0.9", "epochs": "40", "patience": "2"}, lambda *each: passes.append(each))
    assert 3 <= len(passes) < 40


def test_the_export_answers_as_the_model_does(fitted, odd):
    nodes, constants = fitted[0].onnx("features", "probabilities")
    width = STEPS * FEATURES
    session = onnxruntime.InferenceSession(
        onnx_file.model(
            name="drift",
            nodes=nodes,
            constants=constants,
            inputs=[onnx_file.tensor("features", onnx_file.FLOAT, "records", width)],
            outputs=[onnx_file.tensor("probabilities", onnx_file.FLOAT, "records", 2)],
            about={},
        )
    )
    for inputs in (odd, odd[:1], rows(4, 200).features):
        answers = session.run(None, {"features": inputs})[0]
        assert np.isfinite(answers).all()
        np.testing.assert_allclose(answers, fitted[0].predict(inputs), atol=1e-5)


def test_a_saved_model_is_the_same_model(fitted, odd, tmp_path):
    fitted[0].save(tmp_path)
    loaded = lstm.load(tmp_path, CONTRACT)
    np.testing.assert_array_equal(loaded.predict(odd), fitted[0].predict(odd))
    assert loaded.importance() == fitted[0].importance()


def test_importance_is_a_share_and_nothing_where_nothing_is_measured(fitted):
    shares = np.array(fitted[0].importance()).reshape(STEPS, FEATURES)
    assert shares.sum() == pytest.approx(1, abs=1e-4)
    assert (shares >= 0).all()
    assert (shares[:, EMPTY] == 0).all()
    assert shares.sum(axis=0).argmax() == TREND


def test_contributions_foretell_small_changes(fitted):
    inputs = rows(5, 20).features
    labels = np.ones(20, np.int64)

    def logit(values):
        probability = fitted[0].predict(values)[:, 1].astype(np.float64)
        return np.log(probability / (1 - probability))

    # Of two classes the logit of one moves against the other's.
    told = fitted[0].contributions(inputs, labels) - fitted[0].contributions(inputs, 1 - labels)
    step = 0.01
    moved = (logit(inputs * (1 + step)) - logit(inputs * (1 - step))) / (2 * step)
    np.testing.assert_allclose(told.sum(axis=1), moved, rtol=0.05, atol=0.02)


def test_every_unusable_hyperparameter_is_named():
    with pytest.raises(JobError) as raised:
        fit({"hidden_size": "many", "dropout": "1", "epochs": "0", "depth": "3"})
    for words in (
        "depth: not a hyper",
        "dropout must be",
        "below 1",
        "epochs must be",
        "hidden_size must be",
    ):
        assert words in str(raised.value)


def test_numbers_are_not_its_trade():
    number = replace(CONTRACT, target=Target(name="score", description="Score", maximum=100))
    with pytest.raises(JobError, match="score is a number"):
        lstm.fit(rows(0), rows(1), number, {}, report=silent, identity="one")


def interrupted(folder):
    """A training that is killed in its fourth pass."""
    passes = []

    def report(metric, score):
        passes.append(score)
        if len(passes) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(report=report, checkpoints=folder)


def test_an_interrupted_training_goes_on_as_if_nothing_had_happened(fitted, tmp_path):
    interrupted(tmp_path)
    model, log = fit(checkpoints=tmp_path)
    assert log["resumed_at"] == 3
    inputs = rows(3).features
    np.testing.assert_array_equal(model.predict(inputs), fitted[0].predict(inputs))
    assert {**log, "resumed_at": 0} == fitted[1]


@pytest.mark.parametrize("damage", ["other identity", "cut off"])
def test_a_checkpoint_that_is_not_its_own_is_left_aside(tmp_path, damage, capsys):
    interrupted(tmp_path)
    (path,) = tmp_path.glob("checkpoint-*.npz")
    if damage == "cut off":
        path.write_bytes(path.read_bytes()[:100])
    else:
        path.rename(tmp_path / "checkpoint-two.npz")
    identity = "one" if damage == "cut off" else "two"
    assert fit(checkpoints=tmp_path, identity=identity)[1]["resumed_at"] == 0
    assert "left aside" in capsys.readouterr().out


def test_temperature_mends_overconfidence():
    draw = np.random.default_rng(0)
    logit = draw.normal(0, 1, 4000)
    truth = (draw.random(4000) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    honest = np.column_stack((1 / (1 + np.exp(logit)), 1 / (1 + np.exp(-logit)))).astype(np.float32)
    boastful = lstm_calibration.tempered(honest, 0.4)
    found = lstm_calibration.temperature(boastful, truth)
    assert found == pytest.approx(2.5, rel=0.1)
    mended = lstm_calibration.tempered(boastful, found)
    assert lstm_calibration.error(mended, truth) < 0.03 < lstm_calibration.error(boastful, truth)
