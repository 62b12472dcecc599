"""Deployed collectors fill tables that read as they are declared."""

from __future__ import annotations

import json
import urllib.parse
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from catalog import names
from catalog.dataset import PARTITION
from catalog.datasets import DATASETS, gaps
from local.run import collect
from local.run.cloud import ENVIRONMENT, Cloud
from local.run.place import REGION
from local.run.up import GuidedRun
from tests.e2e.raw import raw_files

TYPES = {
    "string": pa.string(),
    "double": pa.float64(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("ms", tz="UTC"),
}
Told = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def cloud(deployed: GuidedRun) -> Cloud:
    return deployed.cloud


@pytest.fixture(scope="module")
def collected(cloud: Cloud) -> Told:
    return collect.collect(cloud, lambda _: None)


def described(cloud: Cloud) -> dict[str, Any]:
    tables = cloud.client("glue").get_tables(DatabaseName=names.database(ENVIRONMENT))["TableList"]
    return {table["Name"]: table for table in tables}


def test_every_data_set_has_rows_and_a_table(cloud: Cloud, collected: Told) -> None:
    assert set(collected) == {each.name for each in DATASETS}
    assert all(each["caught_up"] and not each["stopped"] for each in collected.values())
    assert set(described(cloud)) == {*collected, gaps.NAME}


def test_objects_read_as_their_tables_declare(cloud: Cloud, collected: Told, tmp_path: Path) -> None:
    """By the table's own location, columns and partition key, as Athena would."""
    for name, table in described(cloud).items():
        if name == gaps.NAME:
            continue
        storage = table["StorageDescriptor"]
        prefix = urllib.parse.urlparse(storage["Location"]).path.lstrip("/")
        for key, body in raw_files(cloud, prefix):
            (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / key).write_bytes(body)
        (key,) = table["PartitionKeys"]
        declared = [(each["Name"], TYPES[each["Type"]]) for each in storage["Columns"]]
        partitioning = ds.partitioning(pa.schema([(key["Name"], pa.string())]), flavor="hive")
        found = ds.dataset(tmp_path / prefix, partitioning=partitioning, format="parquet")
        assert [(each.name, each.type) for each in found.schema if each.name != PARTITION] == declared
        assert found.count_rows() == collected[name]["rows"] > 0
        dates = set(found.to_table(columns=[PARTITION]).column(0).to_pylist())
        newest = found.count_rows(filter=ds.field(PARTITION) == max(dates))
        assert 0 < newest <= found.count_rows()


def test_a_second_run_finds_nothing_new(cloud: Cloud, collected: Told) -> None:
    assert collected
    before = dict(raw_files(cloud, DATASETS[0].name))
    again = collect.collect(cloud, lambda _: None)
    assert not any(each["windows"] for each in again.values() if each["dataset"] == DATASETS[0].name)
    assert dict(raw_files(cloud, DATASETS[0].name)) == before


def test_a_replay_writes_the_same_objects(cloud: Cloud, collected: Told) -> None:
    """The progress is forgotten, as where the state table was restored from before."""
    dataset = DATASETS[0]
    assert collected[dataset.name]["rows"]
    before = dict(raw_files(cloud, f"{dataset.name}/"))
    key = {"pk": {"S": f"collect#{dataset.name}#{REGION}"}, "sk": {"S": "state"}}
    cloud.client("dynamodb").delete_item(TableName=cloud.output("Foundation", "StateTableName"), Key=key)
    answer = cloud.client("lambda").invoke(
        FunctionName=names.collector(ENVIRONMENT, dataset.name), Payload=json.dumps({"region": REGION})
    )
    assert json.loads(answer["Payload"].read())["rows"] == collected[dataset.name]["rows"]
    assert dict(raw_files(cloud, f"{dataset.name}/")) == before
