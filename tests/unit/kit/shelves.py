"""A shop with full shelves as a Matter: names up to forty letters and beyond, prices up to six digits, several departments and rates."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pypdfium2

from tideover.kit.matter import Matter
from tideover.kit.press import Press
from tideover.kit.sheet import Lack, Means, Pressed, Sheet
from tideover.model.item import Item
from tideover.plan.law import law_of
from tideover.settings import Settings

TODAY = date(2026, 11, 21)
AT = datetime(2026, 11, 21, tzinfo=UTC)
FIRST = ("Äyriäispasta", "Öljynsuodatin", "Žurnaali", "Åbo-leipä", "Wanha kahvi", "Šampoo", "Banaani", "Ruuvi", "maito", "Čevapčići")
SECOND = ("tumma paahto", "laktoositon", "extra iso perhepakkaus", "MUSTA", "savustettu", "5 kpl")
DEPARTMENTS = ("Kahvi ja tee", "Leipä", "Öljyt", "Työkalut", "")
RATES = (255_000, 135_000, 0)


def item(number: int, **other: Any) -> Item:
    """One item, told by its number; other: fields that are otherwise."""
    chance = random.Random(number)
    name = f"{chance.choice(FIRST)} {chance.choice(SECOND)} {number % 97} g"
    price = chance.choice((99, 1_250, 123_456_00, 999_999_00)) * 100 + (25 if number % 10 == 3 else 0)
    fields: dict[str, Any] = {"code": f"K{number:05d}", "name": name, "unit_price": price, "vat_ppm": chance.choice(RATES)}
    fields |= {"barcodes": (f"64{number:011d}",), "department": chance.choice(DEPARTMENTS), "unit": "kpl"}
    return Item(**(fields | other))


def shop(items: list[Item], **other: Any) -> Matter:
    """A Finnish shop with these items; every third was sold."""
    settings = Settings(language=other.pop("language", "fi"), shop_name="Kauppa Äijälä", prices_include_vat=other.pop("with_vat", True))
    fields: dict[str, Any] = {"sold": {one.code: 1 + place % 7 for place, one in enumerate(items) if place % 3 == 0}}
    fields |= {"as_of": {"items": "2026-11-20"}}
    return Matter(settings=settings, law=law_of("FI"), today=TODAY, items=tuple(items), **(fields | other))


def means(fonts: Path) -> Means:
    """A press; its progress is a list on it."""
    told: list[str] = []
    return Means(press=Press(fonts), tell=told.append)


def sheets(found: Any) -> dict[str, Sheet]:
    """By name, without lacks."""
    return {one.name: one for one in found if isinstance(one, Sheet)}


def papers(found: Any) -> dict[str, Pressed]:
    """By name, without lacks."""
    return {one.name: one for one in found if not isinstance(one, Lack)}


def pages(body: bytes) -> list[str]:
    """The text of each page, lines as they stand."""
    with pypdfium2.PdfDocument(body) as document:
        return [page.get_textpage().get_text_range().replace("\r", "") for page in document]


def boxes(body: bytes) -> list[list[tuple[float, float, float, float]]]:
    """Where texts stand on each page: left, bottom, right, top."""
    found = []
    with pypdfium2.PdfDocument(body) as document:
        for page in document:
            text = page.get_textpage()
            found.append([text.get_rect(place) for place in range(text.count_rects())])
    return found
