"""Records as hypothesis makes them: good ones, and whatever JSON can hold."""

from datetime import timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from catalog.contract import Feature, Key, RecordSchema

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def key(field: Key) -> st.SearchStrategy[str]:
    if field.kind == "timestamp":
        return (
            st.datetimes(timezones=ZONES)
            .map(lambda time: time.isoformat())
            .filter(lambda t: not field.problem(t))
        )
    return st.from_regex(field.pattern, fullmatch=True)


def feature(field: Feature) -> st.SearchStrategy[Any]:
    if field.categories:
        return st.sampled_from(field.categories)
    if field.names:
        return st.from_regex(field.names, fullmatch=True)
    if field.integer:
        top = 10**6 if field.maximum is None else int(field.maximum)
        return st.integers(int(field.minimum), top)
    top_float = 1e100 if field.maximum is None else field.maximum
    return st.floats(field.minimum, top_float, allow_nan=False)


def record(schema: RecordSchema) -> st.SearchStrategy[dict[str, Any]]:
    """A good flat record: what is required, and at least one measurement."""
    keys = {field.name: key(field) for field in schema.keys}
    measured = {field.name: feature(field) for field in schema.given}
    measured |= {field.name: st.text(max_size=40) for field in schema.texts}
    needed = {name: how for name, how in {**keys, **measured}.items() if name in schema.required}
    if not set(needed) & set(measured):
        first = next(iter(measured))
        needed[first] = measured[first]
    others = {name: st.none() | how for name, how in {**keys, **measured}.items() if name not in needed}
    return st.fixed_dictionaries(needed, optional=others)
