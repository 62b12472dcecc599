"""Training job: the splits that prepare.py wrote to a model directory.

Reads SM_CHANNEL_TRAIN, SM_CHANNEL_VALIDATION, SM_CHANNEL_METADATA, SM_HPS; writes SM_MODEL_DIR. Prints each
metric as `[0]#011validation-<name>:<value>`; the last one printed is the best round's.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import artifact
import dataset
import decision
import golden
from artifact import Artifact
from baselines import Answers
from catalog.contract import Contract
from encoding import Scaler
from jobs import JobError, bundled_contract, run
from scoring import score

OWN = ("learner", "checkpoint_dir", "decision")
"""Hyperparameters of this job; the learner knows the others."""
FITTED_ROWS = 20_000
"""Of the training split, evenly spread: enough to tell how well a model fits it, and soon asked."""


def train(
    *,
    folders: Mapping[str, Path],
    model_dir: Path,
    hyperparameters: Mapping[str, str],
    contract: Contract,
) -> dict[str, Any]:
    """Trains on `folders` (train, validation, metadata), saves to `model_dir`, returns its facts."""
    own = {"learner": "xgboost", "decision": "argmax"} | {
        k: v for k, v in hyperparameters.items() if k in OWN
    }
    given = {name: text for name, text in hyperparameters.items() if name not in OWN}
    metadata = dataset.read_metadata(folders["metadata"], contract)
    scaler = Scaler.of(metadata["scaler"])
    validation = dataset.read(folders["validation"], contract)
    rows, judged = _scaled(dataset.read(folders["train"], contract), scaler), _scaled(validation, scaler)
    try:
        learner = artifact.learner(own["learner"])
    except ValueError as error:
        raise JobError(str(error)) from None
    model, log = learner.fit(
        rows,
        judged,
        contract,
        given,
        report=report,
        identity=_identity(given, metadata["data_hash"]),
        checkpoints=Path(own["checkpoint_dir"]) if "checkpoint_dir" in own else None,
    )
    scores, weights = _judge(model, judged, contract, own["decision"])
    facts = {
        **{name: metadata[name] for name in ("profile", "run_date", "data_hash")},
        "data_until": metadata["splits"]["test"]["to"],
        **log,
        "hyperparameters": {**own, **log["hyperparameters"]},
        "validation": scores,
        **_fitted(model, rows, contract, weights),
        "importance": dict(zip(contract.columns, model.importance(), strict=True)),
        "versions": {
            own["learner"]: learner.VERSION,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }
    trained = Artifact(contract, own["learner"], model, scaler, weights, facts)
    trained.save(model_dir)
    (model_dir / golden.FILE).write_text(json.dumps(golden.of(trained, validation)))
    for name, value in scores.items():
        report(f"validation:{name}", value)
    report(log["metric"], log["best_score"])
    return facts


def report(metric: str, score: float) -> None:
    """One line in the form that SageMaker scrapes from the XGBoost image; #011 is a tab in its logs."""
    print(f"[0]#011{metric.replace(':', '-', 1)}:{score:.6f}", flush=True)


def _scaled(rows: dataset.Rows, scaler: Scaler) -> dataset.Rows:
    return replace(rows, features=scaler.apply(rows.features))


def _judge(model: Any, rows: dataset.Rows, contract: Contract, rule: str) -> tuple[dict[str, float], Any]:
    """Validation metrics, and the decision weights that the rule chose on validation."""
    answers, target = model.predict(rows.features), contract.target
    if not target.classes:
        clipped = np.clip(answers, target.minimum, target.maximum)
        return score(rows, Answers(clipped), contract), np.empty(0, np.float32)
    weights = decision.weights(rule, rows.target.astype(np.int64), answers)
    return score(rows, Answers(answers, np.argmax(answers * weights, axis=1)), contract), weights


def _fitted(model: Any, rows: dataset.Rows, contract: Contract, weights: Any) -> dict[str, Any]:
    """The accuracy of a classifier on the rows it learned from."""
    if not contract.target.classes:
        return {}
    some = rows.take(np.linspace(0, len(rows) - 1, min(len(rows), FITTED_ROWS)).astype(np.int64))
    labels = np.argmax(model.predict(some.features) * weights, axis=1)
    return {"training": {"rows": len(rows), "accuracy": float(np.mean(labels == some.target))}}


def _identity(given: Mapping[str, str], data_hash: str) -> str:
    text = json.dumps([sorted(given.items()), data_hash])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _hyperparameters() -> dict[str, str]:
    """What the job was given; names that begin with _ or sagemaker_ are the service's own."""
    given = json.loads(os.environ.get("SM_HPS", "{}"))
    return {k: str(v) for k, v in given.items() if not k.startswith(("_", "sagemaker_"))}


def _folder(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        raise JobError(f"{variable} is not set; this job runs as a SageMaker training job with that variable")
    return Path(value)


def main() -> int:
    def job() -> None:
        names = ("train", "validation", "metadata")
        train(
            folders={name: _folder(f"SM_CHANNEL_{name.upper()}") for name in names},
            model_dir=_folder("SM_MODEL_DIR"),
            hyperparameters=_hyperparameters(),
            contract=bundled_contract(),
        )

    output = os.environ.get("SM_OUTPUT_DIR")
    return run(job, Path(output) / "failure" if output else None)


if __name__ == "__main__":
    sys.exit(main())
