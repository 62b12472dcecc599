"""A request of EC2's query protocol as the parameters that botocore was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import Shape

from local import request_shapes

_ENVELOPE = ("Action", "Version")


def parse(body: bytes) -> tuple[str, dict[str, Any], list[str]]:
    """The action, its parameters, and what is wrong with them in AWS's words."""
    flat = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    action = flat.get("Action", "")
    model = request_shapes.operation_model("ec2", action)
    if model is None or model.input_shape is None:
        return action, {}, [f"ec2 has no operation {action}"]
    given = {name: value for name, value in flat.items() if name not in _ENVELOPE}
    used: set[str] = set()
    params = _value(model.input_shape, "", given, used)
    unknown = [f"Unknown parameter {name!r}" for name in sorted(set(given) - used)]
    return action, params, unknown + request_shapes.check("ec2", action, params)


def _value(shape: Any, at: str, flat: Mapping[str, str], used: set[str]) -> Any:
    if shape.type_name == "structure":
        places = {name: _joined(at, _sent(name, member)) for name, member in shape.members.items()}
        return {
            name: _value(shape.members[name], place, flat, used)
            for name, place in places.items()
            if _given(place, flat)
        }
    if shape.type_name == "list":
        found: list[Any] = []
        while _given(f"{at}.{len(found) + 1}", flat):
            found.append(_value(shape.member, f"{at}.{len(found) + 1}", flat, used))
        return found
    used.add(at)
    return _scalar(shape, flat[at])


def _scalar(shape: Shape, text: str) -> Any:
    if shape.type_name in ("integer", "long"):
        return int(text) if text.lstrip("-").isdigit() else text
    return text == "true" if shape.type_name == "boolean" and text in ("true", "false") else text


def _sent(name: str, member: Shape) -> str:
    """EC2 writes the first letter of its members large."""
    told = str(member.serialization.get("queryName") or member.serialization.get("name") or name)
    return told[:1].upper() + told[1:]


def _given(place: str, flat: Mapping[str, str]) -> bool:
    return place in flat or any(name.startswith(f"{place}.") for name in flat)


def _joined(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
