"""`python -m training`: the command line of the person who trains, from the root of the repository.

The commands run in this interpreter with the import roots that the jobs have.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def roots() -> str:
    """PYTHONPATH of the commands: the jobs' root and the catalogue's, then the caller's own."""
    own = [str(ROOT), str(ROOT.parent), os.environ.get("PYTHONPATH", "")]
    return os.pathsep.join(filter(None, own))


if __name__ == "__main__":
    sys.stdout.flush()
    # -P: no file of the folder that the caller stands in takes the place of a module
    words = [sys.executable, "-P", "-m", "commands.main", *sys.argv[1:]]
    os.execve(sys.executable, words, os.environ | {"PYTHONPATH": roots()})  # noqa: S606 - our own module
