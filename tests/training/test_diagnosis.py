"""Planted faults are found, each by its own finding, and clean data has none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.training.diagnosing import ROLES, ROWS, clean, diagnosed, found

Spoil = Callable[[pd.DataFrame], pd.DataFrame]


def having(**columns: object) -> Spoil:
    """With these columns; a function gets the frame."""
    return lambda frame: frame.assign(**columns)


def places(share: float) -> np.ndarray:
    return np.random.default_rng(3).random(ROWS) < share


def at(name: str, where: np.ndarray, value: object) -> Spoil:
    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{name: frame[name].astype(object).mask(where, value)})

    return spoil


def moved(frame: pd.DataFrame, later: str) -> pd.DataFrame:
    return frame.assign(seen_at=frame["seen_at"] + pd.Timedelta(later))


PLANTED: dict[str, tuple[Spoil, str, str, str | None]] = {
    "missing": (at("load", places(0.6), None), "missing", "warning", "load"),
    "empty": (having(nothing=None), "empty-column", "warning", "nothing"),
    "mixed": (at("errors", places(0.1), "broken"), "mixed-types", "warning", "errors"),
    "infinite": (at("load", places(0.01), np.inf), "infinite", "warning", "load"),
    "sentinel": (at("errors", places(0.02), -999.0), "sentinel", "warning", "errors"),
    "far": (at("load", np.arange(ROWS) == 7, 5e7), "far-outliers", "warning", "load"),
    "outliers": (at("load", places(0.05), 150.0), "outliers", "note", "load"),
    "constant": (having(site="main"), "constant", "warning", "site"),
    "identifier text": (having(ticket=[f"t{n}" for n in range(ROWS)]), "identifier", "warning", "ticket"),
    "identifier number": (having(row=np.arange(ROWS)), "identifier", "warning", "row"),
    "spelling": (at("zone", places(0.1), "North "), "spelling", "warning", "zone"),
    "copies": (lambda frame: pd.concat((frame, frame.head(40))), "duplicates", "warning", None),
    "keys": (
        lambda frame: pd.concat((frame, frame.head(9).assign(load=1.0))),
        "duplicate-keys", "warning", "machine",
    ),
    "contradictions": (
        lambda frame: pd.concat((frame, frame.head(99).assign(
            state=frame["state"].map({"well": "failing", "failing": "well"}), machine="other"))),
        "contradictions", "note", None,
    ),
    "across": (
        lambda frame: pd.concat((frame, moved(frame.head(200), "90D"))),
        "across-split", "warning", None,
    ),
    "unlabelled": (at("state", places(0.7), None), "unlabelled", "warning", "state"),
    "one class": (having(state="well"), "one-class", "blocking", "state"),
    "imbalance": (
        having(state=np.where(np.arange(ROWS) % 200, "well", "failing")),
        "imbalance", "warning", "state",
    ),
    "copy": (
        having(code=lambda frame: (frame["state"] == "failing") * 7.0),
        "target-copy", "blocking", "code",
    ),
    "copy text": (having(note=lambda frame: frame["state"].str.upper()), "target-copy", "blocking", "note"),
    "leak": (
        having(cost=lambda frame: np.where(frame["state"] == "failing", 9.0, 1.0) + frame["load"] / 1e3),
        "leakage", "blocking", "cost",
    ),
    "leak of absence": (
        having(closed=lambda frame: frame["load"].where(frame["state"] == "failing")),
        "leakage", "blocking", "closed",
    ),
    "future": (
        having(closed_at=lambda frame: moved(frame, "2h")["seen_at"]),
        "future", "blocking", "closed_at",
    ),
    "redundant": (having(twice=lambda frame: frame["load"] * 2 + 1), "redundant", "note", "twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_planted_fault_is_found(tmp_path: Path, name: str, suffix: str) -> None:
    spoil, code, severity, column = PLANTED[name]
    frame = spoil(clean())
    if suffix == "parquet" and name == "mixed":
        pytest.skip("a Parquet column has one type")
    exit_code, report = diagnosed(tmp_path, frame, *ROLES, suffix=suffix)
    told = [each for each in found(report, code) if column is None or column in each["columns"]]
    assert [each["severity"] for each in told][:1] == [severity], report["findings"]
    assert exit_code == int(severity == "blocking")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_clean_data_is_fine(tmp_path: Path, suffix: str) -> None:
    exit_code, report = diagnosed(tmp_path, clean(), *ROLES, "--fail-on", "warning", suffix=suffix)
    assert (exit_code, report["verdict"], report["findings"]) == (0, "fine", [])


def test_csv_and_parquet_of_the_same_rows_are_told_alike(tmp_path: Path) -> None:
    frame = pd.concat((clean(), clean().head(30))).reset_index(drop=True)
    frame["load"] = frame["load"].mask(frame.index % 9 == 0).round(6)
    reports = {}
    for suffix in ("csv", "parquet"):
        reports[suffix] = diagnosed(tmp_path, frame, *ROLES, suffix=suffix)[1]
        del reports[suffix]["file"]
    for column in (column for report in reports.values() for column in report["columns"]):
        for name in ("mean", "deviation"):  # batches differ, and so do the last digits of sums
            if name in column:
                column[name] = pytest.approx(column[name])
    assert reports["csv"] == reports["parquet"]


def test_numbers_stored_as_text_are_noted(tmp_path: Path) -> None:
    report = diagnosed(
        tmp_path, clean().assign(load=lambda frame: frame["load"].astype(str)), suffix="parquet"
    )[1]
    assert found(report, "numbers-as-text")[0]["columns"] == ["load"]


@pytest.mark.parametrize(("options", "expected"), [((), 0), (("--fail-on", "warning"), 1)])
def test_warnings_fail_only_where_asked(tmp_path: Path, options: tuple[str, ...], expected: int) -> None:
    assert diagnosed(tmp_path, clean().assign(site="main"), *options)[0] == expected


def test_a_number_as_target_is_judged_by_r2(tmp_path: Path) -> None:
    frame = clean().assign(bill=lambda each: each["load"] * 1000)
    exit_code, report = diagnosed(tmp_path, frame, "--target", "load", "--time", "seen_at")
    assert (exit_code, report["leakage"][0]["column"], report["leakage"][0]["measure"]) == (1, "bill", "R2")
    assert found(report, "target-copy")
    assert all(each["score"] < 0.98 for each in report["leakage"][1:])
