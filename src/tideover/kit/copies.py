"""Printed copies: each is a thing with a place, a holder and what stands on it; stale when its original says something else now. Pure.

A copy begins with the entry `printed`, whose id is the copy's; it moves with `copy_placed` and ends with `copy_ended`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from tideover.copies.fold import fold, words_in
from tideover.journal.entry import Entry
from tideover.kit.sheet import Kind
from tideover.model.item import Dataset

KINDS = ("printed", "copy_placed", "copy_ended")
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: nobody takes a letter for a digit.
MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
SHORT_SIGNS = 8
SHORT_BITS = 5 * SHORT_SIGNS
ON_PHONES = "pocket-kit"
# Papers of which the shop keeps copies. Forms to write on are copies of nothing: a pad or a log sheet is used up, not out of date.
KEPT: tuple[Kind, ...] = (
    "plan", "card", "price-list", "change-sheet", "contacts", "open-orders", "script", "supplier-calls", "grants", "return-checklist",
    "pocket-kit",
)  # fmt: skip
# Which papers may say something else once a copy changed; the plan and the settings may change any of them.
TOUCHED: dict[Dataset, tuple[Kind, ...]] = {
    "items": ("price-list", "change-sheet", "open-orders", "pocket-kit"),
    "stock": ("open-orders",),
    "customers": ("open-orders", "contacts"),
    "suppliers": ("contacts", "supplier-calls", "pocket-kit", "plan"),
    "orders": ("open-orders",),
    "quotes": (),
    "sales": (),
    "invoices": (),
}


class Copy(Struct, frozen=True):
    """One copy, on paper or on a phone."""

    id: str
    artefact: str  # Sheet.artefact
    content: str  # Sheet.content when it was printed.
    pages: int
    as_of: str
    printed_at: int  # UTC ms.
    printed_by: str
    place: str = ""
    holder: str = ""
    seen_at: int = 0  # UTC ms: somebody put it there, or the phone that holds it was in the shop's network; 0: never since it was printed.
    ended: str = ""  # "destroyed", "lost", "replaced"; "" while it is about.

    @property
    def short(self) -> str:
        """What stands on each page's foot."""
        return short_of(self.id)

    @property
    def kind(self) -> str:
        return kind_of(self.artefact)

    @property
    def name(self) -> str:
        return self.artefact.partition("/")[2].rpartition(".")[0]

    @property
    def language(self) -> str:
        return language_of(self.artefact)

    @property
    def is_on_phone(self) -> bool:
        return self.kind == ON_PHONES


def kind_of(artefact: str) -> str:
    """Which kind of paper it is."""
    return artefact.partition("/")[0]


def language_of(artefact: str) -> str:
    """In which language it is."""
    return artefact.rpartition(".")[2]


def short_of(id: str) -> str:
    """The last 40 bits of an id as eight signs that can be read aloud: 7K3M-Q2PD."""
    bits = int(id.replace("-", ""), 16) & (2**SHORT_BITS - 1)
    signs = "".join(SIGNS[bits >> 5 * place & 31] for place in reversed(range(SHORT_SIGNS)))
    return f"{signs[:4]}-{signs[4:]}"


def take(copies: Mapping[str, Copy], entries: Iterable[Entry]) -> dict[str, Copy]:
    """The copies after further entries, by id. An entry about a copy that nobody printed says nothing."""
    found = dict(copies)
    for entry in entries:
        body = entry.body
        if entry.kind == "printed":
            what = (body.artefact, body.content, body.pages, body.as_of, entry.happened_at, entry.operator or "")
            found.setdefault(entry.id, Copy(entry.id, *what, place=body.place, holder=body.holder))
        elif (copy := found.get(entry.refers_to or "")) is None:
            continue
        elif entry.kind == "copy_placed":
            found[copy.id] = replace(copy, place=body.place or copy.place, holder=body.holder or copy.holder, seen_at=entry.happened_at)
        elif entry.kind == "copy_ended":
            found[copy.id] = replace(copy, ended=copy.ended or body.how)
    return found


def standing(copies: Mapping[str, Copy]) -> list[Copy]:
    """Those that lie about somewhere, oldest first."""
    return [copy for copy in copies.values() if not copy.ended]


def stale(copies: Iterable[Copy], now: Mapping[str, str]) -> list[Copy]:
    """Copies whose original says something else now.

    now: artefact to its content, "" for one that is made no more. An artefact that is not in it was not looked at.
    """
    return [copy for copy in copies if copy.artefact in now and now[copy.artefact] != copy.content]


def by_short(copies: Mapping[str, Copy], typed: str) -> Copy | None:
    """The copy whose short id was typed or scanned, as people misread it; None if none or several have it."""
    wanted = typed.strip().upper().translate(MISREAD)
    found = [copy for copy in copies.values() if copy.short.replace("-", "") == wanted]
    return found[0] if len(found) == 1 else None


def search(copies: Iterable[Copy], text: str) -> list[Copy]:
    """Those in whose id, paper, place or holder every word stands."""
    words = words_in(fold(text))
    return [copy for copy in copies if all(word in _words(copy) for word in words)]


def _words(copy: Copy) -> str:
    return fold(f"{copy.short} {copy.short.replace('-', '')} {copy.artefact} {copy.place} {copy.holder}")
