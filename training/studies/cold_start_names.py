"""What a runtime's name tells: features of a configuration that may never have been measured."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from encoding import Matrix
from studies.cold_start_data import Configuration

INTERPRETED = ("python", "ruby", "nodejs", "bun", "shell")
VIRTUAL_MACHINE = ("java", "dotnet")
COMPILED_JAVA = ("graalvm", "quarkus")
FLAGS = ("snapstart", "aot", "layer")


class Traits(NamedTuple):
    """`kind` is interpreted, virtual machine or native; `flag` one of FLAGS or nothing; `version` counts in
    tenths where the name has a minor one, 0 where it has none."""

    family: str
    language: str
    kind: str
    flag: str
    system: str
    version: int

    @classmethod
    def of(cls, runtime: str) -> Traits:
        name = runtime.split("(")[0].strip()
        found = re.match(r"[a-z+]+", name)
        family = found.group() if found else name
        compiled = family in COMPILED_JAVA
        flag = "aot" if compiled else next((each for each in FLAGS if each in name.split()), "")
        system = re.search(r"prov\.(al\d+)", runtime)
        return cls(
            family,
            "java" if compiled else family,
            _kind(family, flag),
            flag,
            system.group(1) if system else "managed",
            _version(name),
        )


def _kind(family: str, flag: str) -> str:
    if family in INTERPRETED:
        return "interpreted"
    return "virtual machine" if family in VIRTUAL_MACHINE and flag != "aot" else "native"


def _version(name: str) -> int:
    found = re.search(r"(\d+)(?:\.(\d+))?", name)
    if not found:
        return 0
    return 10 * int(found[1]) + int(found[2]) if found[2] else int(found[1])


@dataclass(frozen=True)
class Columns:
    """One column for each text that a trait had where it was learned; one that is new has none of them."""

    texts: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, configurations: Sequence[Configuration]) -> Columns:
        traits = [Traits.of(each.runtime) for each in configurations]
        places = range(Traits._fields.index("version"))
        return cls(
            tuple((place, text) for place in places for text in sorted({str(t[place]) for t in traits}))
        )

    def rows(self, configurations: Sequence[Configuration]) -> Matrix:
        """(configurations, columns)"""
        return np.array([self._row(each) for each in configurations], np.float32)

    def _row(self, given: Configuration) -> list[float]:
        traits = Traits.of(given.runtime)
        return [
            *(float(traits[place] == text) for place, text in self.texts),
            traits.version,
            given.package == "zip",
            given.arch == "arm64",
            float(np.log2(given.memory_mb)),
        ]
