"""`lightweight_api`: an order of items is parsed, checked, priced from a table and answered."""

from __future__ import annotations

import json
import random
from typing import Any, NoReturn

from workload.content import BadContent, digest

PRICES = {f"sku-{n:04d}": 99 + (n * 7919) % 20_000 for n in range(1000)}
"""Cents by article."""
MAX_QUANTITY = 1000


def work(content: bytes) -> dict[str, Any]:
    order = _parsed(content)
    lines = [_line(item, n) for n, item in enumerate(order)]
    known = [line for line in lines if line["cents"] is not None]
    answer = json.dumps({"lines": lines}).encode()
    return {
        "bytes_out": len(answer),
        "digest": digest(answer),
        "items": len(lines),
        "unknown": len(lines) - len(known),
        "total_cents": sum(line["cents"] for line in known),
    }


def sample(size: int, seed: int) -> bytes:
    chance = random.Random(seed)  # noqa: S311 - made-up orders
    longest = len(_item("sku-0000", MAX_QUANTITY)) + 2
    count = max(1, (size - len('{"items": []}')) // longest)
    skus, quantities = list(PRICES), range(1, MAX_QUANTITY)
    items = (_item(chance.choice(skus), chance.choice(quantities)) for _ in range(count))
    return f'{{"items": [{", ".join(items)}]}}'.ljust(size).encode()


def _item(sku: str, quantity: int) -> str:
    return f'{{"sku": "{sku}", "quantity": {quantity}}}'


def _parsed(content: bytes) -> list[Any]:
    try:
        body = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadContent(f"the order is not JSON: {error}"[:200]) from None
    items = body.get("items") if isinstance(body, dict) else None
    if not isinstance(items, list) or not items:
        raise BadContent('the order must be {"items": [...]} with at least one item')
    return items


def _line(item: Any, n: int) -> dict[str, Any]:
    given = item if isinstance(item, dict) else {}
    sku, quantity = given.get("sku"), given.get("quantity")
    if not isinstance(sku, str) or type(quantity) is not int or not 1 <= quantity <= MAX_QUANTITY:
        raise BadContent(f"items[{n}] must have a sku and a quantity of 1 to {MAX_QUANTITY}")
    price = PRICES.get(sku)
    return {"sku": sku, "quantity": quantity, "cents": None if price is None else price * quantity}


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
