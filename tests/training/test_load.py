"""Loading: names that make a replay overwrite itself, and writes that do not give up early or late."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from catalog.contract import insight_id
from catalog.models import MODELS
from sources import layout, load, table
from sources.load import Recent

START = dt.datetime(2026, 1, 1, 23, 0, tzinfo=dt.UTC)


def chunk(volume: str, hours: int) -> pa.Table:
    times = [START + dt.timedelta(hours=hour) for hour in range(hours)]
    typed = pa.array(times, pa.timestamp("ms", tz="UTC"))
    return pa.table(
        {"volume_id": [volume] * hours, "timestamp": typed, "read_iops": [float(h) for h in range(hours)]}
    )


def test_objects_are_partitioned_by_date_and_a_replay_overwrites() -> None:
    stores: list[dict[str, bytes]] = [{}, {}]
    for store in stores:
        chunks = [chunk("a", 3), chunk("b", 3)]
        list(layout.write_raw(chunks, "insights", "synthetic", store.__setitem__))
    assert stores[0] == stores[1]
    assert sorted(stores[0]) == [
        f"insights/profile=synthetic/date=2026-01-0{day}/part-0000{part}.parquet"
        for day in (1, 2)
        for part in (0, 1)
    ]
    rows = [pq.read_table(pa.BufferReader(body)).num_rows for _, body in sorted(stores[0].items())]
    assert rows == [1, 1, 2, 2]


def test_only_the_newest_records_are_kept_for_the_table() -> None:
    recent = Recent(2)
    chunks = [chunk("a", 5), chunk("b", 4)]
    assert list(recent.noting(iter(chunks))) == chunks
    assert recent.table is not None
    assert recent.table.sort_by("timestamp")["read_iops"].to_pylist() == [3.0, 4.0]
    assert set(
        recent.table.filter(pa.compute.equal(recent.table["read_iops"], 3.0))["volume_id"].to_pylist()
    ) == {"a"}


def test_an_item_has_its_identity_and_nothing_that_is_missing() -> None:
    record = {
        "volume_id": "v",
        "timestamp": START,
        "read_iops": 1.5,
        "queue_depth": math.nan,
        "risk_level": None,
    }
    item = table.to_item(record, 99)
    keys = MODELS[0].contract.record.key_names
    assert item == {
        "volume_id": {"S": "v"},
        "timestamp": {"S": "2026-01-01T23:00:00+00:00"},
        "read_iops": {"N": "1.5"},
        "id": {"S": insight_id({"volume_id": "v", "timestamp": "2026-01-01T23:00:00+00:00"}, keys)},
        "origin": {"S": "bulk"},
        "expires_at": {"N": "99"},
    }


class Throttled:
    """A table that takes one item a call, or none."""

    def __init__(self, takes: int) -> None:
        self.takes, self.stored = takes, 0

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803 - AWS's name
        ((name, items),) = RequestItems.items()
        self.stored += len(items[: self.takes])
        left = items[self.takes :]
        return {"UnprocessedItems": {name: left} if left else {}}


def test_unprocessed_items_are_sent_again_ever_more_slowly() -> None:
    waits: list[float] = []
    client = Throttled(takes=1)
    assert table.write_batch(client, "t", [{}] * 5, waits.append) == 5
    assert client.stored == 5
    assert waits == sorted(waits)
    assert len(waits) == 4


def test_a_table_that_takes_nothing_ends_the_load_with_an_error() -> None:
    with pytest.raises(RuntimeError, match="left 3 items unprocessed after 8 attempts"):
        table.write_batch(Throttled(takes=0), "t", [{}] * 3, lambda _: None)


def test_generated_records_can_be_written_to_a_folder(tmp_path: Any) -> None:
    load.write_synthetic(tmp_path, 2000)
    files = list(tmp_path.rglob("*.parquet"))
    assert sum(pq.read_metadata(path).num_rows for path in files) == 2000


class Cloud:
    """A bucket that keeps names and a table that takes everything, as one client."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.items: list[Any] = []

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - AWS's names
        self.names.append(f"{Bucket}/{Key}")

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        self.items += RequestItems["t"]
        return {}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    found = Cloud()
    monkeypatch.setattr("boto3.client", lambda *_, **__: found)
    return found


def test_any_schema_s_records_go_to_their_own_folder(cloud: Cloud) -> None:
    done = CliRunner().invoke(
        load.app, ["synthetic", "--record", "threat_event", "--bucket", "b", "--records", "2000"]
    )
    assert done.exit_code == 0, done.output
    assert {name.split("/date=")[0] for name in cloud.names} == {"b/threat_event/profile=synthetic"}
    assert cloud.items == []


def test_the_newest_insights_go_to_the_table_too(cloud: Cloud) -> None:
    given = ["--bucket", "b", "--table", "t", "--records", "2000", "--newest", "60"]
    done = CliRunner().invoke(load.app, ["synthetic", *given])
    assert done.exit_code == 0, done.output
    assert {name.split("/date=")[0] for name in cloud.names} == {"b/insights/profile=synthetic"}
    assert len(cloud.items) == 60
    assert done.output.splitlines()[-1] == "2,000 records in raw/, 60 of the newest in the table"


def test_a_record_that_nothing_makes_up_is_refused(cloud: Cloud) -> None:
    done = CliRunner().invoke(load.app, ["synthetic", "--record", "weather", "--bucket", "b"])
    assert done.exit_code == 2
    assert cloud.names == []
