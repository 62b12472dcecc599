"""The same source gives the same bytes; operations never touch a payload."""

import dataclasses
import hashlib
from pathlib import Path

import pytest

from catalog.models import MODELS
from catalog.models.iops_risk import IOPS_RISK
from catalog.spec import Continuous, ModelSpec, Retraining
from stacks.bundling import Payloads
from stacks.environments import DEV
from tests.stacks.assembly import Assembly
from tests.stacks.conftest import Synthesize

HOTTER = dataclasses.replace(
    IOPS_RISK, alarms=dataclasses.replace(IOPS_RISK.alarms, max_latency_ms=250, max_age_days=10)
)
WIDER = dataclasses.replace(
    IOPS_RISK,
    training=dataclasses.replace(
        IOPS_RISK.trained,
        tuning=dataclasses.replace(
            IOPS_RISK.trained.tuning,
            ranges=(Continuous("eta", 0.02, 0.2), *IOPS_RISK.trained.tuning.ranges[1:]),
        ),
    ),
)
DRIFTING = dataclasses.replace(
    IOPS_RISK,
    training=dataclasses.replace(IOPS_RISK.trained, retraining=Retraining(drift_psi=0.4, stale_days=20)),
)


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def assets(assembly: Assembly) -> set[str]:
    return {path.name for path in assembly.folder.iterdir() if path.name.startswith("asset.")}


def test_two_synths_in_two_folders_are_the_same_bytes(
    dev: Assembly, synthesized: Synthesize, tmp_path: Path
) -> None:
    again = synthesized(DEV, staging=tmp_path / "elsewhere")
    assert again.folder != dev.folder
    assert contents(again.folder) == contents(dev.folder)


@pytest.mark.parametrize(
    "changed", [HOTTER, WIDER, DRIFTING], ids=["alarm threshold", "tuning range", "drift"]
)
def test_a_changed_operation_changes_no_asset(
    dev: Assembly, synthesized: Synthesize, changed: ModelSpec
) -> None:
    after = synthesized(DEV, (changed, *MODELS[1:]))
    assert after.stacks() != dev.stacks()
    assert assets(after) == assets(dev)


def test_a_changed_contract_changes_the_assets_that_serve_it(dev: Assembly, synthesized: Synthesize) -> None:
    contract = dataclasses.replace(IOPS_RISK.contract, title="Risk")
    after = synthesized(DEV, (dataclasses.replace(IOPS_RISK, contract=contract), *MODELS[1:]))
    # its jobs, prediction and ingestion, and the functions that know all models by their titles
    assert len(assets(after) - assets(dev)) == 6


def test_templates_name_no_machine(dev: Assembly, payloads: Payloads) -> None:
    for path in dev.folder.rglob("*.json"):
        text = path.read_text()
        assert str(Path.cwd()) not in text
        assert str(payloads.staging) not in text
