"""The anomaly detector by NAB's rules: `PYTHONPATH=training:. python -m studies.nab FOLDER` prints JSON.

`FOLDER` holds `series.csv.gz`, `windows.json` and `published_final_results.json`. The detector was designed
on the development files alone; "held_out" are the others, "all" both. Each row of figures takes the best
threshold of its own files, as NAB does; "held_out_at_development_threshold" does not look at them at all.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.knn_evt import DEFAULTS, Detector
from studies import nab_baselines as baselines
from studies.nab_alarms import LONG, YOUNG, quiet
from studies.nab_corpus import File, load
from studies.nab_scoring import PROFILES, Result, score

Values = NDArray[np.float64]

RATES = (1e-2, 3e-3, 1e-3)
SEEDS = range(20)
SINGLE_CALLS = 1500


def detect(file: File) -> Values:
    """The detector's score of the rows that are rarer than what just went before, 0 elsewhere."""
    scores = Detector({}).update(file.times, file.values)
    return np.where(scores.fresh, scores.score, 0.0)


DETECTORS: dict[str, Callable[[File], Values]] = {
    "knn_evt": detect,
    "null": baselines.nothing,
    "robust_z": baselines.robust_z,
    "windowed_gaussian": baselines.windowed_gaussian,
    "knn_cad": baselines.knn_cad,
}


def figures(files: Sequence[File], scores: dict[str, Values]) -> dict[str, Any]:
    """Every profile on every part of the corpus."""
    parts = {
        "development": [file for file in files if file.development],
        "held_out": [file for file in files if not file.development],
        "all": list(files),
    }
    for group in sorted({file.group for file in files}):
        parts[f"all/{group}"] = [file for file in files if file.group == group]
    return {
        profile: {
            part: _row(score(some, [scores[f.name] for f in some], weights)) for part, some in parts.items()
        }
        for profile, weights in PROFILES.items()
    }


def at(files: Sequence[File], scores: dict[str, Values], threshold: float) -> dict[str, Any]:
    """The standard profile's figures at a threshold that was not chosen on these files."""
    return _row(score(files, [scores[file.name] for file in files], PROFILES["standard"], threshold))


def chance(files: Sequence[File]) -> dict[str, float]:
    """Standard profile of random scores, over seeds."""
    found = [
        score(files, [baselines.chance(f, seed) for f in files], PROFILES["standard"]).score for seed in SEEDS
    ]
    return {"mean": float(np.mean(found)), "deviation": float(np.std(found)), "seeds": len(found)}


def alarm_rates(series: Iterable[tuple[str, Values, Values]]) -> dict[str, dict[str, float]]:
    """Measured share of points that alarm, by series and the rate asked for, where there is nothing to find.

    Series of one name are taken together.
    """
    alarms: dict[str, Values] = {}
    for name, times, values in series:
        scores = Detector({}).update(times, values)
        found = [np.sum(scores.fresh & (scores.score >= 1 - rate)) for rate in RATES]
        counts = np.array([*found, np.sum(~scores.warming)], np.float64)
        alarms[name] = counts + alarms.get(name, np.zeros(len(counts)))
    return {
        name: {f"{rate:g}": float(count / counts[-1]) for rate, count in zip(RATES, counts, strict=False)}
        for name, counts in alarms.items()
    }


def speed(files: Sequence[File]) -> dict[str, float]:
    """Points a second of one core's time: whole files at once, and one point a call."""
    began = time.process_time()
    for file in files:
        Detector({}).update(file.times, file.values)
    batch = sum(len(file.values) for file in files) / (time.process_time() - began)
    detector, file = Detector({}), files[-1]
    count = min(SINGLE_CALLS, len(file.values))
    began = time.process_time()
    for row in range(count):
        detector.update(file.times[row : row + 1], file.values[row : row + 1])
    return {"batch": batch, "single_calls": count / (time.process_time() - began)}


def study(folder: Path) -> dict[str, Any]:
    files = load(folder)
    held_out = [file for file in files if not file.development]
    scores = {name: {file.name: run(file) for file in files} for name, run in DETECTORS.items()}
    results: dict[str, Any] = {name: figures(files, found) for name, found in scores.items()}
    for name, found in scores.items():
        row = results[name]["standard"]
        chosen = row["development"]["threshold"]
        row["held_out_at_development_threshold"] = at(held_out, found, np.inf if chosen is None else chosen)
    shipped = {f"{rate:g}": at(files, scores["knn_evt"], 1 - rate) for rate in RATES}
    return {
        "corpus": {
            "scored": "4 of NAB's 7 groups",
            "files": len(files),
            "of_files": 58,
            "windows": sum(len(file.windows) for file in files),
            "rows": sum(len(file.values) for file in files),
            "development": [file.name for file in files if file.development],
        },
        "settings": dict(DEFAULTS),
        "results": results,
        "random": chance(files),
        "at_false_alarm_rate": shipped,
        "published_whole_corpus": json.loads((folder / "published_final_results.json").read_text()),
        "points_per_second": speed(files),
        "measured_false_alarm_rate": {
            "long_series": alarm_rates(quiet(LONG, seed=1)),
            "first_two_weeks": alarm_rates(each for seed in SEEDS for each in quiet(YOUNG, seed)),
            "nab": alarm_rates(
                (f.name, f.times, f.values) for f in files if f.group == "artificialNoAnomaly"
            ),
        },
    }


def _row(result: Result) -> dict[str, Any]:
    """For JSON, which has no infinity: the threshold that detects nothing is None."""
    row = asdict(result)
    return row | {"threshold": None} if np.isinf(result.threshold) else row


if __name__ == "__main__":
    json.dump(study(Path(sys.argv[1])), sys.stdout, indent=1, allow_nan=False)
