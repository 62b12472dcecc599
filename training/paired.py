"""Whether one model answers better than another: both on the same rows, and how sure that is.

A paired bootstrap: the same rows are drawn for both, so what makes a row hard for both cancels out. Whole
blocks of rows are drawn, since an entity's rows resemble each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from baselines import Answers
from catalog.contract import Contract
from dataset import Rows
from jobs import JobError
from scoring import MOST_ROWS, score

Verdict = Literal["better", "worse", "no difference shown"]
Index = NDArray[np.int64]
LEVEL = 0.95
LEAST_BLOCKS = 20
"""Fewer vary too little from draw to draw; the rows of so few entities are cut into runs of time."""
ROUNDS, LEAST_ROUNDS = 1000, 100
WORK = 3_000_000
"""Rows drawn in all, as long as `LEAST_ROUNDS` are made."""


@dataclass(frozen=True)
class Difference:
    """`value` is the metric of `a` minus that of `b`, `low` and `high` the ends of its 95% interval.

    The verdict is on `a`: "better" or "worse" where the interval leaves out 0.
    """

    metric: str
    a: float
    b: float
    value: float
    low: float
    high: float
    verdict: Verdict
    rows: int
    blocks: int
    rounds: int


def paired(
    metric: str,
    rows: Rows,
    a: Answers,
    b: Answers,
    contract: Contract,
    *,
    higher_is_better: bool,
    seed: int = 0,
) -> Difference:
    """The difference in one metric of `scoring.score`; see `differences`."""
    return differences(rows, a, b, contract, {metric: higher_is_better}, seed=seed)[metric]


def differences(
    rows: Rows,
    a: Answers,
    b: Answers,
    contract: Contract,
    goals: Mapping[str, bool],
    *,
    seed: int = 0,
    rounds: int = ROUNDS,
) -> dict[str, Difference]:
    """Of each metric of `goals`, which says whether higher is better. The same seed, the same intervals.

    Beyond `MOST_ROWS` rows some blocks alone are compared, chosen by chance. JobError on answers to other
    rows and on metrics that the target's kind does not have.
    """
    for name, answers in (("a", a), ("b", b)):
        if len(answers.values) != len(rows):
            raise JobError(
                f"{name} answers {len(answers.values)} rows, there are {len(rows)}: answer the same"
            )
    draw = np.random.default_rng(seed)
    rows = replace(rows, features=rows.features[:, :0])
    members = _bounded(list(_blocks(rows.entity)), draw)
    chosen = np.concatenate(members)
    told = [score(rows.take(chosen), answers.take(chosen), contract) for answers in (a, b)]
    if unknown := [name for name in goals if name not in told[0]]:
        raise JobError(f"no metric {', '.join(unknown)} of {contract.name}; known are {', '.join(told[0])}")
    rounds = min(rounds, max(LEAST_ROUNDS, WORK // len(chosen)))
    found = np.empty((rounds, len(goals)))
    for number in range(rounds):
        again = np.concatenate([members[place] for place in draw.integers(len(members), size=len(members))])
        one, other = (score(rows.take(again), answers.take(again), contract) for answers in (a, b))
        found[number] = [one[name] - other[name] for name in goals]
    return {
        name: _difference(name, told[0][name], told[1][name], spread, higher, len(chosen), len(members))
        for (name, higher), spread in zip(goals.items(), found.T, strict=True)
    }


def _difference(
    metric: str, a: float, b: float, spread: NDArray[np.float64], higher: bool, rows: int, blocks: int
) -> Difference:
    known = spread[np.isfinite(spread)]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(known, (tail, 1 - tail)).tolist() if len(known) else (np.nan, np.nan)
    return Difference(metric, a, b, a - b, low, high, _verdict(low, high, higher), rows, blocks, len(known))


def _verdict(low: float, high: float, higher: bool) -> Verdict:
    if low > 0:
        return "better" if higher else "worse"
    if high < 0:
        return "worse" if higher else "better"
    return "no difference shown"


def _blocks(entity: Index) -> Iterator[Index]:
    """Places of the rows of each block, in the order of the rows: an entity's lie by time."""
    order = np.argsort(entity, kind="stable")
    starts = np.flatnonzero(np.diff(entity[order], prepend=-1))
    longest = len(order) if len(starts) >= LEAST_BLOCKS else max(1, len(order) // LEAST_BLOCKS)
    for rows in np.split(order, starts[1:]):
        yield from np.array_split(rows, -(-len(rows) // longest))


def _bounded(blocks: list[Index], draw: np.random.Generator) -> list[Index]:
    """As many of the blocks as hold at most `MOST_ROWS` rows, one at least."""
    if sum(map(len, blocks)) <= MOST_ROWS:
        return blocks
    shuffled = [blocks[place] for place in draw.permutation(len(blocks))]
    ends = np.cumsum([len(block) for block in shuffled])
    return shuffled[: max(1, int(np.searchsorted(ends, MOST_ROWS, side="right")))]
