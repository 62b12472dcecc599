"""How long one environment takes to synthesize, beside a bare app with the same resources."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from local.bench.page import Section
from local.bench.process import middle, repeated

BARE = """
import json, sys
from aws_cdk import App, CfnResource, Stack
app = App(builtin_cloud_formation_validation=False)
for number, path in enumerate(sys.argv[1:]):
    stack = Stack(app, f"Stack{number}")
    for name, found in json.load(open(path))["Resources"].items():
        CfnResource(stack, name, type=found["Type"], properties=found.get("Properties", {}))
app.synth()
"""


def measure(environment: str = "dev") -> Section:
    with tempfile.TemporaryDirectory() as folder:
        ours = _settings(Path(folder) / "ours", environment)
        our_runs = repeated([sys.executable, "app.py"], ours)
        templates = sorted(str(path) for path in (Path(folder) / "ours").rglob("*.template.json"))
        resources = sum(len(json.loads(Path(path).read_text())["Resources"]) for path in templates)
        bare = _settings(Path(folder) / "bare", environment)
        bare_runs = repeated([sys.executable, "-c", BARE, *templates], bare)
    section = Section(
        "Synth of one environment",
        ("app", "resources", "seconds", "ms a resource"),
        before=f"`{environment}`, without the library's template validator.",
    )
    for name, seconds in (("this project", middle(our_runs)), ("bare `CfnResource`s", middle(bare_runs))):
        section.add(name, resources, seconds, 1000 * seconds / resources)
    section.add("ratio", "", middle(our_runs) / middle(bare_runs), "")
    return section


def _settings(out: Path, environment: str) -> dict[str, str]:
    context = json.loads(Path("cdk.json").read_text())["context"]
    return {
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(context | {"env": environment}),
        "CDK_VALIDATION": "false",
    }
