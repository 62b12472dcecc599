"""Stored records, whatever file they lie in, as tables of one schema.

Each table has `entity` (string), `time` (int64, epoch milliseconds), the features that any file gives
(float64, a category's number, null where missing), the texts (string, null where missing) and `target`
(float64: class number or value, null where unlabelled). Measurements of a placement have the platform's
number and its measures besides; those that nobody compared are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalog.contract import EXPLORED, MEASURES, PLATFORM, Contract, Feature, Target
from columns import array, texts
from jobs import JobError
from record_files import READERS, ROWS, outline

CHOSEN_BY = "chosen_by"
"""Why a request was measured where it was; measurements that were made up need no reason."""


@dataclass(frozen=True)
class Source:
    """The files of one data profile in a fixed order, the features they give and about how many rows."""

    root: Path
    files: tuple[Path, ...]
    features: tuple[str, ...]
    rows: int


def survey(raw: Path, profile: str, contract: Contract) -> Source:
    """What lies below `raw` for `profile`, or in that one file; JobError where that is nothing or lacks a
    key."""
    root, listed = (raw.parent, [raw]) if raw.is_file() else (raw, sorted(raw.rglob("*")))
    found = (path for path in listed if path.is_file() and path.stat().st_size)
    files = tuple(path for path in found if _belongs(path.relative_to(root), profile))
    if not files:
        needed = ", ".join(READERS)
        raise JobError(f"no records of profile {profile!r} below {raw}; needed are files ending in {needed}")
    rows, given = 0, set[str]()
    for path in files:
        count, columns = _outline(path, contract)
        rows, given = rows + count, given | set(columns)
    features = (feature.name for feature in contract.record.read if feature.source in given)
    return Source(root, files, tuple(features), rows)


def tables(source: Source, contract: Contract) -> Iterator[pa.Table]:
    """Every record in file order, in tables of about `ROWS` rows."""
    waiting: list[pa.Table] = []
    for path in source.files:
        for table in _normalised(path, contract, source.features):
            waiting.append(table)
            if sum(map(len, waiting)) >= ROWS:
                yield pa.concat_tables(waiting)
                waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _belongs(path: Path, profile: str) -> bool:
    profiles = [part for part in path.parts if part.startswith("profile=")]
    return path.suffix in READERS and profiles in ([], [f"profile={profile}"])


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """An error while reading names the file."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise JobError(f"{path} cannot be read as records: {str(error).splitlines()[0]}") from None


def _outline(path: Path, contract: Contract) -> tuple[int, list[str]]:
    """About how many rows a file has, and its columns."""
    with _naming(path):
        (count, columns), keys = outline(path, contract), _keys(contract)
        if columns is None:
            return count, list(contract.features)
        missing = [name for name in keys if name not in columns]
        if missing:
            raise ValueError(f"needs the columns {', '.join(keys)}, lacks {', '.join(missing)}")
        return count, columns


def _keys(contract: Contract) -> tuple[str, str]:
    return contract.record.entity, contract.record.time


def _normalised(path: Path, contract: Contract, features: tuple[str, ...]) -> Iterator[pa.Table]:
    texts = [text.name for text in contract.record.texts]
    measured = (PLATFORM, *MEASURES, CHOSEN_BY) if contract.placement else (contract.target.name,)
    sources = [each.source for each in contract.record.read if each.name in features]
    wanted = list(dict.fromkeys((*_keys(contract), *sources, *texts, *measured)))
    with _naming(path):
        for batch in READERS[path.suffix](path, wanted, contract):
            yield _normal(batch, contract, features)


