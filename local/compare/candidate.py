"""The trained model that routes: the one given, the local AWS' champion, or one trained at once."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from catalog.contract import SYNTHETIC
from catalog.spec import ModelSpec
from local.bench import quick_training
from local.run import server
from local.run.cloud import Cloud

FILE = "model.onnx"


@dataclass(frozen=True)
class Candidate:
    """A model directory, and where it comes from."""

    folder: Path
    origin: str

    @property
    def onnx(self) -> Path:
        return self.folder / FILE

    @property
    def told(self) -> str:
        described = json.loads((self.folder / "model.json").read_text())
        learner = described.get("learner_title") or described["learner"]
        return f"{learner}, {self.origin}"


def find(
    spec: ModelSpec, given: Path | None, home: Path, work: Path, say: Callable[[str], None]
) -> Candidate:
    """`work` takes what has to be written; ValueError where the one given cannot be used."""
    if given:
        return _agreed(spec, _given(given, work))
    if place := server.running(home):
        try:
            return _agreed(spec, _champion(Cloud(place), spec, work))
        except (LookupError, ValueError, BotoCoreError, ClientError) as problem:
            say(f"no champion to compare with ({problem}); one is trained")
    else:
        say("no local AWS runs, so a model is trained at once")
    records = spec.trained.records
    folder = quick_training.train(spec, work / "trained", records)
    return Candidate(
        folder, f"trained at once on the training split of {records:,} requests, without a search"
    )


def _given(path: Path, work: Path) -> Candidate:
    if path.is_dir():
        return Candidate(path, f"from {path.name}")
    if path.is_file():
        return Candidate(_unpacked(path.read_bytes(), work), f"from {path.name}")
    raise ValueError(f"MODEL={path} is neither a model.tar.gz nor a model directory")


def _champion(cloud: Cloud, spec: ModelSpec, work: Path) -> Candidate:
    arn = cloud.champion(spec.name)
    if arn is None:
        raise LookupError("none is promoted")
    package = cloud.client("sagemaker").describe_model_package(ModelPackageName=arn)
    url = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    bucket, _, key = url.removeprefix("s3://").partition("/")
    content = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return Candidate(_unpacked(content, work), f"the local AWS' champion, version {arn.rsplit('/', 1)[-1]}")


def _unpacked(archive: bytes, work: Path) -> Path:
    folder = work / "unpacked"
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
            members.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"no model.tar.gz: {error}") from error
    return folder


def _agreed(spec: ModelSpec, found: Candidate) -> Candidate:
    described = found.folder / "model.json"
    if not (found.onnx.is_file() and described.is_file()):
        raise ValueError(f"{found.folder} lacks {FILE} or model.json")
    facts = json.loads(described.read_text())
    agreed = facts.get("contract_hash")
    if agreed != spec.contract.hash:
        raise ValueError(f"it is of the contract {agreed}, this is {spec.contract.hash}: train it again")
    if facts.get("profile") not in (None, SYNTHETIC):
        return Candidate(found.folder, f"{found.origin}, trained on {facts['profile']}")
    return found
