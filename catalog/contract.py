"""What a caller, a container and an artifact must agree on about one model.

Standard library only, Python 3.11: the files named in `SHIPPED` lie in every function, job and endpoint,
beside the JSON of the contracts that the payload serves.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from catalog.fields import Feature, Key, Missing, Problem, Target, Text, name_number, parse_time, shown
from catalog.optimizer import Distances, Estimate, Limit, Optimizer, Search
from catalog.placement import EXPLORED, LOAD, MEASURES, PLATFORM, Placement, ServiceTwin
from catalog.rules import OPERATORS, Advice, Detector, Fallback, Level, Points, Reading, Rule, Scorecard

__all__ = [
    "EXPLORED", "LIVE", "LOAD", "MAX_POINTS", "MAX_RECORDS", "MEASURES", "MISSING", "NO_CHAMPION",
    "OPERATORS", "PLATFORM", "SAMPLES", "SHIPPED", "SYNTHETIC", "Advice", "Contract", "Detector",
    "Distances", "Estimate", "Fallback", "Feature", "History", "Key", "Level", "Limit", "Missing",
    "Optimizer", "Placement", "Points", "Problem", "Reading", "RecordSchema", "Rule", "Scorecard", "Search",
    "ServiceTwin", "Target", "Text", "insight_id", "name_number", "parse_time", "shown",
]  # fmt: skip

SHIPPED = (
    "__init__.py",
    "contract.py",
    "fields.py",
    "histogram.py",
    "optimizer.py",
    "placement.py",
    "rules.py",
)
MISSING = math.nan
MAX_RECORDS = 500
MAX_POINTS = 5000
"""Points of one series that a detector takes at once."""
NO_CHAMPION = "none"
"""What a champion parameter holds before the first promotion."""
LIVE = "live"
"""The data profile of what callers sent; scheduled training reads it."""
SYNTHETIC = "synthetic"
"""The data profile of records that a training run may make for itself, as many as `SAMPLES` allow."""
SAMPLES = (500, 1_000_000)


@dataclass(frozen=True)
class History:
    """What the platform remembers of an entity between calls: its last `records`, for `ttl_hours`."""

    records: int
    ttl_hours: int


@dataclass(frozen=True, kw_only=True)
class RecordSchema:
    """A record as it is sent, stored and trained on; its feature code is `features/<name>.py`.

    The first key names the entity, the key of kind `timestamp` the instant. Records are flat everywhere but
    in a request, where the features may lie in the object `group`, and where `series` may hold a list of
    readings of one entity.
    """

    name: str
    title: str
    keys: tuple[Key, ...]
    features: tuple[Feature, ...] = ()
    texts: tuple[Text, ...] = ()
    group: str = ""
    series: str = ""
    history: History | None = None
    folder: str = ""
    """Where the raw bucket holds its records; its name where this is empty."""

    def check(self, record: object, labels: Iterable[Target] = ()) -> list[Problem]:
        """Every problem of one flat record, in field order; an empty list means it is good.

        `labels` are targets the record may carry beside its features (ground truth sent to ingestion).
        """
        if not isinstance(record, Mapping):
            return [Problem("", f"a record must be an object, got {shown(record)}")]
        checks = {**self._fields, **{label.name: label for label in labels}}
        problems = [
            Problem(self.place(name), found)
            for name, field in checks.items()
            if (value := record.get(name)) is not None and (found := field.problem(value))
        ]
        problems += [
            Problem(self.place(name), "is required") for name in self.required if record.get(name) is None
        ]
        problems += [
            Problem(str(name)[:128], "is not a field of this record") for name in record if name not in checks
        ]
        measured = (*(each.name for each in self.given), *(each.name for each in self.texts))
        if not any(record.get(name) is not None for name in measured):
            problems.append(Problem(self.group, "at least one measurement is required"))
        return problems

    @property
    def raw(self) -> str:
        """The folder of its records in the raw bucket, with one `profile=` folder a data profile."""
        return self.folder or self.name

    def place(self, name: str) -> str:
        """Where a request holds the field."""
        return f"{self.group}.{name}" if self.group and name not in self.key_names else name

    @cached_property
    def _fields(self) -> dict[str, Key | Feature | Text]:
        fields: tuple[Key | Feature | Text, ...] = (*self.keys, *self.given, *self.texts)
        return {field.name: field for field in fields}

    @cached_property
    def key_names(self) -> tuple[str, ...]:
        return tuple(key.name for key in self.keys)

    @cached_property
    def entity(self) -> str:
        """Name of the key that says what the record is about."""
        return self.keys[0].name

    @cached_property
    def time(self) -> str:
        """Name of the key that says when."""
        return next(key.name for key in self.keys if key.kind == "timestamp")

    @cached_property
    def required(self) -> tuple[str, ...]:
        keys = tuple(key.name for key in self.keys if key.missing == "refuse")
        return keys + tuple(feature.name for feature in self.features if feature.missing == "refuse")

    @cached_property
    def derives(self) -> bool:
        """Whether feature code computes some of its features."""
        return any(each.missing in ("derive", "compute") and not each.cut for each in self.features)

    @cached_property
    def given(self) -> tuple[Feature, ...]:
        """The features that records may hold."""
        return tuple(feature for feature in self.features if feature.missing != "compute")

    @cached_property
    def read(self) -> tuple[Feature, ...]:
        """The features whose numbers are in a record as it stands: what it holds, and what is cut out."""
        return tuple(feature for feature in self.features if feature.missing != "compute" or feature.cut)


@dataclass(frozen=True, kw_only=True)
class Contract:
    """One model's agreement: what it reads, in which order, and what it answers."""

    name: str
    title: str
    record: RecordSchema
    target: Target
    steps: int = 1
    """How many records of one entity the model reads, the latest last."""
    fallback: Fallback | Scorecard | None = None
    advice: Advice | None = None
    readings: tuple[Reading, ...] = ()
    detector: Detector | None = None
    optimizer: Optimizer | None = None
    placement: Placement | None = None
    """Of a model that chooses where requests are served: the classes are the platforms, and records to learn
    from are measurements of each."""

    @cached_property
    def companions(self) -> tuple[str, ...]:
        """Other models that answer a part of each request."""
        estimate = self.optimizer.estimate if self.optimizer else None
        asked = [reading.model for reading in self.readings] + ([estimate.model] if estimate else [])
        return tuple(dict.fromkeys(asked))

    @cached_property
    def features(self) -> tuple[str, ...]:
        """The names of what one record gives the model, in order: numbers, then the texts' buckets."""
        texts = [column for text in self.record.texts for column in text.columns]
        return (*(feature.name for feature in self.record.features), *texts)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The model's input columns: the features of each step, `[-1]` being the record before the last."""
        if self.steps == 1 and not self.target.horizons:
            return self.features
        if self.target.horizons:
            return (*self.features, "horizon_hours")
        back = range(self.steps - 1, -1, -1)
        return tuple(f"{name}[-{step}]" if step else name for step in back for name in self.features)

    @cached_property
    def hash(self) -> str:
        """Sixteen hex digits over what must match between caller and artifact; wording is left out."""
        target = self.target
        agreed: dict[str, Any] = {
            "name": self.name,
            "features": [_agreed(feature) for feature in self.record.features],
            "target": (target.name, target.classes, target.minimum, target.maximum),
        }
        more = {
            "steps": self.steps if self.steps > 1 else None,
            "texts": [(text.name, text.buckets, text.grams) for text in self.record.texts],
            "forecast": (target.ahead_of, target.horizons, target.quantiles) if target.horizons else None,
            "interval": target.interval,
            "optimizer": self.optimizer.agreed if self.optimizer else None,
        }
        agreed |= {name: value for name, value in more.items() if value}
        return hashlib.sha256(json.dumps(agreed, sort_keys=True).encode()).hexdigest()[:16]

    def check(self, record: object) -> list[Problem]:
        """See `RecordSchema.check`."""
        return self.record.check(record)

    def encode(self, record: Mapping[str, Any]) -> list[float]:
        """One record's features in order: NaN where a value is missing, the default where one is declared."""
        row = [_value(feature, record.get(feature.source)) for feature in self.record.features]
        for text in self.record.texts:
            row += text.encode(record.get(text.name) or "")
        return row

    def imputed(self, record: Mapping[str, Any]) -> list[str]:
        """Features whose declared default stands in for a value that was left out."""
        features = self.record.features
        return [f.name for f in features if f.missing == "default" and record.get(f.name) is None]

    def to_json(self) -> str:
        return json.dumps({**dataclasses.asdict(self), "hash": self.hash}, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Contract:
        """The contract that `to_json` wrote; ValueError where its content does not match its own hash."""
        data = json.loads(text)
        agreed = data.pop("hash")
        contract: Contract = _revived(cls, data)
        if contract.hash != agreed:
            raise ValueError(
                f"contract {contract.name}: content hashes to {contract.hash}, file says {agreed}; "
                "write the file with to_json, not by hand"
            )
        return contract

    @classmethod
    def load_all(cls, folder: Path) -> dict[str, Contract]:
        """The contracts a payload serves: every JSON file of `folder`, by model name."""
        found = [cls.from_json(path.read_text()) for path in sorted(folder.glob("*.json"))]
        return {contract.name: contract for contract in found}


def insight_id(record: Mapping[str, Any], keys: Iterable[str]) -> str:
    """A record's identity by the fields that `keys` names: the same values give the same id, so a replay
    never duplicates."""
    identity = "\n".join(str(record[name]) for name in keys)
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def _agreed(feature: Feature) -> tuple[object, ...]:
    told = (
        feature.name,
        feature.unit,
        feature.minimum,
        feature.maximum,
        feature.integer,
        feature.missing,
        *feature.categories,
        *((feature.names,) if feature.names else ()),
        *feature.cut,
    )
    return (*told, feature.default) if feature.missing == "default" else told


def _value(feature: Feature, value: float | str | None) -> float:
    if value is not None:
        return feature.number(value)
    return feature.default if feature.missing == "default" else MISSING


def _revived(kind: Any, value: Any) -> Any:
    """`value` as JSON holds it, as the dataclass, tuple or plain value that `kind` asks for."""
    if value is None:
        return None
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        classes = [each for each in inner if dataclasses.is_dataclass(each)]
        fits = [each for each in classes if set(value) <= {field.name for field in dataclasses.fields(each)}]
        return _revived(fits[0], value) if classes else value
    if origin is tuple:
        kinds = [inner[0]] * len(value) if inner[-1] is ... else inner
        return tuple(_revived(each, item) for each, item in zip(kinds, value, strict=True))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _revived(hints[name], item) for name, item in value.items()})
    return value
