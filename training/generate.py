"""Processing job: synthetic records of the contract's schema, laid out as in the raw bucket."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from catalog.contract import Contract
from jobs import JobError, bundled_contract, run
from sources import layout


def generate(*, records: int, seed: int | None, profile: str, output: Path, contract: Contract) -> int:
    """Writes `records` records below `output`, the generator's own seed where none is given; their count."""
    if records < 1 or not re.fullmatch(r"[a-z0-9-]+", profile):
        raise JobError(
            f"--records must be at least 1 and --profile kebab-case, got {records} and {profile!r}"
        )
    try:
        chunks = layout.made(contract, records, seed)
    except ValueError as error:
        raise JobError(str(error)) from None
    written = 0
    for written in layout.write_raw(chunks, contract.record.raw, profile, layout.below(output)):
        print(f"{written} rows for {records} records", flush=True)
    return written


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="generate.py", description=__doc__)
    parser.add_argument("--records", type=int, required=True, help="how many records")
    parser.add_argument("--output", type=Path, required=True, help="folder for the files")
    parser.add_argument("--seed", type=int, help="another seed than the generator's own")
    parser.add_argument("--profile", default="synthetic", help="data profile that the files are stored under")
    parser.add_argument("--message", type=Path, help="file for the reason of a failure")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    given = vars(_arguments(argv))
    message = given.pop("message")
    return run(lambda: print(generate(**given, contract=bundled_contract()), flush=True), message)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
