"""The comparison through a deployed API: on the local AWS, with AWS's effects added, or in an account."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import boto3
from rich.console import Console

from catalog import examples
from catalog.placement import Placement
from catalog.spec import ModelSpec
from local.bench.page import Section
from local.compare import deployed, page, plots, study, tables, verdict
from local.compare.deployed import PATTERNS, Trials
from local.compare.fleet import counter
from local.compare.intervals import Row
from local.compare.load import Target
from local.compare.router import Measured
from local.compare.simulated import memory, shown
from local.run import api, server
from local.run.cloud import STAGE, Cloud
from local.run.place import REGION

STACK = "Placement"
WARM = 4
"""Requests at once to each platform before the local AWS is measured."""
Rows = dict[str, list[Row]]
Loads = list[tuple[Trials, dict[str, float]]]
"""Of each seed: the trials, and how many requests each request stands for, by pattern."""


@dataclass(frozen=True)
class Deployed:
    """What is asked for; `seconds` is how long each pattern is sent, its hours made short."""

    spec: ModelSpec
    console: Console
    requests: int
    seeds: Sequence[int]
    seconds: float
    date: str = ""

    def local(self, home: Path) -> list[Section]:
        place = server.running(home)
        if place is None:
            raise RuntimeError("no local AWS runs: `make run` first")
        cloud = Cloud(place)
        target = Target(api.url(cloud), place.environ(os.environ))
        self._warm(target.url)
        found = self._loads(target, counter(cloud.client, f"{STAGE}-{STACK}"))
        return [*self._measured(found, page.LOCAL, "placement-local"), *self._effects(found)]

    def account(self, url: str, env: str) -> list[Section]:
        """With the caller's own credentials."""
        session = boto3.Session()
        target = Target(url.rstrip("/"), dict(os.environ), session.region_name or REGION)
        client: Callable[[str], Any] = session.client  # type: ignore[assignment]
        found = self._loads(target, counter(client, f"{env.capitalize()}-{STACK}"))
        return self._measured(found, page.ACCOUNT, "placement-account")

    def _warm(self, url: str) -> None:
        """The local AWS starts functions and loads models in its own way, which tells nothing."""
        one = examples.request(self.spec.contract.record)
        with ThreadPoolExecutor(WARM) as pool:
            for platform in deployed.CONFIGURATIONS:
                list(
                    pool.map(
                        lambda _, p=platform: api.call("POST", f"{url}/route?platform={p}", one), range(WARM)
                    )
                )

    @property
    def placement(self) -> Placement:
        assert self.spec.contract.placement  # noqa: S101 - what is compared is a router
        return self.spec.contract.placement

    def _loads(self, target: Target, count: Callable[[], int]) -> Loads:
        with tempfile.TemporaryDirectory() as folder:
            return [
                deployed.run(
                    target, count, Path(folder), requests=self.requests, seed=seed,
                    seconds=self.seconds, say=self.console.print,
                )
                for seed in self.seeds
            ]  # fmt: skip

    def _measured(self, found: Loads, mode: str, prefix: str) -> list[Section]:
        seeds = [deployed.figures(trials, self.placement) for trials, _ in found]
        rows: Rows = {pattern: [each[pattern] for each in seeds] for pattern in PATTERNS}
        late = max(figures["late_s"] for each in seeds for row in each.values() for figures in row.values())
        about = (
            f"{self._told(found)} Sent by Locust, signed, one configuration after another, a pattern's hours "
            f"within {self.seconds:g} s; the latest was sent {late:.2f} s after it was due. Latencies are "
            "the callers', through the API and the router in all three; costs are the answers', the fleet's "
            "is of the tasks that ran meanwhile, the router's of its choice alone. Routing accuracy compares "
            "what the same request met in the other two configurations."
        )
        return self._told_and_drawn(rows, mode, prefix, about, deployed.LEVELS)

    def _effects(self, found: Loads) -> list[Section]:
        """Each seed's measurements as AWS's platforms would have done them."""
        with tempfile.TemporaryDirectory() as name:
            contract = Path(name) / "contract.json"
            contract.write_text(self.spec.contract.to_json())
            asked = _router(found)
            told = []
            for seed, (trials, weights) in zip(self.seeds, found, strict=True):
                measured = Path(name) / f"{seed}.json"
                measured.write_text(json.dumps(deployed.measured(trials, weights, self.placement)))
                arguments = study.asking(contract, asked, memory(self.spec))
                told.append(study.ask("effects", "--measured", measured, "--seed", seed, *arguments))
        rows: Rows = {pattern: [each["patterns"][pattern] for each in told] for pattern in PATTERNS}
        about = (
            f"{self._told(found)} Measured: where each request was placed, its work's CPU time in the "
            "service's real process on this machine (the same for all three: it is the same work), and "
            f"the router's inference (median {asked.inference_ms:.2f} ms). "
            "Simulated: arrivals at their real pace (each request stands for the many of its moment), cold "
            "starts, waiting for stores, queueing, the fleet's growth and its share of a CPU."
        )
        return self._told_and_drawn(rows, page.EFFECTS, "placement-effects", about, told[0]["levels"])

    def _told(self, found: Loads) -> str:
        names = Counter(row["model_type"] for row in _placed(found))
        return (
            f"{self.requests:,} requests for each configuration and seed, {len(self.seeds)} seeds"
            f"{', ' + self.date if self.date else ''}. Placed by "
            f"{', '.join(f'{name} ({count:,})' for name, count in names.most_common())}."
        )

    def _told_and_drawn(
        self, rows: Rows, mode: str, prefix: str, about: str, levels: Sequence[float]
    ) -> list[Section]:
        paths = plots.draw(rows, levels, page.IMAGES, prefix)
        judged = verdict.judged(rows)
        for pattern, each in rows.items():
            self.console.print(tables.printed(f"{mode}: {pattern}", each))
        self.console.print(verdict.GOAL, *judged, sep="\n")
        goal = "\n".join(f"- {line}" for line in judged)
        first, *others = PATTERNS
        return [
            tables.section(
                f"{mode}: {first}", rows[first], about, f"{verdict.GOAL}\n\n{goal}\n\n{shown(paths)}"
            ),
            *(tables.section(f"{mode}: {pattern}", rows[pattern]) for pattern in others),
        ]


def _placed(found: Loads) -> list[dict[str, Any]]:
    """Answers to what the router placed."""
    trials = (each["auto"] for patterns, _ in found for each in patterns.values())
    return [row for trial in trials for row in trial.rows if row["status"] == 200]


def _router(found: Loads) -> Measured:
    """Of the answers to requests that the router placed: the handler is at least its choice."""
    times = [row["inference_ms"] for row in _placed(found)]
    if not times:
        raise RuntimeError("the router answered no request")
    middle = median(times)
    return Measured(max(times), middle, max(times), middle)
