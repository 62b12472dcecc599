"""Small schemas of every kind: windows, texts with defaults, a forecast; and records for them."""

from datetime import UTC, datetime, timedelta

import numpy as np

from catalog.contract import Contract, Feature, History, Key, Points, RecordSchema, Scorecard, Target, Text

START = datetime(2026, 1, 5, tzinfo=UTC)
KEYS = (
    Key(name="device", kind="text", description="The device", example="d-1"),
    Key(name="seen_at", kind="timestamp", description="When", example="2026-01-05T10:00:00+00:00"),
)
LOAD = Feature(name="load", unit="%", description="Load", maximum=100, example=40)
ERRORS = Feature(name="errors", unit="count", description="Errors", missing="default", default=2, example=1)
NOTE = Text(name="note", description="What it said", example="all is well", buckets=64)

STATE = Target(name="state", description="What comes", classes=("well", "failing"), horizon_hours=1)
CARD = Scorecard(
    points=(Points("load", ">", 80, 0.5), Points("errors", ">", 5, 0.45)), positive="failing", negative="well"
)
SERIES = Contract(
    name="series",
    title="Windows",
    record=RecordSchema(
        name="reading",
        title="Reading",
        keys=KEYS,
        features=(LOAD, ERRORS),
        history=History(records=8, ttl_hours=6),
    ),
    target=STATE,
    steps=4,
    fallback=CARD,
)
NOTES = Contract(
    name="notes",
    title="Texts",
    record=RecordSchema(name="note", title="Note", keys=KEYS, features=(LOAD,), texts=(NOTE,)),
    target=STATE,
)
PLACES = Contract(
    name="places",
    title="Names",
    record=RecordSchema(
        name="place",
        title="Place",
        keys=KEYS,
        features=(
            Feature(
                name="place",
                unit="name",
                description="Where",
                names=r"[a-z]+-[0-9]+",
                missing="refuse",
                example="hall-1",
            ),
            Feature(
                name="building",
                unit="name",
                description="Its house",
                names="[a-z]+",
                cut=("place", "([a-z]+)-"),
                missing="compute",
                example="hall",
            ),
            LOAD,
        ),
    ),
    target=STATE,
)
AHEAD = Contract(
    name="ahead",
    title="Forecast",
    record=RecordSchema(name="usage", title="Usage", keys=KEYS, features=(LOAD, ERRORS)),
    target=Target(
        name="load_ahead",
        description="Load later",
        maximum=100,
        ahead_of="load",
        horizons=(1.0, 6.0),
        quantiles=(0.1, 0.5, 0.9),
    ),
)


def readings(devices=10, hours=60, seed=0):
    """Hourly records as columns, by time: a device fails soon after its load was high for two hours."""
    draw, rows = np.random.default_rng(seed), devices * hours
    load = draw.uniform(0, 100, (hours, devices))
    strain = load + np.vstack((load[:1], load[:-1])) + draw.normal(0, 5, load.shape)
    names = np.where(strain.ravel() > 120, "failing", "well")
    gone, labelled = draw.random(rows) < 0.1, draw.random(rows) > 0.1
    words = np.where(names == "failing", "disk error, retry", "all is well")
    return {
        "device": [f"d-{number}" for number in np.tile(np.arange(devices), hours)],
        "seen_at": [START + timedelta(hours=int(hour)) for hour in np.repeat(np.arange(hours), devices)],
        "place": [
            ("hall-1", "hall-2", "barn-1")[number % 3] for number in np.tile(np.arange(devices), hours)
        ],
        "load": np.where(gone, np.nan, load.ravel()),
        "errors": draw.poisson(3, rows).astype(float),
        "note": [f"{word} {number}" for number, word in enumerate(words)],
        "state": [str(name) if known else None for name, known in zip(names, labelled, strict=True)],
    }


def as_records(columns):
    """The same records as a caller would send them, labels included."""
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    present = [{k: v for k, v in row.items() if v is not None and v == v} for row in rows]
    return [{**row, "seen_at": row["seen_at"].isoformat()} for row in present]
