"""A small fleet of records, and the jobs run over it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import prepare
import train
from catalog import models

MODELS = tuple(spec for spec in models.MODELS if spec.contract.record.name == "iops_insight")
START = datetime(2026, 1, 5, tzinfo=UTC)
HOURS = 6.0
CONTRACTS = {
    spec.name: replace(spec.contract, target=replace(spec.contract.target, horizon_hours=HOURS))
    for spec in MODELS
}
RISK, SCORE = CONTRACTS["iops-risk"], CONTRACTS["iops-performance"]
HISTORY = ("latency_spike_count", "error_trend", "anomaly_score", "trend_score", "load_factor")
"""Features that need earlier records of the volume."""
QUICK = {
    "num_boost_round": "40",
    "early_stopping_rounds": "5",
    "eta": "0.3",
    "max_depth": "3",
    "max_bin": "32",
}


def fleet(volumes=8, windows=200, seed=0):
    """Records as columns, by time: the labels follow the p99 latency and the queue, a tenth has none."""
    draw, rows = np.random.default_rng(seed), volumes * windows
    time = np.repeat(np.arange(windows), volumes)
    given = [f.name for f in RISK.record.features if f.missing != "derive" and f.maximum is None]
    columns = {name: draw.lognormal(2, 0.8, rows) for name in given}
    columns["error_rate"] = draw.random(rows) / 50
    columns["io_size_avg"][draw.random(rows) < 0.05] = np.nan
    strain = np.log(columns["p99_latency"] * columns["queue_depth"]) + draw.normal(0, 0.2, rows)
    labelled = draw.random(rows) > 0.1
    names = np.array(RISK.target.classes)[np.digitize(strain, (4, 5, 6))]
    score = np.clip(110 - 10 * strain, 0, 100)
    return {
        "volume_id": [f"vol-{number}" for number in np.tile(np.arange(volumes), windows)],
        "timestamp": [START + timedelta(minutes=30 * int(each)) for each in time],
        **columns,
        "risk_level": [str(name) if known else None for name, known in zip(names, labelled, strict=True)],
        "performance_score": [
            float(each) if known else None for each, known in zip(score, labelled, strict=True)
        ],
    }


def as_records(columns):
    """The same records as a caller would send them."""
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    present = [{k: v for k, v in row.items() if v is not None and v == v} for row in rows]
    return [{**row, "timestamp": row["timestamp"].isoformat()} for row in present]


def store(folder, columns, name="part-0"):
    """Writes `columns` as one file of the synthetic profile; returns the raw folder."""
    place = folder / "insights" / "profile=synthetic" / "date=2026-01-05"
    place.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), place / f"{name}.parquet")
    return folder


def prepared_from(raw, output, contract=RISK):
    return prepare.prepare(
        raw=raw, output=output, profile="synthetic", run_date="2026-02-01", contract=contract
    )


def split_table(output, name):
    return pq.read_table(output / name / "part-00000.parquet")


def train_on(splits, model_dir, contract, **hyperparameters):
    names = ("train", "validation", "metadata")
    return train.train(
        folders={name: splits / name for name in names},
        model_dir=model_dir,
        hyperparameters=QUICK | hyperparameters,
        contract=contract,
    )


def metadata_of(output):
    return json.loads((output / "metadata" / "metadata.json").read_text())
