"""Writes ONNX models with numpy alone.

The training container has no onnx package, and importing one would cost each trial more than the export. A
model file is a protobuf message (onnx.proto); the few fields that the exports need are written here directly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

IR_VERSION = 8
OPSETS = {"": 15, "ai.onnx.ml": 3}
FLOAT, INT64, BOOL = 1, 7, 9
STORED = {"f": (FLOAT, "<f4"), "i": (INT64, "<i8"), "b": (BOOL, "?")}
"""Element type and bytes of a tensor, by the kind of its array."""


def node(
    op: str, inputs: Sequence[str], outputs: str | Sequence[str], domain: str = "", **attributes: Any
) -> bytes:
    """One operator; the name "" leaves an optional input or output out.

    Attributes are int, float, str, a list of str, an array or list of numbers, or bytes that `constant` made.
    """
    names = [outputs] if isinstance(outputs, str) else outputs
    parts = [_text(1, name) for name in inputs] + [_text(2, name) for name in names]
    parts += [_text(3, next(filter(None, names))), _text(4, op)]
    parts += [_bytes(5, _attribute(name, value)) for name, value in attributes.items()]
    return b"".join([*parts, _text(7, domain)])


def constant(name: str, values: NDArray[Any]) -> bytes:
    """A tensor of float32, int64 or bool that an operator reads as an input; numbers become one of these."""
    kind, stored = STORED[values.dtype.kind]
    dims = b"".join(_integer(1, size) for size in values.shape)
    return dims + _integer(2, kind) + _text(8, name) + _bytes(9, values.astype(stored).tobytes())


def tensor(name: str, kind: int, *shape: int | str) -> bytes:
    """Name, element type and shape of an input or output; text in the shape stands for any size."""
    dims = [_text(2, size) if isinstance(size, str) else _integer(1, size) for size in shape]
    described = _integer(1, kind) + _bytes(2, b"".join(_bytes(1, dim) for dim in dims))
    return _text(1, name) + _bytes(2, _bytes(1, described))


def model(
    *,
    name: str,
    nodes: Sequence[bytes],
    constants: Sequence[bytes],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    about: Mapping[str, str],
) -> bytes:
    """The whole file. `about` goes into the model's metadata properties."""
    graph = [_bytes(1, part) for part in nodes] + [_text(2, name)]
    graph += [_bytes(5, part) for part in constants]
    graph += [_bytes(11, part) for part in inputs] + [_bytes(12, part) for part in outputs]
    parts = [_integer(1, IR_VERSION), _text(2, "ops-ml-platform"), _bytes(7, b"".join(graph))]
    parts += [_bytes(8, _text(1, domain) + _integer(2, number)) for domain, number in OPSETS.items()]
    parts += [_bytes(14, _text(1, key) + _text(2, value)) for key, value in about.items()]
    return b"".join(parts)


def _attribute(name: str, value: Any) -> bytes:
    named = _text(1, name)
    if isinstance(value, int):
        return named + _integer(3, value) + _integer(20, 2)
    if isinstance(value, float):
        return named + _varint(2 << 3 | 5) + np.float32(value).tobytes() + _integer(20, 1)
    if isinstance(value, str):
        return named + _text(4, value) + _integer(20, 3)
    if isinstance(value, bytes):
        return named + _bytes(5, value) + _integer(20, 4)
    if isinstance(value, list) and isinstance(value[0], str):
        encoded = {item: _text(9, item) for item in set(value)}
        return named + b"".join(map(encoded.__getitem__, value)) + _integer(20, 8)
    values = np.asarray(value)
    if values.dtype.kind == "f":
        return named + _bytes(7, values.astype("<f4").tobytes()) + _integer(20, 6)
    return named + _bytes(8, _varints(values)) + _integer(20, 7)


def _varints(values: NDArray[Any]) -> bytes:
    """Integers, seven bits a byte, least first; negative ones as two's complement of 64 bits."""
    unsigned = np.asarray(values, np.int64).astype(np.uint64)
    longest = -(-int(unsigned.max(initial=1)).bit_length() // 7)
    shifted = unsigned[:, None] >> (np.arange(longest, dtype=np.uint64) * np.uint64(7))
    more = np.zeros(shifted.shape, np.uint64)
    more[:, :-1] = (shifted[:, 1:] > 0) * np.uint64(128)
    used = shifted > 0
    used[:, 0] = True
    return ((shifted & np.uint64(127)) | more).astype(np.uint8)[used].tobytes()


def _varint(value: int) -> bytes:
    return _varints(np.array([value]))


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varints(np.array([field << 3 | 2, len(value)])) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
