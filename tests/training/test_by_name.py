"""What a name alone tells: derived where a contract has a named feature, from the training split only."""

from dataclasses import replace

import numpy as np
import pytest

import baselines
import by_name
from by_name import ByName
from catalog.contract import Contract, Feature, RecordSchema, Target
from dataset import Rows
from tests.training.kinds import AHEAD, KEYS, LOAD, STATE

KIND = Feature(
    name="kind", unit="name", names=r"[a-z0-9]+", description="Its kind", missing="refuse", example="a"
)
RECORD = RecordSchema(name="named", title="Named", keys=KEYS, features=(LOAD, KIND))
NUMBER = Contract(
    name="named",
    title="Named",
    record=RECORD,
    target=Target(name="strain", description="Strain", maximum=100),
)
CLASSES = replace(NUMBER, target=STATE)


def rows(names, target):
    numbers = [KIND.number(name) if name else np.nan for name in names]
    features = np.column_stack((np.zeros(len(names)), numbers)).astype(np.float32)
    known = np.full(len(names), np.nan, np.float32)
    return Rows(features, np.array(target, np.float32), known, np.zeros(len(names), np.int64))


def told(contract, *parts):
    counted = ByName(contract)
    for part in parts:
        counted.add(part)
    return {"by_name": counted.result(), "constant": 9.0}


def test_the_mean_of_each_name_over_all_parts_answers():
    facts = told(NUMBER, rows("ab", [10, 20]), rows("aa", [40, 40]))
    found = baselines.all_of(rows(["b", "a", "new", ""], [0] * 4), NUMBER, facts)["by_kind"]
    assert found.values.tolist() == pytest.approx([20, 30, 9, 9])


def test_of_classes_the_shares_answer():
    facts = told(CLASSES, rows("aaab", [0, 0, 1, 1]))
    facts |= {"constant": 0, "splits": {"train": {"target": {"classes": {"well": 2, "failing": 2}}}}}
    found = baselines.all_of(rows(["a", "b", "new"], [0] * 3), CLASSES, facts)["by_kind"]
    assert found.values == pytest.approx(np.array([[2 / 3, 1 / 3], [0, 1], [0.5, 0.5]]), abs=1e-6)
    assert found.labels.tolist()[:2] == [0, 1]


def test_no_more_names_are_listed_than_allowed_and_the_commonest_stay(monkeypatch):
    monkeypatch.setattr(by_name, "LISTED", 2)
    facts = told(NUMBER, rows("abbccc", [1, 2, 2, 3, 3, 3]))
    assert sorted(facts["by_name"]["answers"].values()) == [[2.0], [3.0]]


@pytest.mark.parametrize("contract", [AHEAD, replace(NUMBER, record=replace(RECORD, features=(LOAD,)))])
def test_without_a_name_there_is_no_such_baseline(contract):
    assert ByName(contract).result() == {}
