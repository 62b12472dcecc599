"""The twins' work: real, bounded, the same wherever it is done."""

from __future__ import annotations

import base64
import gzip
import io
import json
from collections import Counter
from contextlib import suppress
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catalog.models.placement import PLACEMENT
from tests.lambda_.workload import TYPES, packed, picture, png
from workload import heavy, medium, thumbnail
from workload.content import MAX_KB, MIN_KB, BadContent
from workload.handler import handler
from workload.twin import Twin
from workload.work import KINDS, sample, work

SIZES_KB = (MIN_KB, 0.5, 1.0, 3.7, 60.0, 400.0)


def test_types_are_those_of_the_requests() -> None:
    (feature,) = (each for each in PLACEMENT.contract.record.features if each.name == "workload_type")
    assert tuple(KINDS) == feature.categories == TYPES
    (size,) = (each for each in PLACEMENT.contract.record.features if each.name == "payload_size_kb")
    assert (size.minimum, size.maximum) == (MIN_KB, MAX_KB)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("kb", SIZES_KB)
def test_made_up_content_has_its_size_and_can_be_worked_on(kind: str, kb: float) -> None:
    content = sample(kind, kb)
    assert len(content) == round(kb * 1024)
    assert work(kind, content) == work(kind, bytes(content))
    assert work(kind, content)["bytes_in"] == len(content)


@pytest.mark.parametrize("kind", TYPES)
def test_made_up_content_is_its_seeds(kind: str) -> None:
    build = KINDS[kind].sample
    assert build(20_000, 1) == build(20_000, 1) == sample(kind, 20_000 / 1024, 1)
    assert build(20_000, 1) != build(20_000, 2)


@pytest.mark.parametrize("kind", TYPES)
def test_the_largest_content_is_made_and_no_larger(kind: str) -> None:
    assert len(sample(kind, MAX_KB)) == MAX_KB * 1024
    for kb in (MIN_KB / 2, MAX_KB * 1.01, -1.0, float("nan"), float("inf")):
        with pytest.raises(BadContent, match="payload_size_kb must be"):
            sample(kind, kb)
    with pytest.raises(BadContent, match="content must hold"):
        work(kind, bytes(MAX_KB * 1024 + 1))


@pytest.mark.parametrize(
    ("kind", "told"),
    [("lightweight_api", "items"), ("thumbnail_processing", "width"), ("medium_processing", "rows")],
)
def test_work_grows_with_the_payload(kind: str, told: str) -> None:
    small, large = (work(kind, sample(kind, kb))[told] for kb in (10.0, 200.0))
    assert large > small * 3


def test_an_order_is_priced() -> None:
    items = [{"sku": "sku-0001", "quantity": 3}, {"sku": "unheard-of", "quantity": 1}]
    found = work("lightweight_api", json.dumps({"items": items}).ljust(200).encode())
    assert (found["items"], found["unknown"], found["total_cents"]) == (2, 1, 3 * (99 + 7919))


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "I;16"), ("PNG", "1"), ("WEBP", "RGB"), ("JPEG", "CMYK")]
)
def test_thumbnails_are_pictures(kind: str, mode: str) -> None:
    found = work("thumbnail_processing", picture(kind, mode))
    assert (found["width"], found["height"]) == (64, 48)
    with Image.open(io.BytesIO(sample("thumbnail_processing", 500.0))) as image:
        made = [Image.open(io.BytesIO(each)).size for each in thumbnail._thumbnails(image)]
    assert [max(size) for size in made] == list(thumbnail.SIDES)


def test_readings_are_summed_up_by_device() -> None:
    one, other = medium.Summary(), medium.Summary()
    for value in (1.0, 2.0, 6.0):
        one.add(value)
    other.add(5.0)
    assert (one.told(), other.told()) == ([3, 3.0, 2.16, 6.0], [1, 5.0, 0.0, 5.0])
    found = work("medium_processing", packed(b"a,1,2.5,200\nb,1,3,200\na,2,4,500\n"))
    assert (found["rows"], found["devices"]) == (3, 2)


def test_statistics_are_of_bytes_and_pairs() -> None:
    found = work("heavy_processing", b"ab" * 500)
    assert found["entropy_bits"] == 1.0
    assert found["pair_entropy_bits"] == pytest.approx(1.0, abs=0.01)
    assert work("heavy_processing", b"a" * 500)["entropy_bits"] == 0.0


def test_pairs_over_the_end_of_a_block_are_counted() -> None:
    content = sample("heavy_processing", 2.5 * heavy.BLOCK / 1024)
    assert heavy._pairs(content) == Counter(pairwise(content))


