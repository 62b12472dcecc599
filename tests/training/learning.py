"""Contracts and rows for learners of any target: classes of the threat model, a number, a forecast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnxruntime

from artifact import Artifact
from catalog.contract import Target
from catalog.models.capacity import CAPACITY
from catalog.models.threat import THREAT
from dataset import Rows
from encoding import Scaler

THREATS = THREAT.contract
WIDTH, CLASSES = len(THREATS.columns), len(THREATS.target.classes)
TWO = replace(
    THREATS, target=replace(THREATS.target, classes=THREATS.target.classes[:2]), fallback=None, advice=None
)
NUMBER = replace(
    TWO, target=Target(name="load", description="A number", unit="%", minimum=-1000, maximum=1000)
)
FORECAST = CAPACITY.contract
AS_IS = Scaler(np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32))


def features(count=600, seed=0, missing=0.0):
    draw = np.random.default_rng(seed)
    found = draw.normal(0, 1, (count, WIDTH)).astype(np.float32)
    found[draw.random(found.shape) < missing] = np.nan
    return found


def strength(inputs, seed=0):
    """What the columns 0 and 3 say, and some chance."""
    known = np.nan_to_num(inputs)
    return known[:, 0] * 2 + known[:, 3] + np.random.default_rng(seed).normal(0, 0.3, len(inputs))


def rows(contract, count=600, seed=0, missing=0.0):
    """Rows whose target follows from two columns."""
    inputs, classes = features(count, seed, missing), len(contract.target.classes)
    said = strength(inputs, seed)
    target = (
        np.digitize(said, np.quantile(said, np.arange(1, classes) / classes)) if classes else 40 + 20 * said
    )
    target = target.astype(np.float32)
    return Rows(inputs, target, target, np.arange(count))


def through_onnx(learner, model, contract, inputs):
    """Probabilities or values, as the exported graph answers."""
    weights = np.ones(len(contract.target.classes), np.float32)
    session = onnxruntime.InferenceSession(Artifact(contract, learner, model, AS_IS, weights, {}).onnx())
    return session.run(None, {"features": np.ascontiguousarray(inputs)})[0]
