"""Passes of scikit-learn's multilayer perceptron over the rows, stopped early by the validation rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dataset import Rows
from encoding import Matrix
from learners.neural_network_layers import Layers, known
from learners.neural_network_settings import Settings

THREADS = 1
"""Layers are small: more threads gain nothing, and the sums would depend on their number."""


@dataclass(frozen=True)
class Progress:
    """The pass that was best on the validation rows, its score, and the layers after it."""

    best: int
    score: float
    layers: Layers


def run(
    train: Rows,
    validation: Rows,
    classes: int,
    settings: Settings,
    judge: Callable[[Layers, Rows], float],
    report: Callable[[float], None],
) -> Progress:
    """Until the passes are done or `patience` of them brought nothing; a lower judgement is better."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    network, (centre, spread) = _network(settings, classes), _scale(train, classes)
    inputs, target = known(train.features), (train.target - centre) / spread
    found = Progress(0, np.inf, Layers((), ()))
    with threadpool_limits(THREADS):
        for done in range(settings.epochs):
            if classes:
                network.partial_fit(inputs, target.astype(np.int64), classes=np.arange(classes))
            else:
                network.partial_fit(inputs, target)
            layers = _layers(network, classes, centre, spread)
            score = judge(layers, validation)
            report(score)
            if score < found.score:
                found = Progress(done, score, layers)
            if done - found.best >= settings.patience:
                break
    return found


def _network(settings: Settings, classes: int) -> Any:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind = MLPClassifier if classes else MLPRegressor
    return kind(
        hidden_layer_sizes=(settings.hidden,) * settings.layers,
        alpha=settings.alpha,
        batch_size=settings.batch_size,
        learning_rate_init=settings.learning_rate,
        random_state=settings.seed,
    )


def _scale(rows: Rows, classes: int) -> tuple[np.float32, np.float32]:
    """Mean and deviation of a number, that it may be learned at any unit; class numbers stay as they are."""
    if classes:
        return np.float32(0), np.float32(1)
    return np.float32(rows.target.mean()), np.float32(rows.target.std() or 1.0)


def _layers(network: Any, classes: int, centre: np.float32, spread: np.float32) -> Layers:
    """The network's arrays, copied, as the next pass changes them; of two classes it gives the second's
    log-odds alone."""
    weights, starts = _copied(network.coefs_), _copied(network.intercepts_)
    if classes == 2:
        weights[-1] = np.hstack([0 * weights[-1], weights[-1]])
        starts[-1] = np.append(0 * starts[-1], starts[-1])
    if not classes:
        weights[-1], starts[-1] = weights[-1] * spread, starts[-1] * spread + centre
    return Layers(tuple(weights), tuple(starts))


def _copied(arrays: list[Matrix]) -> list[Matrix]:
    return [np.array(each, np.float32) for each in arrays]
