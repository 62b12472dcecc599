"""A container's file system, relocated: a folder of its own stands for the container's `/opt/ml`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PREFIX = "/opt/ml"
HOST = "algo-1"


@dataclass(frozen=True)
class Container:
    """One job's or worker's folder; `ml` stands for `/opt/ml`."""

    folder: Path

    @property
    def ml(self) -> Path:
        return self.folder / "opt" / "ml"

    def relocate(self, text: str) -> str:
        """Text of an entrypoint, an argument or a variable with every `/opt/ml` moved here."""
        return text.replace(PREFIX, str(self.ml))

    def relocate_all(self, variables: Mapping[str, str]) -> dict[str, str]:
        return {name: self.relocate(value) for name, value in variables.items()}

    def path(self, container_path: str) -> Path:
        """A path as the container names it, here. ValueError where it is not below `/opt/ml`."""
        if not f"{container_path}/".startswith(PREFIX + "/") or ".." in container_path:
            raise ValueError(f"the local stand-in keeps paths below {PREFIX} only, got {container_path}")
        return Path(self.relocate(container_path))

    def write_json(self, name: str, value: Any) -> None:
        path = self.ml / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))

    def make(self, *names: str) -> None:
        for name in names:
            (self.ml / name).mkdir(parents=True, exist_ok=True)

    def text(self, name: str) -> str:
        """What the job wrote into one of the contract's message files; empty where it did not."""
        path = self.ml / name
        return path.read_text(errors="replace").strip() if path.is_file() else ""


def resource_config(instance_type: str) -> dict[str, Any]:
    """resourceconfig.json of a job on one instance."""
    return {
        "current_host": HOST,
        "current_instance_type": instance_type,
        "current_group_name": "homogeneousCluster",
        "hosts": [HOST],
        "instance_groups": [
            {"instance_group_name": "homogeneousCluster", "instance_type": instance_type, "hosts": [HOST]}
        ],
        "network_interface_name": "lo",
    }
