"""Keeps the emulator's state on disk, at quiet moments and on SIGUSR1, so that a crash loses little.

The emulator itself saves only on an orderly shutdown. Saved is never a half-done stack: CloudFormation cannot
pick up an operation whose process has gone, so the last snapshot taken between operations stays.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

logger = logging.getLogger("local.persistence")

_QUIET_S = 2.0
_EVERY_S = 5.0
SAVED = "saved"
"""This file in the state folder is touched after each snapshot."""
Handler = Callable[..., Awaitable[Any]]


def keep(app: Any) -> None:
    """Watch the emulator's requests and save when they pause; guard its own save at shutdown."""
    activity = _Activity()
    for name, handler in list(app.SERVICE_HANDLERS.items()):
        app.SERVICE_HANDLERS[name] = activity.counted(handler)
    save = app.save_all
    lock = threading.Lock()

    def guarded(services: dict[str, Any]) -> None:
        if _operation_runs():
            logger.warning("a stack operation is running: the state of before it is kept")
            return
        with lock:
            save(services)
            Path(os.environ["STATE_DIR"], SAVED).touch()

    app.save_all = guarded
    asked = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: asked.set())
    loop = threading.Thread(target=_loop, args=(app, activity, asked), name="snapshots", daemon=True)
    loop.start()


class _Activity:
    """When the last request came, and how many did."""

    def __init__(self) -> None:
        self.count = 0
        self.last = time.monotonic()

    def counted(self, handler: Handler) -> Handler:
        async def call(*args: Any) -> Any:
            self.count += 1
            self.last = time.monotonic()
            return await handler(*args)

        return call


def _loop(app: Any, activity: _Activity, asked: threading.Event) -> None:
    saved = 0
    while True:
        now = asked.wait(_EVERY_S)
        asked.clear()
        quiet = time.monotonic() - activity.last >= _QUIET_S
        if (now or (activity.count != saved and quiet)) and not _operation_runs():
            saved = activity.count
            app.save_all(app._build_persistence_save_dict())


def _operation_runs() -> bool:
    stacks = importlib.import_module("ministack.services.cloudformation")._stacks
    return any(stack.get("StackStatus", "").endswith("IN_PROGRESS") for stack in stacks.all_values())
