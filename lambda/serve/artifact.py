"""A model package's files: fetched, bounded in size and checked against the contract before they are used."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from catalog.contract import Contract

MAX_ARCHIVE = 100_000_000
MAX_UNPACKED = 400_000_000
"""Of all members up to the last one needed: an archive may unpack to a thousand times its size."""
MAX_BYTES = {"model.onnx": 80_000_000, "model.json": 20_000_000, "golden.json": 20_000_000}
NEEDED = ("model.onnx", "model.json")


class LoadFailed(Exception):
    """The package cannot be used; `reason` is one word for callers, `str()` says more for the log."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class NotFetched(LoadFailed):
    """AWS did not hand the package out just now, which says nothing about the package."""


@dataclass(frozen=True)
class Facts:
    """What the registry and the artifact tell of a model. `metadata` holds its metrics as text."""

    learner: str
    metadata: Mapping[str, str]
    created: datetime | None


@dataclass(frozen=True)
class Artifact:
    """The export, what may be replayed on it, and what is known of it."""

    onnx: bytes
    golden: bytes | None
    facts: Facts


def fetch(sagemaker: Any, s3: Any, package: str, contract: Contract) -> Artifact:
    """Raises LoadFailed."""
    try:
        described = sagemaker.describe_model_package(ModelPackageName=package)
        url = described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
        files = unpacked(_download(s3, url))
    except (ClientError, BotoCoreError, HTTPError, OSError) as error:
        raise NotFetched("load_failed", f"{type(error).__name__}: {error}") from error
    except (KeyError, IndexError) as error:
        raise LoadFailed("load_failed", f"{package} names no model data") from error
    about = _agreed(files["model.json"], contract)
    facts = Facts(
        str(about.get("learner_title") or about.get("learner")),
        described.get("CustomerMetadataProperties", {}),
        described.get("CreationTime"),
    )
    return Artifact(files["model.onnx"], files.get("golden.json"), facts)


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The named files at the archive's root; nothing else is read, nothing is written anywhere."""
    found: dict[str, bytes] = {}
    size = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
            for member in members:
                size += member.size
                if size > MAX_UNPACKED:
                    raise LoadFailed("load_failed", f"the archive unpacks to more than {MAX_UNPACKED} bytes")
                name = member.name.removeprefix("./")
                if name in MAX_BYTES and member.isfile() and name not in found:
                    found[name] = _content(members, member, MAX_BYTES[name])
                if len(found) == len(MAX_BYTES):
                    break
    except (tarfile.TarError, EOFError, OSError) as error:
        raise LoadFailed("load_failed", f"no archive: {error}") from error
    lacking = [name for name in NEEDED if name not in found]
    if lacking:
        raise LoadFailed("load_failed", f"the archive lacks {', '.join(lacking)}")
    return found


def _download(s3: Any, url: str) -> bytes:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    answer = s3.get_object(Bucket=bucket, Key=key)
    if answer["ContentLength"] > MAX_ARCHIVE:
        raise LoadFailed(
            "load_failed", f"{url} has {answer['ContentLength']} bytes, allowed are {MAX_ARCHIVE}"
        )
    content: bytes = answer["Body"].read()
    return content


def _content(members: tarfile.TarFile, member: tarfile.TarInfo, limit: int) -> bytes:
    if member.size > limit:
        raise LoadFailed("load_failed", f"{member.name} has {member.size} bytes, allowed are {limit}")
    file = members.extractfile(member)
    return file.read() if file else b""


def _agreed(described: bytes, contract: Contract) -> Mapping[str, Any]:
    """What model.json says, of a model of the contract."""
    try:
        about: Mapping[str, Any] = json.loads(described)
        agreed = about["contract_hash"]
    except (ValueError, KeyError, TypeError) as error:
        raise LoadFailed("load_failed", "model.json does not describe a model") from error
    if agreed != contract.hash:
        detail = f"the model was trained for contract {agreed}, this function serves {contract.hash}"
        raise LoadFailed("contract_mismatch", detail)
    return about
