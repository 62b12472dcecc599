"""A small hierarchy with known truth: zones in regions, types, two numbers."""

from __future__ import annotations

import numpy as np

from artifact import Artifact
from catalog.contract import Advice, Contract, Feature, Key, Level, RecordSchema, Target
from dataset import Rows
from encoding import Scaler

REGIONS, ZONES, TYPES = 5, 20, 60
KNOWN_ZONES, KNOWN_TYPES = 16, 45
ADVICE = Advice(calm="stable", field="stability_level", levels=(Level("any", 0.0, "none"),))


def _named(name):
    return Feature(name=name, unit="name", names=".+", missing="refuse", description=name, example="a")


RECORD = RecordSchema(
    name="pool",
    title="Pool",
    keys=(
        Key(name="pool", kind="text", description="The pool", example="p-1"),
        Key(name="seen_at", kind="timestamp", description="When", example="2026-01-05T10:00:00+00:00"),
    ),
    features=(
        _named("region"),
        _named("zone"),
        _named("kind"),
        Feature(name="load", unit="", minimum=-9, description="Load", example=1),
        Feature(name="noise", unit="", minimum=-9, description="Noise", example=1),
    ),
)
CONTRACTS = {
    "two classes": Contract(
        name="two",
        title="Two classes",
        record=RECORD,
        target=Target(name="state", description="", classes=("stable", "interrupted"), interval=0.9),
        advice=ADVICE,
    ),
    "classes": Contract(
        name="three",
        title="Three classes",
        record=RECORD,
        target=Target(name="state", description="", classes=("bad", "stable", "good"), interval=0.9),
        advice=ADVICE,
    ),
    "a number": Contract(
        name="number",
        title="A number",
        record=RECORD,
        target=Target(name="state", description="", minimum=-100, maximum=100),
    ),
}
CHAINS = {"chains": "region>zone;kind"}


def drawn(count, seed, *, every=False):
    """Inputs and the log-odds behind them; zones and types that training lacks where `every` is asked."""
    fixed = np.random.default_rng(7)
    region, zone, kind = (fixed.normal(0, s, n) for s, n in ((0.7, REGIONS), (0.5, ZONES), (1.0, TYPES)))
    draw = np.random.default_rng(seed)
    z = draw.integers(0, ZONES if every else KNOWN_ZONES, count)
    k = draw.integers(0, TYPES if every else KNOWN_TYPES, count)
    load, noise = draw.normal(size=(2, count))
    log_odds = -1 + region[z % REGIONS] + zone[z] + kind[k] + 0.8 * load
    inputs = np.stack([1000 + z % REGIONS, 2000 + 37 * z, 50_000 + 91 * k, load, noise], axis=1)
    inputs[draw.random(count) < 0.05, 4] = np.nan
    inputs[draw.random(count) < 0.02, 1] = np.nan
    return inputs.astype(np.float32), log_odds


def unknown(inputs):
    """Whether zone and type are ones that training lacks, each (rows,)."""
    return inputs[:, 1] > 2000 + 37 * (KNOWN_ZONES - 0.5), inputs[:, 2] > 50_000 + 91 * (KNOWN_TYPES - 0.5)


def rows(kind, count=5000, seed=1, *, every=False):
    inputs, log_odds = drawn(count, seed, every=every)
    draw = np.random.default_rng([seed, 1])
    if kind == "two classes":
        target = draw.random(count) < 1 / (1 + np.exp(-log_odds))
    elif kind == "classes":
        target = np.digitize(log_odds + draw.normal(size=count), [-1, 0.5])
    else:
        target = log_odds + draw.normal(0, 0.3, count)
    target = target.astype(np.float32)
    return Rows(inputs, target, target, np.arange(count))


def artifact_of(model, contract):
    width, classes = len(contract.columns), len(contract.target.classes)
    as_is = Scaler(np.zeros(width, np.float32), np.ones(width, np.float32))
    return Artifact(contract, "hierarchy", model, as_is, np.ones(classes, np.float32), {})
