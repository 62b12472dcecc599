"""Data sets are checked where they are declared, and told in the guide as they are declared."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from catalog.dataset import DAY, HOUR, Call, Column, Dataset, checked
from catalog.dataset_table import BEGIN, END, replaced
from catalog.datasets import DATASETS, gaps

OF_ALL = pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
TOY = DATASETS[0]


@OF_ALL
def test_settings_are_json_and_hold_every_column_in_order(dataset: Dataset) -> None:
    told = json.loads(json.dumps(dataset.settings()))
    assert [name for name, _, _ in told["columns"]] == [column.name for column in dataset.columns]
    assert told["stale_after_s"] > dataset.window_s


@OF_ALL
def test_a_window_ends_before_the_service_forgets_it(dataset: Dataset) -> None:
    remembered = dataset.history_s or dataset.window_s
    assert dataset.schedule_s <= dataset.window_s
    assert dataset.look_back_s + dataset.window_s + dataset.settle_s < remembered + dataset.window_s


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "Spot"}, "snake_case"),
        ({"name": "insights"}, "none of insights"),
        ({"calls": (Call(action="ec2:*", reason="all"),)}, "one action of one service"),
        ({"window_s": 7 * HOUR}, "must divide a day"),
        ({"window_s": 0}, "must divide a day"),
        ({"schedule_s": 90}, "whole minutes"),
        ({"look_back_s": 91 * DAY}, "look_back_s"),
        ({"settle_s": -1}, "settle_s"),
        ({"columns": ()}, "no column is required"),
        (
            {"columns": (Column(name="date", kind="string", required=True, description="Day"),)},
            "not be 'date'",
        ),
        ({"columns": (Column(name="a", kind="string", required=True, description=""),)}, "description"),
        (
            {"columns": (Column(name="a", kind="int", required=True, description="A"),)},  # type: ignore[arg-type]
            "kind 'int'",
        ),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        replace(TOY, **change)


def test_one_name_is_one_data_set() -> None:
    with pytest.raises(ValueError, match=f"{TOY.name} stand more than once"):
        checked(TOY, TOY)


def test_the_gaps_have_a_name_of_their_own() -> None:
    assert gaps.NAME not in {each.name for each in DATASETS}


def test_the_guide_tells_every_column() -> None:
    text = replaced(f"before\n{BEGIN}\nXYZ\n{END}\nafter", DATASETS)
    assert "XYZ" not in text
    assert text.startswith("before")
    assert text.endswith("after")
    for dataset in DATASETS:
        assert f"`{dataset.name}`: {dataset.title}" in text
        assert all(f"| `{column.name}` | {column.kind} |" in text for column in dataset.columns)


@pytest.mark.parametrize("text", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}"])
def test_a_guide_without_its_markers_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="put them in"):
        replaced(text, DATASETS)
