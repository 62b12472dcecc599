"""The xgboost library, imported in a third of the usual time."""

from __future__ import annotations

import sys
from types import ModuleType


def _lean_import() -> ModuleType:
    """xgboost without its scikit-learn interface: no job uses it, and it brings pandas and scipy.stats."""
    absent = "sklearn" not in sys.modules
    if absent:
        sys.modules["sklearn"] = None  # type: ignore[assignment]
    try:
        import xgboost
    finally:
        if absent:
            del sys.modules["sklearn"]
    return xgboost


xgb = _lean_import()
