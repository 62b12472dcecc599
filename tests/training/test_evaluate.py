"""The evaluation: its metrics are the usual ones, its baselines honest, its champion optional."""

import json
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as reference

import artifact
import baselines
import curves
import evaluate
import metrics
import scoring
from baselines import Answers
from catalog.known import CLASS_METRICS, NUMBER_METRICS
from dataset import Rows, read
from jobs import JobError
from tests.training.fleet import CONTRACTS, HISTORY, RISK, SCORE, metadata_of, split_table, train_on

NAMES = tuple(CONTRACTS)


def packed(model_dir, path):
    with tarfile.open(path, "w:gz") as archive:
        archive.add(model_dir, ".")
    return path


@pytest.fixture(scope="session")
def models(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packed")
    return {name: packed(trained[name], folder / f"{name}.tar.gz") for name in NAMES}


def evaluated(prepared, model, output, contract=RISK, champion=None):
    splits = prepared[contract.name]
    return evaluate.evaluate(
        test=splits / "test",
        metadata=splits / "metadata",
        models=[model],
        output=output,
        champion=champion,
        contract=contract,
    )


def some_answers(rows=400, classes=4):
    draw = np.random.default_rng(1)
    truth = draw.choice(classes, rows, p=(0.6, 0.2, 0.15, 0.05))
    probabilities = draw.dirichlet(np.ones(classes), rows) + np.eye(classes)[truth] * 0.4
    return truth, np.round(probabilities / probabilities.sum(axis=1, keepdims=True), 2)


def test_class_metrics_are_scikit_learn_s():
    truth, probabilities = some_answers()
    labels = probabilities.argmax(axis=1)
    found = metrics.classification(truth, probabilities, labels)
    shares = probabilities / probabilities.sum(axis=1, keepdims=True)
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(truth, labels))
    assert found["macro_f1"] == pytest.approx(reference.f1_score(truth, labels, average="macro"))
    assert found["auc"] == pytest.approx(reference.roc_auc_score(truth, shares, multi_class="ovr"), abs=1e-3)
    assert metrics.log_loss(truth, shares) == pytest.approx(reference.log_loss(truth, shares))


def test_per_class_metrics_are_scikit_learn_s():
    truth, probabilities = some_answers()
    labels = probabilities.argmax(axis=1)
    matrix = metrics.confusion(truth, labels, 4)
    np.testing.assert_array_equal(matrix, reference.confusion_matrix(truth, labels))
    expected = reference.precision_recall_fscore_support(truth, labels)[:3]
    np.testing.assert_allclose(metrics.per_class(matrix), expected)


def test_number_metrics_are_scikit_learn_s():
    draw = np.random.default_rng(2)
    truth, values = draw.normal(50, 10, 300), draw.normal(50, 10, 300)
    found = metrics.regression(truth, values)
    assert found["rmse"] == pytest.approx(reference.root_mean_squared_error(truth, values))
    assert found["mae"] == pytest.approx(reference.mean_absolute_error(truth, values))
    assert found["r2"] == pytest.approx(reference.r2_score(truth, values))


@pytest.mark.parametrize("name", NAMES)
def test_the_evaluation_says_everything(prepared, models, tmp_path, name):
    contract = CONTRACTS[name]
    found = evaluated(prepared, models[name], tmp_path, contract)
    assert json.loads((tmp_path / "evaluation.json").read_text()) == found
    assert (found["model"], found["profile"], found["contract_hash"]) == (name, "synthetic", contract.hash)
    assert found["data_hash"] == metadata_of(prepared[name])["data_hash"]
    assert found["rows"] == metadata_of(prepared[name])["splits"]["test"]["rows"]
    assert set(found["baselines"]) == {"constant", "persistence", "rule"}
    (scored,) = {frozenset(each) for each in found["baselines"].values()}
    assert scored <= set(found["metrics"]) == set(CLASS_METRICS if contract.target.classes else scored)
    for metric, (low, high) in found["confidence_intervals"].items():
        assert low <= found["metrics"][metric] <= high


