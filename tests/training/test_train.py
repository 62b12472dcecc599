"""The training job: what it prints, what it leaves behind, and how it answers bad hyperparameters."""

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxmltools
import onnxruntime
import pytest
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

import artifact
import decision
import learners.xgboost
import train
from catalog import models
from catalog.known import LEARNERS
from dataset import read
from encoding import Scaler
from jobs import JobError
from learners import xgboost_settings
from tests.training.fleet import CONTRACTS, MODELS, QUICK, RISK, SCORE, metadata_of, train_on

ROOT = Path(__file__).parents[2]
NAMES = tuple(CONTRACTS)


def facts_of(model_dir):
    return json.loads((model_dir / "model.json").read_text())


def holes(rows=600, width=25):
    """Unscaled features with many values missing, and rows with all of them missing."""
    draw = np.random.default_rng(5)
    features = draw.lognormal(2, 1, (rows, width)).astype(np.float32)
    features[draw.random(features.shape) < 0.3] = np.nan
    features[:3] = np.nan
    return features


@pytest.mark.parametrize("name", NAMES)
def test_the_artifact_describes_itself(trained, prepared, name):
    facts, metadata = facts_of(trained[name]), metadata_of(prepared[name])
    assert {path.name for path in trained[name].iterdir()} == {
        "model.ubj",
        "model.onnx",
        "model.json",
        "feature_columns.json",
        "model_metadata.json",
        "golden.json",
        "code",
    }
    assert facts["contract_hash"] == CONTRACTS[name].hash
    assert (facts["learner"], facts["learner_title"]) == ("xgboost", "XGBoost")
    assert facts["data_hash"] == metadata["data_hash"]
    assert facts["profile"] == "synthetic"
    assert facts["hyperparameters"]["eta"] == "0.3"
    assert facts["versions"]["xgboost"].startswith("3.")
    assert math.isclose(sum(facts["importance"].values()), 1, abs_tol=1e-4)
    np.testing.assert_allclose(facts["scaler"]["mean"], metadata["scaler"]["mean"], rtol=1e-6)


@pytest.mark.parametrize("spec", MODELS, ids=lambda spec: spec.name)
def test_the_catalogue_s_metric_scrapes_the_best_round(prepared, tmp_path, capsys, spec):
    facts = train_on(prepared[spec.name], tmp_path, CONTRACTS[spec.name])
    printed = re.findall(spec.trained.tuning.objective.regex, capsys.readouterr().out)
    assert float(printed[-1]) == pytest.approx(facts["best_score"], abs=1e-6)
    assert float(printed[-1]) == pytest.approx(
        facts["validation"][spec.trained.tuning.objective.name.split(":")[1]], abs=1e-5
    )


def test_the_best_round_is_kept_and_training_stops_after_it(prepared, tmp_path):
    facts = train_on(
        prepared["iops-risk"], tmp_path, RISK, num_boost_round="400", early_stopping_rounds="4", eta="0.9"
    )
    booster = artifact.load(tmp_path).model.booster
    assert facts["best_iteration"] < 100
    assert booster.num_boosted_rounds() == facts["best_iteration"] + 1


def test_the_model_learns(trained):
    assert facts_of(trained["iops-risk"])["validation"]["macro_f1"] > 0.6
    assert facts_of(trained["iops-performance"])["validation"]["r2"] > 0.7


def test_the_same_training_gives_the_same_model(prepared, trained, tmp_path):
    train_on(prepared["iops-risk"], tmp_path, RISK)
    assert (tmp_path / "model.onnx").read_bytes() == (trained["iops-risk"] / "model.onnx").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_the_onnx_export_answers_as_the_model_does(trained, name):
    model, file, features = artifact.load(trained[name]), trained[name] / "model.onnx", holes()
    onnx.checker.check_model(onnx.load(file), full_check=True)
    answers = onnxruntime.InferenceSession(file).run(None, {"features": features})
    expected = model.predict(features)
    np.testing.assert_allclose(
        answers[0].reshape(expected.shape), expected, atol=2e-6 * max(1, expected.max())
    )
    if model.contract.target.classes:
        np.testing.assert_array_equal(answers[1], model.labels(expected))
        assert len(set(answers[1])) > 2


