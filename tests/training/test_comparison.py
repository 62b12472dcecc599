"""Several learners' candidates: each is judged alike, and the validation split alone chooses."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as reference

import artifact
import comparison
import evaluate
import scoring
import train
from comparison import Rule
from dataset import read
from jobs import JobError
from tests.training.fleet import RISK, SCORE, train_on
from tests.training.test_evaluate import packed
from tests.training.test_train import facts_of

LOSS = Rule("mlogloss", higher_is_better=False, margin=0.0)
FOREST = {"learner": "random_forest", "n_estimators": "5", "max_depth": "6"}


@pytest.fixture(scope="module")
def forest(prepared, tmp_path_factory):
    folder, splits = tmp_path_factory.mktemp("forest"), prepared["iops-risk"]
    folders = {name: splits / name for name in ("train", "validation", "metadata")}
    train.train(folders=folders, model_dir=folder, hyperparameters=FOREST, contract=RISK)
    return folder


@pytest.fixture(scope="module")
def rivals(prepared, trained, forest, tmp_path_factory):
    """The evaluation's way to both candidates."""
    folder, splits = tmp_path_factory.mktemp("rivals"), prepared["iops-risk"]
    return {
        "test": splits / "test",
        "metadata": splits / "metadata",
        "validation": splits / "validation",
        "models": [
            packed(trained["iops-risk"], folder / "xgboost.tar.gz"),
            packed(forest, folder / "forest.tar.gz"),
        ],
        "output": folder / "out",
        "champion": None,
        "contract": RISK,
    }


@pytest.mark.parametrize(
    ("higher", "margin", "chosen"),
    [(False, 0.0, 1), (False, 0.05, 2), (False, 1.0, 2), (True, 0.0, 0), (True, 0.05, 2), (True, 0.04, 0)],
)
def test_of_those_within_the_margin_the_smallest_wins(higher, margin, chosen):
    rule = Rule("any", higher_is_better=higher, margin=margin)
    assert rule.choose([0.5, 0.4, 0.45, math.nan], [3.0, 2.0, 1.0, 0.1]) == chosen


def test_of_equals_the_first_declared_wins():
    assert LOSS.choose([0.4, 0.4, 0.4], [1.0, 1.0, 1.0]) == 0


def test_a_candidate_just_at_the_margin_is_within():
    assert Rule("mlogloss", higher_is_better=False, margin=0.1).choose([0.3, 0.2], [1.0, 2.0]) == 0


@pytest.mark.parametrize("order", [1, -1])
def test_the_evaluation_is_about_the_chosen_one_and_tells_of_all(rivals, order):
    found = evaluate.evaluate(**{**rivals, "models": rivals["models"][::order]}, rule=LOSS)
    assert json.loads((rivals["output"] / "evaluation.json").read_text()) == found
    told = found["rivals"]
    assert list(told) == ["xgboost", "random_forest"][::order]
    best = min(told, key=lambda name: told[name]["validation"]["mlogloss"])
    assert [name for name in told if told[name]["chosen"]] == [best] == [found["learner"]]
    assert list(told)[found["chosen"]] == best
    assert told[best]["test"].items() >= {n: found["metrics"][n] for n in ("accuracy", "mlogloss")}.items()
    assert found["metrics"]["accuracy_gap"] == pytest.approx(told[best]["gap"])


def test_the_test_split_has_no_say(rivals, prepared, monkeypatch):
    """The candidate that is worst on the test split wins where it is best on validation."""
    test_rows = len(read(prepared["iops-risk"] / "test", RISK))
    scored = comparison.score

    def turned(rows, answers, contract):
        told = scored(rows, answers, contract)
        return told | {"mlogloss": -told["mlogloss"]} if len(rows) == test_rows else told

    first = evaluate.evaluate(**rivals, rule=LOSS)["chosen"]
    monkeypatch.setattr(comparison, "score", turned)
    assert evaluate.evaluate(**rivals, rule=LOSS)["chosen"] == first


def test_a_rival_is_told_whole(rivals, prepared, forest):
    told = evaluate.evaluate(**rivals, rule=LOSS)["rivals"]["random_forest"]
    rows, model = read(prepared["iops-risk"] / "test", RISK), artifact.load(forest)
    answers = comparison.ask(model, rows.features)
    precision, recall, f1, _ = reference.precision_recall_fscore_support(
        rows.target, answers.labels, average="macro"
    )
    expected = {"precision": precision, "recall": recall, "macro_f1": f1}
    assert {name: told["test"][name] for name in expected} == pytest.approx(expected)
    assert told["test"].items() >= scoring.score(rows, answers, RISK).items()
    assert set(told["validation"]) == set(told["test"])
    assert told["bytes"] == (forest / "model.onnx").stat().st_size
    assert told["gap"] == facts_of(forest)["training"]["accuracy"] - told["test"]["accuracy"]
    assert told["inference_ms"] > 0


