"""A file beside a model's schema: what generators make passes for every model, what is spoilt does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

from catalog.contract import Contract
from catalog.models import MODELS
from diagnosis.values import TEXT, stored_kind
from sources import layout
from tests.training.diagnosing import found, run

RECORDS = 1500


def made(contract: Contract, records: int = RECORDS) -> pd.DataFrame | None:
    """What the generator of its records makes up; None where there is none."""
    try:
        return pa.concat_tables(layout.made(contract, records)).to_pandas()
    except ValueError:
        return None


CONTRACTS = {spec.name: spec.contract for spec in MODELS}
FRAMES = {spec.contract.record.name: made(spec.contract) for spec in MODELS}
MADE = [name for name, contract in CONTRACTS.items() if FRAMES[contract.record.name] is not None]
MEASURED = [
    name for name in MADE
    if any(not (each.categories or each.names) for each in CONTRACTS[name].record.given)
]  # fmt: skip


def frame_of(name: str) -> pd.DataFrame:
    frame = FRAMES[CONTRACTS[name].record.name]
    assert frame is not None
    return frame.copy()


def held(folder: Path, name: str, frame: pd.DataFrame, suffix: str = "parquet") -> tuple[int, dict[str, Any]]:
    """CSV as pyarrow writes it, since pandas' does not tell an empty text from a missing one."""
    path, table = folder / f"data.{suffix}", pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, path) if suffix == "parquet" else csv.write_csv(table, path)
    return run(folder, path, "--model", name)


def feature(name: str, frame: pd.DataFrame) -> str:
    """A number that the file holds and that the schema bounds below."""
    given = CONTRACTS[name].record.given
    return next(each.name for each in given if not (each.categories or each.names) and each.name in frame)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("name", MADE)
def test_what_is_made_up_for_a_model_is_fit_for_it(tmp_path: Path, name: str, suffix: str) -> None:
    exit_code, report = held(tmp_path, name, frame_of(name), suffix)
    blocking = [each for each in report["findings"] if each["severity"] == "blocking"]
    assert (exit_code, blocking) == (0, [])
    records = report["schema"]["records"]
    assert records["accepted"] == records["checked"] > 0, records["problems"]
    assert {each["state"] for each in report["schema"]["fields"]} <= {"good", "absent"}


def test_models_have_generators_to_be_tested_with() -> None:
    assert len(MADE) > len(MODELS) / 2


@pytest.mark.parametrize("name", MEASURED)
def test_values_that_the_contract_refuses_are_counted_exactly(tmp_path: Path, name: str) -> None:
    frame, contract = frame_of(name), CONTRACTS[name]
    column = feature(name, frame)
    bad = next(each for each in contract.record.given if each.name == column).minimum - 1.5
    frame[column] = frame[column].astype(float)
    frame.loc[frame.index[5:12], column] = bad
    exit_code, report = held(tmp_path, name, frame)
    told = {each["name"]: each for each in report["schema"]["fields"]}[column]
    assert (exit_code, told["state"], told["refused"]) == (1, "refused", 7)
    problem = contract.record.check({column: bad})[0]
    assert told["examples"] == [problem.detail]
    assert problem.detail in found(report, "schema-values")[0]["seen"]


@pytest.mark.parametrize("name", MADE)
def test_a_key_that_is_not_there_blocks(tmp_path: Path, name: str) -> None:
    entity = CONTRACTS[name].record.entity
    exit_code, report = held(tmp_path, name, frame_of(name).drop(columns=entity))
    assert (exit_code, [entity]) == (1, found(report, "schema-missing")[0]["columns"])


@pytest.mark.parametrize("name", [each for each in MADE if CONTRACTS[each].target.name in frame_of(each)])
def test_labels_are_looked_for_and_checked(tmp_path: Path, name: str) -> None:
    frame, target = frame_of(name), CONTRACTS[name].target
    assert found(held(tmp_path, name, frame.drop(columns=target.name))[1], "no-target")
    wrong = frame.assign(**{target.name: "none of them" if target.classes else target.maximum + 1})
    told = found(held(tmp_path, name, wrong)[1], "schema-values")
    assert [target.name] in [each["columns"] for each in told]


Change = Callable[[pd.DataFrame], pd.DataFrame]
RISK = "iops-risk"
CHANGES: dict[str, tuple[Change, str, str]] = {
    "misspelt": (
        lambda frame: frame.rename(columns={"avg_latency": "avg_latencie"}),
        "schema-missing", "is 'avg_latencie' meant to be 'avg_latency'?",
    ),
    "unknown": (lambda frame: frame.assign(colour="red"), "schema-unknown", "colour"),
    "text": (
        lambda frame: frame.assign(queue_depth="deep"),
        "schema-values", 'must be a number (count), got "deep"',
    ),
    "offset": (
        lambda frame: frame.assign(timestamp=frame["timestamp"].dt.tz_localize(None)),
        "schema-time", "no offset",
    ),
    "span": (lambda frame: frame.assign(timestamp=frame["timestamp"].iloc[0]), "schema-span", "the same"),
    "no key": (
        lambda frame: frame.assign(volume_id=frame["volume_id"].mask(frame.index < 5)),
        "schema-required", "5 of 1,500 rows",
    ),
    "key": (lambda frame: frame.assign(volume_id="a b"), "schema-values", "must match"),
    "per cent": (
        lambda frame: frame.assign(error_rate=frame["error_rate"] * 100),
        "schema-unit", "as per cent do",
    ),
    "unit": (
        lambda frame: frame.assign(avg_latency=frame["avg_latency"] * 1e6),
        "schema-unit", "the schema's example is 4.2 ms",
    ),
    "not a time": (lambda frame: frame.assign(timestamp="soon"), "schema-values", "must be an ISO 8601 time"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_is_not_of_the_schema_is_told_apart(tmp_path: Path, change: str) -> None:
    spoil, code, words = CHANGES[change]
    told = found(held(tmp_path, RISK, spoil(frame_of(RISK)), "csv")[1], code)
    assert words in " ".join(each["seen"] for each in told)


def test_what_the_model_never_reads_does_not_block(tmp_path: Path) -> None:
    frame = frame_of(RISK)
    exit_code, report = held(tmp_path, RISK, frame.assign(code=frame["risk_level"].str.upper()))
    assert (exit_code, found(report, "target-copy")[0]["severity"]) == (0, "warning")


def test_a_name_that_looks_like_a_number_stays_a_name(tmp_path: Path) -> None:
    frame = frame_of(RISK).assign(volume_id=lambda each: each["volume_id"].str.slice(4))
    report = held(tmp_path, RISK, frame, "csv")[1]
    assert report["columns"][0]["kind"] == "text"
    assert not found(report, "schema-values")


def test_categories_as_parquet_s_dictionaries_are_texts() -> None:
    assert stored_kind(pa.dictionary(pa.int8(), TEXT)) == "text"
