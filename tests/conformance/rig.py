"""What a connector must bring to be tested: a rig, one class in a file `rig_NAME.py` beside this one.

A rig sets up a cloud (real, sandbox or practice), connects the connector to it, and can spoil the
way. What it cannot do it leaves alone: those tests are skipped and say so. docs/connectors/README.md
walks through it.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tideover.model.answer import Answer, CloudDocument
from tideover.model.item import Item
from tideover.model.money import divide_rounded
from tideover.model.outage import Observation
from tideover.model.sale import Document, Line, Tender
from tideover.ports import Booking
from tideover.world import ToldWorld

FIRST_DAY = 20_000  # Days from 1970: each test takes the next one.
NOON_MS = 12 * 3_600_000
DAY_MS = 86_400_000
STANDARD_PPM = 255_000


class SteppingWorld(ToldWorld):
    """A told world in which a pause simply makes it later, so that no test sleeps."""

    async def pause(self, seconds: float, wake: Any = None) -> None:
        self.page.now_ms += round(seconds * 1000)


@dataclass
class Shop:
    """A connected cloud, as a test sees it."""

    cloud: Any  # Source and Sink.
    world: SteppingWorld
    day: str  # A trading day of this test's own.
    heard: list[Observation] = field(default_factory=list)
    tills: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def booking(self, *lines: tuple[str, int, int], cash_minor: int | None = None, **changes: Any) -> Booking:
        """A sale of (item, quantity in pieces, price each in cents); paid by card, or partly in cash; VAT included."""
        made = tuple(
            Line(item, f"Name of {item}", pieces * 1000, cents * 100, pieces * cents, STANDARD_PPM)
            for item, pieces, cents in lines or (("tea", 1, 395),)
        )
        total = sum(line.amount_minor for line in made)
        cash = () if cash_minor is None else (Tender("cash", cash_minor),)
        tenders = (*cash, Tender("card", total - (cash_minor or 0)))
        number = f"K1-{next(self.tills)}"
        document = Document(number, "EUR", True, made, changes.pop("tenders", tenders), **changes.pop("document", {}))
        facts = {"kind": "sale", "refers_to": None, "original": None, "late": False} | changes
        entry = facts.pop("entry", None) or self.world.new_id()
        return Booking(entry=entry, trading_day=self.day, happened_at_ms=self.world.page.now_ms, document=document, **facts)

    def later(self, seconds: float) -> None:
        """The clock moves on."""
        self.world.page.now_ms += round(seconds * 1000)

    def settled(self) -> None:
        """So late that the cloud must show what it booked, as its manifest says."""
        settle = self.cloud.manifest.settle
        assert settle is not None
        self.later(settle.total_seconds())


ITEMS = (
    Item("tea", "Tea", 39_500, STANDARD_PPM, ("6411300000494",)),
    Item("jam", 'Jam, "old" kind; 3/4 l', 51_300, 135_000),  # Whole cents with VAT: a cloud of net prices can hold no others.
    Item("pen", "Kynä – blå ✓", 19_900, STANDARD_PPM),
)


class Rig:
    """One cloud under test. Subclasses override what they can do; `start` and `stop` run once per test module.

    For a cloud that nobody here can spoil, sandbox.SandboxRig spoils the way to it.
    """

    name = ""
    hands = "interface"
    long_document = 1_114  # Lines of a real invoice; a cloud that takes a second per line may be given fewer here.
    many_items = 2_500
    overlaps = False  # True where the cursor is a time: what changed at that very moment comes once more.

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._days = itertools.count(FIRST_DAY)
        self.day_ms = FIRST_DAY * DAY_MS

    def start(self) -> None:
        """Bring the cloud up with ITEMS in its catalogue."""

    def stop(self) -> None:
        """Take everything down again."""

    @contextlib.asynccontextmanager
    async def shop(self) -> AsyncIterator[Shop]:
        """A freshly connected shop on a day of its own, with nothing spoiled."""
        raise NotImplementedError
        yield

    def cannot(self, what: str) -> Any:
        pytest.skip(f"{self.name} cannot {what}")

    # The clerk or the interface ---------------------------------------------------------------------

    async def book(self, shop: Shop, booking: Booking) -> Answer:
        """Brings a booking into the cloud by this connector's hands."""
        return await shop.cloud.send(booking)

    async def look(self, shop: Shop) -> None:
        """Whatever must happen before the cloud can be asked: time passes, a report is imported."""
        shop.settled()

    # What is really there, not by way of the connector -------------------------------------------------

    def truth(self, shop: Shop) -> list[CloudDocument]:
        """Every document of the shop's day, from the cloud's own books."""
        raise NotImplementedError

    # The clerk of the cloud's own till ------------------------------------------------------------------

    def sell_at_cloud_till(self, shop: Shop, total_minor: int, reference: str) -> str:
        """The cloud's own till books a sale; returns the cloud's number."""
        return self.cannot("sell at its own till")

    def void(self, shop: Shop, number: str) -> None:
        """A clerk voids a document."""
        self.cannot("void")

    # Bad luck -------------------------------------------------------------------------------------------

    def faults(self, shop: Shop, entries: Sequence[str] = (), **shares: float) -> None:
        """From now on calls suffer; none named: no more. The suite names one at a time, with the share 1.0:

        lost_reply: the call that makes a sale final is carried out, its answer lost (not that of a look or of a draft).
        duplicate: that same call is delivered twice.
        busy: every call is answered 429 or 503, by turns, some with Retry-After; nothing is carried out.
        refuse: the sales `entries` are refused for good, with a reason that the connector does not know.
        """
        self.cannot("be spoiled")

    def line(self, up: bool) -> None:
        self.cannot("cut the line")

    def hostile(self, mode: str) -> None:
        """From now on what it answers to reads is nonsense of that mode; "off": no more.

        login-page, html: a web page with 200. not-json, empty, wrong-types: no data of its shape. endless: a body without end.
        huge-page: more rows than PAGE_ROWS_MAX. looping-cursor: more is promised, but the list stands where it stood.
        """
        self.cannot("give hostile answers")

    def log_out(self) -> None:
        """Every log-in so far is worth nothing."""
        self.cannot("end a log-in")

    def forget_password(self) -> None:
        """The stored log-in is wrong from now on."""
        self.cannot("refuse a log-in")

    def leave_draft(self) -> None:
        """The next booking stops half-way: the draft is there, its end is not, and the connector hears no yes."""
        self.cannot("leave a draft")

    def close_period(self, until: str) -> None:
        """Sales up to that day are refused; in a cloud of two steps, at the one where it really refuses."""
        self.cannot("close a period")

    def open_period(self) -> None:
        self.cannot("open a period")

    def change(self, dataset: str, rows: Sequence[Any] = (), removed: Sequence[str] = ()) -> None:
        """The cloud's records change."""
        self.cannot("change its records")

    def merge_customer(self, code: str, into: str) -> None:
        self.cannot("merge customers")


def total_of(booking: Booking) -> int:
    """Gross sum of a booking's lines, worked out apart from the connectors."""
    document = booking.document
    sums: dict[int, int] = {}
    for line in document.lines:
        sums[line.vat_ppm] = sums.get(line.vat_ppm, 0) + line.amount_minor
    if document.prices_include_vat:
        return sum(sums.values())
    return sum(amount + divide_rounded(amount * rate, 1_000_000) for rate, amount in sums.items())


def rigs() -> dict[str, type[Rig]]:
    """Every rig there is, found by its file's name."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("rig_*.py"))
    return {name.removeprefix("rig_"): import_module(f"conformance.{name}").RIG for name in names}
