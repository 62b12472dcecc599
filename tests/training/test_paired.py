"""The paired bootstrap: it tells a real difference from chance, and says how sure it is."""

import numpy as np
import pytest

from baselines import Answers
from dataset import Rows
from jobs import JobError
from paired import LEAST_BLOCKS, ROUNDS, differences, paired
from scoring import MOST_ROWS, score
from tests.training.fleet import RISK
from tests.training.learning import NUMBER

CLASSES = len(RISK.target.classes)


def rows_of(target, entity):
    target = np.asarray(target, np.float32)
    return Rows(np.empty((len(target), 1), np.float32), target, target, np.asarray(entity, np.int64))


def classes(count=1200, entities=60, seed=0):
    draw = np.random.default_rng(seed)
    return rows_of(draw.integers(CLASSES, size=count), np.sort(draw.integers(entities, size=count)))


def answering(rows: Rows, right: float, seed: int) -> Answers:
    """Right on that share of the rows, sure of every answer."""
    draw, truth = np.random.default_rng(seed), rows.target.astype(np.int64)
    wrong = (truth + draw.integers(1, CLASSES, size=len(truth))) % CLASSES
    labels = np.where(draw.random(len(truth)) < right, truth, wrong)
    return Answers(np.eye(CLASSES)[labels] * 0.9 + 0.1 / CLASSES, labels)


def test_a_clearly_better_model_is_better_and_the_other_worse() -> None:
    rows = classes()
    good, poor = answering(rows, 0.9, 1), answering(rows, 0.7, 2)
    found = paired("accuracy", rows, good, poor, RISK, higher_is_better=True)
    assert found.verdict == "better"
    assert found.low < found.value < found.high
    assert found.low > 0.1
    assert found.value == found.a - found.b == pytest.approx(0.2, abs=0.05)
    assert paired("accuracy", rows, poor, good, RISK, higher_is_better=True).verdict == "worse"
    assert paired("mlogloss", rows, good, poor, RISK, higher_is_better=False).verdict == "better"


def test_equally_good_models_are_not_told_apart() -> None:
    rows = classes()
    one, other = answering(rows, 0.8, 1), answering(rows, 0.8, 2)
    told = differences(rows, one, other, RISK, {"accuracy": True, "macro_f1": True, "auc": True})
    assert {each.verdict for each in told.values()} == {"no difference shown"}
    same = paired("accuracy", rows, one, one, RISK, higher_is_better=True)
    assert (same.value, same.low, same.high, same.verdict) == (0, 0, 0, "no difference shown")


def test_the_values_are_those_of_the_evaluation_and_the_same_seed_gives_the_same_interval() -> None:
    rows = classes()
    one, other = answering(rows, 0.9, 1), answering(rows, 0.8, 2)
    first, again = (paired("auc", rows, one, other, RISK, higher_is_better=True, seed=7) for _ in range(2))
    assert first == again
    assert first.a == pytest.approx(score(rows, one, RISK)["auc"])
    assert (first.rows, first.blocks, first.rounds) == (len(rows), 60, ROUNDS)


def test_rows_of_one_entity_are_drawn_together() -> None:
    """Twenty copies of each row tell no more than one: the interval must not shrink."""
    alone = classes(count=80, entities=80)
    one, other = answering(alone, 0.85, 1), answering(alone, 0.75, 2)
    copies = np.repeat(np.arange(len(alone)), 20)
    many = rows_of(alone.target[copies], copies)
    pair = [Answers(each.values[copies], each.labels[copies]) for each in (one, other)]
    width = {}
    single = rows_of(alone.target, np.arange(len(alone)))
    for name, rows, answers in (("alone", single, (one, other)), ("copied", many, pair)):
        found = paired("accuracy", rows, *answers, RISK, higher_is_better=True)
        width[name] = found.high - found.low
    assert width["copied"] == pytest.approx(width["alone"], rel=0.15)


def test_a_single_entity_is_cut_into_runs_of_time() -> None:
    rows = rows_of(classes(count=400).target, np.zeros(400))
    one, other = answering(rows, 0.82, 1), answering(rows, 0.8, 2)
    found = paired("accuracy", rows, one, other, RISK, higher_is_better=True)
    assert found.blocks >= LEAST_BLOCKS
    assert found.low < found.high


def test_very_many_rows_are_compared_on_some_of_the_blocks() -> None:
    count = MOST_ROWS + 20_000
    draw = np.random.default_rng(0)
    rows = rows_of(draw.normal(size=count), np.arange(count) // 1000)
    one, other = (Answers(rows.target + draw.normal(0, spread, count)) for spread in (0.1, 0.2))
    found = paired("rmse", rows, one, other, NUMBER, higher_is_better=False)
    assert found.verdict == "better"
    assert MOST_ROWS - 1000 <= found.rows <= MOST_ROWS


def test_what_cannot_be_compared_is_refused() -> None:
    rows = classes()
    one = answering(rows, 0.9, 1)
    with pytest.raises(JobError, match="no metric rmse of iops-risk; known are accuracy, macro_f1"):
        paired("rmse", rows, one, one, RISK, higher_is_better=False)
    fewer = Answers(one.values[:5], one.labels[:5])
    with pytest.raises(JobError, match="b answers 5 rows, there are 1200"):
        paired("auc", rows, one, fewer, RISK, higher_is_better=True)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    held, trials = 0, 100
    for seed in range(trials):
        draw = np.random.default_rng(seed)
        rows = rows_of(draw.normal(size=300), np.arange(300) // 3)
        shared = np.repeat(draw.normal(0, 1, 100), 3)  # what makes an entity's rows alike
        one, other = (
            Answers(rows.target + np.abs(shared) + offset + draw.normal(0, 0.3, 300)) for offset in (4, 3)
        )
        found = differences(rows, one, other, NUMBER, {"mae": False}, seed=seed, rounds=200)["mae"]
        held += found.low <= 1 <= found.high
    assert 0.88 * trials <= held <= 0.99 * trials
