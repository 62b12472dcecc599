"""A trained model and everything that is known about it, as the files of a model directory.

`model.json` describes it (contract, scaler, metrics, lineage), the learner's own file holds the weights,
`model.onnx` the whole computation from raw features to the answer, `golden.json` what it must answer, and
`code/` the source that made it. For readers that know no contract, `feature_columns.json` lists the columns
in order, and `model_metadata.json` tells the learner, its data, versions and metrics.
"""

from __future__ import annotations

import importlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import catalog.contract
import onnx_file
from catalog.contract import Contract, Target
from encoding import Matrix, Scaler

FORMAT = 1
ROOT = Path(__file__).parent
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Artifact:
    """`weights` (classes,) multiply the probabilities before the likeliest class is chosen."""

    contract: Contract
    learner: str
    model: Any
    scaler: Scaler
    weights: Matrix
    facts: dict[str, Any]

    def predict(self, features: Matrix) -> Matrix:
        """Of unscaled rows (n, columns): probabilities (n, classes), else values (n,) or (n, quantiles)."""
        answers: Matrix = self.model.predict(self.scaler.apply(features))
        target = self.contract.target
        return answers if target.classes else np.clip(answers, target.minimum, target.maximum)

    def interval(self, features: Matrix) -> Matrix:
        """Bounds (n, 2) of the risk, of unscaled rows; of a model whose target has an interval."""
        bounds: Matrix = self.model.interval(self.scaler.apply(features))
        return bounds

    def labels(self, probabilities: Matrix) -> Labels:
        """Class numbers (n,)."""
        found: Labels = np.argmax(probabilities * self.weights, axis=1)
        return found

    def contributions(self, features: Matrix, labels: Labels | None) -> Matrix:
        """How far each column moved each answer, (n, columns); see the learner's model."""
        found: Matrix = self.model.contributions(self.scaler.apply(features), labels)
        return found

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save(folder)
        (folder / "model.onnx").write_bytes(self.onnx())
        described = {
            "format": FORMAT,
            "learner": self.learner,
            "learner_title": learner(self.learner).TITLE,
            "contract": json.loads(self.contract.to_json()),
            "contract_hash": self.contract.hash,
            "scaler": {"mean": self.scaler.mean.tolist(), "scale": self.scaler.scale.tolist()},
            "decision_weights": self.weights.tolist(),
            **self.facts,
        }
        (folder / "model.json").write_text(json.dumps(described, indent=1))
        (folder / "feature_columns.json").write_text(json.dumps(list(self.contract.columns), indent=1))
        (folder / "model_metadata.json").write_text(json.dumps(self.metadata(), indent=1))
        _copy_code(folder / "code", self.contract)

    def metadata(self) -> dict[str, Any]:
        """What a reader wants to know first; `metrics` are those of the validation split."""
        known = ("run_date", "profile", "data_hash", "data_until", "hyperparameters", "versions")
        return {
            "model": self.contract.name,
            "learner": self.learner,
            "contract_hash": self.contract.hash,
            "classes": list(self.contract.target.classes),
            **{name: self.facts.get(name) for name in known},
            "metrics": self.facts.get("validation", {}),
            "training": self.facts.get("training", {}),
        }

    def onnx(self) -> bytes:
        """Input: `features` (n, columns), unscaled. Outputs: `probabilities`, `label` and, where the target
        has one, `interval`, which the learner's own nodes make; or `value`."""
        target, width = self.contract.target, len(self.contract.columns)
        scaled = onnx_file.node(
            "Scaler", ["features"], "scaled", "ai.onnx.ml", offset=self.scaler.mean, scale=self.scaler.factor
        )
        if target.classes:
            nodes, constants, outputs = _decision(self.model, self.weights)
            if target.interval:
                outputs.append(onnx_file.tensor("interval", onnx_file.FLOAT, "records", 2))
        else:
            nodes, constants, outputs = _clipped(self.model, target)
        return onnx_file.model(
            name=self.contract.name,
            nodes=[scaled, *nodes],
            constants=constants,
            inputs=[onnx_file.tensor("features", onnx_file.FLOAT, "records", width)],
            outputs=outputs,
            about={"contract_hash": self.contract.hash, "classes": ",".join(target.classes)},
        )


def load(folder: Path) -> Artifact:
    """The artifact in `folder`; ValueError where it is not one, or of another format."""
    path = folder / "model.json"
    if not path.is_file():
        raise ValueError(f"{folder} holds no model.json, so it is not a model of this platform")
    facts = json.loads(path.read_text())
    if facts.get("format") != FORMAT:
        raise ValueError(f"{path} has format {facts.get('format')}, this code reads {FORMAT}")
    contract = Contract.from_json(json.dumps(facts["contract"]))
    return Artifact(
        contract=contract,
        learner=facts["learner"],
        model=learner(facts["learner"]).load(folder, contract),
        scaler=Scaler.of(facts["scaler"]),
        weights=np.array(facts["decision_weights"], np.float32),
        facts=facts,
    )


def learner(name: str) -> ModuleType:
    """The learner's module; ValueError names the ones there are: `name_part.py` is a part of `name.py`."""
    files = sorted(path.stem for path in (ROOT / "learners").glob("*.py"))
    known = [each for each in files if not any(each.startswith(f"{other}_") for other in files)]
    if name not in known:
        raise ValueError(f"learner {name!r} is not one of {', '.join(known)}")
    return importlib.import_module(f"learners.{name}")


def _decision(model: Any, weights: Matrix) -> tuple[list[bytes], list[bytes], list[bytes]]:
    nodes, constants = model.onnx("scaled", "probabilities")
    choice = [
        onnx_file.node("Mul", ["probabilities", "weights"], "weighted"),
        onnx_file.node("ArgMax", ["weighted"], "label", axis=1, keepdims=0),
    ]
    outputs = [
        onnx_file.tensor("probabilities", onnx_file.FLOAT, "records", len(weights)),
        onnx_file.tensor("label", onnx_file.INT64, "records"),
    ]
    return [*nodes, *choice], [*constants, onnx_file.constant("weights", weights)], outputs


def _clipped(model: Any, target: Target) -> tuple[list[bytes], list[bytes], list[bytes]]:
    nodes, constants = model.onnx("scaled", "unclipped")
    clip = onnx_file.node("Clip", ["unclipped", "low", "high"], "value")
    ends = {"low": target.minimum, "high": target.maximum}
    bounds = [onnx_file.constant(name, np.array(end, np.float32)) for name, end in ends.items()]
    output = onnx_file.tensor("value", onnx_file.FLOAT, "records", len(target.quantiles) or 1)
    return [*nodes, clip], [*constants, *bounds], [output]


def _copy_code(folder: Path, contract: Contract) -> None:
    """The source that made the model: root modules, feature code, learners and the contract."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("features", "learners"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore, dirs_exist_ok=True)
    for path in ROOT.glob("*.py"):
        if path.name != "__main__.py":  # runs at the desk, with what does not ship
            shutil.copy(path, folder)
    declared = Path(catalog.contract.__file__)
    (folder / "catalog").mkdir(exist_ok=True)
    for name in catalog.contract.SHIPPED:
        shutil.copy(declared.with_name(name), folder / "catalog")
    (folder / "contracts").mkdir(exist_ok=True)
    (folder / "contracts" / f"{contract.name}.json").write_text(contract.to_json())
