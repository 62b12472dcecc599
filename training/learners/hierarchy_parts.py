"""Grows one booster for each part of the training rows that is held out, and learns from what it had not
seen.

What is held out in turn are parts of the rows, and parts of the names of a kind, with all their rows. Rows
whose time is known are held out by whole weeks, so that nothing is known of what moved then. A
booster reads the other rows, each encoded without its own part, so that the trees meet names that are known
and names that are not, as often.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract
from class_weights import row_weights
from dataset import Rows
from encoding import Matrix
from learners import hierarchy_calibration, hierarchy_widths
from learners.hierarchy_bounds import Bounds
from learners.hierarchy_calibration import Calibration
from learners.hierarchy_encoding import Levels, Pooling, folds_of
from learners.hierarchy_levels import Array, Codes
from learners.hierarchy_settings import ROWS, Settings
from learners.lightgbm_library import lgb

WEEK_MS = 7 * 86_400_000


@dataclass(frozen=True)
class Grown:
    """`told`: how strongly each level pools, and the deviations behind the bounds."""

    pooling: Pooling
    texts: tuple[str, ...]
    rounds: tuple[int, ...]
    calibration: Calibration | None
    bounds: Bounds | None
    told: dict[str, Any]


@dataclass(frozen=True)
class Part:
    """Rows that were held out in the way `way`, and the margins of the booster that did not see them."""

    way: str
    rows: Codes
    margins: Array


@dataclass(frozen=True)
class Growing:
    """The training rows, the columns that hold names, and the fold of each row for each way (ways, rows)."""

    rows: Rows
    contract: Contract
    settings: Settings
    columns: dict[str, int]
    outcome: Array
    folds: Codes

    @classmethod
    def of(cls, rows: Rows, contract: Contract, settings: Settings) -> Growing:
        draw = np.random.default_rng(settings.trees.seed)
        columns = {
            each.name: contract.columns.index(each.name) for each in contract.record.features if each.names
        }
        kept: dict[str, NDArray[Any]] = {
            way: rows.features[:, columns[way]] for way in settings.hold_out if way != ROWS
        }
        week = rows.time // WEEK_MS
        if len(np.unique(week)) >= settings.folds:
            kept[ROWS] = week
        folds = np.stack(
            [folds_of(kept.get(way), len(rows), settings.folds, draw) for way in settings.hold_out]
        )
        return cls(rows, contract, settings, columns, _outcome(rows, len(contract.target.classes)), folds)

    def levels(self, chosen: Codes) -> Levels:
        chains = tuple(tuple(self.columns[name] for name in chain) for chain in self.settings.chains)
        named = set(self.columns.values())
        inputs, pull = self.rows.features[chosen], self.settings.pooling
        return Levels.of(chains, named, inputs, self.outcome[chosen], pull)

    def part(self, way: int, fold: int) -> tuple[Any, Part]:
        """The booster that did not see this part, stopped where it foretells it best, and what it says."""
        held = self.folds[way] == fold
        known, asked = np.flatnonzero(~held), np.flatnonzero(held)
        levels = self.levels(known)
        inputs = self.rows.features
        judged = levels.pooling(self.outcome[known]).encode(inputs[asked])
        booster = self._boosted(self._training(levels, known), known, judged, asked)
        found = margins(booster, judged, len(self.contract.target.classes))
        return booster, Part(self.settings.hold_out[way], asked, found)

    def _training(self, levels: Levels, known: Codes) -> Matrix:
        """Each row encoded without its own part of one way, the ways in turn."""
        way = np.random.default_rng(self.settings.trees.seed).integers(len(self.folds), size=len(known))
        inputs, outcome = self.rows.features[known], self.outcome[known]
        every = [
            levels.out_of_fold(inputs, outcome, folds[known], self.settings.folds) for folds in self.folds
        ]
        found: Matrix = np.stack(every)[way, np.arange(len(known))]
        return found

    def _boosted(self, inputs: Matrix, known: Codes, judged: Matrix, asked: Codes) -> Any:
        classes, settings = len(self.contract.target.classes), self.settings.trees
        parameters, target = settings.booster(classes), self.rows.target
        weight = row_weights(settings.class_weight, target[known], classes)
        learned = lgb.Dataset(inputs, target[known], weight=weight, params=parameters)
        unseen = lgb.Dataset(judged, target[asked], reference=learned, params=parameters)
        stop = lgb.early_stopping(settings.early_stopping_rounds, verbose=False)
        return lgb.train(parameters, learned, settings.num_boost_round, valid_sets=[unseen], callbacks=[stop])


def grow(rows: Rows, contract: Contract, settings: Settings) -> Grown:
    growing = Growing.of(rows, contract, settings)
    made = list(_parts(growing))
    everything = np.arange(len(rows))
    levels = growing.levels(everything)
    parts = [part for _, part in made]
    calibration = _calibration(parts, rows) if contract.target.classes else None
    bounds: Bounds | None = None
    spreads: dict[str, float] = {}
    if calibration and contract.target.interval and contract.advice:
        bounds, spreads = hierarchy_widths.learn(growing, parts, levels.groups, calibration)
    names = {column: name for name, column in growing.columns.items()}
    told = {
        "strengths": {
            ">".join(names[level.column] for level in chain): [round(each, 3) for each in strengths]
            for chain, strengths in zip(levels.chains, levels.strengths, strict=True)
        },
        "spreads": spreads,
    }
    texts = tuple(booster.model_to_string(num_iteration=booster.best_iteration) for booster, _ in made)
    rounds = tuple(booster.best_iteration for booster, _ in made)
    return Grown(levels.pooling(growing.outcome), texts, rounds, calibration, bounds, told)


def margins(booster: Any, encoded: Matrix, classes: int) -> Array:
    """(rows, classes), the first of two being 0; of a number the values (rows,)."""
    found: Array = booster.predict(encoded, raw_score=True, num_threads=1)
    return np.stack((np.zeros(len(found)), found), axis=1) if classes == 2 else found


def _parts(growing: Growing) -> Iterator[tuple[Any, Part]]:
    for way, folds in enumerate(growing.folds):
        for fold in np.unique(folds):
            if (folds == fold).any() and (folds != fold).any():
                yield growing.part(way, int(fold))


def _outcome(rows: Rows, classes: int) -> Array:
    """(rows, outcomes): a number, the second of two classes, or each of more."""
    if not classes:
        return rows.target.astype(np.float64)[:, None]
    chosen = np.eye(classes)[rows.target.astype(np.int64)]
    return chosen[:, 1:] if classes == 2 else chosen


def _calibration(parts: list[Part], rows: Rows) -> Calibration:
    margins = np.concatenate([part.margins for part in parts])
    truth = rows.target[np.concatenate([part.rows for part in parts])].astype(np.int64)
    return hierarchy_calibration.fit(margins, truth)
