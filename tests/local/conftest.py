"""One local AWS for all of these tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.toys import BUCKET, INFERENCE, PREPARE, TRAIN, LocalAws, archive


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    local = LocalAws(port, tmp_path_factory.mktemp("aws"))
    s3 = local("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(
        Bucket=BUCKET, Key="code/train.tar.gz", Body=archive({"train.py": TRAIN, "inference.py": INFERENCE})
    )
    s3.put_object(Bucket=BUCKET, Key="code/prepare.tar.gz", Body=archive({"prepare.py": PREPARE}))
    s3.put_object(Bucket=BUCKET, Key="raw/raw.csv", Body=b"1,2\n2,4\n3,6\n")
    s3.put_object(Bucket=BUCKET, Key="train/part.csv", Body=b"1,2\n2,4\n3,6\n")
    yield local
    if local.process.poll() is None:
        local.stop()
    assert not _left(local.home), "child processes outlived the local AWS"


def _left(home: Path) -> list[str]:
    """Processes that still run below the local AWS's home."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(home) in str((entry / "cwd").readlink()):
                found.append(entry.name)
        except OSError:
            continue
    return found
