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
class RealSet:
    """A real set: its data profile, which is the loader's command too, the record it tells, where it lies."""

    profile: str
    record: str
    folder: str
    file: str

    def within(self, data: Path) -> Path | None:
        """The folder that holds it: `data` itself or one below."""
        return next((each for each in (data, data / self.folder) if (each / self.file).is_file()), None)


FIRST = RealSet("azure-fio", MODELS[0].contract.record.name, "azure_vm_noise_fio", "fio.parquet")
OTHERS = (RealSet("azure-vm", "family_load", "azure_vm_noise_daily", "daily.parquet"),)
"""Sets of other models' records, loaded too where the folder of sets holds them."""


@dataclass(frozen=True)
class Source:
    """What to load: a profile, the folder it comes from unless it is generated, and what lies beside it."""

    profile: str
    records: int = RECORDS
    folder: Path | None = None
    beside: tuple[tuple[RealSet, Path], ...] = ()

    @classmethod
    def of(cls, data: Path | None, records: int) -> Source:
        """The synthetic set, or the real set in `data`; ValueError that says what the folder must hold."""
        if data is None:
            return cls("synthetic", records)
        folder = FIRST.within(data)
        if folder is None:
            raise ValueError(f"DATA={data} holds no {FIRST.file}; give the {FIRST.folder} folder")
        others = [(each, each.within(data)) for each in OTHERS]
        beside = tuple((each, found.resolve()) for each, found in others if found)
        return cls(FIRST.profile, folder=folder.resolve(), beside=beside)

    @property
    def stamp(self) -> str:
        """Names this data in a run: the same source, the same stamp."""
        return f"synthetic-{self.records}" if self.folder is None else "+".join(self.profiles)

    @property
    def profiles(self) -> list[str]:
        return [self.profile, *(each.profile for each, _ in self.beside)]

    def profile_of(self, spec: ModelSpec) -> str | None:
        """The profile that is loaded for this model; the others' training makes records for itself."""
        beside = {each.record: each.profile for each, _ in self.beside}
        return {FIRST.record: self.profile, **beside}.get(spec.contract.record.name)

    def holds(self, spec: ModelSpec) -> bool:
        return self.profile_of(spec) is not None

    def training_input(self, spec: ModelSpec) -> dict[str, Any]:
        """What the model's training state machine is given."""
        return (
            {"profile": self.profile_of(spec)}
            if self.holds(spec)
            else {
                "profile": "synthetic",
                "records": spec.trained.records,
            }
        )

    def arguments(self) -> list[str]:
        if self.folder is None:
            return ["synthetic", "--records", str(self.records)]
        return [self.profile, "--data", str(self.folder)]

    def loads(self, bucket: str, table: str) -> list[list[str]]:
        """The loader's arguments, once for each set; the first fills the table too."""
        others = [[each.profile, "--data", str(folder)] for each, folder in self.beside]
        first = [*self.arguments(), "--bucket", bucket, "--table", table]
        return [first, *([*each, "--bucket", bucket] for each in others)]


def load(cloud: Cloud, source: Source, say: Callable[[str], None]) -> str:
    """Load `source` unless its marker says that it is there whole; a replay overwrites, never duplicates."""
    bucket, table = cloud.output("Foundation", "RawBucket"), cloud.output("Foundation", "TableName")
    if loaded_at(cloud, source):
        return "already loaded"
    storage = cloud.client("s3")
    _clear(cloud, bucket, f"loaded/{source.profile}/")
    _clear(cloud, bucket, f"insights/profile={source.profile}/")
    for each, _ in source.beside:
        _clear(cloud, bucket, f"{each.record}/profile={each.profile}/")
    said = "; ".join(_run_loader(cloud, arguments, say) for arguments in source.loads(bucket, table))
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
