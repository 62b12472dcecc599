"""Tries a package before it is promoted: loads it as predictions would, and replays its golden rows."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from catalog.contract import Contract
from serve import artifact
from serve.artifact import LoadFailed, NotFetched
from serve.session import ModelFailed, Rows, Session


def check(sagemaker: Any, s3: Any, package: str, contract: Contract) -> dict[str, Any]:
    """`{"ok": true, "rows", "largest_difference"}`, or `{"ok": false, "reason"}`.

    NotFetched where nothing can be said of the package: a refusal would have it rejected for good.
    """
    try:
        files = artifact.fetch(sagemaker, s3, package, contract)
        if files.golden is None:
            return _refused("the archive lacks golden.json")
        return _replayed(Session(files.onnx, contract), json.loads(files.golden), contract)
    except NotFetched:
        raise
    except (LoadFailed, ModelFailed) as error:
        return _refused(str(error))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        return _refused(f"golden.json cannot be replayed: {type(error).__name__}: {error}")


def _replayed(session: Session, golden: dict[str, Any], contract: Contract) -> dict[str, Any]:
    if golden["contract_hash"] != contract.hash or golden["columns"] != len(contract.columns):
        return _refused("golden.json is of another contract")
    rows = _rows(golden)
    if not len(rows):
        return _refused("golden.json holds no rows")
    found = session.run(rows)
    known = np.array(golden["probabilities" if contract.target.classes else "values"], np.float64)
    difference = float(np.abs(found.numbers - known.reshape(found.numbers.shape)).max())
    if found.interval is not None:
        bounds = np.array(golden["interval"], np.float64)
        difference = max(difference, float(np.abs(found.interval - bounds).max()))
    if difference > golden["tolerance"]:
        return _refused(
            f"answers differ from golden.json by {difference:.3g}, allowed is {golden['tolerance']:g}"
        )
    if found.labels is not None and found.labels.tolist() != golden["labels"]:
        return _refused("labels differ from golden.json")
    return {"ok": True, "rows": len(rows), "largest_difference": difference}


def _rows(golden: dict[str, Any]) -> Rows:
    if not golden["sparse"]:
        return np.array(golden["rows"], np.float32).reshape(-1, golden["columns"])
    rows = np.zeros((len(golden["rows"]), golden["columns"]), np.float32)
    for row, pairs in zip(rows, golden["rows"], strict=True):
        for place, value in pairs:
            row[place] = np.nan if value is None else value
    return rows


def _refused(reason: str) -> dict[str, Any]:
    return {"ok": False, "reason": reason[:500]}
