"""Registered models in MLflow: a version for each package, and the alias of the one that serves."""

from __future__ import annotations

from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode

CHAMPION = "champion"
PACKAGE = "package"


@dataclass(frozen=True)
class Versions:
    """Versions of one model in one environment; `name` is also that of its package group."""

    client: MlflowClient
    name: str

    def find(self, package: str) -> ModelVersion | None:
        found = self.client.search_model_versions(f"name = '{self.name}' and tags.{PACKAGE} = '{package}'")
        return found[0] if found else None

    def add(self, package: str, *, source: str, run_id: str, tags: dict[str, str]) -> ModelVersion:
        """The package's version, made where there is none."""
        self._register()
        found = self.find(package)
        if found:
            return found
        kept = {name: value for name, value in tags.items() if value}
        return self.client.create_model_version(self.name, source, run_id, {PACKAGE: package, **kept})

    def promote(self, version: ModelVersion) -> None:
        """Moves the alias, from whichever version it was on."""
        self.client.set_model_version_tag(self.name, version.version, "status", "Approved")
        self.client.set_registered_model_alias(self.name, CHAMPION, version.version)

    def _register(self) -> None:
        try:
            self.client.create_registered_model(self.name)
        except MlflowException as error:
            if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
                raise