def test_a_single_candidate_has_no_rivals(rivals):
    found = evaluate.evaluate(**{**rivals, "models": rivals["models"][:1], "validation": None})
    assert (found["rivals"], found["chosen"], found["learner"]) == ({}, 0, "xgboost")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"validation": None, "rule": LOSS}, "2 candidates need --validation and --metric"),
        ({"rule": None}, "2 candidates need --validation and --metric"),
        ({"rule": replace(LOSS, metric="rmse")}, "cannot be compared by 'rmse'; the validation split tells"),
    ],
)
def test_what_cannot_be_compared_is_refused(rivals, changed, message):
    with pytest.raises(JobError, match=message):
        evaluate.evaluate(**{**rivals, **changed})


def test_two_candidates_of_one_learner_are_refused(rivals):
    twice = {**rivals, "models": rivals["models"][:1] * 2}
    with pytest.raises(JobError, match="learners xgboost, xgboost; give one of each"):
        evaluate.evaluate(**twice, rule=LOSS)


@pytest.mark.usefixtures("contracts_dir")
def test_the_job_takes_several_candidates_from_its_command_line(rivals, tmp_path, capsys):
    given = ["--output", tmp_path / "out"]
    for name in ("test", "metadata", "validation"):
        given += [f"--{name}", rivals[name]]
    for each in rivals["models"]:
        given += ["--model", each]
    given += ["--metric", "accuracy", "--goal", "Maximize", "--margin", "1"]
    assert evaluate.main([str(each) for each in given]) == 0
    found = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    sizes = {name: each["bytes"] for name, each in found["rivals"].items()}
    assert (
        found["learner"]
        == min(sizes, key=sizes.__getitem__)
        == json.loads(capsys.readouterr().out)["learner"]
    )


def test_a_classifier_s_accuracy_is_not_taken_alone(prepared, trained):
    model, rows = artifact.load(trained["iops-risk"]), read(prepared["iops-risk"] / "test", RISK)
    answers = comparison.ask(model, rows.features)
    told = comparison.judged(model, rows, answers)
    precision, recall, _, _ = reference.precision_recall_fscore_support(rows.target, answers.labels)
    assert told["balance"] == pytest.approx(np.abs(precision - recall).max())
    assert told["top_importance"] == max(model.facts["importance"].values())
    assert told["accuracy_gap"] == model.facts["training"]["accuracy"] - told["accuracy"]
    assert 0 < told["calibration_error"] < 0.5


def test_a_model_from_before_has_no_gap_and_a_number_none_of_it(prepared, trained):
    model, rows = artifact.load(trained["iops-risk"]), read(prepared["iops-risk"] / "test", RISK)
    older = replace(model, facts={name: v for name, v in model.facts.items() if name != "training"})
    assert "accuracy_gap" not in comparison.judged(older, rows, comparison.ask(older, rows.features))
    model, rows = (
        artifact.load(trained["iops-performance"]),
        read(prepared["iops-performance"] / "test", SCORE),
    )
    answers = comparison.ask(model, rows.features)
    assert comparison.judged(model, rows, answers) == scoring.score(rows, answers, SCORE)
    assert "training" not in model.facts


def test_the_training_accuracy_is_that_of_its_own_rows_and_decisions(prepared, tmp_path):
    told = train_on(prepared["iops-risk"], tmp_path, RISK, decision="macro_f1")["training"]
    rows, model = read(prepared["iops-risk"] / "train", RISK), artifact.load(tmp_path)
    assert len(set(model.weights)) > 1
    answers = comparison.ask(model, rows.features)
    assert told == {"rows": len(rows), "accuracy": pytest.approx(np.mean(answers.labels == rows.target))}


def test_readers_without_the_contract_find_columns_and_facts(trained):
    folder = trained["iops-risk"]
    assert json.loads((folder / "feature_columns.json").read_text()) == list(RISK.columns)
    told = json.loads((folder / "model_metadata.json").read_text())
    assert (told["learner"], told["contract_hash"], told["run_date"]) == ("xgboost", RISK.hash, "2026-02-01")
    assert told["classes"] == list(RISK.target.classes)
    assert told["metrics"] == facts_of(folder)["validation"]
    assert told["versions"]["xgboost"]


def test_rows_are_timed_one_at_a_time(prepared, trained):
    model, rows = artifact.load(trained["iops-risk"]), read(prepared["iops-risk"] / "test", RISK)
    asked = []

    class Counting:
        def predict(self, features):
            asked.append(len(features))
            return model.model.predict(features)

    comparison.inference_ms(replace(model, model=Counting()), rows.features)
    assert set(asked) == {1}
    assert len(asked) == comparison.TIMED + comparison.UNTIMED
