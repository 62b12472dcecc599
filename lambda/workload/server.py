"""`python -m workload.server`: the workload as a service, behind a load balancer.

HOST and PORT to listen on, CONCURRENCY requests at once and QUEUE more that wait, for at most WAIT_S seconds;
after SIGTERM it lets nobody in, and ends when all are answered or DRAIN_S seconds are over.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from types import FrameType
from typing import NamedTuple

from waitress.server import create_server

from workload.problems import log_to_stdout, logger
from workload.service import Service
from workload.slots import Slots
from workload.twin import MAX_TEXT, Twin

DEFAULTS = {"CONCURRENCY": 4, "QUEUE": 8, "WAIT_S": 10, "DRAIN_S": 25, "PORT": 8080}
SPARE_THREADS = 4
"""For health checks and refusals while every slot and place in the queue is taken."""
MAX_BODY = MAX_TEXT + 4096
MAX_HEADERS = 16 * 1024
CONNECTIONS = 200
IDLE_S = 65
"""A little longer than the load balancer keeps connections, so that it is the one to close them."""


class Settings(NamedTuple):
    host: str
    numbers: dict[str, int]

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Settings:
        """Raises ValueError with all that is wrong."""
        given = {name: variables.get(name) or str(value) for name, value in DEFAULTS.items()}
        wrong = [
            f"{name}={text!r}" for name, text in given.items() if not (text.isascii() and text.isdigit())
        ]
        if wrong:
            raise ValueError(f"must be whole numbers: {', '.join(wrong)}")
        numbers = {name: int(text) for name, text in given.items()}
        if not 1 <= numbers["CONCURRENCY"] <= 64 or numbers["QUEUE"] > 256 or numbers["PORT"] > 65535:
            raise ValueError("CONCURRENCY must be 1 to 64, QUEUE 0 to 256, PORT 0 to 65535")
        return cls(variables.get("HOST") or "127.0.0.1", numbers)


def serve(settings: Settings) -> None:
    """Answers until SIGTERM; a second one ends at once."""
    numbers = settings.numbers
    slots = Slots(concurrency=numbers["CONCURRENCY"], queue=numbers["QUEUE"], wait_s=float(numbers["WAIT_S"]))
    server = create_server(
        Service(Twin("ecs"), slots),
        host=settings.host,
        port=numbers["PORT"],
        threads=numbers["CONCURRENCY"] + numbers["QUEUE"] + SPARE_THREADS,
        connection_limit=CONNECTIONS,
        channel_timeout=IDLE_S,
        max_request_body_size=MAX_BODY,
        max_request_header_size=MAX_HEADERS,
        ident=None,
    )
    _end_on_sigterm(slots, numbers["DRAIN_S"])
    port = int(getattr(server, "effective_port", numbers["PORT"]))
    logger.info("listening", extra={**numbers, "host": settings.host, "PORT": port})
    server.run()
    logger.info("ended")


def _end_on_sigterm(slots: Slots, longest_s: int) -> None:
    main = threading.main_thread().ident or 0

    def drain() -> None:
        logger.info("drained", extra={"all_answered": slots.drain(longest_s)})
        signal.pthread_kill(main, signal.SIGTERM)

    def asked(_number: int, _frame: FrameType | None) -> None:
        if slots.draining:
            raise SystemExit(0)
        slots.draining = True
        threading.Thread(target=drain, daemon=True).start()

    signal.signal(signal.SIGTERM, asked)


if __name__ == "__main__":
    log_to_stdout()
    serve(Settings.read(os.environ))
