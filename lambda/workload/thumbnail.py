"""`thumbnail_processing`: an image is decoded, made small in three sizes, and encoded."""

from __future__ import annotations

import io
import math
import random
import threading
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from workload.content import BadContent, digest

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 40_000_000
LARGE = 8_000_000
ONE_LARGE = threading.Lock()
"""A picture of the most pixels takes 350 MB while it is made small, and may come in 150 KB: of large ones,
one is worked on at a time."""
FORMATS = ("JPEG", "PNG", "WEBP")
SIDES = (1024, 320, 96)
TILE, QUALITY = 256, 90


def work(content: bytes) -> dict[str, Any]:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise BadContent(f"an image may have {MAX_PIXELS} pixels, got {width} x {height}")
            with _alone(width * height):
                image.load()  # whole, not as a coarse draft
                made = b"".join(_thumbnails(image))
    except BadContent:
        raise
    except Exception as error:  # decoders of strangers' bytes fail in many ways
        raise BadContent(f"the content is no whole {', '.join(FORMATS)} image: {error}"[:200]) from None
    return {"bytes_out": len(made), "digest": digest(made), "width": width, "height": height}


def _alone(pixels: int) -> AbstractContextManager[Any]:
    return ONE_LARGE if pixels > LARGE else nullcontext()


def _thumbnails(image: Image) -> list[bytes]:
    """From large to small, each from the former."""
    made: list[bytes] = []
    for side in SIDES:
        image.thumbnail((side, side))
        written = io.BytesIO()
        image.convert("RGB").save(written, "JPEG", quality=85)
        made.append(written.getvalue())
    return made


def sample(size: int, seed: int) -> bytes:
    """A grainy picture of equal tiles, a little less than `size` as JPEG (a PNG, where no JPEG is so small)
    and padded behind its end, which readers do not look at."""
    from PIL import Image

    chance = random.Random(seed)  # noqa: S311 - made-up pictures
    coarse = Image.frombytes("RGB", (8, 8), chance.randbytes(8 * 8 * 3)).resize((TILE, TILE))
    grain = Image.frombytes("RGB", (TILE, TILE), chance.randbytes(TILE * TILE * 3))
    tile = Image.blend(coarse, grain, 0.15)
    pixels = size / (len(_encoded(tile, "JPEG")) / TILE**2)
    while True:
        side = max(1, math.floor(math.sqrt(pixels)))
        with _alone(side**2):
            picture = _encoded(_tiled(tile, side), "JPEG" if side > 1 else "PNG")
        if len(picture) <= size:
            return picture.ljust(size, b"\0")
        pixels = min(pixels * 0.97, (side * size / len(picture)) ** 2)


def _tiled(tile: Image, side: int) -> Image:
    from PIL import Image

    canvas = Image.new("RGB", (side, side))
    for left in range(0, side, TILE):
        for top in range(0, side, TILE):
            canvas.paste(tile, (left, top))
    return canvas


def _encoded(image: Image, kind: str) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, quality=QUALITY)
    return written.getvalue()
