"""S3 objects as files: downloads are kept by content and shared between jobs, folders are uploaded."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

_GONE = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}


def split_uri(uri: str) -> tuple[str, str]:
    """`s3://bucket/key` as (bucket, key)."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


class Objects:
    """Reads and writes S3. `folder` holds one file per object version, hard-linked into the jobs."""

    def __init__(self, aws: Callable[[str], Any], folder: Path) -> None:
        self._aws = aws
        self._folder = folder
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def exists(self, uri: str) -> bool:
        bucket, key = split_uri(uri)
        try:
            self._aws("s3").head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return False
            raise
        return True

    def fetch(self, uri: str) -> Path:
        """One object as a shared file that nobody may change; FileNotFoundError where it is not there."""
        bucket, key = split_uri(uri)
        try:
            head = self._aws("s3").head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise FileNotFoundError(f"no object at {uri}") from error
        return self._file(bucket, key, head["ETag"])

    def unpack(self, uri: str) -> Path:
        """A .tar.gz object as a shared folder that nobody may change."""
        archive = self.fetch(uri)
        target = archive.with_name(archive.name + ".d")
        with self._held(target.name):
            if not target.exists():
                with _scratch(self._folder) as scratch:
                    extract(archive, scratch / "content")
                    (scratch / "content").rename(target)
        return target

    def download(self, uri: str, target: Path) -> int:
        """Every object below the prefix as a file under `target`, as S3Prefix means it; answers how many."""
        bucket, prefix = split_uri(uri)
        count = 0
        target.mkdir(parents=True, exist_ok=True)
        for page in self._aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                name = _relative(item["Key"], prefix)
                if name:
                    _link(self._file(bucket, item["Key"], item["ETag"]), target / name)
                    count += 1
        return count

    def upload(self, source: Path, uri: str) -> int:
        """Every file under the folder below the prefix; answers how many."""
        bucket, prefix = split_uri(uri)
        files = [path for path in sorted(source.rglob("*")) if path.is_file()]
        for path in files:
            key = f"{prefix.rstrip('/')}/{path.relative_to(source).as_posix()}".lstrip("/")
            self._aws("s3").upload_file(str(path), bucket, key)
        return len(files)

    def upload_file(self, path: Path, uri: str) -> None:
        bucket, key = split_uri(uri)
        self._aws("s3").upload_file(str(path), bucket, key)

    def prune(self, limit_bytes: int = 2 * 1024**3) -> None:
        """Forget every download where together they take more than the limit."""
        if sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file()) > limit_bytes:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _file(self, bucket: str, key: str, etag: str) -> Path:
        name = hashlib.sha256(f"{bucket}\n{key}\n{etag}".encode()).hexdigest()[:40]
        path = self._folder / name[:2] / name
        with self._held(name):
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                with _scratch(self._folder) as scratch:
                    self._aws("s3").download_file(bucket, key, str(scratch / "object"))
                    (scratch / "object").rename(path)
        return path

    @contextlib.contextmanager
    def _held(self, name: str) -> Iterator[None]:
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            yield


def extract(archive: Path, target: Path) -> None:
    """Unpack a tar archive; entries that leave the folder are refused by the filter."""
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")


def pack(source: Path, archive: Path) -> None:
    """The folder's content as a .tar.gz with names relative to it."""
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for path in sorted(source.iterdir()):
            tar.add(path, arcname=path.name)


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder, prefix="tmp-"))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _relative(key: str, prefix: str) -> str:
    """The object's path below its prefix: nothing for folder markers, the bare name for an exact key."""
    if key.endswith("/"):
        return ""
    if key == prefix:
        return key.rsplit("/", 1)[-1]
    folder = prefix if prefix.endswith("/") or not prefix else prefix + "/"
    return key[len(folder) :] if key.startswith(folder) else key[prefix.rfind("/") + 1 :]


def _link(source: Path, target: Path) -> None:
    if ".." in target.parts:
        raise ValueError(f"object key leaves its folder: {target}")
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target)
