"""Streaming anomaly detector for one metric series: nearest neighbours, season, extreme-value threshold.

A point is compared with the series' own past: how far is the nearest earlier value, alone and together with
the value before it (k-NN nonconformity in a delay embedding; Burnaev & Ishimtsev, arXiv:1608.04585)? Where
the series has a season, how far is it outside what it was at the same time of the last ones? How rare such
distances are is read off their own extremes (SPOT; Siffer et al., KDD 2017), so the rate of false alarms is
the one asked for whatever the unit, spread or shape of the series. The two are joined by a weighted
Bonferroni rule. After an alarm only a rarer point alarms again for a while. See docs/anomaly.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from detectors.knn_evt_block import BLOCK, Block, block
from detectors.knn_evt_scores import DEFAULTS, Scores, Values, scores_of, unfed
from detectors.knn_evt_season import Season, earlier
from detectors.knn_evt_state import Memory, no_peaks
from detectors.knn_evt_tail import PEAKS

__all__ = ["DEFAULTS", "Detector", "Scores"]

RECENT = 5
"""Values whose median is expected next, where there is no season."""
AT_ONCE = 4096
"""Points worked on at a time, to bound the memory of a long batch."""


class Detector:
    """One series. `settings` override `DEFAULTS`; ValueError names one that does not exist.

    `state`: what `state()` gave, None for a new series; that of another version starts the series anew.
    """

    def __init__(self, settings: Mapping[str, float], state: bytes | None = None) -> None:
        if unknown := sorted(set(settings) - set(DEFAULTS)):
            raise ValueError(f"settings {unknown} do not exist; known: {sorted(DEFAULTS)}")
        self.settings = {**DEFAULTS, **settings}
        self._memory = Memory.from_bytes(state)
        self._block: Block | None = None
        self._keep = int(self.settings["history_points"] + self.settings["recent_points"]) + BLOCK + 1

    def state(self) -> bytes:
        """Some 37 kB at most with the default settings: 16 bytes a point, 32 a block."""
        return self._memory.to_bytes()

    def update(self, times_s: Values, values: Values) -> Scores:
        """Feeds points in the order given: `times_s` (n,) seconds, `values` (n,), any unit.

        One batch gives the answers that many calls with the same points give.
        """
        last = self._memory.times[-1:] if self._memory.seen else np.array([-math.inf])
        finite = np.isfinite(values) & np.isfinite(times_s)
        latest = np.maximum.accumulate(np.concatenate([last, np.where(finite, times_s, -math.inf)]))
        fed = finite & (times_s > latest[:-1])
        rows, answer = np.flatnonzero(fed), unfed(len(values))
        for first in range(0, len(rows), AT_ONCE):
            part = rows[first : first + AT_ONCE]
            answer[:, part] = self._feed(times_s[part], values[part])
        return scores_of(answer, stale=finite & ~fed)

    def _feed(self, times: Values, values: Values) -> Values:
        """The answers to new points, one row per name of `NAMES`."""
        memory, known = self._memory, len(self._memory.times)
        memory.times = np.concatenate([memory.times, times])
        memory.values = np.concatenate([memory.values, values])
        season = earlier(memory.times, memory.values, known, self.settings["season_s"])
        expected = _expected(memory.values, known)
        answers, done = [], 0
        while done < len(values):
            rows = slice(done, min(done + BLOCK - memory.seen % BLOCK, len(values)))
            answers.append(self._chunk(known + done, season.part(rows), expected[rows]))
            done = rows.stop
        memory.times, memory.values = memory.times[-self._keep :], memory.values[-self._keep :]
        return np.concatenate(answers, axis=1)

    def _chunk(self, row: int, season: Season, expected: Values) -> Values:
        """Points that begin at a row of the memory and lie in one block."""
        memory, values, rate = self._memory, season.values, self.settings["false_alarm_rate"]
        within = memory.seen % BLOCK
        if within == 0:
            self._close()
        if within == 0 or self._block is None:
            self._block = block(memory, row - within, self.settings)
        model = self._block
        near = (
            model.distances(values, memory.values[row - 1 : row - 1 + len(values)])
            if model.compares
            else None
        )
        rare = model.probability(near, season)
        fresh = self._fresh(rare)
        self._note(near, season, model)
        warming = np.full(len(values), float(model.neighbour is None))
        band = model.band(expected, season, rate)
        return np.vstack([1 - rare, band, fresh * (rare <= rate), warming, fresh])

    def _fresh(self, probabilities: Values) -> Values:
        """1 where a point is rarer than any of the cooldown before it."""
        memory, cooldown = self._memory, self.settings["cooldown_points"]
        fresh = np.zeros(len(probabilities))
        for row, rare in enumerate((-np.log(probabilities)).tolist(), start=memory.seen):
            if rare > 0 and (rare > memory.record or row - memory.record_at > cooldown):
                memory.record, memory.record_at = rare, float(row)
                fresh[row - memory.seen] = 1.0
        return fresh

    def _note(self, near: Values | None, season: Season, model: Block) -> None:
        """Keeps the highest scores of the chunk, and how well the seasonal forecast did."""
        memory = self._memory
        for channel, scores in enumerate((near, season.excess if season.known.any() else None)):
            if scores is not None:
                both = np.concatenate([np.nan_to_num(memory.block[channel], nan=0.0), scores])
                memory.block[channel] = np.sort(both)[-PEAKS:]
        memory.block_fit = memory.block_fit + model.seasonal_fit(season)
        memory.seen += len(season.values)

    def _close(self) -> None:
        """Adds the block that has just ended to what is known."""
        memory, blocks = self._memory, int(self.settings["tail_points"]) // BLOCK
        if memory.seen:
            memory.peaks = np.concatenate([memory.peaks, memory.block[None]])[-blocks:]
            memory.block = no_peaks()
            memory.fit = memory.fit * (1 - 1 / blocks) + memory.block_fit
            memory.block_fit = np.zeros(3)


def _expected(values: Values, first: int) -> Values:
    """The median of the last values before each row from `first` on."""
    known = np.concatenate([np.full(RECENT, values[0]), values[:-1]])
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(known, RECENT)[first:], axis=1))
