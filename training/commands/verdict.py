"""Whether an evaluation passes the model's gates: the very rules of the deployed gate, and their table."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.known import CLASS_METRICS, FORECAST_METRICS, PLACEMENT_METRICS
from catalog.spec import ModelSpec
from commands import screen

FUNCTIONS = Path(__file__).parents[2] / "lambda"
BETTER = {**CLASS_METRICS, **PLACEMENT_METRICS, **FORECAST_METRICS}
"""Of every metric, whether higher is better."""
JUDGE = (
    "import json, sys; from gate.rules import findings; given = json.load(sys.stdin); "
    "json.dump([list(each) for each in findings(given['evaluation'], given['promotion'])], sys.stdout)"
)
"""Functions' code is not imported here: it runs in a process of its own, as it does where it is deployed."""


@dataclass(frozen=True)
class Finding:
    holds: bool
    text: str


def findings(spec: ModelSpec, evaluation: dict[str, Any]) -> list[Finding]:
    """What each rule of the model's promotion finds."""
    given = json.dumps({"evaluation": evaluation, "promotion": spec.trained.promotion.rules})
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-P", "-c", JUDGE],
        input=given,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(FUNCTIONS)},
    )
    return [Finding(*each) for each in json.loads(done.stdout)]


def tell(spec: ModelSpec, evaluation: dict[str, Any]) -> bool:
    """Prints metrics, baselines and findings; whether every gate is passed."""
    found = findings(spec, evaluation)
    champion = {"champion": evaluation["champion"]} if evaluation["champion"] else {}
    floors = _floors(spec, evaluation["profile"])
    rows = [
        [
            name,
            screen.number(value),
            *(screen.number(each.get(name)) for each in champion.values()),
            _best(name, evaluation["baselines"]),
            floors.get(name, ""),
        ]
        for name, value in evaluation["metrics"].items()
    ]
    learner, profile = evaluation["learner"], evaluation["profile"]
    title = f"{spec.name} ({learner}), {evaluation['rows']:,} test rows, {profile} data"
    screen.table(title, ["metric", "model", *champion, "best without learning", "gate"], rows)
    for each in found:
        screen.say(f"{'passes' if each.holds else 'fails '} {each.text}", "" if each.holds else "red")
    passes = all(each.holds for each in found)
    screen.say(f"{spec.name} {'passes its gates' if passes else 'does not pass its gates'}", "bold")
    return passes


def _best(metric: str, baselines: dict[str, dict[str, float]]) -> str:
    """The best value of the answers that need no learning, and whose it is."""
    known = {name: each[metric] for name, each in baselines.items() if each.get(metric) is not None}
    if not known or metric not in BETTER:
        return ""
    name = (max if BETTER[metric] else min)(known, key=lambda each: known[each])
    return f"{screen.number(known[name])} {name}"


def _floors(spec: ModelSpec, profile: str) -> dict[str, str]:
    gates = next(each.gates for each in spec.trained.promotion.profiles if each.name == profile)
    found: dict[str, str] = {}
    for gate in gates:
        before = f"{found[gate.metric]}, " if gate.metric in found else ""
        found[gate.metric] = f"{before}{gate.op} {gate.threshold:g}"
    return found
