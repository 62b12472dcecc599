"""Arrow columns as numpy arrays, without pandas: its import takes longer than most jobs' work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def numbers(column: pa.ChunkedArray | pa.Array) -> NDArray[Any]:
    """A numeric column as an array; nulls, which only doubles may have, become NaN."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not whole.null_count:
        return np.from_dlpack(whole)
    values = np.frombuffer(whole.buffers()[1], np.float64)[whole.offset :][: len(whole)].copy()
    values[np.from_dlpack(whole.is_null().cast(pa.uint8())).astype(bool)] = np.nan
    return values


def array(values: NDArray[Any]) -> pa.Array:
    """A numeric array as an Arrow one; `pa.array` would import pandas."""
    buffer = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, buffer])


def texts(values: Sequence[str]) -> pa.Array:
    """A few texts as an Arrow array, for the same reason."""
    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))


def coded(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], pa.Array]:
    """A text column as codes (n,) and the names that they stand for."""
    found = column.combine_chunks().dictionary_encode()
    return numbers(found.indices).astype(np.int64), found.dictionary