@pytest.mark.parametrize("name", NAMES)
def test_the_onnx_export_answers_as_another_converter_s(trained, name):
    """onnxmltools converts the trees alone, so it reads scaled features and its values are not clipped."""
    model, features = artifact.load(trained[name]), holes()
    target, shape = model.contract.target, [None, features.shape[1]]
    estimator = (xgboost.XGBClassifier if target.classes else xgboost.XGBRegressor)()
    estimator.load_model(trained[name] / "model.ubj")
    converted = onnxmltools.convert_xgboost(estimator, initial_types=[("input", FloatTensorType(shape))])
    other = onnxruntime.InferenceSession(converted.SerializeToString())
    found = other.run(None, {"input": model.scaler.apply(features)})[-1]
    expected = found if target.classes else np.clip(found, target.minimum, target.maximum)
    own = onnxruntime.InferenceSession(trained[name] / "model.onnx").run(None, {"features": features})[0]
    np.testing.assert_allclose(own, expected, atol=2e-6 * max(1, expected.max()))


def test_scores_stay_in_the_target_s_range(trained):
    model = artifact.load(trained["iops-performance"])
    bounds = model.predict(np.concatenate((holes() * 1e6, holes() * 1e-6)))
    assert bounds.min() >= 0
    assert bounds.max() <= 100


def test_contributions_add_up_to_the_answer(trained, prepared):
    model = artifact.load(trained["iops-performance"])
    features = read(prepared["iops-performance"] / "test", SCORE).features
    moved = model.contributions(features, None).sum(axis=1)
    answers = model.model.predict(model.scaler.apply(features))
    np.testing.assert_allclose(answers - moved, np.full(len(features), (answers - moved)[0]), atol=1e-3)


def test_contributions_of_one_class_are_the_library_s(trained, prepared):
    model = artifact.load(trained["iops-risk"])
    features = read(prepared["iops-risk"] / "test", RISK).features
    labels = model.labels(model.predict(features))
    data = learners.xgboost.xgb.DMatrix(model.scaler.apply(features))
    every_class = model.model.booster.predict(data, pred_contribs=True)
    expected = every_class[np.arange(len(labels)), labels, :-1]
    assert len(set(labels)) == 4
    np.testing.assert_allclose(model.contributions(features, labels), expected, atol=1e-5)


def test_the_code_in_the_artifact_runs_alone(trained):
    request = {"records": [{"volume_id": "v", "timestamp": "2026-03-02T14:30:00+00:00", "p99_latency": 20}]}
    program = (
        "import inference, json;"
        "model = inference.model_fn('..');"
        f"print(inference.output_fn(inference.predict_fn({request!r}, model), '')[0])"
    )
    found = subprocess.run(
        [sys.executable, "-s", "-c", program],
        cwd=trained["iops-risk"] / "code",
        env={
            name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "CONTRACTS_DIR")
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(found.stdout)["contract_hash"] == RISK.hash


def test_a_trial_loads_neither_pandas_nor_scikit_learn(trained, prepared, tmp_path):
    """They take longer to import than a small training takes."""
    channels = {
        f"SM_CHANNEL_{n.upper()}": prepared["iops-risk"] / n for n in ("train", "validation", "metadata")
    }
    variables = {**channels, "SM_MODEL_DIR": tmp_path, "SM_HPS": json.dumps(QUICK)}
    found = subprocess.run(
        [sys.executable, "-c", "import sys, train, inference; train.main(); print(*sys.modules)"],
        cwd=trained["iops-risk"] / "code",
        env={**os.environ, **{name: str(value) for name, value in variables.items()}},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (tmp_path / "model.json").is_file()
    assert not {"pandas", "sklearn", "scipy.stats", "onnx"} & set(found.stdout.split())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"etta": "0.1"}, "etta: not a hyperparameter; known are alpha, class_weight"),
        ({"eta": "fast"}, "eta must be a number, got 'fast'"),
        ({"max_depth": "3.5"}, "max_depth must be a whole number, got '3.5'"),
        ({"class_weight": "much"}, "class_weight must be one of none, sqrt, balanced, got 'much'"),
        ({"eta": "-1"}, "xgboost refuses"),
        ({"learner": "magic"}, "learner 'magic' is not one of "),
        ({"decision": "coin"}, "decision must be one of argmax, macro_f1, got 'coin'"),
    ],
)
def test_a_bad_hyperparameter_is_named_with_what_is_allowed(prepared, tmp_path, given, expected):
    with pytest.raises(JobError, match=re.escape(expected)):
        train_on(prepared["iops-risk"], tmp_path, RISK, **given)


