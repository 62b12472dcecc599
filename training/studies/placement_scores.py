"""How the learners did, beside each other and beside what needs no learning."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import baselines
import curves
import metrics
import outcomes
from baselines import Answers
from catalog.contract import MEASURES
from catalog.models.placement import TWINS
from catalog.records.placement_request import LOAD_PATTERNS, WORKLOADS
from dataset import Rows
from scoring import score
from sources import placement_request
from studies import placement_steps as steps
from studies.placement_steps import CONTRACT, Run

MILLION = 1e6
TIMED, UNTIMED = 300, 20
"""Rows that are asked one at a time, and those before them that only wake the library up."""
Codes = NDArray[np.int64]


def achievable(run: Run) -> dict[str, float]:
    """Of the likeliest platform given the request alone, counted on other campaigns of the simulator."""
    found: dict[str, float] = run.kept(
        "achievable", lambda: placement_request.best_achievable(placement=TWINS)
    )
    return found


def trivial(run: Run) -> dict[str, Answers]:
    """Answers to the test split that need no learning, one of them the commonest platform of each type."""
    train, test, known = steps.rows(run, "train"), steps.rows(run, "test"), steps.measured(run)
    found = baselines.all_of(test, CONTRACT, known)
    kind, classes = CONTRACT.columns.index("workload_type"), len(CONTRACT.target.classes)
    counts = np.zeros((len(WORKLOADS), classes))
    np.add.at(counts, (train.features[:, kind].astype(int), steps.truth(train)), 1)
    chance = (counts / counts.sum(axis=1, keepdims=True))[test.features[:, kind].astype(int)]
    by_type = Answers(chance, chance.argmax(axis=1))
    return {**{name: found[name] for name in ("always_lambda", "always_ecs", "rule")}, "by_type": by_type}


def figures(test: Rows, answers: Answers) -> dict[str, float]:
    """As the comparison of candidates tells them."""
    truth = steps.truth(test)
    assert answers.labels is not None  # noqa: S101 - placement answers with a platform
    matrix = metrics.confusion(truth, answers.labels, len(CONTRACT.target.classes))
    precision, recall, _ = metrics.per_class(matrix)
    return {
        **score(test, answers, CONTRACT),
        "precision": float(precision.mean()),
        "recall": float(recall.mean()),
        "calibration_error": curves.calibration(truth, answers.values, answers.labels)["error"],
    }


NAMES = {
    "accuracy": "accuracy", "precision": "precision", "recall": "recall", "macro_f1": "F1", "auc": "ROC-AUC",
    "calibration_error": "calibration error", "mlogloss": "log loss", "regret": "regret",
    "extra_cost": "extra cost", "extra_latency_ms": "extra latency, ms",
}  # fmt: skip
TRIVIAL = {
    "always_lambda": "always Lambda", "always_ecs": "always ECS", "rule": "fallback rule",
    "by_type": "commonest of the type",
}  # fmt: skip


def comparison(run: Run) -> pd.DataFrame:
    """Every learner's candidate and every trivial answer on the test split."""
    rivals, test = steps.judged(run)["rivals"], steps.rows(run, "test")
    learned = {
        steps.title(name): {
            **_named(told["test"]),
            "train - test": told["gap"],
            "one row, ms": told["inference_ms"],
            "one row ONNX, ms": onnx_ms(run, name),
            "ONNX, KB": told["bytes"] / 1024,
        }
        for name, told in rivals.items()
    }
    plainly = {TRIVIAL[name]: _named(figures(test, each)) for name, each in trivial(run).items()}
    return pd.DataFrame({**learned, **plainly}).T


def onnx_ms(run: Run, learner: str) -> float:
    """Median time of one row asked alone, as it is served."""
    found: dict[str, float] = run.kept(
        "onnx_ms", lambda: {name: _onnx_ms(run, name) for name in steps.LEARNERS}
    )
    return found[learner]


