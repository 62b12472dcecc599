"""A function's settings, read once at its cold start."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from catalog.contract import Contract


class BadEnvironment(ValueError):
    """The function cannot start; the message names every setting that is missing or malformed."""


class Environment:
    """Reads settings and gathers what is wrong with them; `done` raises it all at once."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables
        self._problems: list[str] = []

    def text(self, name: str) -> str:
        value = self._variables.get(name, "")
        if not value:
            self._problems.append(f"{name} is not set")
        return value

    def number(self, name: str) -> int:
        """A whole number above zero."""
        value = self.text(name)
        if value and not (value.isascii() and value.isdigit() and int(value)):
            self._problems.append(f"{name} must be a whole number above 0, got {value!r}")
            return 0
        return int(value or 0)

    def table(self, name: str, *fields: str) -> dict[str, dict[str, str]]:
        """JSON of the form {"key": {field: text, ...}}; every one of `fields` must be given.

        It is the variable, or the file of that name in `settings/` beside the code, as variables hold 4 KB.
        """
        beside = Path(__file__).parents[1] / "settings" / f"{name.lower()}.json"
        text = beside.read_text() if name not in self._variables and beside.is_file() else self.text(name)
        if not text:
            return {}
        entries = self._gathered(lambda: json.loads(text))
        if not isinstance(entries, dict) or not entries:
            self._problems.append(f"{name} must be a JSON object with at least one entry")
            return {}
        given = {key: entry if isinstance(entry, dict) else {} for key, entry in entries.items()}
        for key, entry in given.items():
            absent = [field for field in fields if not isinstance(entry.get(field), str)]
            if absent:
                self._problems.append(f"{name}[{key!r}] lacks {', '.join(absent)}")
        return given

    def contracts(self) -> dict[str, Contract]:
        """The contracts that lie beside the code, by model name."""
        beside = Path(__file__).parents[1] / "contracts"
        folder = Path(self._variables.get("CONTRACTS_DIR") or beside)
        contracts = self._gathered(lambda: Contract.load_all(folder)) or {}
        if not contracts:
            self._problems.append(f"no contracts in {folder}")
        return contracts

    def require(self, fact: bool, otherwise: str) -> None:
        """Adds `otherwise` to the problems unless `fact` holds."""
        if not fact:
            self._problems.append(otherwise)

    def done(self) -> None:
        if self._problems:
            raise BadEnvironment("the function cannot start: " + "; ".join(self._problems))

    def _gathered(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (ValueError, KeyError, TypeError) as error:
            self._problems.append(str(error))
            return None
