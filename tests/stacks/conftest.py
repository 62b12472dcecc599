"""Each environment is synthesized once for all of these tests."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from catalog.known import LEARNERS
from catalog.models import MODELS
from catalog.spec import ModelSpec
from stacks.bundling import Payloads
from stacks.environments import DEV, LOCAL, PROD, Environment
from stacks.layer import LAYERS
from tests.stacks.assembly import Assembly, synthesize

Synthesize = Callable[..., Assembly]


@pytest.fixture(scope="session")
def payloads(tmp_path_factory: pytest.TempPathFactory) -> Payloads:
    """The real code with layers and packages of one file: templates do not care what is in them."""
    layers, packages = tmp_path_factory.mktemp("layers"), tmp_path_factory.mktemp("packages")
    for name in LAYERS:
        (layers / name / "python").mkdir(parents=True)
        (layers / name / "python" / "third_party.py").write_text("")
    for name in {package for learner in LEARNERS.values() for package in learner.packages}:
        (packages / name).mkdir()
        (packages / name / "third_party.py").write_text("")
    staging = tmp_path_factory.mktemp("bundles")
    return Payloads(root=Path(), layers=layers, staging=staging, packages=packages)


@pytest.fixture(scope="session")
def synthesized(payloads: Payloads, tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """Synthesizes an environment with given models into a folder of its own."""

    def make(
        environment: Environment, models: Sequence[ModelSpec] = MODELS, staging: Path | None = None
    ) -> Assembly:
        place = dataclasses.replace(payloads, staging=staging) if staging else payloads
        return synthesize(tmp_path_factory.mktemp("out"), environment, models, place)

    return make


@pytest.fixture(scope="session")
def local(synthesized: Synthesize) -> Assembly:
    return synthesized(LOCAL)


@pytest.fixture(scope="session")
def dev(synthesized: Synthesize) -> Assembly:
    return synthesized(DEV)


@pytest.fixture(scope="session")
def prod(synthesized: Synthesize) -> Assembly:
    return synthesized(PROD)
