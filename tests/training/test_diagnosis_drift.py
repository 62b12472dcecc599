"""Two files of one world are alike; what moved is told, by how much and where."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.training.diagnosing import clean, diagnosed, found

KEYS = ("--entity", "machine", "--time", "seen_at")


def against(folder: Path, before: pd.DataFrame, after: pd.DataFrame) -> dict[str, object]:
    path = folder / "before.parquet"
    before.to_parquet(path)
    return diagnosed(folder, after, *KEYS, "--against", str(path))[1]


def test_another_draw_of_the_same_world_has_not_drifted(tmp_path: Path) -> None:
    report = against(tmp_path, clean(seed=1), clean(seed=2))
    assert [each["level"] for each in report["drift"]] == ["none"] * 4
    assert report["findings"] == []


def test_few_rows_are_not_taken_for_drift(tmp_path: Path) -> None:
    report = against(tmp_path, clean(120, seed=1), clean(120, seed=2))
    assert not found(report, "drift")


def test_what_moved_is_told_with_its_effect(tmp_path: Path) -> None:
    moved = clean(seed=2).assign(load=lambda frame: frame["load"] + 15, zone="north")
    report = against(tmp_path, clean(seed=1), moved)
    told = {each["column"]: each for each in report["drift"]}
    assert {name for name, each in told.items() if each["level"] == "large"} == {"load", "zone"}
    assert told["load"]["measure"] == "KS"
    assert told["load"]["effect"] > 0.5
    assert [each["severity"] for each in found(report, "drift")] == ["warning"] * 2
    assert "north: 3" in found(report, "drift")[0]["seen"] or "north: 3" in found(report, "drift")[1]["seen"]


def test_what_is_missing_now_has_drifted(tmp_path: Path) -> None:
    after = clean(seed=2).assign(errors=lambda frame: frame["errors"].where(frame.index % 2 == 0))
    report = against(tmp_path, clean(seed=1), after)
    assert found(report, "drift")[0]["columns"] == ["errors"]
    assert "(missing)" in found(report, "drift")[0]["seen"]


@pytest.mark.parametrize("value", [None, "many"])
def test_a_column_that_became_another_blocks(tmp_path: Path, value: object) -> None:
    report = against(tmp_path, clean(seed=1), clean(seed=2).assign(load=value))
    assert found(report, "drift-kind")[0]["severity"] == "blocking"


def test_columns_of_one_file_alone_are_named(tmp_path: Path) -> None:
    report = against(tmp_path, clean(seed=1), clean(seed=2).rename(columns={"load": "strain"}))
    assert [(each["severity"], each["columns"]) for each in found(report, "drift-columns")] == [
        ("warning", ["load"]),
        ("note", ["strain"]),
    ]
