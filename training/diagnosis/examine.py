"""All that is looked at in one file, in order, and what was found."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from diagnosis import associations, drift, leakage, quality, repeats, schema, target
from diagnosis.findings import Finding, ordered, verdict
from diagnosis.profile import Profile, Progress, Roles, profile
from diagnosis.schema import Check
from diagnosis.source import Source
from jobs import JobError


@dataclass(frozen=True)
class Diagnosis:
    """What is known of a file, and of the one it is compared with."""

    profile: Profile
    against: Profile | None
    check: Check | None
    findings: list[Finding]
    repeats: repeats.Repeats
    balance: target.Classes
    powers: list[leakage.Power]
    pairs: list[associations.Pair]
    drifts: list[drift.Drift]
    accepted: tuple[int, int, list[str]] = (0, 0, [])
    unread: set[str] = field(default_factory=set)

    @property
    def verdict(self) -> str:
        return verdict(self.findings)


def examine(
    path: Path,
    *,
    check: Check | None = None,
    roles: Roles | None = None,
    against: Path | None = None,
    progress: Callable[[str], Progress] = lambda _: lambda *_: None,
) -> Diagnosis:
    """JobError where a file cannot be read. What `roles` names goes before what the model's schema says."""
    source = Source.of(path)
    other = Source.of(against) if against else None
    roles = _roles(check, roles or Roles(), source)
    forced = check.forced if check else {}
    found = profile(
        source, roles, forced=forced, watch=check.watch if check else None, progress=progress(path.name)
    )
    before = profile(other, roles, forced=forced, progress=progress(other.path.name)) if other else None
    say = progress("findings")
    say("looking for what stands out", 0)
    unread = check.unread(found) if check else set()
    labelled = found.roles.target is not None and found.rows > 0
    seen = Diagnosis(
        profile=found,
        against=before,
        check=check,
        findings=[],
        repeats=repeats.repeats(found),
        balance=target.classes(found, check.contract.target.classes if check else ())
        if labelled
        else target.Classes(),
        powers=leakage.powers(found, _inputs(found, check.outcomes if check else set())),
        pairs=associations.pairs(found),
        drifts=drift.drifts(before, found) if before else [],
        accepted=schema.accepted(check, found) if check else (0, 0, []),
        unread=unread,
    )
    return replace(seen, findings=ordered(_findings(seen, labelled)))


def _roles(check: Check | None, named: Roles, source: Source) -> Roles:
    for role, name in vars(named).items():
        if name and name not in source.names:
            near = difflib.get_close_matches(name, source.names, 1)
            meant = f" (did you mean {near[0]!r}?)" if near else ""
            raise JobError(f"--{role} {name!r} is not a column of {source.path}{meant}")
    of_model = vars(check.roles) if check else {}
    return Roles(**{name: value or of_model.get(name) for name, value in vars(named).items()})


def _inputs(found: Profile, outcomes: set[str]) -> list[str]:
    """What might tell the target: all but keys and times, and what a schema knows as known afterwards."""
    aside = {found.roles.target, *found.roles.keys, *outcomes}
    return [
        each.name
        for each in found.of_kind("number", "text", "boolean")
        if each.name not in aside and each.given
    ]


def _findings(seen: Diagnosis, labelled: bool) -> Iterator[Finding]:
    found = seen.profile
    if seen.check:
        yield from schema.findings(seen.check, found)
    if labelled:
        yield from target.findings(found, seen.balance)
    yield from leakage.findings(seen.powers, seen.unread)
    yield from leakage.later(found, seen.unread)
    if seen.against:
        yield from drift.findings(seen.against, found, seen.drifts)
    yield from quality.findings(found, seen.check.may_lack if seen.check else set())
    yield from repeats.findings(found, seen.repeats)
    yield from associations.findings(found, seen.pairs, seen.check.outcomes if seen.check else set())
