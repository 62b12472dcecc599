"""Hyperparameters of the hierarchical learner: its own, and those of the LightGBM trees that it grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import hyperparameters
from catalog.contract import Contract
from hyperparameters import Kind, positive, whole
from jobs import JobError
from learners import lightgbm_settings

ROWS = "rows"
"""What is held out where nothing of the hierarchy is: rows whose names are all known."""
MOST_BOOSTERS = 40
Chains = tuple[tuple[str, ...], ...]


def _chains(text: str) -> Chains:
    found = tuple(tuple(level.strip() for level in part.split(">")) for part in text.split(";") if part)
    if not all(level for chain in found for level in chain):
        raise ValueError(text)
    return found


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


KINDS = {
    "chains": Kind("names of features, coarse to fine, as region>zone; chains parted by ;", _chains),
    "hold_out": Kind("rows and names of features, parted by commas", _names),
    "folds": whole(2, 20),
    "pooling": positive(),
}
DEFAULTS = {"chains": "", "hold_out": "", "folds": "3", "pooling": "1.0"}
TREES = {"num_leaves": "15", "learning_rate": "0.08", "min_child_samples": "40", "num_boost_round": "200"}
"""Where these differ from LightGBM's own defaults: half of what it reads is made of the target."""


@dataclass(frozen=True)
class Settings:
    """`chains` of levels from coarse to fine; what is held out in turn, in `folds` parts each; how much
    stronger than the data say a level is drawn to the one above it."""

    chains: Chains
    hold_out: tuple[str, ...]
    folds: int
    pooling: float
    trees: lightgbm_settings.Settings

    def as_text(self) -> dict[str, str]:
        own = {
            "chains": ";".join(">".join(chain) for chain in self.chains),
            "hold_out": ",".join(self.hold_out),
            "folds": str(self.folds),
            "pooling": str(self.pooling),
        }
        return {**own, **self.trees.as_text()}


def read(given: Mapping[str, str], contract: Contract) -> Settings:
    """JobError names what is unknown or unusable.

    Without `chains` the features that hold names make one, in the order of their declaration; without
    `hold_out` rows and the last level of each chain are held out.
    """
    own = hyperparameters.read({k: v for k, v in given.items() if k in KINDS}, KINDS, DEFAULTS)
    rest = {name: text for name, text in given.items() if name not in KINDS}
    trees = lightgbm_settings.read({**TREES, **rest}, contract.target)
    named = tuple(feature.name for feature in contract.record.features if feature.names)
    chains: Chains = own["chains"] or ((named,) if named else ())
    last = dict.fromkeys(chain[-1] for chain in chains)
    hold_out: tuple[str, ...] = own["hold_out"] or (ROWS, *last)
    asked = dict.fromkeys((*(level for chain in chains for level in chain), *hold_out))
    unknown = [level for level in asked if level not in (*named, ROWS)]
    if unknown or not chains:
        raise JobError(
            f"levels {', '.join(unknown) or '(none)'} are not features that hold names; "
            f"{contract.name} has {', '.join(named) or '(none)'}"
        )
    if len(hold_out) * own["folds"] > MOST_BOOSTERS:
        raise JobError(f"{len(hold_out)} x {own['folds']} parts are held out; {MOST_BOOSTERS} is the most")
    return Settings(chains, hold_out, own["folds"], own["pooling"], trees)
