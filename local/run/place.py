"""Where the local AWS lives on this machine: its folder, process and address."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".local"
REGION = "us-east-1"
ACCOUNT = "000000000000"
KEY = "local"
"""Access key and secret of the local AWS, which takes any."""


def tools() -> dict[str, str]:
    """The variables with which the project's own Python, Node and CDK CLI are found, and keep quiet."""
    path = os.pathsep.join((str(ROOT / ".venv/bin"), str(ROOT / "node_modules/.bin"), os.environ["PATH"]))
    return {"PATH": path, "CDK_VALIDATION": "false", "CDK_DISABLE_CLI_TELEMETRY": "true"}


@dataclass(frozen=True)
class Place:
    """A started local AWS: its process id and port on 127.0.0.1."""

    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def save(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        (home / "aws.json").write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, home: Path) -> Place | None:
        try:
            return cls(**json.loads((home / "aws.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def environ(self, base: Mapping[str, str]) -> dict[str, str]:
        """`base` pointed at the local AWS and at nothing else: no profile or key of the user's remains."""
        kept = {name: value for name, value in base.items() if not name.startswith("AWS_")}
        return kept | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
