"""The best answer that any model can give on these events: the likeliest label under the generator's own
densities (Bayes' rule)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from metrics import confusion, macro_f1
from sources.threat_event.events import draw, most_entropy
from sources.threat_event.shares import (
    CENTRE,
    CLASSES,
    MISLABELLED,
    NAMES,
    SHARED,
    SPREAD,
    WAY_CLASS,
    WAY_SHARES,
)
from sources.threat_event.ways import QUIET

Array = NDArray[np.float64]
ACTIVITIES = np.linspace(-4.5, 4.5, 19)
"""Activity is unseen, so it is integrated over; a wider and finer grid moves no posterior by over .003."""
ROWS = 2_000
"""Events whose densities are held at a time."""
LEAST = 1e-300


def best_achievable(seed: int = 20260101, records: int = 10_000) -> dict[str, float]:
    """Accuracy and macro-F1 of the likeliest label, on events drawn apart from those of `chunks`."""
    events = draw(np.random.default_rng([seed, records]), records)
    answer = posterior(events.measured).argmax(axis=1)
    return {
        "accuracy": float((answer == events.label).mean()),
        "macro_f1": macro_f1(confusion(events.label, answer, len(CLASSES))),
    }


def posterior(measured: Array) -> Array:
    """Probability of each label (n, classes), given measurements (n, features) with NaN where left out."""
    parts = [_posterior(measured[start : start + ROWS]) for start in range(0, len(measured), ROWS)]
    return np.concatenate(parts)


def _posterior(measured: Array) -> Array:
    joint = np.stack([_log_density(measured, way) for way in range(len(WAY_SHARES))], axis=1)
    weights = np.exp(joint - joint.max(axis=1, keepdims=True)) * WAY_SHARES
    classes = weights @ (WAY_CLASS[:, None] == np.arange(len(CLASSES)))
    classes /= classes.sum(axis=1, keepdims=True)
    found: Array = classes * (1 - MISLABELLED) + (1 - classes) * MISLABELLED / (len(CLASSES) - 1)
    return found


def _log_density(measured: Array, way: int) -> Array:
    """Up to what is the same for all ways (n,)."""
    log = np.tile(-(ACTIVITIES**2) / 2, (len(measured), 1))
    for column, (name, measure) in enumerate(QUIET.items()):
        known = np.isfinite(measured[:, column])
        values = measured[known, column]
        centre = CENTRE[way, column] + SPREAD[way, column] * SHARED[column] * ACTIVITIES
        spread = SPREAD[way, column] * math.sqrt(1 - SHARED[column] ** 2)
        if measure.kind == "count":
            distinct, place = np.unique(values, return_inverse=True)
            log[known] += np.log(_count(distinct, measure.least, centre, spread))[place]
            continue
        if name == "geographic_entropy":
            most = most_entropy(measured[known, NAMES.index("unique_ips")])
            known[known], values = most > 0, values[most > 0] / most[most > 0]
        scaled = np.log(values / (1 - values) if measure.kind == "share" else values)
        log[known] += -(((scaled[:, None] - centre) / spread) ** 2) / 2 - math.log(spread)
    highest = log.max(axis=1, keepdims=True)
    found: Array = np.log(np.exp(log - highest).sum(axis=1)) + highest[:, 0]
    return found


def _count(values: Array, least: int, centre: Array, spread: float) -> Array:
    """Probability of each whole number at each activity (values, activities)."""
    with np.errstate(divide="ignore"):
        edges = np.log([np.where(values > least, values, 0), values + 1])
    below, above = (_normal_below((edge[:, None] - centre) / spread) for edge in edges)
    found: Array = np.maximum(above - below, LEAST)
    return found


def _normal_below(deviations: Array) -> Array:
    spread = (deviations / math.sqrt(2)).ravel().tolist()
    return (1 + np.array([math.erf(each) for each in spread])).reshape(deviations.shape) / 2
