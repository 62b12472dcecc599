"""Texts from patterns: `~name~` in a pattern stands for one of the patterns listed under that name, `~4~` for
a whole number of at most four digits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Patterns = Mapping[str, Sequence[str]]
SLOT = re.compile(r"~([a-z_]+|\d+)~")


@dataclass(frozen=True)
class Grammar:
    patterns: Patterns

    def text(self, random: np.random.Generator, pattern: str) -> str:
        """`pattern` with every slot filled, and the slots of what filled it."""

        def filled(slot: re.Match[str]) -> str:
            name = slot[1]
            if name.isdigit():
                return str(random.integers(10 ** int(name)))
            choices = self.patterns[name]
            return self.text(random, choices[int(random.integers(len(choices)))])

        return SLOT.sub(filled, pattern)
