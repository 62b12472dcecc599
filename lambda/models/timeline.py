"""What happened to a model, from several sources, the newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

PAGES = 20
"""Pages of one list that are looked through at most."""
Detail = Mapping[str, Any]
T = TypeVar("T")


class TooFar(Exception):
    """What is asked for lies beyond the pages that are looked through."""


@dataclass(frozen=True)
class Entry:
    """`detail` is asked only of entries that are told."""

    at: datetime
    kind: str
    detail: Callable[[], Detail]


@dataclass(frozen=True)
class Window:
    """The newest `limit` entries before a moment."""

    before: datetime
    limit: int


class Part(NamedTuple):
    """One source's entries; it knows of all from `until` on, of everything where that is None."""

    entries: list[Entry]
    until: datetime | None = None


def newest(rows: Iterable[T], at: Callable[[T], datetime], window: Window) -> tuple[list[T], datetime | None]:
    """The window's rows of a list that is ordered so, and until when they are all."""
    found: list[T] = []
    for row in rows:
        if at(row) >= window.before:
            continue
        if len(found) == window.limit:
            return found, at(found[-1])
        found.append(row)
    return found, None


def pages(call: Callable[..., Any], token: str, **request: Any) -> Iterator[Any]:
    """The answers of a list call whose request and answer name the next page `token`."""
    more: dict[str, Any] = {}
    for _ in range(PAGES):
        answer = call(**request, **more)
        yield answer
        if not answer.get(token):
            return
        more = {token: answer[token]}
    raise TooFar(f"more than {PAGES} pages")


def merged(parts: Iterable[Part], limit: int) -> tuple[list[Entry], datetime | None]:
    """The newest entries of all parts, and before which moment to ask for more; None where that is all.

    None is told that is older than what a part knows all of: another page tells it in its order.
    """
    known = list(parts)
    until = max((part.until for part in known if part.until), default=None)
    found = sorted((each for part in known for each in part.entries), key=lambda e: e.at, reverse=True)
    page = [each for each in found if until is None or each.at >= until][:limit]
    if len(page) == limit < len(found):
        return page, page[-1].at
    return page, until


def text(moment: datetime) -> str:
    """`2026-03-01T12:00:00.000000Z`: such texts are ordered as their moments are."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
