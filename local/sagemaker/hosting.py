"""The stand-in's side of a variant: a worker process, loaded, pinged, asked, and restarted when it dies."""

from __future__ import annotations

import select
import shutil
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from local.sagemaker import worker as protocol
from local.sagemaker.container import Container
from local.sagemaker.machine import Machine, python
from local.sagemaker.models import Artifact
from local.sagemaker.objects import extract

_START_S = 60
_ANSWER_S = 60
_ERROR_LIMIT = 300


class LoadFailed(Exception):
    """The worker did not come up: its own last words."""


class WorkerRetired(Exception):
    """The worker was replaced by an update; the endpoint's present one takes the request."""


class WorkerDied(Exception):
    """The worker ended, or did not answer in time, while it held the request."""


@dataclass
class Worker:
    """One variant's model server. `folder` is its container; one request at a time."""

    machine: Machine
    artifact: Artifact
    folder: Path
    log_group: str
    log_stream: str
    start_timeout_s: int = _START_S
    retired: bool = False
    _process: subprocess.Popen[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def load(self) -> None:
        """Unpack the artifact and start the process; LoadFailed where it does not answer the ping."""
        with self._lock:
            try:
                self._unpack()
                self._start()
            except (OSError, ValueError, KeyError) as error:
                raise LoadFailed(f"{type(error).__name__}: {error}") from error

    def ask(self, body: bytes, content_type: str, accept: str) -> tuple[int, str, bytes]:
        """(status, content type, body) of one invocation; a dead worker is started again for the next one."""
        with self._lock:
            if self.retired:
                raise WorkerRetired
            if self._process is None or self._process.poll() is not None:
                self._start()
            try:
                header, answer = self._exchange(body, content_type, accept)
            except (EOFError, OSError) as error:
                self._end()
                raise WorkerDied(str(error)) from error
        return int(header["status"]), str(header["content_type"]), answer

    def close(self) -> None:
        with self._lock:
            self.retired = True
            self._end()
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def _unpack(self) -> None:
        ml = Container(self.folder).ml
        shutil.rmtree(self.folder, ignore_errors=True)
        ml.mkdir(parents=True)
        extract(self.machine.objects.fetch(self.artifact.data_uri), ml / "model")
        source = self.artifact.environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
        if source.startswith("s3://"):
            extract(self.machine.objects.fetch(source), ml / "code")

    def _start(self) -> None:
        container = Container(self.folder)
        if not (container.ml / "model").is_dir():
            self._unpack()
        declared = container.relocate_all(self.artifact.environment)
        code = declared.get("SAGEMAKER_SUBMIT_DIRECTORY", str(container.ml / "model" / "code"))
        code = str(container.ml / "code") if code.startswith("s3://") else code
        if "SAGEMAKER_PROGRAM" not in declared:
            raise LoadFailed("the model's environment must name SAGEMAKER_PROGRAM")
        env = {
            **self.machine.environment(),
            "SM_MODEL_DIR": str(container.ml / "model"),
            "PYTHONPATH": code,
            **declared,
        }
        self._process = self.machine.children.start(
            [str(python()), "-P", protocol.__file__],
            cwd=code if Path(code).is_dir() else container.ml,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        threading.Thread(target=self._forward_log, args=(self._process,), daemon=True).start()
        self._await_ready()

    def _await_ready(self) -> None:
        try:
            header, _ = self._receive(self.start_timeout_s)
        except (EOFError, OSError) as error:
            self._end()
            raise LoadFailed(f"the worker did not answer the ping: {error}") from error
        if not header["ready"]:
            self._end()
            raise LoadFailed(str(header["error"])[:_ERROR_LIMIT])

    def _exchange(self, body: bytes, content_type: str, accept: str) -> tuple[dict[str, Any], bytes]:
        header = {"content_type": content_type, "accept": accept}
        protocol.write_message(self._pipe("stdin"), header, body)
        return self._receive(_ANSWER_S)

    def _receive(self, timeout: float) -> tuple[dict[str, Any], bytes]:
        pipe = self._pipe("stdout")
        poll = select.poll()
        poll.register(pipe, select.POLLIN | select.POLLHUP)
        if not poll.poll(timeout * 1000):
            raise EOFError(f"no answer within {timeout:g} s")
        return protocol.read_message(pipe)

    def _pipe(self, name: str) -> BinaryIO:
        pipe: BinaryIO = getattr(self._process, name)
        return pipe

    def _end(self) -> None:
        if self._process is not None:
            self.machine.children.end(self._process, grace=1.0)
            self._process = None

    def _forward_log(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr  # noqa: S101 - started with pipes
        with process.stderr as lines:
            for line in lines:
                text = line.decode(errors="replace").rstrip()
                self.machine.telemetry.log(self.log_group, self.log_stream, text)
