"""The lightgbm library: the installed one, else the bundle's, imported in a fraction of the usual time."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from jobs import JobError

PACKAGES = Path(__file__).parents[1] / "packages"
"""Where a job's bundle holds what its container lacks, built for the containers' platform."""
UNUSED = ("sklearn", "pandas", "matplotlib", "graphviz", "dask")
"""The library's interfaces to these take seconds to import; no job uses them."""


def _lean_import() -> ModuleType:
    """JobError where the library is not there, or cannot be loaded on this machine."""
    if find_spec("lightgbm") is None:
        sys.path.append(str(PACKAGES))  # last: what is installed was built for this very machine
    absent = [name for name in UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        import lightgbm
    except ModuleNotFoundError as error:
        raise JobError(
            f"{error}: neither installed nor in {PACKAGES}; bundle the learner's packages"
        ) from None
    except OSError as error:
        raise JobError(f"LightGBM does not load here: {error}; it needs libgomp, GCC's OpenMP") from None
    finally:
        for name in absent:
            del sys.modules[name]
    return lightgbm


lgb = _lean_import()
