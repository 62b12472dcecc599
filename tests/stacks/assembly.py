"""One environment, synthesized into a folder, and its templates read back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App

from catalog.spec import ModelSpec
from stacks.bundling import Payloads
from stacks.environments import Environment
from stacks.platform import Platform

Template = dict[str, Any]
Resource = dict[str, Any]
ACCOUNT = "000000000000"


def new_app(folder: Path) -> App:
    context = json.loads(Path("cdk.json").read_text())["context"]
    return App(
        outdir=str(folder),
        context=context,
        analytics_reporting=False,
        tree_metadata=False,
        builtin_cloud_formation_validation=False,
    )


def synthesize(
    folder: Path, environment: Environment, models: Sequence[ModelSpec], payloads: Payloads
) -> Assembly:
    app = new_app(folder)
    Platform(app, environment=environment, models=models, payloads=payloads)
    app.synth()
    return Assembly(folder, environment)


@dataclass(frozen=True)
class Assembly:
    folder: Path
    environment: Environment

    @property
    def manifest(self) -> dict[str, Any]:
        path = self.folder / f"assembly-{self.environment.stage_id}" / "manifest.json"
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def stacks(self) -> dict[str, Template]:
        """Every template by its stack's id: Foundation, Training, IopsRisk, ..."""
        place = self.folder / f"assembly-{self.environment.stage_id}"
        found = {}
        for artifact in self.manifest["artifacts"].values():
            if artifact["type"] == "aws:cloudformation:stack":
                name = artifact["displayName"].split("/")[1].split(" ")[0]
                found[name] = json.loads((place / artifact["properties"]["templateFile"]).read_text())
        return found

    def dependencies(self) -> dict[str, set[str]]:
        """The stacks that each stack waits for."""
        artifacts = self.manifest["artifacts"]
        names = {
            key: artifact["displayName"].split("/")[1].split(" ")[0]
            for key, artifact in artifacts.items()
            if artifact["type"] == "aws:cloudformation:stack"
        }
        return {
            name: {names[each] for each in artifacts[key].get("dependencies", []) if each in names}
            for key, name in names.items()
        }

    def resources(self, kind: str, stack: str | None = None) -> dict[str, Resource]:
        """Every resource of a CloudFormation type, by logical id; by stack and id where all are asked."""
        return {
            name if stack else f"{title}/{name}": resource
            for title, template in self.stacks().items()
            if stack in (None, title)
            for name, resource in template["Resources"].items()
            if resource["Type"] == kind
        }

    def machines(self) -> dict[str, dict[str, Any]]:
        """Every state machine's definition by its name, with stand-ins for what is known at deployment."""
        found = {}
        for resource in self.resources("AWS::StepFunctions::StateMachine").values():
            properties = resource["Properties"]
            found[properties["StateMachineName"]] = json.loads(plain(properties["DefinitionString"]))
        return found

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every statement of every identity policy, with the policy's logical id. What is too long for an
        inline policy overflows into a managed one."""
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            for name, policy in self.resources(kind).items():
                for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                    yield name, statement


def plain(value: Any) -> str:
    """A property's text, with a stand-in of the right form for each intrinsic."""
    if isinstance(value, str):
        return value.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Partition}", "aws")
    (kind, argument), *_ = value.items()
    if kind == "Fn::Join":
        return str(argument[0]).join(plain(part) for part in argument[1])
    if kind == "Fn::Sub":
        return plain(argument)
    if kind == "Fn::GetAtt":
        return f"arn:aws:iam::{ACCOUNT}:role/{argument[0]}" if argument[1] == "Arn" else str(argument[0])
    if kind == "Ref" and argument.startswith("AWS::"):
        return {"AWS::AccountId": ACCOUNT, "AWS::Partition": "aws"}.get(argument, "us-east-1")
    return str(argument)[-16:] if kind == "Fn::ImportValue" else str(argument)
