"""What a task runs in the functions' own image: fetches the code and its layer, and becomes the service.

Shipped as text, in the task definition's command. CODE_S3 and LAYER_S3 are s3://bucket/key of zip files;
without LAYER_S3 the interpreter's own packages serve. Standard library and boto3 only.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlparse

MOST_BYTES = 512 * 1024 * 1024


def fetch(url: str, target: Path) -> None:
    """Unpacks the zip file at `url` below `target`; refuses members that would lie outside, and links."""
    import boto3

    place = urlparse(url)
    if place.scheme != "s3" or not place.netloc or not place.path.strip("/"):
        raise SystemExit(f"must be s3://bucket/key: {url!r}")
    target.mkdir()
    with tempfile.TemporaryFile() as packed:
        boto3.client("s3").download_fileobj(place.netloc, place.path.lstrip("/"), packed)
        with zipfile.ZipFile(packed) as archive:
            check(archive.infolist(), target.resolve())
            archive.extractall(target)


def check(members: Sequence[zipfile.ZipInfo], target: Path) -> None:
    if sum(member.file_size for member in members) > MOST_BYTES:
        raise SystemExit(f"the zip file unpacks to more than {MOST_BYTES} bytes")
    for member in members:
        inside = (target / member.filename).resolve().is_relative_to(target)
        if not inside or "\\" in member.filename or stat.S_ISLNK(member.external_attr >> 16):
            raise SystemExit(f"the zip file holds {member.filename!r}, which must not be")


def main() -> None:
    sys.path.append(os.environ.get("LAMBDA_RUNTIME_DIR", "/var/runtime"))
    folder = Path(tempfile.mkdtemp(prefix="workload-"))
    paths = [folder / "code"]
    fetch(os.environ["CODE_S3"], paths[0])
    if os.environ.get("LAYER_S3"):
        fetch(os.environ["LAYER_S3"], folder / "layer")
        paths.append(folder / "layer" / "python")
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    program = [sys.executable, "-P", "-m", "workload.server"]
    os.execve(sys.executable, program, variables)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
