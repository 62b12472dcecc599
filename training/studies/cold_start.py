"""`python -m studies.cold_start FOLDER`: how well a cold start of Lambda is foretold for a configuration that
was never measured. Prints one JSON object.

`... tables FOLDER` writes the statistics that the simulator of placement reads. `... predict FOLDER --runtime
python3.12 --mem 512 --arch arm64 --pkg zip` foretells one configuration.

Everything is learned and chosen on the rows before a cut, or without the folds judged. Intervals draw whole
runtimes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studies import cold_start_model as model
from studies import cold_start_rules as rules
from studies import cold_start_tables
from studies.cold_start_data import Array, Configuration, Starts, load
from studies.cold_start_names import Traits

Maker = Callable[[Starts], rules.Answer]
MAKERS: Mapping[str, Maker] = {
    "mean": rules.mean,
    "family": rules.family,
    "relative": rules.relative,
    "own": rules.own,
    "own_recent": rules.own_recent,
    "trees": model.trees,
}
MEASURED = ("own", "own_recent")
"""These know nothing of a configuration without rows but its family."""
EARLY = 0.7
HALF_YEARS = ("2024-07-01", "2025-01-01", "2025-07-01", "2026-01-01")
FOLDS, SEEDS, DRAWS = 5, 3, 1000
RECENT_DAYS = 90
"""What a prediction takes of a measured configuration."""


def study(starts: Starts) -> dict[str, Any]:
    """All figures, by what was kept from the makers."""
    cut = np.quantile(starts.day.astype(np.int64), EARLY)
    early = starts.day.astype(np.int64) <= cut
    return {
        "rows": len(starts),
        "configurations": len(np.unique(starts.place)),
        "runtimes": len(np.unique(starts.of("runtime"))),
        "later_days": later(starts.take(early), starts.take(~early)),
        "new_configurations": newcomers(starts),
        "held_out_configurations": held_out(starts, starts.place.astype(np.str_), 1),
        "held_out_runtimes": held_out(starts, starts.of("runtime"), SEEDS),
        "held_out_families": held_out(starts, _families(starts), 1),
    }


def later(known: Starts, judged: Starts) -> dict[str, Any]:
    """Of configurations that the earlier days hold."""
    both = judged.take(np.isin(judged.place, known.place))
    return {"cut": str(known.day.max())} | {
        name: told(both, make(known)(both)) for name, make in MAKERS.items()
    }


def newcomers(starts: Starts) -> dict[str, Any]:
    """Of configurations that appear within half a year, by what was learned before it: all of them, those of
    families that were known, and the others."""
    parts: list[Starts] = []
    familiar: list[NDArray[np.bool_]] = []
    answers: dict[str, list[Array]] = {name: [] for name in _unmeasured()}
    for begin, end in pairwise(HALF_YEARS):
        known = starts.take(starts.day < np.datetime64(begin))
        during = (starts.day >= np.datetime64(begin)) & (starts.day < np.datetime64(end))
        new = starts.take(during & ~np.isin(starts.place, known.place))
        parts.append(new)
        familiar.append(np.isin(_families(new), _families(known)))
        for name, make in _unmeasured().items():
            answers[name].append(make(known)(new))
    rows, of_known = _joined(parts), np.concatenate(familiar)
    chosen = {"all": np.ones(len(rows), bool), "of_known_families": of_known, "of_new_families": ~of_known}
    return {
        group: {name: told(rows.take(which), np.concatenate(each)[which]) for name, each in answers.items()}
        for group, which in chosen.items()
        if which.any()
    }


def held_out(starts: Starts, names: NDArray[np.str_], seeds: int) -> dict[str, Any]:
    """Folds of whole names, drawn `seeds` times."""
    drawn = [model.folds(names, FOLDS, seed) for seed in range(seeds)]
    found: dict[str, Any] = {}
    made: list[model.Trees] = []

    def kept(known: Starts) -> model.Trees:
        made.append(model.trees(known))
        return made[-1]

    for name, make in (_unmeasured() | {"trees": kept}).items():
        answers = [model.crossed(starts, fold, make) for fold in drawn]
        found[name] = told(_joined([starts] * seeds), np.concatenate(answers)) | {"rows": len(starts)}
        found[name]["r2_by_seed"] = [told(starts, each, 0)["r2"] for each in answers]
    parts = [starts.take(fold == each) for fold in drawn for each in range(FOLDS)]
    within = [trees.within(part) for trees, part in zip(made, parts, strict=True)]
    return {**found, "within_band": round(float(np.mean(np.concatenate(within))), 3)}


def told(starts: Starts, answers: Array, draws: int = DRAWS) -> dict[str, Any]:
    """R2 and mean absolute error in ms with the middle 95% over draws of runtimes; median error by truth."""
    error = answers - starts.mean_ms
    runtime = np.unique(starts.of("runtime"), return_inverse=True)[1]
    values = (np.ones(len(starts)), starts.mean_ms, starts.mean_ms**2, error**2, np.abs(error))
    sums = np.column_stack([np.bincount(runtime, each) for each in values])
    draw = np.random.default_rng(model.SEED).integers(0, len(sums), (draws, len(sums)))
    found: dict[str, Any] = {
        "rows": len(starts),
        "configurations": len(np.unique(starts.place)),
        "r2": round(float(_r2(sums.sum(axis=0))), 3),
        "mae_ms": round(float(np.abs(error).mean()), 2),
        "median_error": round(float(np.median(np.abs(error) / starts.mean_ms)), 3),
    }
    if draws:
        samples = sums[draw].sum(axis=1)
        found["r2_interval"] = _middle(_r2(samples), 3)
        found["mae_interval"] = _middle(samples[:, 4] / samples[:, 0], 2)
    return found


def _unmeasured() -> dict[str, Maker]:
    return {name: make for name, make in MAKERS.items() if name not in MEASURED}


def _families(starts: Starts) -> NDArray[np.str_]:
    return np.array([Traits.of(each.runtime).family for each in starts.configurations])[starts.place]


def _joined(parts: Sequence[Starts]) -> Starts:
    columns = (
        np.concatenate([getattr(each, name) for each in parts])
        for name in ("place", "day", "mean_ms", "median_ms", "longest_ms")
    )
    return Starts(parts[0].configurations, parts[0].since, *columns)


def _r2(sums: Array) -> Any:
    """Of rows, sum of truths, of their squares, and of squared errors in the last axis."""
    count, total, squares, wrong = (sums[..., place] for place in range(4))
    return 1 - wrong / (squares - total**2 / count)


def _middle(values: Array, digits: int) -> list[float]:
    return [round(float(each), digits) for each in np.quantile(values, (0.025, 0.975))]


def predict(starts: Starts, asked: Configuration) -> dict[str, Any]:
    """From the configuration's own recent days where there are some, else from its nearest relative, which no
    model has beaten. 80% of days lie within the interval, fewer where its family is new."""
    mine = starts.take(np.array([each == asked for each in starts.configurations])[starts.place])
    if len(mine):
        recent = mine.take(mine.day > mine.day.max() - np.timedelta64(RECENT_DAYS, "D"))
        answer = np.quantile(recent.mean_ms, (0.5, *model.BAND))
        return _shown(asked, answer, f"measured on {len(recent)} days until {mine.day.max()}")
    ratios = starts.mean_ms / model.crossed(
        starts, model.folds(starts.of("runtime"), FOLDS, model.SEED), rules.relative
    )
    answer = rules.relative(starts)(_alone(asked, starts)) * np.append(1, np.quantile(ratios, model.BAND))
    if Traits.of(asked.runtime).family in _families(starts):
        return _shown(asked, answer, "its nearest relative")
    return _shown(asked, answer, "no runtime of its family was measured: little more than a guess")


def _shown(asked: Configuration, answer: Array, basis: str) -> dict[str, Any]:
    ms, low, high = (round(float(each), 1) for each in answer)
    return {**asked._asdict(), "ms": ms, "interval": [low, high], "basis": basis}


def _alone(asked: Configuration, starts: Starts) -> Starts:
    day, unknown = np.array([starts.day.max()]), np.array([np.nan])
    return Starts((asked,), day, np.zeros(1, np.int64), day, unknown, unknown, unknown)


def main(argv: Sequence[str]) -> int:
    command, rest = (argv[0], argv[1:]) if argv and argv[0] in ("tables", "predict") else ("study", argv)
    parser = argparse.ArgumentParser(prog="python -m studies.cold_start [tables|predict]")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="which holds cold_starts.parquet")
    if command == "predict":
        parser.add_argument("--runtime", required=True)
        parser.add_argument("--mem", type=int, default=1024)
        parser.add_argument("--arch", choices=("arm64", "x86_64"), default="x86_64")
        parser.add_argument("--pkg", choices=("image", "zip"), default="zip")
    given = parser.parse_args(rest)
    try:
        starts = load(given.folder)
    except ValueError as error:
        print(error)
        return 2
    if command == "tables":
        cold_start_tables.write(cold_start_tables.tables(starts))
        print(f"written: {cold_start_tables.PATH}")
    elif command == "predict":
        asked = Configuration(given.runtime, given.arch, given.mem, given.pkg)
        print(json.dumps(predict(starts, asked), indent=1))
    else:
        print(json.dumps(study(starts), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
