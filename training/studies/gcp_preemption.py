"""`python -m studies.gcp_preemption FOLDER`: how well the end of Google's preemptible machines within six
hours is foretold. Prints one JSON object.

Trained on the first 70% by start, tested on the rest. The rule to beat knows the number of processors alone.
First, what is chosen was chosen on later parts of the training rows, each foretold by what lies before it.
That misled, so a second choice was made, over whole batches of machines that started together
(gcp_preemption_batches); its test is the second time that the test part was scored.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import metrics
from baselines import Answers
from catalog.models.spot_stability import SPOT_STABILITY
from dataset import Rows
from encoding import Encoder
from learners import hierarchy
from paired import paired
from sources import gcp_preemption
from sources.gcp_preemption import Machine
from studies import gcp_preemption_batches, gcp_preemption_models
from studies.gcp_preemption_models import Answer, Array, Codes

CONTRACT = SPOT_STABILITY.contract
TRAIN = 0.7
FORWARD = (0.4, 0.55, 0.7, 0.85, 1.0)
"""Shares of the training rows between which the later parts lie."""
DEFINITIONS = (1.0, 3.0, 6.0, 12.0, 18.0, 24.0)
"""Hours within which a machine may end, for the rule's AUC."""
FIXED = {"learning_rate": "0.05", "num_boost_round": "150", "min_child_samples": "20"}
CANDIDATES: tuple[Mapping[str, str], ...] = tuple(
    {"chains": chains, "num_leaves": leaves, "hold_out": "rows"}
    for chains in (
        "series>family>instance_type;region>zone;size",
        "region>zone>instance_type;family>size",
        "region>zone;family;size",
        "size",
    )
    for leaves in ("2", "4", "8")
)
SEEDS = 5
CALENDAR = ("hour_sin", "hour_cos", "day_of_week", "is_weekend")


def study(data: Path) -> dict[str, Any]:
    """Every figure of the study."""
    machines = gcp_preemption.machines(data)
    rows, cut = encoded(machines), int(TRAIN * len(machines))
    processors = np.array([each.processors for each in machines], np.float64)
    known, asked = np.arange(cut), np.arange(cut, len(machines))
    truth = rows.target[asked] > 0
    scores = [_forward(rows, cut, learned(rows, each)) for each in CANDIDATES]
    chosen = CANDIDATES[int(np.argmax([np.mean(each) for each in scores]))]
    answers = [learned(rows, {**chosen, "seed": str(seed)})(known, asked) for seed in range(SEEDS)]
    rules = {"processors": lambda _, of: processors[of], "pooled_type": pooled(machines, rows)}
    found = {name: _forward(rows, cut, rule) for name, rule in rules.items()}
    return {
        "train": cut,
        "test": len(asked),
        "until": str(datetime.fromtimestamp(machines[cut - 1].started_ms / 1000, UTC)),
        "ended": {"train": _rounded(rows.target[known].mean()), "test": _rounded(truth.mean())},
        "processors_by_definition": {
            f"{hours:g}": _rounded(metrics.auc(_ended(machines, hours)[asked], processors[asked]))
            for hours in DEFINITIONS
        },
        "forward": {
            "candidates": [_tried(each, score) for each, score in zip(CANDIDATES, scores, strict=True)],
            **{name: [_rounded(each) for each in score] for name, score in found.items()},
        },
        "chosen": chosen,
        "auc": {
            "model": [_rounded(metrics.auc(truth, each)) for each in answers],
            **{name: _rounded(metrics.auc(truth, rule(known, asked))) for name, rule in rules.items()},
        },
        "by_batches": _by_batches(machines, rows, cut),
        "looked_at_afterwards": {
            "without_calendar": _rounded(
                metrics.auc(truth, learned(_without_calendar(rows), chosen)(known, asked))
            )
        },
        "against_processors": _against(rows.take(asked), answers[0], processors[asked]),
        "log_loss": {
            "model": _rounded(metrics.log_loss(truth.astype(np.int64), _both(answers[0]))),
            "pooled_type": _rounded(
                metrics.log_loss(truth.astype(np.int64), _both(rules["pooled_type"](known, asked)))
            ),
        },
    }


