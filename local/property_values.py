"""Template property values as the services' APIs want them."""

from __future__ import annotations

from typing import Any


def coerced(value: Any, shape: Any) -> Any:
    """Property values as the API wants them: templates may spell numbers and booleans as text."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = shape.members
        return {n: coerced(v, members[n]) if n in members else v for n, v in value.items()}
    if kind == "list" and isinstance(value, list):
        return [coerced(item, shape.member) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {name: coerced(item, shape.value) for name, item in value.items()}
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind in ("integer", "long", "float", "double") and isinstance(value, str):
        return number_or_text(value, kind)
    if kind == "string" and isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def number_or_text(text: str, kind: str) -> Any:
    try:
        return int(text) if kind in ("integer", "long") else float(text)
    except ValueError:
        return text


def api_named(value: Any, shape: Any) -> Any:
    """Properties under the names of an API that begins its members with a small letter, as ECS does."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        named = {name[:1].lower() + name[1:]: item for name, item in value.items()}
        members = shape.members
        return {n: api_named(item, members[n]) if n in members else item for n, item in named.items()}
    if kind == "list" and isinstance(value, list):
        return [api_named(item, shape.member) for item in value]
    return value
