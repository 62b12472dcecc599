"""`medium_processing`: gzipped CSV of readings is unpacked, parsed and summed up by device."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import random
import zlib
from collections.abc import Iterator
from typing import Any, TextIO

from workload.content import BadContent, digest

HEADER = ["device", "minute", "latency_ms", "status"]
MAX_UNPACKED = 96 * 1024 * 1024
MAX_TIMES, SMALL = 20, 64 * 1024
"""How much larger content may become, above what is small anyway: it is placed by its size, so its work is to
grow with that."""
MAX_DEVICES = 10_000
MAX_LINE = 1000
BLOCK_ROWS = 2000


class Summary:
    """Count, mean, standard deviation and largest value of one device, in one pass (Welford)."""

    __slots__ = ("count", "largest", "mean", "squares")

    def __init__(self) -> None:
        self.count, self.mean, self.squares, self.largest = 0, 0.0, 0.0, -math.inf

    def add(self, value: float) -> None:
        self.count += 1
        off = value - self.mean
        self.mean += off / self.count
        self.squares += off * (value - self.mean)
        self.largest = max(self.largest, value)

    def told(self) -> list[float]:
        return [self.count, round(self.mean, 3), round(math.sqrt(self.squares / self.count), 3), self.largest]


def work(content: bytes) -> dict[str, Any]:
    devices: dict[str, Summary] = {}
    most = min(MAX_UNPACKED, MAX_TIMES * len(content) + SMALL)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            unpacked = packed.read(most + 1)
        if len(unpacked) > most:
            raise BadContent(f"the CSV may hold {most} bytes unpacked, and holds more")
        text = io.TextIOWrapper(io.BytesIO(unpacked), "utf-8", newline="")
        rows = csv.reader(_lines(text), quoting=csv.QUOTE_NONE, strict=True)
        if next(rows, None) != HEADER:
            raise BadContent(f"the first line must be {','.join(HEADER)}")
        for row in rows:
            _add(row, devices, rows.line_num)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise BadContent(f"the content is no gzipped CSV: {error}"[:200]) from None
    answer = json.dumps({name: devices[name].told() for name in sorted(devices)}).encode()
    return {
        "bytes_out": len(answer),
        "digest": digest(answer),
        "rows": sum(each.count for each in devices.values()),
        "devices": len(devices),
    }


def _lines(text: TextIO) -> Iterator[str]:
    """Without quotes a row is a line, and no row is longer than the longest of these."""
    while line := text.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise BadContent(f"a line may have {MAX_LINE} characters, and one has more")
        yield line


def _add(row: list[str], devices: dict[str, Summary], line: int) -> None:
    try:
        device, _, latency, _ = row
        value = float(latency)
    except ValueError:
        raise BadContent(f"line {line} must have {', '.join(HEADER)}, and a number as latency_ms") from None
    if not 0 <= value < 1e12:
        raise BadContent(f"line {line} has a latency_ms outside of 0 to 1e12")
    if device not in devices:
        if len(devices) == MAX_DEVICES:
            raise BadContent(f"the CSV may tell of {MAX_DEVICES} devices, and tells of more")
        devices[device] = Summary()
    devices[device].add(value)


def sample(size: int, seed: int) -> bytes:
    """Gzip members one after another, the same block many times and a shorter one, then zeros: all valid."""
    chance = random.Random(seed)  # noqa: S311 - made-up readings
    rows = [_row(chance) for _ in range(BLOCK_ROWS)]
    head = gzip.compress((",".join(HEADER) + "\n").encode(), mtime=0)
    block = gzip.compress("".join(rows).encode(), mtime=0)
    whole, left = divmod(size - len(head), len(block))
    return (head + block * whole + _shorter(rows, left)).ljust(size, b"\0")


def _shorter(rows: list[str], room: int) -> bytes:
    """As many rows as fit, found by halving."""
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high + 1) // 2
        fits = len(gzip.compress("".join(rows[:middle]).encode(), mtime=0)) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return gzip.compress("".join(rows[:low]).encode(), mtime=0) if low else b""


def _row(chance: random.Random) -> str:
    status = chance.choices((200, 404, 500), (95, 4, 1))[0]
    device, minute, latency = chance.randrange(200), chance.randrange(1440), chance.lognormvariate(3, 1)
    return f"device-{device:03d},{minute},{latency:.2f},{status}\n"
