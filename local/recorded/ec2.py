"""EC2's answers: the items of a recorded one, of the times and types that are asked for."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from local.recorded import paging
from local.sagemaker.errors import ServiceError

ANSWERS = Path(__file__).parent / "answers"
SPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
HISTORY = timedelta(days=90)
BAD_TOKEN = "InvalidNextToken"  # noqa: S105 the service's code
Item = ElementTree.Element
Params = Mapping[str, Any]


def answer(action: str, params: Params, request_id: str) -> bytes:
    """The answer's XML; ServiceError where EC2 would refuse."""
    items = ITEMS[action](params)
    found, token = paging.page(items, params.get("NextToken"), params.get("MaxResults"), BAD_TOKEN)
    body = "".join(ElementTree.tostring(item, encoding="unicode") for item in found)
    name = SETS[action]
    return (
        f'<{action}Response xmlns="{SPACE}"><requestId>{request_id}</requestId><{name}>{body}</{name}>'
        f"<nextToken>{token}</nextToken></{action}Response>"
    ).encode()


def refusal(error: ServiceError, request_id: str) -> bytes:
    told = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    return (
        f"<Response><Errors><Error>{told}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    ).encode()


def _types(params: Params) -> Sequence[Item]:
    named = params.get("InstanceTypes")
    items = [item for item in recorded("DescribeInstanceTypes") if _asked(item, params)]
    return [item for item in items if not named or _text(item, "instanceType") in named]


def _prices(params: Params) -> Sequence[Item]:
    """Those of a recorded day on each day asked for, newest first, and each that holds at the start."""
    now = datetime.now(UTC)
    start, end = _time(params.get("StartTime")) or now - HISTORY, _time(params.get("EndTime")) or now
    if start < now - HISTORY:
        start = now - HISTORY
    asked = [item for item in recorded("DescribeSpotPriceHistory") if _asked(item, params)]
    found = sorted(_replayed(asked, start - timedelta(days=1), end), key=lambda each: each[0], reverse=True)
    inside = [item for at, item in found if at >= start]
    before: dict[tuple[str, ...], Item] = {}
    for at, item in found:
        if at < start:
            before.setdefault(_market(item), item)
    return [*inside, *before.values()]


def _replayed(items: Sequence[Item], start: datetime, end: datetime) -> Iterator[tuple[datetime, Item]]:
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= end:
        for item in items:
            told = datetime.fromisoformat(_text(item, "timestamp"))
            at = day.replace(hour=told.hour, minute=told.minute, second=told.second)
            if start <= at <= end:
                moved = copy.deepcopy(item)
                _field(moved, "timestamp").text = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
                yield at, moved
        day += timedelta(days=1)


def _scores(params: Params) -> Sequence[Item]:
    types = params.get("InstanceTypes", [])
    if len(types) < 3:
        raise ServiceError("InvalidParameterValue", "Specify at least three different instance types.")
    family = types[0].partition(".")[0]
    if not (ANSWERS / f"GetSpotPlacementScores-{family}.xml").exists():
        raise ServiceError("InvalidParameterValue", f"Nothing is recorded of the family {family}.")
    return recorded(f"GetSpotPlacementScores-{family}")


ITEMS: dict[str, Callable[[Params], Sequence[Item]]] = {
    "DescribeInstanceTypes": _types,
    "DescribeSpotPriceHistory": _prices,
    "GetSpotPlacementScores": _scores,
}
SETS = {
    "DescribeInstanceTypes": "instanceTypeSet",
    "DescribeSpotPriceHistory": "spotPriceHistorySet",
    "GetSpotPlacementScores": "spotPlacementScoreSet",
}


@cache
def recorded(name: str) -> list[Item]:
    """The items of a recorded answer, without the namespace, which its envelope names."""
    root = ElementTree.fromstring((ANSWERS / f"{name}.xml").read_text())  # noqa: S314 our own file
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return list(root.iterfind("./*/item"))


def _asked(item: Item, params: Params) -> bool:
    products = params.get("ProductDescriptions")
    if products and _text(item, "productDescription") not in products:
        return False
    for each in params.get("Filters", []):
        if each["Name"] != "instance-type":
            raise ServiceError("InvalidParameterValue", f"The filter '{each['Name']}' is not recorded")
        if not any(fnmatchcase(_text(item, "instanceType"), pattern) for pattern in each["Values"]):
            return False
    return True


def _market(item: Item) -> tuple[str, ...]:
    return tuple(_text(item, name) for name in ("instanceType", "availabilityZone", "productDescription"))


def _field(item: Item, name: str) -> Item:
    found = item.find(name)
    assert found is not None, name  # noqa: S101 the file is ours
    return found


def _text(item: Item, name: str) -> str:
    return _field(item, name).text or ""


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
