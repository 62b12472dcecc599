"""Rules that foretell a cold start without learning: what any model has to beat."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from studies.cold_start_data import Array, Configuration, Starts
from studies.cold_start_names import Traits

Answer = Callable[[Starts], Array]
"""Ms for each row; reads no measurement of them."""
RECENT_DAYS = (30, 90, 180, 10_000)
HELD_BACK = 0.25
"""Share of the training days that chooses among RECENT_DAYS."""


def mean(known: Starts) -> Answer:
    value = float(known.mean_ms.mean())
    return lambda asked: np.full(len(asked), value)


def family(known: Starts) -> Answer:
    """Median of the runtime's family, else of all."""
    return _median_of(known, lambda each: Traits.of(each.runtime).family)


def relative(known: Starts) -> Answer:
    """Median of the nearest version of the same family or language, else of all of the same kind."""
    levels = medians(known)
    steps = tuple(_by(levels, key) for key in (*VERSIONED, *RELATED))

    def answer(asked: Configuration) -> float:
        key, near = next((key, group[key(asked)]) for key, group in steps if key(asked) in group)
        away = [abs(_version(each) - _version(asked)) if key in VERSIONED else 0 for each, _ in near]
        return float(
            np.median([level for (_, level), far in zip(near, away, strict=True) if far == min(away)])
        )

    return each_once(answer)


def own(known: Starts, days: int = RECENT_DAYS[-1]) -> Answer:
    """Median of the configuration's own last `days`, else of its family."""
    recent = known.take(known.day > known.day.max() - np.timedelta64(days, "D"))
    levels = medians(known) | medians(recent)
    otherwise = family(known)

    def answer(asked: Starts) -> Array:
        found = [levels.get(each, np.nan) for each in asked.configurations]
        mine = np.array(found)[asked.place]
        return np.where(np.isnan(mine), otherwise(asked), mine)

    return answer


def own_recent(known: Starts) -> Answer:
    """The same, with the number of days that does best on the last days of `known`."""
    cut = np.quantile(known.day.astype(np.int64), 1 - HELD_BACK)
    early = known.day.astype(np.int64) <= cut
    before, after = known.take(early), known.take(~early)
    errors = [float(np.mean((own(before, days)(after) - after.mean_ms) ** 2)) for days in RECENT_DAYS]
    return own(known, RECENT_DAYS[int(np.argmin(errors))])


def medians(starts: Starts) -> dict[Configuration, float]:
    """Median of the mean cold start of each configuration that has rows."""
    order = np.argsort(starts.place, kind="stable")
    places, first = np.unique(starts.place[order], return_index=True)
    parts = np.split(starts.mean_ms[order], first[1:]) if len(places) else []
    return {
        starts.configurations[place]: float(np.median(part))
        for place, part in zip(places, parts, strict=True)
    }


def each_once(answer: Callable[[Configuration], float]) -> Answer:
    def rows(asked: Starts) -> Array:
        found = np.full(len(asked.configurations), np.nan)
        for place in np.unique(asked.place):
            found[place] = answer(asked.configurations[place])
        return found[asked.place]

    return rows


def _median_of(known: Starts, key: Callable[[Configuration], Hashable]) -> Answer:
    names = [key(each) for each in known.configurations]
    codes = {name: code for code, name in enumerate(dict.fromkeys(names))}
    of_row = np.array([codes[name] for name in names])[known.place]
    found = {
        name: float(np.median(known.mean_ms[of_row == code]))
        for name, code in codes.items()
        if (of_row == code).any()
    }
    otherwise = float(np.median(known.mean_ms))
    return each_once(lambda asked: found.get(key(asked), otherwise))


Key = Callable[[Configuration], Hashable]
Levels = dict[Any, list[tuple[Configuration, float]]]


def _related(*names: str, arch: bool = True) -> Key:
    """The traits `names` of a runtime, its package, and its architecture."""

    def key(each: Configuration) -> Hashable:
        traits = Traits.of(each.runtime)
        return (*(getattr(traits, name) for name in names), each.package, each.arch if arch else None)

    return key


VERSIONED: Sequence[Key] = (
    _related("family", "flag"),
    _related("family", "flag", arch=False),
    _related("language", "flag"),
)
"""Within these, versions are of one thing and their distance means something."""
RELATED: Sequence[Key] = (_related("kind", "flag"), _related("kind"), lambda _: None)


def _by(levels: dict[Configuration, float], key: Key) -> tuple[Key, Levels]:
    groups: Levels = {}
    for each, level in levels.items():
        groups.setdefault(key(each), []).append((each, level))
    return key, groups


def _version(each: Configuration) -> int:
    return Traits.of(each.runtime).version
