"""What was asked of the placement data and of the chosen model, and whether it is met."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from studies import placement_steps as steps
from studies.placement_scores import achievable
from studies.placement_steps import TRAINING, Run
from studies.placement_tables import shares

CLOSE = 0.03
"""An accuracy so far below the best achievable, or a share so far from the wanted one, counts as close."""
BALANCE = 0.15
"""Precision and recall of a platform may be so far apart."""
Check = tuple[str, str, str, bool]
"""Its name, what is asked, what was found, and whether that is enough."""


def checks(run: Run, requests: pd.DataFrame) -> pd.DataFrame:
    """What was asked of the data and of the chosen model, what it came to, and whether that is enough."""
    rows = [*_of_model(run), *_of_platforms(run), *_of_shares(requests)]
    found = pd.DataFrame(rows, columns=["check", "asked", "found", "passed"]).set_index("check")
    return found.assign(result=found.pop("passed").map({True: "pass", False: "MISS"}))


def _of_model(run: Run) -> Iterator[Check]:
    judged, best = steps.judged(run), achievable(run)["accuracy"]
    told, metric = judged["metrics"], TRAINING.promotion.metric
    right, gap, top = (told[name] for name in ("accuracy", "accuracy_gap", "top_importance"))
    yield "Accuracy on the test split", "75% to 95%", f"{right:.1%}", 0.75 <= right <= 0.95
    close = f"at most {_points(CLOSE)} below {best:.1%}"
    yield (
        "Close to the best achievable",
        close,
        f"{_points(abs(best - right))} {'below' if right < best else 'above'}",
        best - right <= CLOSE,
    )
    yield "Accuracy lost from training to test", "under 5.0 points", _points(gap), gap < 0.05
    yield "Most important feature", "at most 40%", f"{top:.1%}", top <= 0.4
    least = min(each[metric] for each in judged["baselines"].values())
    mine = told[metric]
    yield "Less regret than any trivial answer", f"under {least:.1%}", f"{mine:.1%}", mine < least


def _of_platforms(run: Run) -> Iterator[Check]:
    for name, told in steps.judged(run)["per_class"].items():
        apart = abs(told["precision"] - told["recall"])
        found = f"{_points(apart)} ({told['precision']:.1%} and {told['recall']:.1%})"
        yield f"Precision and recall of {name} apart", f"at most {_points(BALANCE)}", found, apart <= BALANCE


def _of_shares(requests: pd.DataFrame) -> Iterator[Check]:
    for name, row in shares(requests).iterrows():
        found, wanted = float(row["lambda better"]), float(row["wanted"])
        near = abs(found - wanted) <= CLOSE
        yield f"Lambda better: {name}", f"{wanted:.0%}, {_points(CLOSE)} more or less", f"{found:.1%}", near


def _points(share: float) -> str:
    return f"{100 * share:.1f} points"
