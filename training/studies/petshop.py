"""`python -m studies.petshop FOLDER`: how well an onset of failure is told from the minutes before it.

Points up to 10 minutes after the onset against points up to 15 minutes before, within fault files alone: the
files without issue come from other months, and telling those apart would be no feat. Everything is chosen and
learned on the issues of the `train` split; intervals come from drawing whole issues.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import metrics
from catalog.contract import Contract
from studies.petshop_data import Array, Issue, Traffic, load
from studies.petshop_model import failure_model, learn
from studies.petshop_scores import (
    Health,
    Score,
    alarming,
    alarming_kind,
    centres,
    everywhere,
    learned,
    own_start,
    robust_z,
    site,
)

LOW, HIGH = "low_traffic", "high_traffic"
DRAWS, SEED = 1000, 0
POINTS = 5
"""Points of a file, and so of a window without issue."""
Maker = Callable[[Sequence[Issue]], Score]
"""Makes a score from the issues it may learn from."""


def study(folder: Path, contract: Contract) -> dict[str, Any]:
    """All figures; `contract` is the failure model's."""
    low, high = load(folder, LOW), load(folder, HIGH)
    makers = _makers(low, high, contract)
    judged = {name: _judge(maker, low) for name, maker in makers.items()}
    full = [name for name in judged if name != "own_start"]
    return {
        "low_traffic": judged,
        "chosen_on_train": max(full, key=lambda name: judged[name]["train"]["auc"]),
        "variants": len(makers),
        "from_the_file_itself": _own(low, makers),
        "without_issue": _control(low, makers),
    }


def _makers(low: Traffic, high: Traffic, contract: Contract) -> dict[str, Maker]:
    months_later, busy = Health.of(low.normal), Health.of(high.normal)
    answer = learn(contract)
    alone, together = (failure_model(answer, contract, quiet) for quiet in (None, low.normal))

    def era(issues: Sequence[Issue]) -> Health:
        return Health.of(low.normal, centres(issues))

    return {
        "robust_z": lambda _: robust_z(low),
        "alarming_metric": lambda _: alarming(months_later),
        "alarming_metric_of_its_days": lambda issues: alarming(era(issues)),
        "alarming_kind": lambda _: alarming_kind(months_later),
        "alarming_kind_of_its_days": lambda issues: alarming_kind(era(issues)),
        "site": lambda _: site(months_later),
        "site_of_its_days": lambda issues: site(era(issues)),
        "everywhere": lambda _: everywhere(months_later),
        "everywhere_of_its_days": lambda issues: everywhere(era(issues)),
        "learned": lambda issues: learned([(months_later, issues)], months_later),
        "learned_both_traffics": lambda issues: learned(
            [(months_later, issues), (busy, high.issues["train"])], months_later
        ),
        "failure_model_latest": lambda _: alone,
        "failure_model": lambda _: together,
        "own_start": lambda _: own_start(months_later),
    }


def _judge(maker: Maker, traffic: Traffic) -> dict[str, Any]:
    """Train issues are scored by what was made without them, test issues by what all train issues made."""
    train, test = traffic.issues["train"], traffic.issues["test"]
    others = [[each for each in train if each is not issue] for issue in train]
    left_out = [_points(maker(rest), issue) for rest, issue in zip(others, train, strict=True)]
    whole = maker(train)
    return {"train": _auc(left_out), "test": _auc([_points(whole, issue) for issue in test])}


def _points(score: Score, issue: Issue) -> Array:
    """Label and score of the judged points that have one, (points, 2)."""
    found: Array = np.column_stack((issue.label.astype(np.float64), score(issue)))
    return found[(issue.label >= 0) & np.isfinite(found[:, 1])]


def _auc(parts: Sequence[Array]) -> dict[str, Any]:
    """AUC over the points of all issues, with the middle 95% over draws of issues."""
    draw = np.random.default_rng(SEED)
    samples = [
        _one(np.concatenate([parts[i] for i in draw.integers(0, len(parts), len(parts))]))
        for _ in range(DRAWS)
    ]
    all_points = np.concatenate(parts)
    return {
        "auc": round(_one(all_points), 3),
        "interval": [round(float(each), 3) for each in np.quantile(samples, (0.025, 0.975))],
        "issues": len(parts),
        "healthy": int((all_points[:, 0] == 0).sum()),
        "failing": int((all_points[:, 0] == 1).sum()),
    }


def _one(points: Array) -> float:
    return metrics.auc(points[:, 0] == 1, points[:, 1])


def _own(traffic: Traffic, makers: Mapping[str, Maker]) -> dict[str, Any]:
    """The other scores on the points that `own_start` can score: it knows nothing of a file's first point."""

    def later(maker: Maker) -> Maker:
        def made(issues: Sequence[Issue]) -> Score:
            score = maker(issues)
            return lambda issue: np.append(np.nan, score(issue)[1:])

        return made

    names = ("robust_z", "site", "failure_model", "own_start")
    return {name: _judge(later(makers[name]), traffic) for name in names}


def _control(traffic: Traffic, makers: Mapping[str, Maker]) -> dict[str, float]:
    """AUC of the same places in windows without any issue: 0.5 unless a score knows a point's place."""
    times = np.array([-450.0, -150.0, 150.0, 450.0, 750.0])
    count = len(next(iter(traffic.normal.values()))) // POINTS
    target = traffic.issues["train"][0].target
    quiet = [
        Issue(
            str(number),
            target,
            times,
            {name: values[POINTS * number :][:POINTS] for name, values in traffic.normal.items()},
        )
        for number in range(count)
    ]
    train = traffic.issues["train"]
    return {
        name: round(_one(np.concatenate([_points(maker(train), issue) for issue in quiet])), 3)
        for name, maker in makers.items()
    }


def main(argv: Sequence[str]) -> int:
    if len(argv) != 1 or not (Path(argv[0]) / "metrics.parquet").is_file():
        print("usage: python -m studies.petshop FOLDER, which holds metrics.parquet and issues.csv")
        return 2
    from catalog.models.failure import FAILURE

    print(json.dumps(study(Path(argv[0]), FAILURE.contract), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
