"""The model server of one variant: runs the artifact's own inference code, one request at a time.

Started as a script that talks over two pipes, the code's folder on PYTHONPATH; standard library only.
A message is a 4-byte header length, the header as JSON, a 4-byte body length and the body.
The worker ends with its pipe.
"""

from __future__ import annotations

import importlib
import json
import os
import struct
import sys
import traceback
from pathlib import Path
from typing import Any, BinaryIO

HANDLERS = ("model_fn", "input_fn", "predict_fn", "output_fn")
_STATUSES = {"UnsupportedFormatError": 415, "ClientError": 400}


def write_message(pipe: BinaryIO, header: dict[str, Any], body: bytes = b"") -> None:
    head = json.dumps(header).encode()
    pipe.write(struct.pack(">I", len(head)) + head + struct.pack(">I", len(body)) + body)
    pipe.flush()


def read_message(pipe: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """The next message; EOFError where the other side has gone."""
    header: dict[str, Any] = json.loads(_exactly(pipe, struct.unpack(">I", _exactly(pipe, 4))[0]))
    return header, _exactly(pipe, struct.unpack(">I", _exactly(pipe, 4))[0])


def _exactly(pipe: BinaryIO, count: int) -> bytes:
    data = pipe.read(count)
    if len(data) != count:
        raise EOFError("the other side has gone")
    return data


class Server:
    """The loaded model behind the container's four functions."""

    def __init__(self, program: str, model_dir: str) -> None:
        module = importlib.import_module(Path(program).stem)
        absent = [name for name in HANDLERS if not hasattr(module, name)]
        if absent:
            raise ImportError(f"{program} must define {', '.join(HANDLERS)}; it lacks {', '.join(absent)}")
        self._module: Any = module
        self._model = module.model_fn(model_dir)

    def answer(self, header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """One invocation; an exception of the code is a status and its text, as in the container."""
        content_type, accept = header["content_type"], header["accept"]
        payload: Any = (
            body if content_type in ("application/x-npy", "application/octet-stream") else body.decode()
        )
        try:
            data = self._module.input_fn(payload, content_type)
            result = self._module.output_fn(self._module.predict_fn(data, self._model), accept)
        except Exception as error:  # the container answers whatever the code raises
            traceback.print_exc()
            status = _STATUSES.get(type(error).__name__, 500)
            return {
                "status": status,
                "content_type": "text/plain",
            }, f"{type(error).__name__}: {error}".encode()
        answer, kind = result if isinstance(result, tuple) else (result, accept)
        return {"status": 200, "content_type": kind}, answer.encode() if isinstance(answer, str) else bytes(
            answer
        )


def main() -> None:
    inward, outward = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the code prints goes to the log, never between the messages
    try:
        server = Server(os.environ["SAGEMAKER_PROGRAM"], os.environ["SM_MODEL_DIR"])
    except Exception as error:
        traceback.print_exc()
        write_message(outward, {"ready": False, "error": f"{type(error).__name__}: {error}"})
        sys.exit(1)
    write_message(outward, {"ready": True})
    while True:
        try:
            header, body = read_message(inward)
        except EOFError:
            return
        write_message(outward, *server.answer(header, body))


if __name__ == "__main__":
    main()
