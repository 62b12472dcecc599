"""What a caller asks for: options, a requirement and distances, each checked, every wrong field named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.contract import Contract, Distances, Optimizer, Problem, shown
from shared.problems import BadRequest, TooLarge

Option = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """`options` in the order sent, those that lack the estimated feature without it."""

    options: list[Option]
    values: dict[str, float]
    distances: dict[tuple[str, str], float]


@dataclass(frozen=True)
class Reader:
    """Reads requests to one optimiser."""

    contract: Contract
    optimizer: Optimizer

    def read(self, body: Any) -> Asked:
        """Raises BadRequest with every wrong field, or TooLarge."""
        optimizer = self.optimizer
        if not isinstance(body, dict):
            raise BadRequest(
                f"the body must be an object with {optimizer.options} and {optimizer.requirement}"
            )
        options: Any = body.get(optimizer.options)
        told: Any = body.get(optimizer.requirement)
        distances: Any = body.get(optimizer.distances.field) if optimizer.distances else None
        self._bounded(options, distances)
        problems = [
            *self._envelope(body),
            *self._options(options),
            *self._requirement(told),
            *(self._distances(optimizer.distances, distances, options) if optimizer.distances else ()),
        ]
        if not problems:
            problems = list(self._apart(options, told, distances or []))
        if problems:
            fields = "field is" if len(problems) == 1 else "fields are"
            raise BadRequest(f"{len(problems)} {fields} not as the optimiser's contract says", problems)
        return self._whole(options, told, distances or [])

    def _bounded(self, options: Any, distances: Any) -> None:
        limits = [(self.optimizer.options, options, self.optimizer.most_options)]
        if told := self.optimizer.distances:
            limits.append((told.field, distances, told.most))
        for name, given, most in limits:
            if isinstance(given, list) and len(given) > most:
                raise TooLarge(f"at most {most} {name} at a time, got {len(given)}")

    def _envelope(self, body: Mapping[str, Any]) -> Iterator[Problem]:
        told = self.optimizer.distances
        known = (self.optimizer.options, self.optimizer.requirement, *((told.field,) if told else ()))
        for name in body:
            if name not in known:
                yield Problem(str(name)[:128], "is not a field of this request")

    def _options(self, options: Any) -> Iterator[Problem]:
        field = self.optimizer.options
        if not isinstance(options, list) or not options:
            yield Problem(field, f"must be a list of 1 to {self.optimizer.most_options} options")
            return
        seen: dict[tuple[str, ...], int] = {}
        for place, option in enumerate(options):
            found = self.contract.check(option)
            yield from (_within(f"{field}[{place}]", each) for each in found)
            if found:
                continue
            identity = tuple(option[name] for name in self.optimizer.identity)
            if identity in seen:
                names = ", ".join(self.optimizer.identity)
                yield Problem(f"{field}[{place}]", f"has the {names} of {field}[{seen[identity]}]")
            seen.setdefault(identity, place)
            yield from self._unestimated(option, f"{field}[{place}]")
        groups = len({identity[self.optimizer.identity.index(self.optimizer.group)] for identity in seen})
        if groups > self.optimizer.most_groups:
            most = self.optimizer.most_groups
            yield Problem(field, f"lie in {groups} {self.optimizer.group}s; allowed are {most}")

    def _unestimated(self, option: Option, at: str) -> Iterator[Problem]:
        """Features that nobody else tells."""
        estimate = self.optimizer.estimate
        told = (estimate.feature,) if estimate else ()
        for name in dict.fromkeys(limit.column for limit in self.optimizer.limits if limit.column):
            if option.get(name) is None and name not in told:
                yield Problem(f"{at}.{name}", "is required")

    def _requirement(self, told: Any) -> Iterator[Problem]:
        field = self.optimizer.requirement
        if not isinstance(told, dict):
            yield Problem(field, f"must be an object, got {shown(told)}")
            return
        features = {limit.name: limit.feature for limit in self.optimizer.limits}
        for name, value in told.items():
            if name not in features:
                yield Problem(f"{field}.{name}"[:160], "is not a field of a requirement")
            elif value is not None and (wrong := features[name].problem(value)):
                yield Problem(f"{field}.{name}", wrong)
        supplies = [limit.name for limit in self.optimizer.of("supply")]
        if all(told.get(name) is None for name in supplies):
            yield Problem(field, f"must ask for at least one of {', '.join(supplies)}")

    def _distances(self, declared: Distances, told: Any, options: Any) -> Iterator[Problem]:
        if told is None:
            return
        if not isinstance(told, list):
            yield Problem(declared.field, f"must be a list, got {shown(told)}")
            return
        own = options if isinstance(options, list) else []
        names = (each.get(self.optimizer.group) for each in own if isinstance(each, dict))
        groups = {name for name in names if isinstance(name, str)}
        seen: set[tuple[str, str]] = set()
        for place, each in enumerate(told):
            at = f"{declared.field}[{place}]"
            if not isinstance(each, dict):
                yield Problem(at, f"must be an object, got {shown(each)}")
                continue
            yield from _distance(declared, each, at, groups)
            ends = tuple(each.get(end) for end in declared.ends)
            if all(isinstance(end, str) for end in ends):
                if ends in seen:
                    yield Problem(at, f"is told twice: from {shown(ends[0])} to {shown(ends[1])}")
                seen.add(ends)  # type: ignore[arg-type] # two texts

    def _apart(
        self, options: list[Option], told: Mapping[str, Any], distances: list[Any]
    ) -> Iterator[Problem]:
        """Where distances are limited, each must be known."""
        declared = self.optimizer.distances
        limits = [limit.name for limit in self.optimizer.of("distance") if told.get(limit.name) is not None]
        if not declared or not limits:
            return
        known = {frozenset(each[end] for end in declared.ends) for each in distances}
        groups = sorted({option[self.optimizer.group] for option in options})
        for place, one in enumerate(groups):
            for other in groups[place + 1 :]:
                if {one, other} not in known:
                    yield Problem(declared.field, f"lacks {one} and {other}, which {limits[0]} needs")

    def _whole(self, options: list[Option], told: Mapping[str, Any], distances: list[Any]) -> Asked:
        features = [limit.feature for limit in self.optimizer.limits]
        defaults = {each.name: each.default for each in features if each.missing == "default"}
        values = defaults | {name: float(value) for name, value in told.items() if value is not None}
        declared = self.optimizer.distances
        return Asked(
            [{name: value for name, value in each.items() if value is not None} for each in options],
            values,
            {
                (each[declared.ends[0]], each[declared.ends[1]]): float(each[declared.feature.name])
                for each in distances
            }
            if declared
            else {},
        )


def _distance(declared: Distances, each: Mapping[str, Any], at: str, groups: set[str]) -> Iterator[Problem]:
    fields = (*declared.ends, declared.feature.name)
    for name in each:
        if name not in fields:
            yield Problem(f"{at}.{name}"[:160], "is not a field of a distance")
    for end in declared.ends:
        if each.get(end) is None or not isinstance(each[end], str):
            yield Problem(f"{at}.{end}", f"must be text, got {shown(each.get(end))}")
        elif each[end] not in groups:
            yield Problem(f"{at}.{end}", f"no option lies in {shown(each[end])}")
    ends = [each.get(end) for end in declared.ends]
    if ends[0] == ends[1] and isinstance(ends[0], str):
        yield Problem(at, "must be between two different ones")
    value = each.get(declared.feature.name)
    if wrong := "is required" if value is None else declared.feature.problem(value):
        yield Problem(f"{at}.{declared.feature.name}", wrong)


def _within(at: str, problem: Problem) -> Problem:
    return Problem(f"{at}.{problem.field}" if problem.field else at, problem.detail)
