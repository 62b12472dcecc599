"""A model's function with AWS around it: packages to load, parameters, the state table, the event bus."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import onnx_file
from catalog.contract import Contract
from catalog.models import MODELS
from optimize import handler as optimizing
from place import handler as placing
from serve import handler as serving
from tests.lambda_.conftest import Context, Event
from tests.lambda_.fakes import Fake, Registry, Ssm, refusal
from tests.lambda_.state_table import TABLE, StateTable

SPECS = {spec.name: spec for spec in MODELS}
BUCKET = "models"


class S3(Fake):
    """Objects by key; `ContentLength` may be told larger than it is."""

    service = "s3"

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}
        self.length: int | None = None

    def GetObject(self, Bucket: str, Key: str) -> Any:  # noqa: N802, N803 - AWS's names
        assert Bucket == BUCKET
        if Key not in self.objects:
            raise refusal("GetObject", "NoSuchKey")
        content = self.objects[Key]
        return {"Body": io.BytesIO(content), "ContentLength": self.length or len(content)}


class Bus(Fake):
    """Takes events, or fails, or refuses the last `refused` of each call."""

    service = "events"

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []
        self.failure: Exception | None = None
        self.refused = 0

    def PutEvents(self, Entries: list[Any]) -> Any:  # noqa: N802, N803 - AWS's names
        assert 1 <= len(Entries) <= 10
        if self.failure:
            raise self.failure
        kept = Entries[: len(Entries) - self.refused]
        self.events += [json.loads(entry["Detail"]) for entry in kept]
        results = [{"EventId": "1"}] * len(kept) + [{"ErrorCode": "x"}] * (len(Entries) - len(kept))
        return {"Entries": results, "FailedEntryCount": len(Entries) - len(kept)}


class World:
    """`call` sends a body to one model's function, which keeps what it holds from call to call."""

    def __init__(self, model: str, event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
        self.spec, self._event = SPECS[model], event
        self.contract = self.spec.contract
        optimizes = self.contract.optimizer is not None
        self.module: Any = placing if self.spec.router else optimizing if optimizes else serving
        self.state, self.s3, self.bus = StateTable(), S3(), Bus()
        self.ssm, self.registry = Ssm(), Registry(model)
        self.clients = {
            "dynamodb": self.state,
            "s3": self.s3,
            "events": self.bus,
            "ssm": self.ssm,
            "sagemaker": self.registry,
        }
        learned = [model] if self.spec.training else []
        names = [*learned, *self.contract.companions]
        parameters = {n: {"champion": f"{n}-champion", "candidate": f"{n}-candidate"} for n in names}
        self.ssm.history = {name: ["none"] for each in parameters.values() for name in each.values()}
        settings = {
            "MODEL": model,
            "PARAMETERS": json.dumps(parameters),
            "STATE_TABLE": TABLE,
            "EVENT_BUS": "bus",
            "REMEDIATE_ABOVE": "",
            "COOLDOWN_S": "1800",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("boto3.client", lambda service, **_: self.clients[service])
        self.restart()

    def restart(self) -> None:
        """As a new process: nothing is loaded, nothing cached."""
        self.module.parts.cache_clear()

    def call(self, body: Any, **more: Any) -> tuple[int, Any]:
        response = self.module.handler(self._event(self.spec.route, body, **more), Context())
        return response["statusCode"], json.loads(response["body"])

    def good(self, body: Any) -> Any:
        status, answer = self.call(body)
        assert status == 200, answer
        return answer

    def check(self, package: str) -> Any:
        return self.module.handler({"check": package}, Context())

    def publish(self, archive: bytes, model: str = "") -> str:
        """A package whose archive this is."""
        name = model or self.contract.name
        self.registry.group = name
        version = len(self.registry.packages) + 1
        key = f"{name}/{version}/model.tar.gz"
        self.s3.objects[key] = archive
        container = {"Image": "image", "ModelDataUrl": f"s3://{BUCKET}/{key}"}
        return self.registry.add(version, InferenceSpecification={"Containers": [container]})

    def promote(self, package: str, model: str = "") -> None:
        self.ssm.history[f"{model or self.contract.name}-champion"].append(package)
        self.forget_parameters()

    def shift(self, package: str, percent: int) -> None:
        self.ssm.history[f"{self.contract.name}-candidate"].append(f"{package} {percent}")
        self.forget_parameters()

    def forget_parameters(self) -> None:
        """As after the time for which they are kept."""
        made = self.module.parts()
        for learned in (made.service.learned, *made.service.companions.learned.values()):
            if learned:
                learned.champions._until = float("-inf")


@pytest.fixture
def world(event: Event, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the world of a model."""
    return lambda model: World(model, event, monkeypatch)


def export(contract: Contract, bias: Mapping[str, float] | None = None, *, gaps: bool = True) -> bytes:
    """A model whose answers depend on every column, a little; NaN counts as 0, or spreads without `gaps`.

    `bias` (by class) makes classes likelier, or (by quantile's place) values higher.
    """
    target, width = contract.target, len(contract.columns)
    outputs = target.classes or tuple(map(str, range(len(target.quantiles) or 1)))
    seed = int(hashlib.sha256(contract.name.encode()).hexdigest()[:8], 16)
    weights = np.random.default_rng(seed).normal(0, 1e-4, (width, len(outputs))).astype(np.float32)
    named = [feature.name in contract.columns and bool(feature.names) for feature in contract.record.features]
    if any(named):
        weights[: len(named)][named] /= 1e6
    added = np.array([(bias or {}).get(name, 0.0) for name in outputs], np.float32)
    nodes = [
        onnx_file.node("IsNaN", ["features"], "gone"),
        onnx_file.node("Where", ["gone", "zero" if gaps else "features", "features"], "whole"),
        onnx_file.node("MatMul", ["whole", "weights"], "product"),
        onnx_file.node("Add", ["product", "bias"], "sums" if target.classes else "value"),
    ]
    described = [onnx_file.tensor("value", onnx_file.FLOAT, "records", len(outputs))]
    if target.classes:
        nodes += [
            onnx_file.node("Softmax", ["sums"], "probabilities", axis=1),
            onnx_file.node("ArgMax", ["probabilities"], "label", axis=1, keepdims=0),
        ]
        described = [
            onnx_file.tensor("probabilities", onnx_file.FLOAT, "records", len(outputs)),
            onnx_file.tensor("label", onnx_file.INT64, "records"),
        ]
    if target.interval:
        nodes += [onnx_file.node("Mul", ["probabilities", "bounds"], "interval")]
        described.append(onnx_file.tensor("interval", onnx_file.FLOAT, "records", 2))
    return onnx_file.model(
        name=contract.name,
        nodes=nodes,
        constants=[
            onnx_file.constant("zero", np.array(0, np.float32)),
            onnx_file.constant("weights", weights),
            onnx_file.constant("bias", added),
            onnx_file.constant("bounds", np.array((0, 1), np.float32)),
        ],
        inputs=[onnx_file.tensor("features", onnx_file.FLOAT, "records", width)],
        outputs=described,
        about={"contract_hash": contract.hash},
    )


def expected(onnx: bytes, rows: Any) -> Any:
    """What the export says of rows (n, columns): the runtime's own answer, asked directly."""
    import onnxruntime

    return onnxruntime.InferenceSession(onnx).run(None, {"features": np.asarray(rows, np.float32)})[0]


def archive(contract: Contract, onnx: bytes | None = None, **changed: bytes | None) -> bytes:
    """model.tar.gz; a keyword (model_json, golden_json) replaces a file, or with None leaves it out."""
    described = json.dumps({"format": 1, "contract_hash": contract.hash}).encode()
    files: dict[str, bytes | None] = {
        "model.json": changed.get("model_json", described),
        "code/train.py": b"print()",
        "model.onnx": changed.get("model_onnx", onnx or export(contract)),
        "golden.json": changed.get("golden_json"),
    }
    return tar({name: content for name, content in files.items() if content is not None})


def tar(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as members:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            members.addfile(member, io.BytesIO(content))
    return made.getvalue()
