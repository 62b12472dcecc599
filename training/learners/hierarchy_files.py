"""What the hierarchical model keeps beside its trees, as JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from learners.hierarchy_bounds import Bounds, Unknown
from learners.hierarchy_calibration import Calibration
from learners.hierarchy_encoding import Pooling, Table


def to_json(pooling: Pooling, calibration: Calibration | None, bounds: Bounds | None) -> dict[str, Any]:
    return {
        "numbers": list(pooling.numbers),
        "root": pooling.root.tolist(),
        "chains": [[table.to_json() for table in chain] for chain in pooling.chains],
        "calibration": calibration
        and {"slope": float(calibration.slope), "shift": calibration.shift.tolist()},
        "bounds": bounds
        and {
            "calm": bounds.calm,
            "parts": bounds.parts,
            "reach": bounds.reach,
            "known": bounds.known,
            "missing": [list(each) for each in bounds.missing],
            "unknown": [each.to_json() for each in bounds.unknown],
        },
    }


def from_json(found: dict[str, Any]) -> tuple[Pooling, Calibration | None, Bounds | None]:
    chains = tuple(tuple(Table.from_json(table) for table in chain) for chain in found["chains"])
    pooling = Pooling(tuple(found["numbers"]), np.array(found["root"], np.float32), chains)
    kept, told = found["calibration"], found["bounds"]
    calibration = kept and Calibration(np.float32(kept["slope"]), np.array(kept["shift"], np.float32))
    unknown = tuple(Unknown.from_json(each) for each in told["unknown"]) if told else ()
    missing = tuple((column, part) for column, part in told["missing"]) if told else ()
    bounds = told and Bounds(**{**told, "missing": missing, "unknown": unknown})
    return pooling, calibration, bounds
