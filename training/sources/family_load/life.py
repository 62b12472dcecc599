"""How pools fare, hour by hour: demand, CPU credits, neighbours, memory and network.

The work an instance does falls short of what it was asked for in five ways: it is throttled to its baseline
when its credits are spent, its vCPUs are all in use, neighbours take their share of the machine, memory runs
out and it pages, or its network is full.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sources.family_load import traits as of
from sources.family_load.traits import Traits

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Random = np.random.Generator

BANKED_HOURS = 24.0
"""Most credits that can be banked, in hours of earning: what AWS gives t3 and t4g."""
MOOD_MEMORY, MOOD = 0.92, 0.2
"""Hourly memory of the log of demand around its pattern, and its deviation."""
BETWEEN_SURGES, SURGE_HOURS = 160.0, 14.0
"""Hours between surges and hours that one lasts, on average."""
SURGE = (1.4, 2.6)
"""What demand is multiplied with while one lasts."""
BETWEEN_CROWDS, CROWD_HOURS, CROWD = 200.0, 30.0, 0.045
"""Hours between crowds on the machine, their mean length, and the mean share of the speed that one takes from
what suffers from neighbours by 1."""
TIDE_MEMORY, TIDE = 0.985, 0.006
"""Hourly memory of how crowded the family is in the region, and what that takes (share of the speed)."""
PAGES_FROM, PAGED = 0.9, 6.0
"""Share of memory in use from which instances page, and what speed loses for each share above."""
RESTARTS = 0.97
"""Memory in use from which a leaking pool is restarted, with chance .1 an hour."""


@dataclass(frozen=True)
class State:
    """Arrays (pools,), `credits` (INSTANCES, pools) as a share of the most.

    `mood` is the log of demand over its pattern, `surge` the factor of a surge (1 without), `crowd` and
    `tide` the share of speed that neighbours take here and in the region, `leaked` the share of memory lost
    so far, `lived` days.
    """

    credits: Array
    mood: Array
    surge: Array
    crowd: Array
    tide: Array
    leaked: Array
    lived: Array

    def take(self, chosen: Whole) -> State:
        return State(*(getattr(self, each.name)[..., chosen] for each in fields(self)))


@dataclass(frozen=True)
class Hour:
    """What an hour came to (pools,): shares of the vCPUs, of memory and network in use, of the credits left;
    how far work fell short of what was asked for, here and on the family's other pools in the region."""

    cpu: Array
    memory: Array
    network: Array
    credits: Array
    shortfall: Array
    family: Array


def start(random: Random, traits: Traits) -> State:
    count = len(traits.family)
    return State(
        credits=random.random((of.INSTANCES, count)),
        mood=MOOD * random.standard_normal(count),
        surge=np.ones(count),
        crowd=np.zeros(count),
        tide=np.abs(random.standard_normal(count)),
        leaked=np.zeros(count),
        lived=np.zeros(count),
    )


def step(state: State, traits: Traits, hour: Whole, random: Random) -> tuple[State, Hour]:
    """What happens in the hour that begins at `hour`, and the state after it."""
    count = len(hour)
    asked = of.expected(traits, hour, state.lived) * np.exp(state.mood) * state.surge
    wanted = np.maximum(asked * traits.uneven, 1e-3)
    served, credits = _served(state.credits, wanted, traits)
    memory = np.minimum(traits.memory + state.leaked + 0.08 * served.mean(axis=0), 1.0)
    network = traits.traffic * served.mean(axis=0)
    tide = 1 - np.clip(TIDE * traits.neighbours * np.abs(state.tide), 0, 0.5)
    speed = tide * (1 - np.clip(state.crowd * traits.neighbours, 0, 0.6))
    speed = speed * (1 - np.minimum(PAGED * np.maximum(memory - PAGES_FROM, 0), 0.6))
    speed = speed / np.maximum(network, 1.0)
    done = served.sum(axis=0) / wanted.sum(axis=0) * speed
    seen = Hour(
        cpu=served.mean(axis=0),
        memory=memory,
        network=np.minimum(network, 1.0),
        credits=credits.mean(axis=0),
        shortfall=1 - done,
        family=1 - tide,
    )
    mood = MOOD_MEMORY * state.mood + MOOD * np.sqrt(1 - MOOD_MEMORY**2) * random.standard_normal(count)
    stays = TIDE_MEMORY * state.tide + np.sqrt(1 - TIDE_MEMORY**2) * random.standard_normal(count)
    restarted = (memory >= RESTARTS) & (random.random(count) < 0.1)
    return State(
        credits=credits,
        mood=mood,
        surge=_episode(random, state.surge, 1.0, BETWEEN_SURGES, SURGE_HOURS, random.uniform(*SURGE, count)),
        crowd=_episode(
            random, state.crowd, 0.0, BETWEEN_CROWDS, CROWD_HOURS, random.exponential(CROWD, count)
        ),
        tide=stays,
        leaked=np.where(restarted, 0.0, state.leaked + traits.leak / 24),
        lived=state.lived + 1 / 24,
    ), seen


def _served(credits: Array, wanted: Array, traits: Traits) -> tuple[Array, Array]:
    """Share of the vCPUs that each instance gets in the hour, and its credits after it."""
    most = BANKED_HOURS * traits.baseline
    allowed = np.where(
        (traits.burstable == 0) | (traits.unlimited == 1), 1.0, traits.baseline + credits * most
    )
    served = np.minimum(wanted, np.minimum(allowed, 1.0))
    left: Array = np.clip(credits + (traits.baseline - served) / most, 0.0, 1.0)
    return served, left


def _episode(random: Random, now: Array, rest: float, between: float, lasts: float, size: Array) -> Array:
    """The next hour of what comes at random, stays at its size and goes at random."""
    chance = random.random(len(now))
    begun = np.where((now == rest) & (chance < 1 / between), size, now)
    after: Array = np.where((now != rest) & (chance < 1 / lasts), rest, begun)
    return after
