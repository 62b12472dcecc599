"""The champion and its challenger on labelled rows that neither has seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dataset
from artifact import Artifact
from baselines import Answers
from comparison import Rule, ask
from dataset import Rows
from paired import paired

LEAST_FRESH_ROWS = 200
FRESH, WHOLE = "fresh", "test"


def fresh(champion: Artifact, test: Path, known: Mapping[str, Any]) -> NDArray[np.int64]:
    """Places of the test split's rows that the champion has seen nothing of: those of another data profile
    than its own, or newer than all of its data, its own test split among it."""
    times = dataset.times(test)
    if champion.facts.get("profile") != known["profile"]:
        return np.arange(len(times))
    until = champion.facts.get("data_until")
    if until is None:
        return np.empty(0, np.int64)
    return np.flatnonzero(times > round(1000 * datetime.fromisoformat(until).timestamp()))


def challenge(
    champion: Artifact,
    rows: Rows,
    answers: Answers,
    unseen: NDArray[np.int64],
    rule: Rule,
    least: int = LEAST_FRESH_ROWS,
) -> dict[str, Any]:
    """The challenger's `answers` to the test split's `rows` against the champion's, `on` the fresh ones where
    there are at least so many and on all of them otherwise; `difference` is challenger minus champion."""
    on = FRESH if len(unseen) >= least else WHOLE
    if on == FRESH:
        rows, answers = rows.take(unseen), answers.take(unseen)
    other = ask(champion, rows.features)
    goal = rule.higher_is_better
    found = paired(rule.metric, rows, answers, other, champion.contract, higher_is_better=goal)
    told = {name: _finite(value) for name, value in asdict(found).items()}
    return {
        "on": on,
        "rows": told["rows"],
        "fresh_rows": len(unseen),
        "least_fresh_rows": least,
        "metric": rule.metric,
        "champion": told["b"],
        "challenger": told["a"],
        "difference": told["value"],
        "low": told["low"],
        "high": told["high"],
        "verdict": found.verdict,
    }


def _finite(value: Any) -> Any:
    """JSON knows no NaN."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
