"""What an environment collects: which regions and instance families, and how far back it begins."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from catalog.dataset import Dataset
from catalog.datasets import DATASETS

MOST_FAMILIES = 200
"""Values that a filter of EC2 takes."""
MOST_SCORED = 10
"""An account is allowed few configurations of placement scores a day."""
REGION, FAMILY = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d"), re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, kw_only=True)
class CollectionSettings:
    regions: tuple[str, ...] = ()
    """None named is the environment's own."""
    families: tuple[str, ...] = ()
    """None named is all of them."""
    products: tuple[str, ...] = ("Linux/UNIX",)
    """Operating systems whose spot prices are read, as EC2 names them."""
    score_families: tuple[str, ...] = ("m5", "c5", "r5")
    score_vcpus: int = 16
    """Capacity that placement scores are asked for."""
    without: tuple[str, ...] = ()
    """Data sets that are not collected here."""
    look_back_days: int | None = None
    """Bounds what first runs read; None leaves it to each data set."""
    gigabytes_a_query: int = 100
    """A query of Athena that reads more is ended."""

    def datasets(self) -> tuple[Dataset, ...]:
        return tuple(each for each in DATASETS if each.name not in self.without)

    def places(self, own: str) -> tuple[str, ...]:
        """The regions that are collected, by an environment whose own region is this."""
        return self.regions or (own,)

    def options(self) -> dict[str, object]:
        """What a source is asked for."""
        return {
            "families": list(self.families),
            "products": list(self.products),
            "score_families": list(self.score_families),
            "score_vcpus": self.score_vcpus,
            "look_back_days": self.look_back_days,
        }


def collection_problems(settings: CollectionSettings) -> Iterator[str]:
    known = [each.name for each in DATASETS]
    for name in settings.without:
        if name not in known:
            yield f"collection: without {name!r} names no data set; there are {', '.join(known)}"
    for region in settings.regions:
        if not REGION.fullmatch(region) or settings.regions.count(region) > 1:
            yield f"collection: region {region!r} must be a region's name and stand once"
    for family in (*settings.families, *settings.score_families):
        if not FAMILY.fullmatch(family):
            yield f"collection: family {family!r} must be what stands before a type's dot, as m5"
    if len(settings.families) > MOST_FAMILIES:
        yield f"collection: at most {MOST_FAMILIES} families fit a request; name none to take all"
    if not 1 <= len(settings.score_families) <= MOST_SCORED:
        yield f"collection: score_families must be 1 to {MOST_SCORED}, got {len(settings.score_families)}"
    if not settings.products:
        yield "collection: products must name one at least, as Linux/UNIX"
    if settings.look_back_days is not None and settings.look_back_days < 0:
        yield f"collection: look_back_days must be 0 or more, got {settings.look_back_days}"
    for name in ("score_vcpus", "gigabytes_a_query"):
        if getattr(settings, name) < 1:
            yield f"collection: {name} must be at least 1, got {getattr(settings, name)}"
