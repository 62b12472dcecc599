"""How well models foretell batches of machines that they saw nothing of, nor of the batches next to them.

Machines were started together and shared their fate, so rows of one batch judge nothing that was learned from
its others. A batch here is a run of whole days with so many machines at least; the batches before and after
it are left out of what is learned, as a batch may run on over midnight.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import metrics
from sources.gcp_preemption import Machine
from studies.gcp_preemption_models import Answer, Codes

LEAST = 60
DAY_MS = 86_400_000


def batches(machines: list[Machine]) -> Codes:
    """Of machines in the order of their start; the last days, if too few, join the batch before."""
    day = np.array([each.started_ms // DAY_MS for each in machines])
    found, batch, begin = np.zeros(len(day), np.int64), 0, 0
    ends = np.append(np.flatnonzero(np.diff(day)) + 1, len(day))
    for end in ends:
        found[begin:end] = batch
        if end - begin >= LEAST:
            batch, begin = batch + 1, int(end)
    found[begin:] = max(batch - 1, 0)
    return found


def scored(answer: Answer, batch: Codes, ended: NDArray[np.bool_]) -> list[float]:
    """The AUC on each batch."""
    found = []
    for each in range(int(batch.max()) + 1):
        asked, known = np.flatnonzero(batch == each), np.flatnonzero(np.abs(batch - each) > 1)
        found.append(metrics.auc(ended[asked], answer(known, asked)))
    return found


def compared(scores: dict[str, list[float]], rule: str, batch: Codes) -> dict[str, Any]:
    """Means over the machines; the best candidate; and what it has more than the rule, with the standard
    error over batches: whoever asks for more than one such error keeps the rule."""
    weight = np.bincount(batch) / len(batch)
    mean = {name: float(np.sum(weight * each)) for name, each in scores.items()}
    best = max((name for name in mean if name != rule), key=mean.__getitem__)
    more = np.array(scores[best]) - scores[rule]
    error = float(np.sqrt(np.sum(weight**2 * (more - np.sum(weight * more)) ** 2)))
    return {
        "machines": np.bincount(batch).tolist(),
        "mean": {name: round(each, 4) for name, each in mean.items()},
        "best": best,
        "best_by_batch": [round(each, 4) for each in scores[best]],
        "rule_by_batch": [round(each, 4) for each in scores[rule]],
        "more_than_the_rule": round(float(np.sum(weight * more)), 4),
        "standard_error": round(error, 4),
    }