def test_the_curves_are_scikit_learn_s():
    truth, probabilities = some_answers()
    labels, names = probabilities.argmax(axis=1), ("a", "b", "c", "d")
    found = curves.roc(truth, probabilities, names)
    for code, name in enumerate(names):
        fpr, tpr, _ = reference.roc_curve(truth == code, probabilities[:, code])
        along = np.array(found[name]["fpr"]) + found[name]["tpr"]
        np.testing.assert_allclose(np.interp(fpr + tpr, along, found[name]["tpr"]), tpr, atol=0.02)
        assert found[name]["auc"] == pytest.approx(
            reference.roc_auc_score(truth == code, probabilities[:, code])
        )
        assert (found[name]["fpr"][0], found[name]["tpr"][0]) == (0, 0)
        assert (found[name]["fpr"][-1], found[name]["tpr"][-1]) == (1, 1)
        assert len(found[name]["fpr"]) == len(found[name]["tpr"]) <= curves.POINTS
    assert set(curves.roc(np.minimum(truth, 2), probabilities, names)) == {"a", "b", "c"}
    held = curves.calibration(truth, probabilities, labels)
    assert sum(held["rows"]) == len(truth)
    right = sum(n * share for n, share in zip(held["rows"], held["accuracy"], strict=True) if n)
    assert right / len(truth) == pytest.approx(np.mean(truth == labels), abs=1e-5)


def test_sure_and_right_answers_are_calibrated():
    truth = np.array([0, 1, 1, 0])
    assert curves.calibration(truth, np.eye(2)[truth], truth)["error"] == 0
    assert curves.calibration(1 - truth, np.eye(2)[truth], truth)["error"] == 1


def test_the_auc_of_two_classes_is_the_ordinary_one():
    truth, probabilities = some_answers(classes=4)
    rare = (truth == 3).astype(np.int64)
    shares = np.column_stack((1 - probabilities[:, 3], probabilities[:, 3]))
    found = metrics.classification(rare, shares, shares.argmax(axis=1))
    assert found["auc"] == pytest.approx(reference.roc_auc_score(rare, shares[:, 1]))


def test_the_evaluation_can_be_drawn_without_the_data(prepared, models, tmp_path):
    found = evaluated(prepared, models["iops-risk"], tmp_path)
    assert (found["learner"], found["hyperparameters"]["max_depth"]) == ("xgboost", "3")
    assert set(found["roc"]) == set(RISK.target.classes)
    assert found["metrics"]["auc"] == pytest.approx(np.mean([each["auc"] for each in found["roc"].values()]))
    assert 0 < found["calibration"]["error"] < 0.5
    assert list(found["importance"].values()) == sorted(found["importance"].values(), reverse=True)
    assert next(iter(found["importance"])) in ("p99_latency", "queue_depth")
    score = evaluated(prepared, models["iops-performance"], tmp_path, SCORE)
    assert (score["roc"], score["calibration"], score["horizons"]) == ({}, None, {})


def test_the_model_beats_its_baselines(prepared, models, tmp_path):
    risk = evaluated(prepared, models["iops-risk"], tmp_path)
    score = evaluated(prepared, models["iops-performance"], tmp_path, SCORE)
    assert all(each["macro_f1"] < risk["metrics"]["macro_f1"] for each in risk["baselines"].values())
    assert all(each["rmse"] > score["metrics"]["rmse"] for each in score["baselines"].values())


