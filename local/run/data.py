"""Load a data set into the deployed table and the raw bucket, once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from catalog.models import MODELS
from catalog.spec import ModelSpec
from local.run.cloud import Cloud
from local.run.place import ROOT

TIMEOUT_S = 1800
RECORDS = 10_000
ROOTS = f"{ROOT / 'training'}:{ROOT}"
"""Where the loader's modules lie."""


@dataclass(frozen=True)
class Source:
    """What to load: a profile, and the folder it comes from where it is not generated."""

    profile: str
    records: int = RECORDS
    folder: Path | None = None

    @classmethod
    def of(cls, data: Path | None, records: int) -> Source:
        """The synthetic set, or the real set in `data`; ValueError that says what the folder must hold."""
        if data is None:
            return cls("synthetic", records)
        folder = data if (data / "fio.parquet").is_file() else data / "azure_vm_noise_fio"
        if not (folder / "fio.parquet").is_file():
            raise ValueError(f"DATA={data} holds no fio.parquet; give the azure_vm_noise_fio folder")
        return cls("azure-fio", folder=folder.resolve())

    @property
    def stamp(self) -> str:
        """Names this data in a run: the same source, the same stamp."""
        return f"synthetic-{self.records}" if self.folder is None else self.profile

    def holds(self, spec: ModelSpec) -> bool:
        """Whether it is loaded for this model; the others' training makes synthetic records for itself."""
        return spec.contract.record.name == MODELS[0].contract.record.name

    def training_input(self, spec: ModelSpec) -> dict[str, Any]:
        """What the model's training state machine is given."""
        return (
            {"profile": self.profile}
            if self.holds(spec)
            else {
                "profile": "synthetic",
                "records": spec.trained.records,
            }
        )

    def arguments(self) -> list[str]:
        if self.folder is None:
            return ["synthetic", "--records", str(self.records)]
        return ["azure-fio", "--data", str(self.folder)]


def load(cloud: Cloud, source: Source, say: Callable[[str], None]) -> str:
    """Load `source` unless its marker says that it is there whole; a replay overwrites, never duplicates."""
    bucket, table = cloud.output("Foundation", "RawBucket"), cloud.output("Foundation", "TableName")
    if loaded_at(cloud, source):
        return "already loaded"
    storage = cloud.client("s3")
    _clear(cloud, bucket, f"loaded/{source.profile}/")
    _clear(cloud, bucket, f"insights/profile={source.profile}/")
    said = _run_loader(cloud, [*source.arguments(), "--bucket", bucket, "--table", table], say)
    storage.put_object(Bucket=bucket, Key=_marker(source), Body=said.encode())
    return said


def loaded_at(cloud: Cloud, source: Source) -> datetime | None:
    """When `source` was last loaded whole; None before, and where a crash lost the table's part."""
    bucket, table = cloud.output("Foundation", "RawBucket"), cloud.output("Foundation", "TableName")
    if not cloud.client("dynamodb").scan(TableName=table, Limit=1)["Items"]:
        return None
    found = cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix=_marker(source)).get("Contents", [])
    return found[0]["LastModified"] if found else None


def newest_record(cloud: Cloud) -> dict[str, Any]:
    """The newest record of one stored volume, as a caller would send it: without labels."""
    resource = cloud.client("dynamodb")
    table = cloud.output("Foundation", "TableName")
    volume = resource.scan(TableName=table, Limit=1)["Items"][0]["volume_id"]
    item = resource.query(
        TableName=table,
        KeyConditionExpression="volume_id = :volume",
        ExpressionAttributeValues={":volume": volume},
        ScanIndexForward=False,
        Limit=1,
    )["Items"][0]
    schema = MODELS[0].contract.record
    sent = [key.name for key in schema.keys] + [feature.name for feature in schema.features]
    return {name: _plain(item[name]) for name in sent if name in item}


def _plain(value: dict[str, str]) -> str | float:
    return float(value["N"]) if "N" in value else value["S"]


def _marker(source: Source) -> str:
    return f"loaded/{source.profile}/{source.stamp}"


def _clear(cloud: Cloud, bucket: str, prefix: str) -> None:
    """Remove a profile's earlier objects: a set of another size must not mix with this one."""
    storage = cloud.client("s3")
    for page in storage.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        keys = [{"Key": found["Key"]} for found in page.get("Contents", [])]
        if keys:
            storage.delete_objects(Bucket=bucket, Delete={"Objects": keys})


def _run_loader(cloud: Cloud, arguments: list[str], say: Callable[[str], None]) -> str:
    env = cloud.place.environ(os.environ) | {"PYTHONPATH": ROOTS, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "sources.load", *arguments],
        cwd=ROOT,
        env=env,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        lines = [""]
        try:
            for line in process.stdout or ():
                lines.append(re.sub(r"\s+", " ", line).strip())
                say(lines[-1][:90])
            code = process.wait(timeout=TIMEOUT_S)
        except BaseException:
            process.terminate()
            raise
    if code:
        raise RuntimeError("loading failed:\n" + "\n".join(lines[-15:]))
    return lines[-1]