def test_every_bad_hyperparameter_is_named_at_once():
    with pytest.raises(JobError, match=r"eta must be .*max_depth must be .*wrong: not a hyperparameter"):
        xgboost_settings.read({"wrong": "1", "eta": "x", "max_depth": "y"}, RISK.target, 100)


def test_a_service_s_whole_number_may_have_a_point():
    assert xgboost_settings.read({"max_depth": "5.0"}, RISK.target, 100).booster["max_depth"] == 5


def test_threads_are_one_unless_asked_for(monkeypatch):
    monkeypatch.setenv("SM_NUM_CPUS", "4")
    assert xgboost_settings.read({}, RISK.target, 100).booster["nthread"] == 1
    assert xgboost_settings.read({"nthread": "auto"}, RISK.target, 100).booster["nthread"] == 4


def test_bins_follow_the_rows_unless_given():
    assert xgboost_settings.read({}, RISK.target, 100).booster["max_bin"] == 64
    assert xgboost_settings.read({}, RISK.target, 100_000).booster["max_bin"] == 256
    assert xgboost_settings.read({"max_bin": "32"}, RISK.target, 100).booster["max_bin"] == 32


def test_rows_of_rare_classes_weigh_more_when_asked():
    labels = np.array([0] * 90 + [1] * 10, np.float32)
    balanced = xgboost_settings.read({"class_weight": "balanced"}, RISK.target, 100).row_weights(labels)
    assert balanced[-1] / balanced[0] == pytest.approx(9)
    assert balanced.mean() == pytest.approx(1)
    assert xgboost_settings.read({}, RISK.target, 100).row_weights(labels) is None


def test_the_decision_for_macro_f1_favours_rare_classes():
    draw = np.random.default_rng(0)
    truth = (draw.random(2000) < 0.1).astype(np.int64)
    signal = np.clip(0.1 + 0.25 * truth + draw.normal(0, 0.1, 2000), 0.01, 0.99)
    probabilities = np.column_stack((1 - signal, signal)).astype(np.float32)
    found = decision.weights("macro_f1", truth, probabilities)
    assert found[1] > 2 * found[0]
    assert decision.weights("argmax", truth, probabilities).tolist() == [1, 1]


def checkpointed(prepared, folder, **given):
    return train_on(
        prepared["iops-risk"],
        folder / "model",
        RISK,
        **{"checkpoint_dir": str(folder / "kept"), "eta": "0.02"} | given,
    )


def test_an_interrupted_training_goes_on_where_it_was(prepared, tmp_path):
    assert checkpointed(prepared, tmp_path)["resumed_at"] == 0
    again = checkpointed(prepared, tmp_path)
    assert again["resumed_at"] == 25
    assert again["best_iteration"] == 39
    assert artifact.load(tmp_path / "model").model.booster.num_boosted_rounds() == 40


