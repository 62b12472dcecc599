"""The twins' service as a process on a free port, and content that is not what it should be."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[2]
TYPES = ("lightweight_api", "thumbnail_processing", "medium_processing", "heavy_processing")
WAIT_S = 60
HEAD = b"device,minute,latency_ms,status\n"


class Server:
    """A running service; `lines` are what it logged so far and is read for."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.port = int(self.line("listening")["PORT"])

    def line(self, message: str) -> dict[str, Any]:
        """The next line of the log with this message."""
        assert self.process.stdout
        for text in self.process.stdout:
            told: dict[str, Any] = json.loads(text)
            if told["message"] == message:
                return told
        raise AssertionError(f"the service ended before it logged {message!r}")

    def send(self, body: bytes, path: str = "/work", method: str = "POST") -> HTTPConnection:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        connection.request(method, path, body)
        return connection

    def work(self, request: Any) -> tuple[HTTPResponse, dict[str, Any]]:
        return read(self.send(json.dumps(request).encode()))

    def health(self) -> int:
        return read(self.send(b"", "/health", "GET"))[0].status


def read(connection: HTTPConnection) -> tuple[HTTPResponse, dict[str, Any]]:
    try:
        response = connection.getresponse()
        return response, json.loads(response.read())
    finally:
        connection.close()


@contextmanager
def running(**settings: Any) -> Iterator[Server]:
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "lambda"),
        "PORT": "0",
        **{name: str(value) for name, value in settings.items()},
    }
    command = [sys.executable, "-m", "workload.server"]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Server(process)
        finally:
            process.kill()


def until(fact: Any) -> None:
    """Waits for what comes about by itself."""
    ends = time.monotonic() + WAIT_S
    while not fact():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.02)


def png(width: int, height: int) -> bytes:
    """A picture of one colour, of few bytes whatever its size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + width)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def picture(kind: str, mode: str = "RGB") -> bytes:
    written = io.BytesIO()
    Image.new(mode, (64, 48)).save(written, kind)
    return written.getvalue().ljust(200, b"\0")


def packed(text: bytes) -> bytes:
    return gzip.compress(HEAD + text).ljust(200, b"\0")
