"""Run by Locust in a process of its own: requests of a file, each signed and sent when it is due.

COMPARE_LOAD is a JSON file: url, region, platform, seconds (how long all of it shall take), and the load as
the study gives it. COMPARE_ANSWERS is written, a JSON line for each request.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections import deque
from pathlib import Path
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session
from locust import HttpUser, LoadTestShape, constant, task
from locust.exception import StopUser

TIMEOUT_S = 60
LOOK_S, LONGEST_S, SPARE = 2.0, 3.0, 4
"""Users are as many as requests are due soon or may still be waited for, and some more."""
GIVEN = ("workload_type", "payload_size_kb", "time_window", "load_pattern", "timestamp")


class Load:
    """The requests that are left, and what came of the others."""

    def __init__(self, given: dict[str, Any], answers: Path) -> None:
        self.url, self.region, self.platform = given["url"], given["region"], given["platform"]
        self.faster = given["lasts_s"] / given["seconds"]
        self.due = [row["at_s"] / self.faster for row in given["rows"]]
        self.left = deque(enumerate(given["rows"]))
        self.answered, self.total = 0, len(given["rows"])
        self.began = 0.0
        self.answers = answers.open("w")
        credentials = Session().get_credentials()
        if credentials is None:
            raise SystemExit("no AWS credentials to sign with")
        self.signer = SigV4Auth(credentials, "execute-api", self.region)

    def now(self) -> float:
        """Seconds since the first user asked for the time."""
        self.began = self.began or time.monotonic()
        return time.monotonic() - self.began

    def near(self, now: float) -> int:
        return sum(now - LONGEST_S < each <= now + LOOK_S for each in self.due)

    def signed(self, data: str) -> dict[str, str]:
        headers = {"content-type": "application/json"}
        request = AWSRequest("POST", self.address, data=data, headers=headers)
        self.signer.add_auth(request)
        return dict(request.headers)

    @property
    def address(self) -> str:
        return f"{self.url}/route?platform={self.platform}"

    def note(self, row: dict[str, Any]) -> None:
        self.answers.write(json.dumps(row) + "\n")
        self.answers.flush()
        self.answered += 1


LOAD = Load(json.loads(Path(os.environ["COMPARE_LOAD"]).read_text()), Path(os.environ["COMPARE_ANSWERS"]))


class Caller(HttpUser):
    """Takes the next request, waits until it is due, and sends it."""

    host = LOAD.url
    wait_time = constant(0)

    @task
    def send(self) -> None:
        if not LOAD.left:
            raise StopUser
        number, row = LOAD.left.popleft()
        time.sleep(max(0.0, LOAD.due[number] - LOAD.now()))  # Locust has patched it: others go on meanwhile
        sent = LOAD.now()
        data = json.dumps({name: row[name] for name in GIVEN})
        with self.client.post(
            LOAD.address,
            data=data,
            headers=LOAD.signed(data),
            name=LOAD.platform,
            timeout=TIMEOUT_S,
            catch_response=True,
        ) as response:
            took = 1000 * (LOAD.now() - sent)
            LOAD.note({"n": number, "late_s": sent - LOAD.due[number], "client_ms": took, **told(response)})
            if response.status_code == 200:
                response.success()


def told(response: Any) -> dict[str, Any]:
    """What an answer tells of how it came about."""
    found: dict[str, Any] = {"status": response.status_code}
    if response.status_code != 200:
        return {**found, "why": (response.text or "")[:300]}
    answer = response.json()
    outcome, metrics = answer["outcome"], answer["metrics"]
    names = ("platform", "latency_ms", "cost_usd", "failed_over", "explored")
    return {
        **found,
        **{name: outcome[name] for name in names},
        "inference_ms": metrics["inference_time_ms"],
        "inference_usd": metrics["inference_cost_usd"],
        "model_type": answer["model_info"]["model_type"],
    }


class Arrivals(LoadTestShape):
    """Follows the pattern: as many users as its requests need at each moment, until all are answered."""

    def tick(self) -> tuple[int, float] | None:
        if LOAD.answered >= LOAD.total:
            return None
        users = min(LOAD.total, SPARE + math.ceil(LOAD.near(LOAD.now())))
        return users, float(users)
