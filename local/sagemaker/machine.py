"""What every part of the stand-in shares: folders, records, AWS clients, processor slots, child processes."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from local.sagemaker.children import Children, Stop
from local.sagemaker.objects import Objects
from local.sagemaker.store import Store
from local.sagemaker.telemetry import Telemetry

if TYPE_CHECKING:
    from local.sagemaker.fleet import Fleet

ACCOUNT = "000000000000"
REGION = "us-east-1"


def arn(resource: str, service: str = "sagemaker") -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


class Clients:
    """boto3 clients for the emulator, made once each; safe to use from every thread."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._session = boto3.Session(
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - the emulator takes any
            region_name=REGION,
        )

    def __call__(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                make: Any = self._session.client  # its stubs know literal names only
                config = Config(
                    max_pool_connections=32,
                    retries={"total_max_attempts": 2},
                    connect_timeout=5,
                    read_timeout=60,
                    s3={"addressing_style": "path"},
                )
                self._clients[service] = make(service, endpoint_url=self.endpoint_url, config=config)
            return self._clients[service]


@dataclass
class Machine:
    """One running stand-in."""

    home: Path
    endpoint_url: str
    publish: Callable[[dict[str, Any]], None]
    """Puts one entry onto the default event bus as the service itself (source aws.sagemaker)."""
    store: Store = field(default_factory=Store)
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)

    def __post_init__(self) -> None:
        self.aws = Clients(self.endpoint_url)
        self.children = Children(self.home / "children")
        self.objects = Objects(self.aws, self.home / "cache")
        self.slots = threading.BoundedSemaphore(self.cores)
        self.telemetry = Telemetry(self.aws)
        self.fleets: dict[str, Fleet] = {}
        self.fleet_lock = threading.RLock()
        self.registry_lock = threading.Lock()
        self.running: dict[tuple[str, str], Stop] = {}
        self.jobs_folder = self.home / "jobs"
        self.endpoints_folder = self.home / "endpoints"
        self.tasks_folder = self.home / "tasks"

    def scaled_variants(self, endpoint: str) -> set[str]:
        """The endpoint's variants that are registered as scalable targets."""
        resources = [record["ResourceId"].split("/") for record in self.store.all("scalable-target")]
        return {parts[3] for parts in resources if parts[0] == "endpoint" and parts[1] == endpoint}

    def announce(self, detail_type: str, detail: str, resource: str) -> None:
        self.publish(
            {"Source": "aws.sagemaker", "DetailType": detail_type, "Detail": detail, "Resources": [resource]}
        )

    def environment(self) -> dict[str, str]:
        """What every child process starts from: the project's python, the emulator as AWS, one thread."""
        threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_NUM_THREADS")
        return {
            "PATH": f"{python().parent}{os.pathsep}/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPYCACHEPREFIX": str(self.home / "cache" / "pyc"),
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            **dict.fromkeys(threads, "1"),
        }


def python() -> Path:
    """The virtual environment's own interpreter, its link not followed."""
    return Path(sys.executable)
