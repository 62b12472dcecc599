"""Checks a request against the service's own botocore model: names, types, enums, patterns, lengths, ranges.

botocore's validator stops at names, types and minimum lengths; AWS does not, so neither does this.
`dynamic=True` is for requests inside state machines, where values may still be unknown: `"Name.$"` keys,
JSONata `{% ... %}` values and text holding `${...}` are checked by name only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape

_NUMBERS = {"integer": int, "long": int, "float": (int, float), "double": (int, float)}
_TEXTS = ("string", "blob")
_SHOWN = 60


@lru_cache(maxsize=16)
def service_model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def operation_model(service: str, operation: str) -> OperationModel | None:
    """The operation's model, or None where the service has no such operation."""
    model = service_model(service)
    return model.operation_model(operation) if operation in model.operation_names else None


def members(service: str, operation: str, *, output: bool = False) -> dict[str, Any]:
    """The shapes of the operation's input (or output) members by name; empty where it has none."""
    model = operation_model(service, operation)
    shape: Any = model and (model.output_shape if output else model.input_shape)
    return dict(shape.members) if shape else {}


def check(service: str, operation: str, params: object, *, dynamic: bool = False) -> list[str]:
    """Every problem of one request in AWS's words; an empty list means AWS's front door would accept it."""
    model = operation_model(service, operation)
    if model is None:
        return [f"{service} has no operation {operation}"]
    if model.input_shape is None:
        return [] if not params else [f"{operation} takes no parameters"]
    return list(_walk(params, model.input_shape, "", dynamic))


def refusal(problems: list[str]) -> str:
    """The message AWS's ValidationException carries for these problems."""
    noun = "error" if len(problems) == 1 else "errors"
    return f"{len(problems)} validation {noun} detected: " + "; ".join(problems)


def _walk(value: Any, shape: Shape, path: str, dynamic: bool) -> Iterator[str]:
    if dynamic and is_dynamic(value):
        return
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(value, shape, path, dynamic)
    elif kind == "list":
        yield from _list(value, shape, path, dynamic)
    elif kind == "map":
        yield from _map(value, shape, path, dynamic)
    elif kind in _TEXTS:
        yield from _text(value, shape, path)
    elif kind in _NUMBERS:
        yield from _number(value, shape, path)
    elif kind == "boolean" and not isinstance(value, bool):
        yield _broken(value, path, "Member must be true or false")
    elif kind == "timestamp" and (isinstance(value, bool) or not isinstance(value, str | int | float)):
        yield _broken(value, path, "Member must be a timestamp")


def _structure(value: Any, shape: Any, path: str, dynamic: bool) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _broken(value, path, "Member must be an object")
        return
    known = {_plain(name, dynamic): (name, item) for name, item in value.items()}
    for name in shape.required_members:
        if known.get(name, ("", None))[1] is None:
            yield f"Value null at '{_at(path, name)}' failed to satisfy constraint: Member must not be null"
    if getattr(shape, "is_tagged_union", False) and len(known) != 1:
        yield _broken(sorted(known), path, f"Exactly one member of [{', '.join(shape.members)}] must be set")
    for name, (written, item) in known.items():
        if name not in shape.members:
            allowed = ", ".join(shape.members)
            yield f"Unknown parameter {name!r} at '{path or 'request'}': must be one of [{allowed}]"
        elif item is not None and written == name:
            yield from _walk(item, shape.members[name], _at(path, name), dynamic)


def _list(value: Any, shape: Any, path: str, dynamic: bool) -> Iterator[str]:
    if not isinstance(value, list | tuple):
        yield _broken(value, path, "Member must be a list")
        return
    yield from _length(value, shape, path)
    for index, item in enumerate(value, start=1):
        yield from _walk(item, shape.member, f"{path}.{index}.member", dynamic)


def _map(value: Any, shape: Any, path: str, dynamic: bool) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _broken(value, path, "Member must be an object")
        return
    yield from _length(value, shape, path)
    for name, item in value.items():
        plain = _plain(name, dynamic)
        yield from _walk(plain, shape.key, f"{path}.{plain}.key", dynamic)
        if plain == name:
            yield from _walk(item, shape.value, f"{path}.{plain}.value", dynamic)


def _text(value: Any, shape: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        if not (shape.type_name == "blob" and isinstance(value, bytes | bytearray)):
            yield _broken(value, path, "Member must be text")
        return
    yield from _length(value, shape, path)
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        yield _broken(value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        yield _broken(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _number(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, _NUMBERS[shape.type_name]):  # type: ignore[arg-type]
        yield _broken(value, path, f"Member must be a number ({shape.type_name})")
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _broken(value, path, f"Member must have value greater than or equal to {low}")
    if high is not None and value > high:
        yield _broken(value, path, f"Member must have value less than or equal to {high}")


def _length(value: Any, shape: Shape, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield _broken(value, path, f"Member must have length greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield _broken(value, path, f"Member must have length less than or equal to {high}")


def is_dynamic(value: object) -> bool:
    """Whether a value in a state machine is known only when it runs."""
    return isinstance(value, str) and ("${" in value or (value.startswith("{%") and value.endswith("%}")))


def _plain(name: str, dynamic: bool) -> str:
    return name[:-2] if dynamic and name.endswith(".$") else name


def _at(path: str, name: str) -> str:
    """AWS names members in camel case: productionVariants.1.member.instanceType."""
    member = name[:1].lower() + name[1:]
    return f"{path}.{member}" if path else member


def _broken(value: object, path: str, constraint: str) -> str:
    shown = str(value)
    shown = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "..."
    return f"Value '{shown}' at '{path}' failed to satisfy constraint: {constraint}"


_CLASSES = {
    "M": "\u0300-\u036f", "Z": r"\s", "Alnum": "A-Za-z0-9", "Alpha": "A-Za-z",
    "ASCII": r"\x00-\x7f", "Print": r"\x20-\x7e", "P": r"!-/:-@\[-`{-~\u2010-\u2027", "S": r"$+<=>^`|~",
}  # fmt: skip


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """The service's Java pattern as Python reads it: POSIX classes, letters, surrogates, end anchors."""
    text = pattern.replace("\\uD800\\uDC00-\\uDBFF\\uDFFF", "\U00010000-\U0010ffff")
    text = text.replace("\\z", "\\Z").replace("\\u0020-\\uD7FF", " -\ud7ff").replace("\\uE000", "\ue000")
    text = re.sub(r"\$\{\d+,\d+\}", "$", text)
    text = text.replace(r"\p{L}", r"\w").replace("\\p{N}", r"\d")
    text = re.sub(r"\[\\p\{(\w+)\}\]|\\p\{(\w+)\}", _class, text)
    return re.compile(text)


def _class(match: re.Match[str]) -> str:
    bracketed, bare = match.groups()
    inside = match.string[: match.start()].count("[") > match.string[: match.start()].count("]")
    chars = _CLASSES[bracketed or bare]
    return chars if inside and not bracketed else f"[{chars}]"
