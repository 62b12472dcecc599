"""What the platform remembers of each entity, brought up to date with the records of one request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from catalog.contract import Contract
from serve.request import Sent
from shared.problems import NotStored
from shared.state import Change, Contended, StateStore, Unreachable
from shared.telemetry import logger

T = TypeVar("T")
ChangeOf = Callable[[Sequence[Sent]], Change[list[T]]]
"""From one entity's records to the change they make, whose result is one for each of them."""


@dataclass(frozen=True)
class Remembered(Generic[T]):
    """A result for each record. Not `known` where they rest on the request alone and nothing was stored."""

    results: list[T]
    known: bool = True


def remember(
    store: StateStore, contract: Contract, sent: Sequence[Sent], ttl_s: int, change_of: ChangeOf[T]
) -> Remembered[T]:
    """Reads and writes each entity once. NotStored where other calls kept coming first."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(sent):
        places[f"state#{contract.name}#{each.record[contract.record.entity]}"].append(place)
    changes = {key: change_of([sent[place] for place in own]) for key, own in places.items()}
    known = True
    try:
        found = store.update_all(changes, ttl_s)
    except Contended as error:
        entity = contract.record.entity
        raise NotStored(f"other calls for the same {entity} kept coming first; send it again") from error
    except Unreachable as error:
        logger.warning("history unavailable", extra={"error": str(error)})
        found, known = {key: change(None)[1] for key, change in changes.items()}, False
    by_place = {
        place: result for key, own in places.items() for place, result in zip(own, found[key], strict=True)
    }
    return Remembered([by_place[place] for place in range(len(sent))], known)