@pytest.mark.parametrize(("pixels", "alone"), [(64 * 48 - 1, 1), (64 * 48, 0)])
def test_one_large_picture_is_made_small_at_once(
    pixels: int, alone: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = MagicMock()
    monkeypatch.setattr(thumbnail, "LARGE", pixels)
    monkeypatch.setattr(thumbnail, "ONE_LARGE", lock)
    work("thumbnail_processing", picture("PNG", "RGB"))
    assert lock.__enter__.call_count == alone
    monkeypatch.setattr(thumbnail, "LARGE", 0)
    thumbnail.sample(5000, 0)
    assert lock.__enter__.call_count > alone


BAD: dict[str, tuple[str, bytes, str]] = {
    "no json": ("lightweight_api", b"{" * 200, "not JSON"),
    "deep json": ("lightweight_api", b"[" * 100_000, "not JSON"),
    "long number": ("lightweight_api", b'{"items": %s}' % (b"9" * 6000), "not JSON"),
    "nan": ("lightweight_api", b'{"items": NaN}'.ljust(200), "not JSON"),
    "no utf-8": ("lightweight_api", b"\xff" * 200, "not JSON"),
    "no items": ("lightweight_api", b'{"items": []}'.ljust(200), "at least one item"),
    "odd item": (
        "lightweight_api",
        b'{"items": [{"sku": "sku-0001", "quantity": true}]}'.ljust(200),
        "items.0",
    ),
    "no picture": ("thumbnail_processing", b"GIF89a".ljust(200), "no whole"),
    "half a picture": ("thumbnail_processing", sample("thumbnail_processing", 50.0)[:9000], "no whole"),
    "picture bomb": ("thumbnail_processing", png(9000, 9000), "pixels"),
    "long picture bomb": ("thumbnail_processing", png(50_000_001, 1), "pixels"),
    "no gzip": ("medium_processing", bytes(200), "no gzipped CSV"),
    "half a gzip": ("medium_processing", sample("medium_processing", 50.0)[:9000], "no gzipped CSV"),
    "no header": ("medium_processing", gzip.compress(b"x" * 9).ljust(200, b"\0"), "first line"),
    "no utf-8 in csv": ("medium_processing", packed(b"\xff,1,2,3\n"), "no gzipped CSV"),
    "short row": ("medium_processing", packed(b"a,1,2,3\na,1\n"), "line 3"),
    "no number": ("medium_processing", packed(b"a,1,fast,3\n"), "line 2"),
    "nan in csv": ("medium_processing", packed(b"a,1,nan,3\n"), "line 2"),
    "long line": ("medium_processing", packed(b"," * 5000), "a line may have"),
    "unpacking bomb": ("medium_processing", packed(bytes(medium.MAX_UNPACKED)), "unpacked"),
    "small payload, large work": (
        "medium_processing",
        packed(b"a,1,2.5,200\n" * 200_000),
        "unpacked",
    ),
    "many devices": (
        "medium_processing",
        packed(b"".join(b"d%d,1,2,3\n" % n for n in range(medium.MAX_DEVICES + 1))),
        "devices",
    ),
    "unknown type": ("mining", bytes(200), "workload_type must be one of"),
    "nothing": ("heavy_processing", b"", "content must hold"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_content_is_refused_with_a_reason(case: str) -> None:
    kind, content, reason = BAD[case]
    with pytest.raises(BadContent, match=reason):
        work(kind, content)


@pytest.mark.parametrize("kind", TYPES)
@settings(deadline=None, max_examples=60)
@given(st.data())
def test_damaged_content_is_worked_on_or_refused(kind: str, data: st.DataObject) -> None:
    content = bytearray(sample(kind, 2.0))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BadContent):
        assert work(kind, bytes(content))["bytes_out"] > 0


@pytest.mark.parametrize("kind", TYPES)
def test_a_sent_payload_is_worked_on_as_it_is(kind: str) -> None:
    content = sample(kind, 3.0)
    payload = base64.b64encode(content).decode()
    sent = handler({"workload_type": kind, "payload_size_kb": 3.0, "payload": payload}, None)
    made = handler({"workload_type": kind, "payload_size_kb": 3.0}, None)
    assert sent["result"] == made["result"] == work(kind, content)
    assert (sent["workload_type"], sent["platform"], sent["cold"] and made["cold"]) == (kind, "lambda", False)
    assert sent["work_ms"] > 0
    assert sent["cpu_ms"] > 0


def test_waiting_is_no_time_on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    wall, cpu = iter((10.0, 10.5)), iter((3.0, 3.2))
    clock = SimpleNamespace(perf_counter=wall.__next__, thread_time=cpu.__next__)
    monkeypatch.setattr("workload.twin.time", clock)
    answer = Twin("ecs").answer({"workload_type": "lightweight_api", "payload_size_kb": 1})
    assert (answer["work_ms"], answer["cpu_ms"]) == (500.0, 200.0)


def test_only_the_first_call_is_cold() -> None:
    twin, request = Twin("ecs"), {"workload_type": "lightweight_api", "payload_size_kb": 1}
    assert [twin.answer(request)["cold"] for _ in range(3)] == [True, False, False]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ([], "JSON object"),
        (None, "JSON object"),
        ({}, "payload_size_kb must be a number"),
        ({"workload_type": "lightweight_api", "payload_size_kb": "5"}, "payload_size_kb must be a number"),
        ({"workload_type": "lightweight_api", "payload_size_kb": True}, "payload_size_kb must be a number"),
        ({"workload_type": ["lightweight_api"], "payload_size_kb": 5}, "workload_type must be one of"),
        ({"workload_type": "lightweight_api", "payload_size_kb": 1e6}, "payload_size_kb must be"),
        ({"workload_type": "lightweight_api", "payload": "*" * 200}, "no base64"),
        ({"workload_type": "lightweight_api", "payload": "\u00e9" * 200}, "no base64"),
        ({"workload_type": "lightweight_api", "payload": 5}, "base64 text"),
        ({"workload_type": "lightweight_api", "payload": ""}, "content must hold"),
    ],
)
def test_bad_requests_are_refused_with_a_reason(request_: Any, reason: str) -> None:
    told = handler(request_, None)
    assert (told["statusCode"], told["status"]) == (400, 400)
    assert reason in told["detail"]
