"""What the detector is measured against: chance, two plain rules and one published detector.

Each takes a file and gives a score per row, higher being more anomalous, from earlier rows alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_ndtr

from studies.nab_corpus import File

Values = NDArray[np.float64]

WINDOW = 1000
LENGTH, NEIGHBOURS, SURE = 19, 27, 0.9965


def nothing(file: File) -> Values:
    return np.zeros(len(file.values))


def chance(file: File, seed: int) -> Values:
    return np.random.default_rng([seed, *file.name.encode()]).random(len(file.values))


def robust_z(file: File) -> Values:
    """Distance from the median of the last 1,000 rows, in their median absolute deviation."""
    values = pd.Series(file.values)
    past = values.rolling(WINDOW, min_periods=20)
    middle = past.median().shift()
    apart = (values - middle).abs()
    spread = apart.rolling(WINDOW, min_periods=20).median().shift()
    floor = 1e-3 * past.std().shift() + 1e-9
    return np.nan_to_num((apart / np.maximum(spread, floor)).to_numpy(dtype=np.float64))


def windowed_gaussian(file: File) -> Values:
    """NAB's `windowedGaussian`: the normal tail beyond the value, by mean and spread of the last 1,000."""
    past = pd.Series(file.values).rolling(WINDOW, min_periods=1)
    spread = past.std(ddof=0).shift()
    spread = spread.where(spread != 0, 1e-6)
    z = ((file.values - past.mean().shift()) / spread).abs().fillna(0)
    return np.asarray(-log_ndtr(-z.to_numpy(dtype=np.float64)))


def knn_cad(file: File) -> Values:
    """Burnaev & Ishimtsev 2016 as NAB runs it: Mahalanobis k-NN in lags, conformal, with its own pause."""
    values, probation = file.values, file.probation
    lags = np.lib.stride_tricks.sliding_window_view(values, LENGTH)
    answer, scores, pause = np.zeros(len(values)), np.empty(0), 0
    train, waiting, metric = lags[: probation - LENGTH], lags[:0], np.eye(LENGTH)
    for row in range(probation - 1, len(values)):
        item, count = lags[row - LENGTH + 1], row + 1
        if count % probation in (0, probation // 2):
            metric = _inverse(train.T @ train, metric)
        if not scores.size:
            scores = np.array([_distance(train, each, metric, NEIGHBOURS + 1) for each in train])
        new = _distance(train, item, metric, NEIGHBOURS)
        result = float(np.mean(scores < new))
        if count >= 2 * probation:
            train, waiting = np.vstack([train[1:], waiting[:1]]), waiting[1:]
        waiting = np.vstack([waiting, item[None]])
        scores = np.append(scores[1:], new)
        answer[row] = 0.5 if pause > 0 else result
        pause = pause - 1 if pause > 0 else (probation // 5 if result >= SURE else 0)
    return answer


def _distance(train: Values, item: Values, metric: Values, count: int) -> float:
    apart = train - item
    squares = np.einsum("ij,ij->i", apart @ metric, apart)
    return float(np.partition(squares, count)[:count].sum())


def _inverse(matrix: Values, otherwise: Values) -> Values:
    try:
        return np.asarray(np.linalg.inv(matrix))
    except np.linalg.LinAlgError:
        return otherwise
