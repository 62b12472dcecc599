"""Log lines and metrics, sent to CloudWatch in batches from one thread so that no request waits for them."""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger("local.telemetry")

_FLUSH_S = 1.0
_QUEUE_LIMIT = 50_000
_EVENTS_A_CALL = 1_000
_LINE_LIMIT = 4_096
_VALUES_A_DATUM = 150

Dimensions = tuple[tuple[str, str], ...]


class Telemetry:
    """A bounded queue and the thread that empties it. What does not fit is dropped, never waited for."""

    def __init__(self, aws: Callable[[str], Any]) -> None:
        self._aws = aws
        self._queue: queue.Queue[tuple[str, tuple[Any, ...]]] = queue.Queue(_QUEUE_LIMIT)
        self._streams: set[tuple[str, str]] = set()
        self._sending = threading.Lock()
        self._wake = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._loop, name="telemetry", daemon=True).start()

    def log(self, group: str, stream: str, line: str) -> None:
        self._offer("log", (group, stream, int(time.time() * 1000), line[:_LINE_LIMIT] or " "))

    def metric(self, namespace: str, name: str, dimensions: Dimensions, value: float, unit: str) -> None:
        self._offer("metric", (namespace, name, dimensions, unit, value))

    def capture(self, uri: str, record: dict[str, Any]) -> None:
        """One data-capture record for the JSON lines object below `uri`."""
        self._offer("capture", (uri, json.dumps(record)))

    def flush(self) -> None:
        """Send what is queued now."""
        with self._sending:
            batch: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
            with contextlib.suppress(queue.Empty):
                for _ in range(_QUEUE_LIMIT):
                    kind, item = self._queue.get_nowait()
                    batch[kind].append(item)
            for kind, items in batch.items():
                try:
                    getattr(self, f"_send_{kind}s")(items)
                except (BotoCoreError, ClientError) as error:
                    logger.warning("%d %s records lost: %s", len(items), kind, error)

    def _offer(self, kind: str, item: tuple[Any, ...]) -> None:
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait((kind, item))
            self._wake.set()

    def _loop(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(_FLUSH_S)
            self._wake.clear()
            self.flush()

    def _send_logs(self, items: list[tuple[str, str, int, str]]) -> None:
        streams: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for group, stream, when, line in items:
            streams[group, stream].append({"timestamp": when, "message": line})
        for (group, stream), events in streams.items():
            self._ensure_stream(group, stream)
            for start in range(0, len(events), _EVENTS_A_CALL):
                part = events[start : start + _EVENTS_A_CALL]
                self._aws("logs").put_log_events(logGroupName=group, logStreamName=stream, logEvents=part)

    def _ensure_stream(self, group: str, stream: str) -> None:
        if (group, stream) in self._streams:
            return
        logs = self._aws("logs")
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=group)
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        self._streams.add((group, stream))

    def _send_metrics(self, items: list[tuple[str, str, Dimensions, str, float]]) -> None:
        found: dict[tuple[str, str, Dimensions, str], list[float]] = defaultdict(list)
        for namespace, name, dimensions, unit, value in items:
            found[namespace, name, dimensions, unit].append(value)
        for (namespace, name, dimensions, unit), values in found.items():
            for start in range(0, len(values), _VALUES_A_DATUM):
                datum = {
                    "MetricName": name,
                    "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions],
                    "Values": values[start : start + _VALUES_A_DATUM],
                    "Unit": unit,
                }
                self._aws("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])

    def _send_captures(self, items: list[tuple[str, str]]) -> None:
        objects: dict[str, list[str]] = defaultdict(list)
        for uri, line in items:
            objects[uri].append(line)
        now = datetime.now(UTC)
        for uri, lines in objects.items():
            bucket, _, prefix = uri.removeprefix("s3://").partition("/")
            key = f"{prefix.rstrip('/')}/{now:%Y/%m/%d/%H}/{now:%M-%S-%f}-{uuid.uuid4()}.jsonl".lstrip("/")
            self._aws("s3").put_object(Bucket=bucket, Key=key, Body="\n".join(lines).encode() + b"\n")
