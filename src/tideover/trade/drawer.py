"""What should lie in a drawer, and the blind count: counted first, shown after.

Knows only the journal: what the cloud's own till took in cash is added where the day is closed.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET, Struct

from tideover.errors import BadRecord
from tideover.journal.entry import Kept
from tideover.model.facts import DrawerCount, DrawerMove, drawer_of
from tideover.model.money import INT_MAX, sum_text
from tideover.model.sale import Document


class Drawer(Struct, frozen=True):
    """One drawer on one trading day."""

    till: str  # Whose it is; or the name that people gave a drawer of no till of ours.
    float_minor: int = 0  # Put in.
    cash_minor: int = 0  # Cash tenders net of change; refunds take out.
    dropped_minor: int = 0  # Taken out to the safe.
    counted_minor: int | None = None  # The last count; None: not counted yet.

    @property
    def expected_minor(self) -> int:
        return self.float_minor + self.cash_minor - self.dropped_minor

    @property
    def over_minor(self) -> int | None:
        """Counted less expected: positive is over, negative is short; None before the count."""
        return None if self.counted_minor is None else self.counted_minor - self.expected_minor


def drawers_of(entries: Iterable[Kept]) -> list[Drawer]:
    """The drawers that the entries of a day moved; voided entries moved nothing."""
    kept = list(entries)
    void = {one.entry.refers_to for one in kept if one.entry.kind == "void"}
    sums: dict[str, dict[str, int | None]] = {}
    for one in kept:
        entry = one.entry
        name, amount = _move(entry.kind, entry.body)
        if name is None or entry.id in void:
            continue
        whose = drawer_of(entry.body, entry.till) if isinstance(entry.body, DrawerMove | DrawerCount) else entry.till
        mine = sums.setdefault(whose, {})
        mine[name] = amount if name == "counted_minor" else (mine.get(name) or 0) + amount
    return [Drawer(till, **mine) for till, mine in sorted(sums.items())]


def _move(kind: str, body: object) -> tuple[str | None, int]:
    if isinstance(body, Document) and kind in ("sale", "refund"):
        cash = [tender.amount_minor for tender in body.tenders if tender.kind == "cash"]
        return ("cash_minor", sum(cash)) if cash else (None, 0)
    if isinstance(body, DrawerMove):
        return ("float_minor" if kind == "drawer_float" else "dropped_minor"), body.amount_minor
    if isinstance(body, DrawerCount):
        return "counted_minor", body.counted_minor
    return None, 0


def move(amount_minor: int, note: str = "", whose: str = "") -> DrawerMove:
    """Cash put in or taken out, as a fact. whose: which drawer; "": the signing till's.

    Raises BadRecord unless the sum is above zero.
    """
    if not 0 < amount_minor <= INT_MAX:
        raise BadRecord(what="drawer movement", why=f"{sum_text(amount_minor)} is not a sum above zero")
    return DrawerMove(amount_minor, note, whose or UNSET)


def count(counted_minor: int, whose: str = "") -> DrawerCount:
    """What lies in the drawer, counted before the expected sum was shown. Raises BadRecord if it is below zero."""
    if not 0 <= counted_minor <= INT_MAX:
        raise BadRecord(what="drawer count", why=f"{sum_text(counted_minor)} cannot lie in a drawer")
    return DrawerCount(counted_minor, whose or UNSET)
