"""Load a data set into the deployed table and the raw bucket, once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.run.cloud import Cloud
from local.run.place import ROOT

TIMEOUT_S = 1800
RECORDS = 10_000


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
            raise ValueError(f"DATA={data} holds no fio.parquet; give the folder of the azure_vm_noise_fio set")
        return cls("azure-fio", folder=folder.resolve())

    @property
    def stamp(self) -> str:
        """Names this data in a run: the same source, the same stamp."""
        return f"synthetic-{self.records}" if self.folder is None else self.profile

    def arguments(self) -> list[str]:
        if self.folder is None:
            return ["synthetic", "--records", str(self.records)]
        return ["azure-fio", "--data", str(self.folder)]


def load(cloud: Cloud, source: Source, bucket: str, table: str, say: Callable[[str], None]) -> None:
    """Load `source` unless its marker says that it is there whole; a replay overwrites, never duplicates."""
    marker = f"loaded/{source.stamp}.json"
    storage = cloud.client("s3")
    if "Contents" in storage.list_objects_v2(Bucket=bucket, Prefix=marker):
        say("already loaded")
        return
    _clear(cloud, bucket, f"insights/profile={source.profile}/")
    said = _run_loader(cloud, [*source.arguments(), "--bucket", bucket, "--table", table], say)
    for old in storage.list_objects_v2(Bucket=bucket, Prefix="loaded/").get("Contents", []):
        storage.delete_object(Bucket=bucket, Key=old["Key"])
    storage.put_object(Bucket=bucket, Key=marker, Body=json.dumps({"said": said}).encode())


def _clear(cloud: Cloud, bucket: str, prefix: str) -> None:
    """Remove a profile's earlier objects: a set of another size must not mix with this one."""
    storage = cloud.client("s3")
    for page in storage.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        keys = [{"Key": found["Key"]} for found in page.get("Contents", [])]
        if keys:
            storage.delete_objects(Bucket=bucket, Delete={"Objects": keys})


def _run_loader(cloud: Cloud, arguments: list[str], say: Callable[[str], None]) -> str:
    env = cloud.place.environ(os.environ) | {"PYTHONPATH": f"{ROOT / 'training'}:{ROOT}", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "sources.load", *arguments],
        cwd=ROOT, env=env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
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
