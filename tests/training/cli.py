"""The command line in this process, and settings that make every learner quick."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from catalog.known import LEARNERS
from commands.main import app

FAST = {"num_boost_round": "15", "early_stopping_rounds": "5", "n_estimators": "15", "epochs": "2"}
WIDE = {"COLUMNS": "240", "TERM": "dumb"}


def call(*words: object) -> Result:
    return CliRunner(env=WIDE).invoke(app, [str(word) for word in words])


def quick(learner: str) -> list[str]:
    """Options that keep the learner's training short."""
    known = LEARNERS[learner].hyperparameters
    given = [f"{name}={value}" for name, value in FAST.items() if name in known]
    return [word for text in given for word in ("--hyperparameter", text)]