def _normal(batch: pa.RecordBatch, contract: Contract, features: tuple[str, ...]) -> pa.Table:
    given, target = set(batch.schema.names), contract.target
    entity, time = _keys(contract)
    columns = {"entity": batch[entity].cast(pa.string()), "time": _time(batch[time])}
    for name, key in zip(("entity", "time"), (entity, time), strict=True):
        if columns[name].null_count:
            raise ValueError(f"{columns[name].null_count} records have no {key}")
    empty = pa.nulls(len(batch), pa.float64())
    for feature in contract.record.read:
        if feature.name in features:
            there = feature.source in given
            columns[feature.name] = _feature(feature, batch[feature.source]) if there else empty
    for text in contract.record.texts:
        there = text.name in given
        columns[text.name] = batch[text.name].cast(pa.string()) if there else empty.cast(pa.string())
    columns["target"] = _target(target, batch[target.name]) if target.name in given else empty
    if not contract.placement:
        return pa.table(columns)
    return pa.table({**columns, **_measured(batch, contract)}).filter(_compared(batch))


def _measured(batch: pa.RecordBatch, contract: Contract) -> dict[str, pa.Array]:
    """Platform and measures of each measurement; ValueError where one of them is not whole."""
    lacking = [name for name in (PLATFORM, *MEASURES) if name not in batch.schema.names]
    if lacking:
        raise ValueError(
            f"measurements need {', '.join((PLATFORM, *MEASURES))}, lacking {', '.join(lacking)}"
        )
    found = {PLATFORM: _coded(PLATFORM, contract.target.classes, batch[PLATFORM])}
    found |= {name: _number(name, batch[name]) for name in MEASURES}
    for name, column in found.items():
        if column.null_count:
            raise ValueError(f"{column.null_count} measurements have no {name}")
    return found


def _compared(batch: pa.RecordBatch) -> pa.Array:
    """Which measurements are of requests that both platforms served, whatever either of them did: where
    one was asked because the other had failed, failures would count too often."""
    if CHOSEN_BY not in batch.schema.names:
        return pa.repeat(True, len(batch))
    by = batch[CHOSEN_BY]
    return pc.or_(pc.is_null(by), pc.equal(by.cast(pa.string()), EXPLORED).fill_null(True))


def _time(column: pa.Array) -> pa.Array:
    return column.cast(pa.timestamp("ms", tz="UTC"), safe=False).cast(pa.int64())


def _number(name: str, column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.float64())
    except pa.ArrowException as error:
        raise ValueError(f"column {name} must hold numbers: {error}") from None


def _feature(feature: Feature, column: pa.Array) -> pa.Array:
    if feature.categories:
        return _coded(feature.name, feature.categories, column)
    return _named(feature, column) if feature.names else _number(feature.name, column)


def _named(feature: Feature, column: pa.Array) -> pa.Array:
    """Each name's number, as requests' are made; null where there is none."""
    found = column.cast(pa.string()).dictionary_encode()
    codes = np.array([feature.number(name) for name in found.dictionary.to_pylist()], np.float64)
    return pc.take(pc.if_else(pc.is_nan(array(codes)), None, array(codes)), found.indices)


def _target(target: Target, column: pa.Array) -> pa.Array:
    """Class numbers of a classifier's labels, values of a regressor's; ValueError on an unknown label."""
    if not target.classes:
        return _score(target, _number(target.name, column))
    return _coded(f"label {target.name}", target.classes, column)


def _coded(what: str, names: tuple[str, ...], column: pa.Array) -> pa.Array:
    """Each name's place among `names`; ValueError on one that is not there."""
    given = column.cast(pa.string())
    numbers = pc.index_in(given, value_set=texts(names))
    unknown = pc.and_(pc.is_null(numbers), pc.is_valid(given))
    if pc.any(unknown).as_py():
        example = given.filter(unknown)[0].as_py()
        raise ValueError(f"{what} must be one of {', '.join(names)}, got {example!r}")
    return numbers.cast(pa.float64())


def _score(target: Target, scores: pa.Array) -> pa.Array:
    outside = pc.or_(pc.less(scores, target.minimum), pc.greater(scores, target.maximum))
    if pc.any(outside).as_py():
        example = scores.filter(outside)[0].as_py()
        allowed = f"from {target.minimum:g} to {target.maximum:g}"
        raise ValueError(f"label {target.name} must be {allowed} {target.unit}, got {example:g}")
    return scores
