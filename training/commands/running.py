"""The jobs at the desk: training into a packed artifact, and the evaluation of such artifacts."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import evaluate
import train
from catalog.spec import ModelSpec, Promotion
from commands.data import Splits
from comparison import Rule

ARTIFACT = "model.tar.gz"


def fit(
    spec: ModelSpec, splits: Splits, hyperparameters: Mapping[str, str], artifact: Path
) -> dict[str, Any]:
    """Trains as the training job does, packs the model directory as SageMaker does; the training's facts."""
    with TemporaryDirectory() as folder:
        facts = train.train(
            folders={name: splits.folder(name) for name in ("train", "validation", "metadata")},
            model_dir=Path(folder),
            hyperparameters=hyperparameters,
            contract=spec.contract,
        )
        artifact.parent.mkdir(parents=True, exist_ok=True)
        draft = artifact.with_suffix(".part")
        with tarfile.open(draft, "w:gz") as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.add(path, path.name)
        draft.replace(artifact)
    return facts


def judge(
    spec: ModelSpec, splits: Splits, artifacts: Sequence[Path], output: Path, champion: Path | None = None
) -> dict[str, Any]:
    """The evaluation job on the test split; of several artifacts the promotion's rule chooses one."""
    return evaluate.evaluate(
        test=splits.folder("test"),
        metadata=splits.folder("metadata"),
        validation=splits.folder("validation"),
        models=artifacts,
        rule=rule(spec.trained.promotion),
        output=output,
        champion=champion,
        contract=spec.contract,
    )


def rule(promotion: Promotion) -> Rule:
    return Rule(promotion.metric, promotion.higher_is_better, promotion.margin)
