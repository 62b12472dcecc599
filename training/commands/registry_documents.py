"""What a version's own files tell: its evaluation, the data it learned from, its contract."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from commands.registry_cloud import Cloud, code
from commands.registry_packages import Package
from jobs import JobError

Json = dict[str, Any]
GONE = ("NoSuchKey", "NoSuchBucket", "404")
MOST_BYTES = 64_000_000
"""Of a file that is read; an artifact holds a model, its export and its description."""


def evaluation(cloud: Cloud, package: Package) -> Json:
    """Its evaluation.json; empty where there is none, or none any more."""
    return _json(cloud, package.evaluation)


def data(cloud: Cloud, package: Package) -> Json:
    """The metadata of the data it was trained on, which lies beside the evaluation of the same run."""
    run, found, _ = package.evaluation.rpartition("/evaluation/")
    return _json(cloud, f"{run}/metadata/metadata.json" if found else "")


def contract(cloud: Cloud, package: Package) -> Json:
    """The contract in its artifact; empty where there is no such artifact any more."""
    packed = _read(cloud, package.artifact)
    if packed is None:
        return {}
    try:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            described = archive.extractfile("model.json")
            return dict(json.load(described)["contract"]) if described else {}
    except (tarfile.TarError, KeyError, ValueError):
        raise JobError(f"{package.artifact} is no model of this platform: it holds no model.json") from None


def differences(a: Any, b: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """What differs, by its path; members of a list that have names are compared by them."""
    a, b = _named(a), _named(b)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        found: dict[str, tuple[Any, Any]] = {}
        for key in dict.fromkeys([*a, *b]):
            found |= differences(a.get(key), b.get(key), f"{path}.{key}" if path else str(key))
        return found
    return {} if a == b else {path: (a, b)}


def _named(value: Any) -> Any:
    members = [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
    if members and len(members) == len(value) and all("name" in each for each in members):
        return {each["name"]: each for each in members}
    return value


def _json(cloud: Cloud, url: str) -> Json:
    text = _read(cloud, url)
    return dict(json.loads(text)) if text else {}


def _read(cloud: Cloud, url: str) -> bytes | None:
    place = urlsplit(url)
    if place.scheme != "s3":
        return None
    try:
        found = cloud.client("s3").get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
    except ClientError as error:
        if code(error) in GONE:
            return None
        raise
    if found["ContentLength"] > MOST_BYTES:
        raise JobError(f"{url} has {found['ContentLength']} bytes; up to {MOST_BYTES} are read")
    return bytes(found["Body"].read())