def _onnx_ms(run: Run, learner: str) -> float:
    session, features, times = steps.session(steps.model(run, learner)), steps.rows(run, "test").features, []
    for place in np.linspace(0, len(features) - 1, UNTIMED + TIMED).astype(int):
        row = np.ascontiguousarray(features[place : place + 1])
        started = time.perf_counter()
        session.run(None, {"features": row})
        times.append(1000 * (time.perf_counter() - started))
    return float(np.median(times[UNTIMED:]))


def _named(told: dict[str, float]) -> dict[str, float]:
    return {title: told[name] for name, title in NAMES.items()}


def policies(run: Run) -> pd.DataFrame:
    """What the test split's requests met where each was served as told, by request; the oracle knows both
    outcomes. The platforms' state is that of the measurements, not of the policy."""
    test = steps.rows(run, "test")
    chosen, both = steps.judged(run)["learner"], _both(test)
    labels = {TRIVIAL[name]: each.labels for name, each in trivial(run).items()}
    labels |= {chosen_title(run): steps.answers(run)[chosen].labels}
    labels |= {"oracle": outcomes.better(both, CONTRACT)}
    return pd.DataFrame({name: _met(both, each) for name, each in labels.items()}).T


def chosen_title(run: Run) -> str:
    return f"{steps.title(steps.judged(run)['learner'])}, chosen"


def _both(test: Rows) -> NDArray[np.float64]:
    """Measures on both platforms, (n, platforms, measures)."""
    return test.outcomes.astype(np.float64).reshape(len(test), -1, len(MEASURES))


def _met(both: NDArray[np.float64], labels: Codes | None) -> dict[str, float]:
    assert labels is not None  # noqa: S101 - placement answers with a platform
    met = both[np.arange(len(both)), labels]
    latency, cost, error = (met[:, MEASURES.index(name)] for name in ("latency_ms", "cost_usd", "error"))
    burden = outcomes.burdens(both, CONTRACT)[np.arange(len(both)), labels]
    return {
        "burden, $/million": float(burden.mean() * MILLION),
        "cost, $/million": float(cost.mean() * MILLION),
        "mean latency, ms": float(latency.mean()),
        "p95 latency, ms": float(np.quantile(latency, 0.95)),
        "errors": float(error.mean()),
        "on Lambda": float((labels == 0).mean()),
    }


def regret_by(run: Run) -> pd.DataFrame:
    """By workload and load: requests, accuracy, and the chosen model's regret as a share of the oracle's
    burden and in US dollars of a million requests."""
    test, chosen = steps.rows(run, "test"), steps.judged(run)["learner"]
    labels = steps.answers(run)[chosen].labels
    assert labels is not None  # noqa: S101 - placement answers with a platform
    burden, row = outcomes.burdens(_both(test), CONTRACT), np.arange(len(test))
    latency = _both(test)[:, :, MEASURES.index("latency_ms")]
    best = burden.argmin(axis=1)
    found = pd.DataFrame(
        {
            "workload": [WORKLOADS[int(code)] for code in _column(test, "workload_type")],
            "load": [LOAD_PATTERNS[int(code)] for code in _column(test, "load_pattern")],
            "right": labels == best,
            "burden": burden[row, best],
            "regret_usd": burden[row, labels] - burden[row, best],
            "extra_ms": latency[row, labels] - latency[row, best],
        }
    )
    of = found.groupby(["workload", "load"])
    declared = [(kind, load) for kind in WORKLOADS for load in LOAD_PATTERNS if (kind, load) in of.groups]
    return pd.DataFrame(
        {
            "requests": of.size(),
            "accuracy": of["right"].mean(),
            "regret": of["regret_usd"].sum() / of["burden"].sum(),
            "regret, $/million": of["regret_usd"].mean() * MILLION,
            "extra latency, ms": of["extra_ms"].mean(),
        },
        index=pd.MultiIndex.from_tuples(declared, names=("workload", "load")),
    ).reset_index()


def _column(test: Rows, name: str) -> NDArray[np.float32]:
    return test.features[:, CONTRACT.columns.index(name)]