def test_classes_are_accounted_for(prepared, models, tmp_path):
    found = evaluated(prepared, models["iops-risk"], tmp_path)
    truth = split_table(prepared["iops-risk"], "test")["risk_level"].to_numpy().astype(int)
    assert found["classes"] == list(RISK.target.classes)
    assert (
        np.array(found["confusion_matrix"]).sum(axis=1).tolist() == np.bincount(truth, minlength=4).tolist()
    )
    assert {name: each["rows"] for name, each in found["per_class"].items()} == dict(
        zip(RISK.target.classes, np.bincount(truth, minlength=4).tolist(), strict=True)
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_rule_is_the_contract_s_fallback(prepared, name):
    contract = CONTRACTS[name]
    features = read(prepared[name] / "test", contract).features
    features[:, contract.features.index("error_rate")] *= 4
    features[:50, contract.features.index("p99_latency")] = np.nan
    found = baselines.rule(features, contract, contract.fallback)
    for row, answer in zip(features, found.values if found.labels is None else found.labels, strict=True):
        record = {f: float(v) for f, v in zip(contract.features, row, strict=True) if not np.isnan(v)}
        expected = contract.fallback.answer(record)
        assert answer == (contract.target.classes.index(expected) if contract.target.classes else expected)


def test_persistence_is_the_known_label_or_the_constant():
    none, codes = np.full(3, np.nan, np.float32), np.arange(3)
    rows = Rows(np.zeros((3, 25), np.float32), none, np.array([30, np.nan, 70], np.float32), codes)
    found = baselines.all_of(rows, SCORE, {"constant": 55.0})
    np.testing.assert_array_equal(found["persistence"].values, [30, 55, 70])
    np.testing.assert_array_equal(found["constant"].values, [55, 55, 55])


def test_a_contract_without_a_rule_has_no_rule_baseline(prepared):
    rows = read(prepared["iops-risk"] / "test", RISK)
    found = baselines.all_of(rows, replace(RISK, fallback=None), metadata_of(prepared["iops-risk"]))
    assert set(found) == {"constant", "persistence"}


def test_the_champion_is_judged_on_the_same_rows(prepared, models, tmp_path):
    train_on(prepared["iops-risk"], tmp_path / "weak", RISK, num_boost_round="1")
    weak = packed(tmp_path / "weak", tmp_path / "weak.tar.gz")
    found = evaluated(prepared, models["iops-risk"], tmp_path, champion=weak)
    assert found["champion"] == evaluated(prepared, weak, tmp_path)["metrics"]
    assert found["champion"] != found["metrics"]
    assert found["champion_note"] is None


def test_a_champion_that_is_not_there_or_not_comparable_is_said(prepared, models, tmp_path):
    found = evaluated(prepared, models["iops-risk"], tmp_path, champion=tmp_path / "none.tar.gz")
    assert (found["champion"], found["champion_note"]) == (None, "there is no champion yet")
    found = evaluated(prepared, models["iops-risk"], tmp_path, champion=models["iops-performance"])
    assert found["champion"] is None
    assert f"the champion has contract {SCORE.hash}" in found["champion_note"]


def test_a_champion_of_another_container_s_library_is_said(prepared, models, tmp_path, monkeypatch):
    read, known = artifact.load, []

    def load(folder):
        if known:
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
        known.append(folder)
        return read(folder)

    monkeypatch.setattr(artifact, "load", load)
    found = evaluated(prepared, models["iops-risk"], tmp_path, champion=models["iops-risk"])
    assert (found["champion"], found["champion_note"]) == (
        None,
        "the champion needs torch: not comparable here",
    )


def test_a_candidate_of_another_contract_is_refused(prepared, models, tmp_path):
    with pytest.raises(JobError, match=f"was trained for contract {SCORE.hash}"):
        evaluated(prepared, models["iops-performance"], tmp_path)


def test_a_file_that_is_no_model_is_refused(prepared, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "model.tar.gz").write_bytes(b"nothing")
    for path in (tmp_path / "model.tar.gz", packed(tmp_path / "x", tmp_path / "empty.tar.gz")):
        with pytest.raises(JobError, match=r"is not a model that train\.py wrote"):
            evaluated(prepared, path, tmp_path)


@pytest.mark.usefixtures("contracts_dir")
def test_the_job_runs_from_its_command_line(prepared, models, tmp_path, capsys):
    splits = prepared["iops-risk"]
    arguments = ["--test", splits / "test", "--metadata", splits / "metadata", "--output", tmp_path / "out"]
    given = [
        str(each) for each in (*arguments, "--model", models["iops-risk"], "--champion", tmp_path / "none")
    ]
    assert evaluate.main(given) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "iops-risk"
    assert (tmp_path / "out" / "evaluation.json").is_file()
    given[1] = str(tmp_path)
    assert evaluate.main(given) == 1
    assert "holds no Parquet file" in capsys.readouterr().err


def test_specs_know_the_evaluation_s_metrics(prepared, models, tmp_path):
    found = evaluated(prepared, models["iops-risk"], tmp_path)
    assert set(found["metrics"]) == set(CLASS_METRICS)
    found = evaluated(prepared, models["iops-performance"], tmp_path, SCORE)
    assert set(found["metrics"]) == set(NUMBER_METRICS)


def test_what_a_lone_record_lacks_is_found_by_the_feature_code():
    names = [n for n, lacks in zip(RISK.features, evaluate.history(RISK), strict=True) if lacks]
    assert set(names) == set(HISTORY)


@pytest.mark.parametrize("name", NAMES)
def test_records_sent_alone_are_judged_too(prepared, models, trained, tmp_path, name):
    contract = CONTRACTS[name]
    found = evaluated(prepared, models[name], tmp_path, contract)
    rows, model = read(prepared[name] / "test", contract), artifact.load(trained[name])
    rows.features[:, evaluate.history(contract)] = np.nan
    answers = model.predict(rows.features)
    labels = model.labels(answers) if contract.target.classes else None
    assert found["alone"] == scoring.score(rows, Answers(answers, labels), contract)
    assert found["alone"] != found["metrics"]
