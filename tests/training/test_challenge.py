"""Champion against challenger: on rows that neither has seen, with a verdict that follows the truth."""

from dataclasses import replace

import numpy as np
import pytest

import artifact
import challenge
import dataset
import evaluate
from baselines import Answers
from challenge import LEAST_FRESH_ROWS
from comparison import Rule, ask
from tests.training.fleet import RISK, fleet, metadata_of, prepared_from, split_table, store, train_on
from tests.training.test_evaluate import packed

RULE = Rule("macro_f1", True, 0.01)


@pytest.fixture(scope="module")
def champion(prepared, trained):
    return artifact.load(trained["iops-risk"])


@pytest.fixture(scope="module")
def test_folder(prepared):
    return prepared["iops-risk"] / "test"


@pytest.fixture(scope="module")
def rows(test_folder):
    return dataset.read(test_folder, RISK)


def seen_until(champion, time, **facts):
    return replace(champion, facts={**champion.facts, "data_until": time, **facts})


def test_a_model_tells_its_datas_end(prepared, champion):
    known = metadata_of(prepared["iops-risk"])
    assert champion.facts["data_until"] == known["splits"]["test"]["to"]


def test_rows_newer_than_the_champions_data_are_fresh(prepared, champion, test_folder):
    known = metadata_of(prepared["iops-risk"])
    assert len(challenge.fresh(champion, test_folder, known)) == 0
    times = split_table(prepared["iops-risk"], "test")["timestamp"].to_pylist()
    until = sorted(times)[len(times) // 2]
    found = challenge.fresh(seen_until(champion, until.isoformat()), test_folder, known)
    assert found.tolist() == [place for place, time in enumerate(times) if time > until]
    assert len(found)


def test_of_another_profile_every_row_is_fresh_and_of_an_older_model_none(prepared, champion, test_folder):
    known = metadata_of(prepared["iops-risk"])
    every = challenge.fresh(seen_until(champion, None, profile="other"), test_folder, known)
    assert len(every) == known["splits"]["test"]["rows"]
    assert len(challenge.fresh(seen_until(champion, None), test_folder, known)) == 0


def wrong(answers, share, seed=0):
    """The answers with a share of the labels drawn anew."""
    draw = np.random.default_rng(seed)
    labels = np.where(draw.random(len(answers.labels)) < share, draw.integers(4, size=len(answers.labels)), 0)
    return Answers(answers.values, (answers.labels + labels) % 4)


def test_the_verdict_follows_a_planted_difference(champion, rows):
    unseen = np.arange(len(rows))
    own = ask(champion, rows.features)
    told = challenge.challenge(champion, rows, own, unseen, RULE, least=50)
    assert (told["on"], told["difference"], told["verdict"]) == ("fresh", 0, "no difference shown")
    worse = challenge.challenge(champion, rows, wrong(own, 0.5), unseen, RULE, least=50)
    assert worse["verdict"] == "worse"
    assert worse["low"] <= worse["difference"] <= worse["high"] < 0
    truth = Answers(own.values, rows.target.astype(np.int64))
    better = challenge.challenge(champion, rows, truth, unseen, RULE, least=50)
    assert better["verdict"] == "better"
    assert better["challenger"] == 1


def test_too_few_fresh_rows_compare_on_all(champion, rows):
    own = ask(champion, rows.features)
    few = np.arange(LEAST_FRESH_ROWS - 1)
    told = challenge.challenge(champion, rows, own, few, RULE)
    assert (told["on"], told["fresh_rows"], told["rows"]) == ("test", len(few), len(rows))
    assert told["least_fresh_rows"] == LEAST_FRESH_ROWS


def test_the_evaluation_holds_the_challenge_and_the_reference(tmp_path, prepared, trained):
    """A challenger with more data than the champion: what came since is fresh."""
    raw = store(tmp_path / "raw", fleet(windows=320))
    splits = tmp_path / "splits"
    prepared_from(raw, splits)
    train_on(splits, tmp_path / "model", RISK)
    given = {
        "test": splits / "test",
        "metadata": splits / "metadata",
        "models": [packed(tmp_path / "model", tmp_path / "model.tar.gz")],
        "champion": packed(trained["iops-risk"], tmp_path / "champion.tar.gz"),
        "output": tmp_path / "out",
        "contract": RISK,
    }
    assert evaluate.evaluate(**given)["challenge"] is None, "nobody said by which metric"
    found = evaluate.evaluate(**given, rule=RULE)
    told = found["challenge"]
    assert (told["on"], told["metric"]) == ("fresh", "macro_f1")
    assert LEAST_FRESH_ROWS <= told["rows"] == told["fresh_rows"] <= found["rows"]
    assert found["data_until"] == metadata_of(splits)["splits"]["test"]["to"]
    counted = (splits / "metadata" / "reference.json").read_bytes()
    assert (tmp_path / "out" / "reference.json").read_bytes() == counted
