"""The steps from simulated requests to a judged placement model, with the jobs' own code.

Each keeps what it made in the run's folder, so whoever asks again, be it the page or the notebook, gets the
same. A folder is of one run: nothing in it is ever made anew.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from onnxruntime import InferenceSession, SessionOptions

import artifact
import dataset
import evaluate
import prepare
import train
from artifact import Artifact
from baselines import Answers
from catalog.models.placement import PLACEMENT
from catalog.spec import Continuous, Integer, Rival
from comparison import Rule, ask
from dataset import Rows
from generate import generate

CONTRACT, TRAINING = PLACEMENT.contract, PLACEMENT.trained
LEARNERS = tuple(each.learner for each in TRAINING.searches)
ROOT = Path(__file__).parents[2]
SPLITS = ("train", "validation", "test")
PROFILE = "synthetic"
FOLDER, RECORDS, TRIALS = "PLACEMENT_REPORT", "PLACEMENT_RECORDS", "PLACEMENT_TRIALS"
"""Variables of the environment that tell a notebook which run is meant."""
FIRST_TRIALS = 3
"""Trials that look around before the search follows what it found."""


@dataclass(frozen=True)
class Run:
    """A folder, how many requests are made, and how many trials each learner has."""

    folder: Path
    records: int = TRAINING.records
    trials: int = 4

    @classmethod
    def here(cls) -> Run:
        """The one that the environment names."""
        given = os.environ
        folder = Path(given.get(FOLDER, ROOT / ".local" / "placement-report"))
        return cls(folder, int(given.get(RECORDS, cls.records)), int(given.get(TRIALS, cls.trials)))

    @property
    def environment(self) -> dict[str, str]:
        values = (str(self.folder), str(self.records), str(self.trials))
        return dict(zip((FOLDER, RECORDS, TRIALS), values, strict=True))

    def split(self, name: str) -> Path:
        return self.folder / "processed" / name

    def kept(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gave the first time that it was asked for."""
        path = self.folder / f"{name}.json"
        if not path.is_file():
            path.write_text(json.dumps(make()))
        return json.loads(path.read_text())


def measured(run: Run) -> dict[str, Any]:
    """Requests measured on both platforms, prepared into splits; the job's metadata."""

    def make() -> dict[str, Any]:
        raw = run.folder / "raw"
        with redirect_stdout(io.StringIO()):
            generate(records=run.records, seed=None, profile=PROFILE, output=raw, contract=CONTRACT)
        # the run date only names a file
        return prepare.prepare(
            raw=raw,
            output=run.folder / "processed",
            profile=PROFILE,
            run_date="2026-01-01",
            contract=CONTRACT,
        )

    run.folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = run.kept("metadata", make)
    return found


def requests(run: Run) -> pd.DataFrame:
    """A row for each request of the splits: what was known of it and what it met on both platforms."""
    measured(run)
    parts = [pd.read_parquet(run.split(name)).assign(split=name) for name in SPLITS]
    found = pd.concat(parts, ignore_index=True)
    for feature in CONTRACT.record.features:
        if feature.categories:
            found[feature.name] = _named(found[feature.name], feature.categories)
    found["best"] = _named(found[CONTRACT.target.name], CONTRACT.target.classes)
    return found


def _named(codes: pd.Series[float], names: Sequence[str]) -> pd.Series[Any]:
    """Categories in the order that they were declared in."""
    found = codes.astype(int).map(dict(enumerate(names)))
    return found.astype(pd.CategoricalDtype(list(names), ordered=True))


def rows(run: Run, split: str) -> Rows:
    """As the learners read them."""
    measured(run)
    return dataset.read(run.split(split), CONTRACT)


def searched(run: Run) -> pd.DataFrame:
    """Every trial of each learner's search, and which one of them is kept."""
    measured(run)
    found = run.kept("trials", lambda: [each for rival in TRAINING.searches for each in _search(run, rival)])
    return pd.DataFrame(found)