def _by_batches(machines: list[Machine], rows: Rows, cut: int) -> dict[str, Any]:
    """The second choice, within the training rows, and the test of it."""
    ended, rule = rows.target > 0, "processors"
    processors = np.array([each.processors for each in machines], np.float64)
    answers: dict[str, Answer] = {
        rule: lambda _, of: processors[of],
        "type's share, pooled": pooled(machines, rows),
        **gcp_preemption_models.candidates(machines, ended),
        **{
            f"hierarchy, {times} ({each['chains']}; {each['num_leaves']})": learned(kept, each)
            for times, kept in (("with times", rows), ("without times", _without_calendar(rows)))
            for each in CANDIDATES
        },
    }
    batch = gcp_preemption_batches.batches(machines[:cut])
    scores = {name: gcp_preemption_batches.scored(each, batch, ended[:cut]) for name, each in answers.items()}
    told = gcp_preemption_batches.compared(scores, rule, batch)
    known, asked = np.arange(cut), np.arange(cut, len(machines))
    found = answers[told["best"]](known, asked)
    return {
        **told,
        "test": _rounded(metrics.auc(ended[asked], found)),
        "against_processors": _against(rows.take(asked), found, processors[asked]),
    }


def encoded(machines: list[Machine]) -> Rows:
    """The set as the model reads it."""
    encoder = Encoder.of(CONTRACT)
    times = [datetime.fromtimestamp(each.started_ms / 1000, UTC).isoformat() for each in machines]
    records = [
        {"pool_id": each.name, "timestamp": time, "zone": each.zone, "instance_type": each.kind}
        for each, time in zip(machines, times, strict=True)
    ]
    target = _ended(machines, gcp_preemption.HOURS).astype(np.float32)
    return Rows(encoder.features(encoder.read(records)), target, target, np.arange(len(machines)))


def learned(rows: Rows, given: Mapping[str, str]) -> Answer:
    def answer(known: Codes, asked: Codes) -> Array:
        parts, hyperparameters = (rows.take(known), rows.take(asked)), {**FIXED, **given}
        model, _ = hierarchy.fit(*parts, CONTRACT, hyperparameters, report=_silent, identity="")
        return model.predict(parts[1].features)[:, 1].astype(np.float64)

    return answer


def pooled(machines: list[Machine], rows: Rows, strength: float = 5.0) -> Answer:
    """Each type's share, drawn to the share of all by so many machines."""
    kinds = np.unique([each.kind for each in machines], return_inverse=True)[1]

    def answer(known: Codes, asked: Codes) -> Array:
        size = int(kinds.max()) + 1
        ended = np.bincount(kinds[known], rows.target[known], minlength=size)
        count = np.bincount(kinds[known], minlength=size)
        share: Array = (ended + strength * rows.target[known].mean()) / (count + strength)
        return share[kinds[asked]]

    return answer


def _without_calendar(rows: Rows) -> Rows:
    """As if the time were not known. The test rows had been seen when this was tried: it decides nothing."""
    features = rows.features.copy()
    features[:, [CONTRACT.columns.index(name) for name in CALENDAR]] = np.nan
    return replace(rows, features=features)


def _ended(machines: list[Machine], hours: float) -> NDArray[np.bool_]:
    return np.array([each.hours < hours for each in machines])


def _forward(rows: Rows, cut: int, answer: Answer) -> list[float]:
    ends = [int(share * cut) for share in FORWARD]
    parts = [(np.arange(begin), np.arange(begin, end)) for begin, end in pairwise(ends)]
    return [metrics.auc(rows.target[asked] > 0, answer(known, asked)) for known, asked in parts]


def _against(rows: Rows, model: Array, processors: Array) -> dict[str, Any]:
    """The paired difference in AUC; ranks alone matter, so the processors stand in as shares."""
    one, other = (
        Answers(_both(each), (each > np.median(each)).astype(np.int64))
        for each in (model, processors / (processors.max() + 1))
    )
    told = paired("auc", rows, one, other, CONTRACT, higher_is_better=True)
    return {name: _shown(getattr(told, name)) for name in ("value", "low", "high", "verdict")}


def _both(share: Array) -> Array:
    return np.stack((1 - share, share), axis=1)


def _tried(given: Mapping[str, str], scores: list[float]) -> dict[str, Any]:
    return {**given, "auc": [_rounded(each) for each in scores], "mean": _rounded(np.mean(scores))}


def _shown(value: Any) -> Any:
    return value if isinstance(value, str) else _rounded(value)


def _rounded(value: Any) -> float:
    return round(float(value), 4)


def _silent(metric: str, score: float) -> None:
    """The study prints one object and nothing else."""


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("give the folder that holds lifetimes.csv.gz")
    print(json.dumps(study(Path(sys.argv[1])), indent=1))
