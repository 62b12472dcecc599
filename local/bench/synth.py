"""How long one environment takes to synthesize, beside a bare app with the same resources."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from local.assembly import command, settings
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
        ours = settings(environment, Path(folder) / "ours")
        our_runs = repeated(command(), ours)
        templates = sorted(str(path) for path in (Path(folder) / "ours").rglob("*.template.json"))
        resources = sum(len(json.loads(Path(path).read_text())["Resources"]) for path in templates)
        bare = settings(environment, Path(folder) / "bare")
        bare_runs = repeated([sys.executable, "-O", "-c", BARE, *templates], bare)
    section = Section(
        "Synth of one environment",
        ("app", "resources", "seconds", "ms a resource"),
        before=f"`{environment}`, without the library's template validator.",
    )
    for name, seconds in (("this project", middle(our_runs)), ("bare `CfnResource`s", middle(bare_runs))):
        section.add(name, resources, seconds, 1000 * seconds / resources)
    section.add("ratio", "", middle(our_runs) / middle(bare_runs), "")
    return section
