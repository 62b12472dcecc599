"""The search of each learner's settings: a study in a file, which a later call goes on with."""

from __future__ import annotations

import io
import zlib
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from catalog.spec import Continuous, Integer, ModelSpec, Rival
from commands import running
from commands.data import Splits
from commands.screen import told
from jobs import JobError

FIRST_TRIALS = 5
"""Trials that look around before the search follows what it found."""
FILE = "study.db"


@dataclass(frozen=True)
class Study:
    """Of one model on one set of splits, below `folder`; a study for each learner."""

    spec: ModelSpec
    splits: Splits
    folder: Path

    @cached_property
    def _storage(self) -> optuna.storages.RDBStorage:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.folder.mkdir(parents=True, exist_ok=True)
        return optuna.storages.RDBStorage(f"sqlite:///{self.folder / FILE}")

    def search(self, search: Rival, jobs: int) -> Path:
        """The artifact of the best of `jobs` trials, those of earlier calls among them."""
        study = self._study(search)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=told()) as progress:
            done = len(_complete(study))
            bar = progress.add_task(_title(search, study), total=max(jobs, done), completed=done)

            def advance(study: optuna.Study, _: FrozenTrial) -> None:
                self._keep_best(search, study)
                progress.update(bar, advance=1, description=_title(search, study))

            study.optimize(
                lambda trial: self._judged(trial, search),
                n_trials=max(0, jobs - done),
                callbacks=[advance],
            )
        return self._best(search, study)

    def check(self) -> None:
        """JobError where the file holds a study of something else, whose values would not compare."""
        for name in optuna.get_all_study_names(self._storage):
            known = optuna.load_study(study_name=name, storage=self._storage).user_attrs
            for fact, value in self._of.items():
                if known.get(fact, value) != value:
                    raise JobError(
                        f"{self.folder / FILE} holds a study of {fact} {known[fact]}, this is {value}: "
                        "give another --output, or the data that it was begun with"
                    )

    def trials(self) -> list[dict[str, Any]]:
        """Every completed trial, by learner in the order of the searches."""
        begun = optuna.get_all_study_names(self._storage)
        names = [each.learner for each in self.spec.trained.searches if each.learner in begun]
        return [
            {
                "learner": name,
                "trial": trial.number,
                "value": trial.value,
                "hyperparameters": trial.user_attrs["hyperparameters"],
                "best": trial.number == study.best_trial.number,
            }
            for name in names
            for study in [optuna.load_study(study_name=name, storage=self._storage)]
            for trial in _complete(study)
        ]

    @property
    def _of(self) -> dict[str, str]:
        objective = self.spec.trained.tuning.objective.name
        return {"model": self.spec.name, "data_hash": self.splits.hash, "objective": objective}

    def _study(self, search: Rival) -> optuna.Study:
        lower = self.spec.trained.tuning.objective.goal == "Minimize"
        study = optuna.create_study(
            storage=self._storage,
            study_name=search.learner,
            direction="minimize" if lower else "maximize",
            load_if_exists=True,
        )
        for fact, value in self._of.items():
            study.set_user_attr(fact, value)
        # what is drawn next follows from how much was drawn: a study that goes on does not repeat itself
        seed = zlib.crc32(f"{self.spec.name}/{search.learner}/{len(study.trials)}".encode())
        study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=FIRST_TRIALS)
        return study

    def _judged(self, trial: Trial, search: Rival) -> float:
        """Trains with the trial's settings; the objective, which the validation split tells."""
        drawn = _suggested(trial, search.ranges)
        given = {**dict(search.fixed), **drawn, "learner": search.learner}
        with redirect_stdout(io.StringIO()):
            facts = running.fit(self.spec, self.splits, given, self._artifact(search, trial.number))
        trial.set_user_attr("hyperparameters", drawn)
        name = self.spec.trained.tuning.objective.name
        return float(
            facts["best_score"] if facts["metric"] == name else facts["validation"][name.partition(":")[2]]
        )

    def _artifact(self, search: Rival, number: int) -> Path:
        return self.folder / "candidates" / search.learner / f"{number}.{running.ARTIFACT}"

    def _keep_best(self, search: Rival, study: optuna.Study) -> None:
        best = self._artifact(search, study.best_trial.number)
        for path in best.parent.iterdir():
            if path != best:
                path.unlink()

    def _best(self, search: Rival, study: optuna.Study) -> Path:
        """Trained again where someone took it away: the same settings, the same model."""
        artifact, trial = self._artifact(search, study.best_trial.number), study.best_trial
        if not artifact.is_file():
            given = {**dict(search.fixed), **trial.user_attrs["hyperparameters"], "learner": search.learner}
            with redirect_stdout(io.StringIO()):
                running.fit(self.spec, self.splits, given, artifact)
        return artifact


def _suggested(trial: Trial, ranges: tuple[Continuous | Integer, ...]) -> dict[str, str]:
    """Texts, as a tuning job gives them to its trials."""
    found = {}
    for span in ranges:
        log = span.scaling == "Logarithmic"
        if isinstance(span, Integer):
            found[span.name] = str(trial.suggest_int(span.name, span.low, span.high, log=log))
        else:
            found[span.name] = f"{trial.suggest_float(span.name, span.low, span.high, log=log):.6g}"
    return found


def _complete(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(states=(TrialState.COMPLETE,))


def _title(search: Rival, study: optuna.Study) -> str:
    best = f": best {study.best_value:.4g}" if _complete(study) else ""
    return f"{search.learner}{best}"
