"""Statistics of the cold starts that a simulator of placement draws from: no row of the set is among them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studies.cold_start_data import SOURCE, Array, Days, Starts

PATH = Path(__file__).parents[1] / "sources" / "placement_request" / "cold_starts.json"
RUNTIMES = (
    "python3.11", "python3.12", "python3.13", "python3.14", "nodejs20.x", "nodejs22.x", "java17", "java21",
    "java21 snapstart", "dotnet8", "ruby3.3", "go (prov.al2023)", "rust (prov.al2023)",
)  # fmt: skip
AT = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
AGES = (30, 90, 180, 365)
"""Days at which a runtime becomes older by a step."""
FEWEST = 4
"""Days that a median needs at least."""
FIELDS = {
    "configurations": "ms: quantiles over days of the median of a day's ten cold starts; longest: quantiles "
    "over days of the longest of the ten by their median; mean: their mean by their median, median over days",
    "by_half_year": "ms by the configuration's median of all days: median of the half year",
    "by_age": "the same by days since the runtime first appears, for those that the first day lacks",
}


def tables(starts: Starts, runtimes: Sequence[str] = RUNTIMES) -> dict[str, Any]:
    """Quantiles at `AT` for each configuration of the `runtimes`, and how they changed with time."""
    kept = starts.take(np.isin(starts.of("runtime"), runtimes))
    relative = kept.median_ms / _medians(kept)[kept.place]
    return {
        **SOURCE,
        "changes": "statistics of functions that do nothing; two days a week from "
        f"{starts.day.min()} to {starts.day.max()}",
        "fields": FIELDS,
        "at": AT,
        "configurations": [_quantiles(kept, place) for place in np.unique(kept.place)],
        "by_half_year": _changes(kept, relative, _half_years(kept.day)),
        "by_age": _by_age(starts, kept, relative),
    }


def write(found: dict[str, Any], path: Path = PATH) -> None:
    """One line for each configuration."""
    parts = [f" {json.dumps(name)}: {_lines(value)}" for name, value in found.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def _lines(value: Any) -> str:
    if not isinstance(value, list):
        return json.dumps(value)
    return "[\n  " + ",\n  ".join(json.dumps(each) for each in value) + "\n ]"


def _quantiles(starts: Starts, place: int) -> dict[str, Any]:
    rows = starts.take(starts.place == place)
    return {
        **starts.configurations[place]._asdict(),
        "days": len(rows),
        "ms": _rounded(np.quantile(rows.median_ms, AT), 1),
        "longest": _rounded(np.quantile(rows.longest_ms / rows.median_ms, AT), 3),
        "mean": round(float(np.median(rows.mean_ms / rows.median_ms)), 3),
    }


def _medians(starts: Starts) -> Array:
    """Of each configuration, NaN where it has no day."""
    found = np.full(len(starts.configurations), np.nan)
    for place in np.unique(starts.place):
        found[place] = np.median(starts.median_ms[starts.place == place])
    return found


def _half_years(day: Days) -> NDArray[np.str_]:
    month = day.astype("datetime64[M]").astype(np.int64)
    return np.array([f"{1970 + each // 12}H{1 + each % 12 // 6}" for each in month.tolist()])


def _by_age(starts: Starts, kept: Starts, relative: Array) -> list[dict[str, Any]]:
    since = kept.since[kept.place]
    later = since > starts.day.min()
    age = (kept.day - since)[later] // np.timedelta64(1, "D")
    names = np.array([f"from day {each}" for each in (0, *AGES)])
    return _changes(kept.take(later), relative[later], names[np.searchsorted(AGES, age, side="right")])


def _changes(starts: Starts, relative: Array, when: NDArray[np.str_]) -> list[dict[str, Any]]:
    """Median of `relative` for each runtime, architecture and package at each `when`."""
    groups = {name: starts.of(name) for name in ("runtime", "arch", "package")}
    found = []
    for values in dict.fromkeys(zip(*groups.values(), strict=True)):
        mine = np.all([rows == value for rows, value in zip(groups.values(), values, strict=True)], axis=0)
        named = {name: str(value) for name, value in zip(groups, values, strict=True)}
        medians = {
            str(each): round(float(np.median(relative[mine & (when == each)])), 3)
            for each in dict.fromkeys(when[mine])
            if len(np.unique(starts.day[mine & (when == each)])) >= FEWEST
        }
        found.append({**named, **medians})
    return sorted(found, key=lambda each: (each["runtime"], each["arch"], each["package"]))


def _rounded(values: Array, digits: int) -> list[float]:
    return [round(float(each), digits) for each in values]