def _search(run: Run, rival: Rival) -> list[dict[str, Any]]:
    """Bayesian search by the declared objective, which the validation split judges."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    objective, told = TRAINING.tuning.objective, []
    place = run.folder / "models" / rival.learner

    def judge(trial: optuna.trial.Trial) -> float:
        given = {"learner": rival.learner, **dict(rival.fixed), **_suggested(trial, rival.ranges)}
        value = _trained(run, place / str(trial.number), given)[objective.name.partition(":")[2]]
        told.append({"learner": rival.learner, "trial": trial.number + 1, "value": value, **_texts(trial)})
        return value

    sampler = optuna.samplers.TPESampler(seed=0, n_startup_trials=FIRST_TRIALS)
    study = optuna.create_study(
        direction="minimize" if objective.goal == "Minimize" else "maximize", sampler=sampler
    )
    study.optimize(judge, n_trials=run.trials)
    with tarfile.open(place / "model.tar.gz", "w:gz") as archive:
        archive.add(place / str(study.best_trial.number), ".")
    return [{**each, "kept": each["trial"] == study.best_trial.number + 1} for each in told]


def _suggested(trial: optuna.trial.Trial, ranges: tuple[Continuous | Integer, ...]) -> Mapping[str, str]:
    def value(span: Continuous | Integer) -> float:
        log = span.scaling == "Logarithmic"
        if isinstance(span, Integer):
            return trial.suggest_int(span.name, span.low, span.high, log=log)
        return trial.suggest_float(span.name, span.low, span.high, log=log)

    return {span.name: repr(value(span)) for span in ranges}


def _texts(trial: optuna.trial.Trial) -> dict[str, str]:
    return {"hyperparameters": ", ".join(f"{name} {value:.4g}" for name, value in trial.params.items())}


def _trained(run: Run, place: Path, given: Mapping[str, str]) -> dict[str, float]:
    """Validation metrics of what the training job makes of the hyperparameters `given`."""
    folders = {name: run.split(name) for name in ("train", "validation", "metadata")}
    with redirect_stdout(io.StringIO()):
        facts = train.train(folders=folders, model_dir=place, hyperparameters=given, contract=CONTRACT)
    found: dict[str, float] = facts["validation"]
    return found


def judged(run: Run) -> dict[str, Any]:
    """What the evaluation job says of the four kept candidates, the chosen one in detail."""
    searched(run)

    def make() -> dict[str, Any]:
        return evaluate.evaluate(
            test=run.split("test"),
            metadata=run.split("metadata"),
            models=[run.folder / "models" / name / "model.tar.gz" for name in LEARNERS],
            output=run.folder / "evaluation",
            champion=None,
            contract=CONTRACT,
            validation=run.split("validation"),
            rule=Rule(
                TRAINING.promotion.metric, TRAINING.promotion.higher_is_better, TRAINING.promotion.margin
            ),
        )

    found: dict[str, Any] = run.kept("evaluation", make)
    return found


def model(run: Run, learner: str) -> Artifact:
    """The learner's kept candidate."""
    trials = searched(run)
    number = int(trials[(trials["learner"] == learner) & trials["kept"]]["trial"].iloc[0]) - 1
    return artifact.load(run.folder / "models" / learner / str(number))


def answers(run: Run) -> dict[str, Answers]:
    """Of each learner's candidate to the test split."""
    test = rows(run, "test")
    return {name: ask(model(run, name), test.features) for name in LEARNERS}


def session(model: Artifact) -> InferenceSession:
    """Its ONNX export on one thread, as it is served."""
    options = SessionOptions()
    options.intra_op_num_threads = 1
    return InferenceSession(model.onnx(), options)


def title(learner: str) -> str:
    return str(artifact.learner(learner).TITLE)


def truth(test: Rows) -> np.ndarray[Any, np.dtype[np.int64]]:
    return test.target.astype(np.int64)
