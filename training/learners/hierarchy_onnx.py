"""The hierarchical model as ONNX operators: look-ups of names, tables of values, trees, bounds.

Names are looked up exactly: a name's number becomes a whole number, that and the group above become one
whole number, and that becomes the group. What is not found, or is missing, becomes group 0, which takes the
value of the level above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

import onnx_file
from learners import lightgbm_onnx
from learners.hierarchy_bounds import Bounds
from learners.hierarchy_calibration import LEAST, Calibration
from learners.hierarchy_encoding import Pooling
from learners.hierarchy_levels import Level
from learners.hierarchy_spread import STRETCH

ML = "ai.onnx.ml"
NOTHING = -1
"""A key that no name has, so that no look-up is empty."""


@dataclass
class Graph:
    """Nodes and constants so far, of the inputs `source`; what they make is named after `prefix`."""

    source: str
    prefix: str
    nodes: list[bytes] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)

    def add(self, op: str, *inputs: str, domain: str = "", into: str = "", **attributes: Any) -> str:
        """The name of the operator's output."""
        output = into or f"{self.prefix}_{len(self.nodes)}"
        self.nodes.append(onnx_file.node(op, inputs, output, domain, **attributes))
        return output

    def constant(self, values: Any) -> str:
        name = f"{self.prefix}_constant_{len(self.constants)}"
        self.constants.append(onnx_file.constant(name, np.asarray(values)))
        return name

    def own(self, level: Level) -> str:
        """The place (rows,) of each row's own name, 0 where it is unknown; looked up once a column."""
        if level.column not in self.names:
            number = self.add("Gather", self.source, self.constant(level.column), axis=1)
            keys = np.append(np.float32(NOTHING), level.names)
            self.names[level.column] = self._place(number, keys_floats=keys)
        return self.names[level.column]

    def group(self, level: Level, above: str | None) -> str:
        """The group (rows,) of each row on the level; on a first level all names are groups."""
        own = self.own(level)
        if above is None:
            return own
        apart = self.add("Mul", above, self.constant(len(level.names) + 1))
        keys = np.append(NOTHING, level.pairs)
        return self._place(self.add("Add", apart, own), keys_int64s=keys)

    def row(self, table: NDArray[Any], group: str) -> str:
        """The group's row of the table."""
        return self.add("Gather", self.constant(table.astype(np.float32)), group, axis=0)

    def _place(self, asked: str, **keys: Any) -> str:
        (count,) = (len(each) for each in keys.values())
        places = np.arange(count)
        return self.add("LabelEncoder", asked, domain=ML, values_int64s=places, default_int64=0, **keys)


def encoded(graph: Graph, pooling: Pooling) -> str:
    """As `Pooling.encode`: (rows, encoded)."""
    parts = []
    if pooling.numbers:
        parts.append(graph.add("Gather", graph.source, graph.constant(np.array(pooling.numbers)), axis=1))
    for chain in pooling.chains:
        value, group = graph.constant(pooling.root[None, :]), None
        for table in chain:
            group = graph.group(table.level, group)
            flat = graph.add("Greater", group, graph.constant(0))
            known = graph.add("Unsqueeze", flat, graph.constant(np.array([1])))
            value = graph.add("Where", known, graph.row(table.values, group), value)
            parts.append(value)
        own = np.append(0, chain[-1].own[1:])
        parts.append(graph.row(own[:, None], str(group)))
    return graph.add("Concat", *parts, axis=1)


def margins(graph: Graph, encoded: str, texts: Sequence[str], classes: int) -> str:
    """Of each booster (rows, boosters, classes), or (rows, boosters, 1) of a number."""
    grown = [lightgbm_onnx.trees(text) for text in texts]
    width = classes or 1
    group = [place * width + lightgbm_onnx.of_classes(len(each), classes) for place, each in enumerate(grown)]
    flat, every = f"{graph.prefix}_trees", [tree for each in grown for tree in each]
    targets = len(texts) * width
    graph.nodes.append(lightgbm_onnx.ensemble(every, np.concatenate(group), targets, encoded, flat))
    return graph.add("Reshape", flat, graph.constant(np.array([-1, len(texts), width])))


def mean(graph: Graph, margins: str, into: str = "") -> str:
    """Over the boosters: (rows, classes)."""
    return graph.add("ReduceMean", margins, into=into, axes=[1], keepdims=0)


def probabilities(graph: Graph, margins: str, calibration: Calibration, into: str = "") -> str:
    """Of the last axis."""
    steep = graph.add("Mul", margins, graph.constant(calibration.slope))
    moved = graph.add("Add", steep, graph.constant(calibration.shift))
    return graph.add("Softmax", moved, into=into, axis=-1)


def interval(graph: Graph, bounds: Bounds, probabilities: str, of_boosters: str, into: str) -> None:
    """As `Bounds.around`: (rows, 2)."""
    odds = _log_odds(graph, bounds.calm, probabilities, 1)
    each = _log_odds(graph, bounds.calm, of_boosters, 2)
    off = graph.add("Sub", each, graph.add("ReduceMean", each, axes=[1], keepdims=1))
    square = graph.add("ReduceMean", graph.add("Mul", off, off), axes=[1], keepdims=0)
    variance = graph.add("Mul", square, graph.constant(np.array(bounds.parts - 1, np.float32)))
    variance = graph.add("Add", variance, graph.constant(np.array([bounds.known], np.float32)))
    if bounds.missing:
        variance = graph.add("Add", variance, _missing(graph, bounds))
    for kind in bounds.unknown:
        kept = kind.kept * np.float32(kind.variance)
        variance = graph.add("Add", variance, graph.row(kept[:, None], graph.own(kind.level)))
    stretch = graph.add("Mul", variance, graph.constant(np.array(STRETCH, np.float32)))
    stretch = graph.add("Sqrt", graph.add("Add", stretch, graph.constant(np.array(1, np.float32))))
    odds = graph.add("Mul", odds, stretch)
    reach = graph.constant(np.array(bounds.reach, np.float32))
    away = graph.add("Mul", graph.add("Sqrt", variance), reach)
    ends = graph.add("Concat", graph.add("Sub", odds, away), graph.add("Add", odds, away), axis=1)
    graph.add("Sigmoid", ends, into=into)


def _missing(graph: Graph, bounds: Bounds) -> str:
    """The variance (rows, 1) that each row's empty columns add."""
    columns, parts = zip(*bounds.missing, strict=True)
    asked = graph.add("Gather", graph.source, graph.constant(np.array(columns)), axis=1)
    none = graph.constant(np.array(0, np.float32))
    one = graph.constant(np.array(1, np.float32))
    empty = graph.add("Where", graph.add("IsNaN", asked), one, none)
    return graph.add("MatMul", empty, graph.constant(np.array(parts, np.float32)[:, None]))


def _log_odds(graph: Graph, calm: int, probabilities: str, axis: int) -> str:
    """Of the risk; the classes' axis keeps one place."""
    one = graph.constant(np.array(1, np.float32))
    low, high = (graph.constant(np.array(end, np.float32)) for end in (LEAST, 1 - LEAST))
    safe = graph.add("Gather", probabilities, graph.constant(np.array([calm])), axis=axis)
    risk = graph.add("Clip", graph.add("Sub", one, safe), low, high)
    return graph.add("Log", graph.add("Div", risk, graph.add("Sub", one, risk)))
