"""AWS as a timed function meets it: answers without a network, given where botocore would send."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

PACKAGE = "arn:aws:sagemaker:us-east-1:000000000000:model-package/local-{}/1"
FILES = ("model.onnx", "model.json", "golden.json")
TWIN = json.dumps({"work_ms": 10.0, "cpu_ms": 10.0, "result": {}}).encode()
"""What a function answers that work is sent to."""


class Raw(io.BytesIO):
    """A response's body as urllib3 gives it."""

    def stream(self, *_: object, **__: object) -> Any:
        yield self.read()


class Aws:
    """What the services would answer; items of the state table are kept, conditions are not looked at."""

    def __init__(self, model: str, artifact: Path | None) -> None:
        self.model = model
        self.items: dict[str, Any] = {}
        self.archive = _archive(artifact) if artifact else b""

    def hook(self) -> None:
        """Takes the place of every client that is made from now on."""
        boto3.DEFAULT_SESSION = boto3.Session()
        events: Any = boto3.DEFAULT_SESSION.events
        events.register("before-send.*", self.answer)

    def fill(self, size: int) -> None:
        """Gives `size` entities the window that the first one has."""
        own = self.items.get(f"state#{self.model}#entity-0")
        for n in range(size if own else 0):
            place = f"state#{self.model}#entity-{n}"
            self.items[place] = {**(own or {}), "pk": {"S": place}}

    def answer(self, request: Any, **_: object) -> AWSResponse:
        body = self._body(request)
        headers: Any = {"content-length": str(len(body)), "content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, Raw(body))

    def _body(self, request: Any) -> bytes:
        name = request.headers.get("X-Amz-Target")
        if name is None:  # these services are told what to do by the address
            return TWIN if request.url.startswith("https://lambda.") else self.archive
        operation = (name.decode() if isinstance(name, bytes) else name).rpartition(".")[2]
        return self._json(operation, json.loads(request.body))

    def _json(self, operation: str, request: Any) -> bytes:
        return json.dumps(getattr(self, f"_{operation}")(request)).encode()

    def _GetParameters(self, request: Any) -> Any:  # noqa: N802 - AWS's names
        known = {"champion": PACKAGE.format(self.model), "exploration": "0"}
        values = dict.fromkeys(request["Names"], "none") | known
        return {"Parameters": [{"Name": name, "Value": values[name]} for name in request["Names"]]}

    def _DescribeModelPackage(self, _: Any) -> Any:  # noqa: N802
        return {"InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://models/model.tar.gz"}]}}

    def _BatchGetItem(self, request: Any) -> Any:  # noqa: N802
        ((table, wanted),) = request["RequestItems"].items()
        places = (key["pk"]["S"] for key in wanted["Keys"])
        return {"Responses": {table: [self.items[place] for place in places if place in self.items]}}

    def _PutItem(self, request: Any) -> Any:  # noqa: N802
        self.items[request["Item"]["pk"]["S"]] = request["Item"]
        return {}

    def _TransactWriteItems(self, request: Any) -> Any:  # noqa: N802
        for each in request["TransactItems"]:
            self._PutItem(each["Put"])
        return {}

    def _UpdateItem(self, _: Any) -> Any:  # noqa: N802
        return {}

    def _PutRecord(self, _: Any) -> Any:  # noqa: N802
        return {"RecordId": "1"}


def _archive(folder: Path) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", compresslevel=1) as members:
        for name in FILES:
            if (folder / name).is_file():
                members.add(folder / name, name)
    return made.getvalue()
