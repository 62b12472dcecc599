"""What the jobs share: one clear error, exit code 1, and the contract that the code was bundled with."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from catalog.contract import Contract

REASON_LENGTH = 1024
"""SageMaker keeps this many characters of a failure reason."""


class JobError(Exception):
    """Bad input: the message says what was given and what is needed."""


def run(job: Callable[[], None], reason_file: Path | None) -> int:
    """Exit code of `job`; its reason to fail goes to standard error and to `reason_file`."""
    try:
        job()
    except JobError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return _failed(str(error), reason_file)
    except Exception as error:
        traceback.print_exc()
        return _failed(f"{type(error).__name__}: {error}", reason_file)
    return 0


def _failed(reason: str, reason_file: Path | None) -> int:
    if reason_file:
        reason_file.parent.mkdir(parents=True, exist_ok=True)
        reason_file.write_text(reason[:REASON_LENGTH])
    return 1


def contracts_folder() -> Path:
    """The contracts beside the code, or where CONTRACTS_DIR says."""
    beside = Path(__file__).parent / "contracts"
    return Path(os.environ.get("CONTRACTS_DIR", beside))


def bundled_contract() -> Contract:
    """The one contract this job works for; JobError where there is none or more than one."""
    folder = contracts_folder()
    found = Contract.load_all(folder)
    if len(found) != 1:
        names = ", ".join(found) or "nothing"
        raise JobError(f"{folder} must hold the JSON of exactly one contract, found {names}")
    return next(iter(found.values()))
