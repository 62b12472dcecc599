"""cdk-nag's packs find nothing that does not stand with a reason, and no reason is left without a finding."""

import json
from pathlib import Path

import pytest
from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks

from catalog.models import MODELS
from stacks.acknowledgements import FINDINGS
from stacks.bundling import Payloads
from stacks.environments import PROD
from stacks.platform import Platform
from tests.stacks.assembly import new_app

PACKS = (AwsSolutionsChecks, ServerlessChecks, NIST80053R5Checks)


@pytest.fixture(scope="module")
def findings(payloads: Payloads, tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """(path inside the stage, rule) of all that the packs say about PROD, which has the most in it."""
    folder: Path = tmp_path_factory.mktemp("packs")
    app = new_app(folder)
    Platform(app, environment=PROD, models=MODELS, payloads=payloads)
    Validations.of(app).add_plugins(*(pack(app) for pack in PACKS))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = json.loads((folder / "validation-report.json").read_text())
    packs = [each for each in report["pluginReports"] if each["pluginName"] != "Construct Annotations"]
    assert len(packs) == len(PACKS)
    return {
        (construct["constructPath"].split("/", 1)[1], violation["ruleName"])
        for pack in packs
        for violation in pack["violations"]
        for construct in violation["violatingConstructs"]
    }


def test_every_finding_stands_with_a_reason(findings: set[tuple[str, str]]) -> None:
    open_findings = [
        (path, rule)
        for path, rule in sorted(findings)
        if not any(each.covers(path, rule) for each in FINDINGS)
    ]
    assert open_findings == []


def test_no_reason_is_left_over(findings: set[tuple[str, str]]) -> None:
    for each in FINDINGS:
        for rule in each.rules:
            about = [path for path, found in findings if found.startswith(rule) and each.covers(path, found)]
            assert about, (each.paths, rule)
            assert len(each.reason) > 20