def test_trials_that_share_a_folder_keep_their_own_checkpoints(prepared, tmp_path):
    checkpointed(prepared, tmp_path)
    assert checkpointed(prepared, tmp_path, eta="0.03")["resumed_at"] == 0
    assert len(list((tmp_path / "kept").iterdir())) == 2
    assert checkpointed(prepared, tmp_path)["resumed_at"] == 25
    assert checkpointed(prepared, tmp_path, eta="0.03")["resumed_at"] == 25


def test_a_checkpoint_of_another_training_is_left_aside(prepared, tmp_path, capsys):
    checkpointed(prepared, tmp_path)
    (mine,) = (tmp_path / "kept").iterdir()
    checkpointed(prepared, tmp_path, eta="0.03")
    (other,) = set((tmp_path / "kept").iterdir()) - {mine}
    other.replace(mine)
    assert checkpointed(prepared, tmp_path)["resumed_at"] == 0
    assert "belongs to a training with other data or hyperparameters" in capsys.readouterr().out
    mine.write_bytes(b"half a file")
    assert checkpointed(prepared, tmp_path)["resumed_at"] == 0


@pytest.fixture
def container(prepared, contracts_dir, tmp_path, monkeypatch):
    """The training container's variables."""
    for name in ("train", "validation", "metadata"):
        monkeypatch.setenv(f"SM_CHANNEL_{name.upper()}", str(prepared["iops-risk"] / name))
    assert contracts_dir.is_dir()
    monkeypatch.setenv("SM_MODEL_DIR", str(tmp_path / "model"))
    monkeypatch.setenv("SM_OUTPUT_DIR", str(tmp_path / "output"))
    service = {"_tuning_objective_metric": "validation:mlogloss", "sagemaker_program": "train.py"}
    monkeypatch.setenv("SM_HPS", json.dumps(QUICK | service | {"max_depth": 2}))
    return tmp_path


def test_the_job_runs_in_its_container(container):
    assert train.main() == 0
    assert facts_of(container / "model")["hyperparameters"]["max_depth"] == "2"


def test_a_failing_job_leaves_its_reason(container, monkeypatch, capsys):
    monkeypatch.setenv("SM_HPS", '{"eta": "fast"}')
    assert train.main() == 1
    assert (container / "output" / "failure").read_text() == "eta must be a number, got 'fast'"
    assert "error: eta must be a number" in capsys.readouterr().err


def test_a_missing_channel_is_named(container, monkeypatch, capsys):
    monkeypatch.delenv("SM_CHANNEL_METADATA")
    assert train.main() == 1
    assert "SM_CHANNEL_METADATA is not set" in capsys.readouterr().err
    monkeypatch.setenv("SM_CHANNEL_METADATA", str(container))
    assert train.main() == 1
    assert "metadata.json is missing" in capsys.readouterr().err


def test_data_of_another_contract_is_refused(prepared, tmp_path):
    with pytest.raises(JobError, match="prepare the data again"):
        train_on(prepared["iops-performance"], tmp_path, RISK)


def test_a_learner_s_parts_are_no_learners():
    with pytest.raises(ValueError, match=r"learner 'xgboost_onnx' is not one of (?!.*xgboost_)"):
        artifact.learner("xgboost_onnx")


def test_every_learner_of_the_catalogue_is_there():
    for name in {spec.training.learner for spec in models.MODELS if spec.training}:
        module = artifact.learner(name)
        assert callable(module.fit)
        assert callable(module.load)


def test_every_searched_hyperparameter_is_the_learner_s():
    known = {*xgboost_settings.BOOSTER, *xgboost_settings.OWN}
    assert set(LEARNERS["xgboost"].hyperparameters) <= known


def test_the_scaler_leaves_missing_values_missing():
    scaler = Scaler.of({"mean": [1, 2], "scale": [2, 4]})
    scaled = scaler.apply(np.array([[3, np.nan], [1, 10]], np.float32))
    np.testing.assert_array_equal(scaled, [[1, np.nan], [0, 2]])
