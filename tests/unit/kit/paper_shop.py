"""A shop with pads and orders, its press, and what can be read off a printed page."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw
import pytest

from tideover.kit.matter import Matter
from tideover.kit.press import Press
from tideover.kit.sheet import Lack, Sheet
from tideover.plan.law import law_of
from tideover.plan.records import Pad
from tideover.plan.store import pad_key
from tideover.settings import Settings

AT = datetime(2026, 11, 22, tzinfo=UTC)
LONG_NAME = "Åströmin Rauta ja Sähkötarvike Öljymäki"  # 39 letters, and those that fonts forget.
MM = 72 / 25.4


@pytest.fixture(scope="session")
def press(tmp_path_factory: pytest.TempPathFactory) -> Press:
    return Press(tmp_path_factory.mktemp("fonts"))


def shop(country: str = "FI", settings: dict[str, Any] | None = None, **matter: Any) -> Matter:
    """A shop whose box answers on the shop's network."""
    known = {"shop_name": LONG_NAME, "business_id": "0112038-9", "address": "Kauppakatu 12 B, 65100 Vaasa\n+358 6 123 4567"}
    if country != "FI":
        known["business_id"] = ""
    chosen = Settings(**({**known, "country": country, "bind": "192.168.1.10"} | (settings or {})))
    return Matter(settings=chosen, law=law_of(country), today=date(2026, 11, 22), **matter)


def pad(series: str, first: int, last: int, **more: Any) -> Pad:
    return Pad(pad_key(series, first), series, first, last, **more)


def only_sheets(made: list[Sheet | Lack]) -> list[Sheet]:
    return [one for one in made if isinstance(one, Sheet)]


def only_lacks(made: list[Sheet | Lack]) -> list[Lack]:
    return [one for one in made if isinstance(one, Lack)]


@contextmanager
def opened(body: bytes) -> Iterator[pdfium.PdfDocument]:
    document = pdfium.PdfDocument(body)
    try:
        yield document
    finally:
        document.close()


def texts(body: bytes) -> list[str]:
    """What stands on each page; letters that may break anywhere put together again, every space a plain one."""
    found = []
    with opened(body) as document:
        for page in document:
            words = page.get_textpage()
            found.append(words.get_text_bounded().replace("\r\n", "\n").replace("\u200b", "").replace("\xa0", " "))
            words.close()
            page.close()
    return found


def paths(page: pdfium.PdfPage) -> list[tuple[float, float, float, float]]:
    """Left, bottom, right, top of everything drawn, in points."""
    return [one.get_bounds() for one in page.get_objects() if one.type == raw.FPDF_PAGEOBJ_PATH]


def is_dark(bitmap: pdfium.PdfBitmap, x: float, y: float) -> bool:
    """Whether a point of a rendered grey page is black."""
    return bitmap.buffer[int(y) * bitmap.stride + int(x)] < 128


def png(width: int, height: int, rows: bytes | None = None, *, extra: tuple[bytes, bytes] | None = None) -> bytes:
    """A grey PNG of any size on paper; rows: what it unpacks to, if that is not what it says."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    packed = zlib.compress(bytes(height * (width + 1)) if rows is None else rows)
    more = chunk(*extra) if extra else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
