"""The report is one page that loads nothing, draws the day and says the proof in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tideover.learn.evidence import Counted, Evidence, Held, Journal, Line, Payment, Route
from tideover.learn.input import Input
from tideover.learn.people import Ledger
from tideover.learn.proof import prove
from tideover.learn.report import LETTER, draw, money, span
from tideover.learn.shop import make_friday, make_shop
from tideover.world import ClockPage, ToldWorld, to_ms

CUT_MS, BACK_MS = 1_795_177_800_000, 1_795_185_900_000  # 14:30 and 16:45 of the Friday, in Helsinki.


@pytest.fixture
def friday(tmp_path: Path) -> Iterator[Input]:
    page = ClockPage(tmp_path / "clock.page")
    world = ToldWorld(page, 1)
    yield make_friday(make_shop(world), world)
    page.close()


def played(friday: Input) -> tuple[Evidence, Ledger]:
    """The Friday as if everything had gone to the cloud's till, drawn as if half had not."""
    ledger = Ledger()
    held: list[Held] = []
    for place, one in enumerate(friday.documents):
        at = to_ms(one.at)
        how = "cloud" if not CUT_MS <= at < BACK_MS + 300_000 else "slip" if place % 12 == 0 else "till"
        ledger.sold_ms.append((at, how))
        if how != "cloud":
            ledger.booked_ms.append(BACK_MS + 310_000 + place * 1_000)
        lines = tuple(Line(x.item, x.quantity, x.amount_minor, x.vat_ppm) for x in one.lines)
        paid = tuple(Payment(x.kind, x.amount_minor) for x in one.tenders)
        rounding = (Payment("rounding", one.rounding_minor),) if one.rounding_minor else ()
        number = f"S{place}"
        held.append(Held(number, None, one.day, one.kind, "final", one.total_minor, lines=lines, payments=(*paid, *rounding)))
        ledger.routes[one.key] = Route("cloud", number)
    ledger.steps = [(CUT_MS, "line dead"), (CUT_MS + 9_000, "noticed"), (CUT_MS + 69_000, "fallback")]
    ledger.steps += [(BACK_MS, "line back"), (BACK_MS + 300_000, "recovering")]
    journal = Journal((), "whole", "0:" + "0" * 64, ())
    return Evidence(friday, ledger.routes, frozenset(), "0:" + "0" * 64, journal, tuple(held), (Counted("2026-11-20", 0, 0),)), ledger


class Loads(HTMLParser):
    """Collects whatever a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag} {name}={value}" for name, value in attrs if name in ("src", "href", "data", "action")]
        if tag not in ("meta", "rect", "line"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "line"):
            assert tag == self.open.pop(), tag


def test_the_page_loads_nothing_and_is_well_formed(friday: Input) -> None:
    """No address, no script, every element closed; the picture has a title, a description and a table of its numbers."""
    evidence, ledger = played(friday)

    page = draw(evidence, prove(evidence), ledger)

    loads = Loads()
    loads.feed(page)
    assert ([], []) == (loads.found, loads.open)
    assert not re.search(r"url\(|@import|<script|https?://", page)
    assert all(part in page for part in ("<title id=", "<desc id=", "The same numbers as a table", "14:30:00 line dead"))


def test_a_broken_proof_names_its_places(friday: Input) -> None:
    """The places stand in the page as a list, not as one long line."""
    evidence, ledger = played(friday)

    page = draw(evidence, prove(evidence), ledger)

    assert "The proof is broken." in page
    assert "<li>day 2026-11-20 was closed 0 times</li>" in page


def test_labels_of_the_steps_never_touch(friday: Input) -> None:
    """Steps seconds apart, and steps at the right edge, each keep a place of their own."""
    evidence, ledger = played(friday)
    ledger.steps += [(CUT_MS + 18_000_000, "closed"), (CUT_MS + 18_060_000, "closed"), (CUT_MS + 12_060_000, "closed")]

    page = draw(evidence, prove(evidence), ledger)

    labels = re.findall(r'class="name" x="([\d.]+)" y="(\d+)" text-anchor="(\w+)">([^<]+)<', page)
    spans = [(int(y), float(x) - len(t) * LETTER * (a == "end"), float(x) + len(t) * LETTER * (a == "start")) for x, y, a, t in labels]
    assert 8 == len(spans)
    assert [] == [(a, b) for i, a in enumerate(spans) for b in spans[:i] if a[0] == b[0] and a[1] < b[2] and b[1] < a[2]]


def test_every_sale_of_the_day_is_drawn(friday: Input) -> None:
    """The table's columns add up to the day's documents."""
    evidence, ledger = played(friday)

    rows = re.findall(r'<th scope="row">\d\d:\d\d</th>((?:<td class="n">[^<]*</td>)+)', draw(evidence, prove(evidence), ledger))

    cells = [[0 if cell == "–" else int(cell) for cell in re.findall(r">([^<]*)</td>", row)] for row in rows]
    assert len(friday.documents) == sum(sum(row[:4]) for row in cells)
    assert len(ledger.booked_ms) == sum(row[4] for row in cells)


@pytest.mark.parametrize(
    ("minor", "text"), [(123_456, "1\u202f234.56\u00a0EUR"), (-5, "\u22120.05\u00a0EUR"), (0, "0.00\u00a0EUR")]
)
def test_money_is_written_for_people(minor: int, text: str) -> None:
    """Thousands apart, two decimals, a real minus sign."""
    assert text == money(minor, "EUR")


@pytest.mark.parametrize(("seconds", "text"), [(9, "9 s"), (1.26, "1.3 s"), (69, "1 min 9 s"), (300, "5 min"), (3_780, "1 h 3 min")])
def test_spans_are_written_for_people(seconds: float, text: str) -> None:
    """No one reads 3780 s."""
    assert text == span(seconds)
