"""The product's failure model on PetShop's site: learned on generated snapshots alone, never on PetShop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import windows
from catalog.contract import Contract
from columns import numbers
from dataset import Rows
from encoding import Matrix, Scaler
from learners import lstm
from sources import metric_snapshot
from studies.petshop_data import Array, Issue
from studies.petshop_scores import SITE

RECORDS = 10_000
STEP_MS = 300_000


Answer = Callable[[Matrix], Array]


def failure_model(
    answer: Answer, contract: Contract, quiet: dict[str, Array] | None
) -> Callable[[Issue], Array]:
    """Scores each point by the probability of failing that `answer` gives.

    It reads the scored point behind the last of the `quiet` series, or alone. Earlier points of the file stay
    out: how many there are would tell the point's place.
    """

    def score(issue: Issue) -> Array:
        seen = _snapshots(issue.series, contract)
        before = np.full((contract.steps - 1, seen.shape[1]), np.nan, np.float32)
        if quiet is not None:
            before = _snapshots(quiet, contract)[1 - contract.steps :]
        return answer(np.stack([np.concatenate((before, point[None])).ravel() for point in seen]))

    return score


def learn(contract: Contract) -> Answer:
    """The model as the product trains it, on four fifths of the generated resources, stopped on the others:
    windows (n, columns) to the probability of failing (n,)."""
    table = pa.concat_tables(metric_snapshot.chunks(RECORDS))
    entity = np.unique(table["resource_id"].to_numpy(), return_inverse=True)[1].astype(np.int64)
    label = np.array([contract.target.classes.index(each) if each else -1 for each in _texts(table)])
    matrix = np.column_stack([numbers(table[name]) for name in contract.features]).astype(np.float32)
    flat = _windows(matrix, entity, contract)
    learning = entity < 0.8 * entity.max()
    fitted = flat[learning & (label >= 0)]
    scaler = Scaler(np.nanmean(fitted, axis=0), np.nanstd(fitted, axis=0))

    def rows(chosen: NDArray[np.bool_]) -> Rows:
        truth = label[chosen].astype(np.float32)
        return Rows(scaler.apply(flat[chosen]), truth, truth, entity[chosen])

    train, judged = (rows(part & (label >= 0)) for part in (learning, ~learning))
    model, _ = lstm.fit(train, judged, contract, {}, report=lambda *_: None, identity="study")

    def answer(flat: Matrix) -> Array:
        return model.predict(scaler.apply(flat))[:, 1].astype(np.float64)

    return answer


def _texts(table: pa.Table) -> list[str | None]:
    found: list[str | None] = table["failure_state"].to_pylist()
    return found


def _windows(matrix: Matrix, entity: NDArray[np.int64], contract: Contract) -> Matrix:
    """(n, columns); rows of an entity stand in order of time."""
    place = np.arange(len(matrix))
    count = windows.known(entity, STEP_MS * place, contract.steps, windows.reach(contract.record))
    return windows.flat(matrix, count, place, contract.steps)


def _snapshots(series: dict[str, Array], contract: Contract) -> Matrix:
    """What the site tells of a snapshot: response time and error rate; the rest is missing."""
    found = np.full((len(series[f"{SITE} latency/Average"]), len(contract.features)), np.nan, np.float32)
    seen = {
        "response_time_ms": 1000 * series[f"{SITE} latency/Average"],
        "error_rate": 1 - series[f"{SITE} availability/Average"] / 100,
    }
    for name, values in seen.items():
        found[:, contract.features.index(name)] = values
    return found
