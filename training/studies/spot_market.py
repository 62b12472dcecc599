"""`python -m studies.spot_market [RECORDS]`: how well interruptions of the synthetic market are foretold, and
how often the intervals hold the true risk, which only a made-up market tells. Prints one JSON object.

Split by time as the platform does; types and zones that open late are in the test alone.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import baselines
import curves
import metrics
from catalog.contract import name_number
from catalog.models.spot_stability import SPOT_STABILITY
from columns import numbers
from dataset import Rows
from encoding import Columns, Encoder, Matrix
from learners import hierarchy
from sources import spot_market
from splits import SHARES

Array = NDArray[Any]
CONTRACT = SPOT_STABILITY.contract
FIXED = dict(SPOT_STABILITY.trained.tuning.fixed)
GAP_MS = round(CONTRACT.target.horizon_hours * spot_market.HOUR_MS)
SHOWN = ("price_usd", "interruptions_24h", "placement_score")
PRIOR = 20.0
"""Rows that the mean of all is worth in the rule of region and family."""


def study(records: int) -> dict[str, Any]:
    """Every figure of the study."""
    table = pa.concat_tables(spot_market.chunks(records))
    groups = -(-records // spot_market.GROUP)
    risk = np.concatenate([spot_market.seen(group).risk for group in range(groups)])[:records]
    time, features = numbers(table["timestamp"].cast(pa.int64())), encoded(table)
    cuts = np.quantile(time, SHARES)
    train, test = np.flatnonzero(time + GAP_MS < cuts[0]), np.flatnonzero(time >= cuts[1])
    rows = _rows(features, table)
    model, log = hierarchy.fit(
        rows.take(train), rows.take(test), CONTRACT, FIXED, report=_silent, identity=""
    )
    asked, truth = features[test], rows.target[test].astype(np.int64)
    answers, bounds = model.predict(asked), model.interval(asked)
    rule = baselines.rule(asked, CONTRACT, CONTRACT.fallback) if CONTRACT.fallback else None
    told = {
        "known": _told(truth, np.stack((1 - risk[test], risk[test]), axis=1)),
        "model": _told(truth, answers),
        "region_family_mean": _told(truth, means(rows.take(train), asked)),
        **({"rule": _told(truth, rule.values)} if rule else {}),
    }
    return {
        "train": len(train),
        "test": len(test),
        "interrupted": round(float(truth.mean()), 4),
        "metrics": told,
        "by_names": _by_names(features[train], asked, truth, answers, bounds, risk[test]),
        "pooling": log["pooling"],
    }


def encoded(table: pa.Table) -> Matrix:
    """The records as the model reads them."""
    record, values = CONTRACT.record, {}
    for feature in record.read:
        if feature.source in table.column_names:
            told = table[feature.source].to_pylist()
            values[feature.name] = np.array([np.nan if v is None else feature.number(v) for v in told])
    time = numbers(table["timestamp"].cast(pa.int64()))
    return Encoder.of(CONTRACT).features(Columns(np.zeros(len(time), np.int64), time, values))


def means(train: Rows, asked: Matrix) -> Array:
    """The rule: the share of the family in the region, drawn to that of all."""
    every = float(train.target.mean())
    keys, known = (_keys(each) for each in (train.features, asked))
    names, place = np.unique(keys, return_inverse=True)
    total, count = np.bincount(place, train.target), np.bincount(place)
    share = dict(zip(names.tolist(), (total + PRIOR * every) / (count + PRIOR), strict=True))
    found = np.array([share.get(key, every) for key in known.tolist()])
    return np.stack((1 - found, found), axis=1)


def _keys(features: Matrix) -> NDArray[np.float64]:
    region, family = (features[:, CONTRACT.columns.index(name)] for name in ("region", "family"))
    return region.astype(np.float64) * 2**24 + family


def _rows(features: Matrix, table: pa.Table) -> Rows:
    happened = np.array([each == spot_market.CLASSES[1] for each in table["pool_state"].to_pylist()])
    target = happened.astype(np.float32)
    pools = np.array([name_number(each) for each in table["pool_id"].to_pylist()])
    time = numbers(table["timestamp"].cast(pa.int64())).astype(np.int64)
    return Rows(features, target, target, np.unique(pools, return_inverse=True)[1], time=time)


def _told(truth: Array, answers: Array) -> dict[str, float]:
    found = metrics.classification(truth, answers, answers.argmax(axis=1))
    calibration = curves.calibration(truth, answers, answers.argmax(axis=1))
    return {name: round(each, 4) for name, each in found.items()} | {
        "calibration_error": round(float(calibration["error"]), 4)
    }


def _by_names(
    known: Matrix, asked: Matrix, truth: Array, answers: Array, bounds: Array, risk: Array
) -> dict[str, Any]:
    """By what of a row's names training had: rows, AUC, the interval's mean width, how often it holds the
    true risk, and how often where prices, interruptions and score are all told."""
    zone, kind = (
        ~np.isin(asked[:, place], known[:, place])
        for place in (CONTRACT.columns.index(name) for name in ("zone", "instance_type"))
    )
    groups = {
        "known": ~zone & ~kind,
        "new_zone": zone & ~kind,
        "new_type": ~zone & kind,
        "both_new": zone & kind,
    }
    shown = ~np.isnan(asked[:, [CONTRACT.columns.index(name) for name in SHOWN]]).any(axis=1)
    inside = (bounds[:, 0] <= risk) & (risk <= bounds[:, 1])
    return {
        name: {
            "rows": int(which.sum()),
            "auc": round(metrics.auc(truth[which] > 0, answers[which, 1]), 4),
            "width": round(float((bounds[which, 1] - bounds[which, 0]).mean()), 4),
            "holds": round(float(inside[which].mean()), 4),
            "holds_where_shown": round(float(inside[which & shown].mean()), 4),
        }
        for name, which in groups.items()
        if which.any()
    }


def _silent(metric: str, score: float) -> None:
    """The study prints one object and nothing else."""


if __name__ == "__main__":
    print(json.dumps(study(int(sys.argv[1]) if len(sys.argv) > 1 else 30_000), indent=1))
