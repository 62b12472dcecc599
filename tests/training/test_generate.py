"""Generated data: every schema's records in the raw bucket's layout, ready for the processing job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import generate
import prepare
from catalog.models import MODELS
from catalog.placement import MEASURES, PLATFORM
from sources import layout, load
from tests.training.fleet import RISK

SCHEMAS = {spec.contract.record.name: spec.contract for spec in MODELS}
LEARNED = {spec.contract.record.name: spec.contract for spec in MODELS if spec.training}


def written(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.parquet"))


@pytest.mark.parametrize("name", LEARNED)
def test_every_learned_schema_s_records_are_what_the_contract_reads(name: str) -> None:
    contract = LEARNED[name]
    table = next(layout.made(contract, 200))
    record = contract.record
    assert table.column_names[:2] == [record.entity, record.time]
    known = {*record.key_names, *contract.features, *(text.name for text in record.texts)}
    targets = {spec.contract.target.name for spec in MODELS if spec.contract.record.name == name}
    if contract.placement:
        targets = {PLATFORM, *MEASURES}
    assert set(table.column_names) <= known | targets
    for row in table.slice(0, 20).to_pylist():
        sent = {k: v for k, v in row.items() if v is not None and v == v and k not in targets}
        assert record.check({**sent, record.time: sent[record.time].isoformat()}) == []


@pytest.mark.parametrize("name", LEARNED)
def test_the_job_writes_what_the_loader_would(tmp_path: Path, name: str) -> None:
    output = tmp_path / "job"
    count = generate.generate(
        records=300, seed=None, profile="synthetic", output=output, contract=LEARNED[name]
    )
    rows = 600 if LEARNED[name].placement else 300
    assert count == rows
    if not LEARNED[name].placement:
        load.write_synthetic(tmp_path / "desk", 300, name)
        assert written(output) == written(tmp_path / "desk")
    assert written(output)[0].startswith(f"{LEARNED[name].record.raw}/profile=synthetic/date=")
    assert sum(pq.read_metadata(output / path).num_rows for path in written(output)) == rows


def test_another_seed_makes_other_records_and_another_profile_another_folder(tmp_path: Path) -> None:
    for seed in (1, 2):
        generate.generate(
            records=50, seed=seed, profile=f"trial-{seed}", output=tmp_path / str(seed), contract=RISK
        )
    first, second = (pq.read_table(tmp_path / str(seed)) for seed in (1, 2))
    assert not first.select(["read_iops"]).equals(second.select(["read_iops"]))
    assert "profile=trial-2" in written(tmp_path)[-1]


@pytest.mark.usefixtures("contracts_dir")
def test_the_job_feeds_the_processing_job(tmp_path: Path, capsys: Any) -> None:
    raw = tmp_path / "made"
    assert generate.main(["--records", "2000", "--seed", "3", "--output", str(raw)]) == 0
    assert capsys.readouterr().out.split("\n")[-2] == "2000"
    given = ["--raw", str(raw), "--output", str(tmp_path / "splits")]
    assert prepare.main([*given, "--profile", "synthetic", "--run-date", "2026-02-01"]) == 0


@pytest.mark.usefixtures("contracts_dir")
@pytest.mark.parametrize("given", [["--records", "0"], ["--records", "5", "--profile", "a/b"]])
def test_bad_arguments_are_refused(tmp_path: Path, capsys: Any, given: list[str]) -> None:
    assert generate.main([*given, "--output", str(tmp_path)]) == 1
    assert "--records must be at least 1 and --profile kebab-case, got" in capsys.readouterr().err


def test_a_schema_without_a_generator_is_named() -> None:
    with pytest.raises(ValueError, match=r"sources/nothing\.py is missing"):
        layout.generator("nothing")


def test_the_loader_knows_the_catalogue_s_folders() -> None:
    assert all(load.FOLDERS.get(name, name) == contract.record.raw for name, contract in SCHEMAS.items())


def test_a_time_zone_does_not_move_a_record_to_another_date() -> None:
    table = pa.table(
        {"who": ["a"], "when": pa.array([1_767_225_599_000], pa.timestamp("ms", "Asia/Tokyo")), "x": [1.0]}
    )
    found: dict[str, bytes] = {}
    assert list(layout.write_raw([table], "f", "p", found.__setitem__)) == [1]
    assert list(found) == ["f/profile=p/date=2025-12-31/part-00000.parquet"]
