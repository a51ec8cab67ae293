"""One paper of the kit before it is pressed: which template, and every value on it.

A sheet's content has a hash, so that a printed copy knows whether it is still true; dates of printing are not content.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec
from msgspec import Struct

Kind = Literal[
    "plan", "card", "price-list", "change-sheet", "contacts", "open-orders", "blank", "slips", "script", "supplier-calls",
    "log-sheet", "grants", "return-checklist", "pocket-kit",
]  # fmt: skip
KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]


class Sheet(Struct, frozen=True, kw_only=True):
    """A paper: `data` is everything its template shows, as plain values."""

    kind: Kind
    name: str  # File name without its ending, unique in a kit: "card-internet-down".
    title: str  # In the sheet's language.
    template: str  # File under templates/.
    data: dict[str, Any]
    language: str
    shop: str = ""  # In each page's head.
    mark: str = ""  # "SAMPLE" or "COPY" across the head; "" for none.
    revision: str = ""  # Of the plan.
    rows: int = 0  # Of its main list.
    as_of: str = ""  # Day of the data, YYYY-MM-DD.
    destroy_by: str = ""  # Day after which it must not be used; "" for never.
    paper: Literal["a4", "a5"] = "a4"
    copy: str = ""  # Short id of the one copy that is pressed, on each page's foot; "" where nobody keeps track of it.
    pages_max: int | None = None  # A card and the plan have one page; more is an error of the maker.

    @property
    def artefact(self) -> str:
        """What a printed copy is a copy of."""
        return f"{self.kind}/{self.name}.{self.language}"

    @property
    def content(self) -> str:
        """SHA-256 of what stands on it, 64 lower-case digits; when it was made does not count."""
        body = (self.kind, self.name, self.title, self.template, self.language, self.paper, self.shop, self.mark, self.data)
        return hashlib.sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()


class Lack(Struct, frozen=True):
    """A paper that cannot be made yet, and what would let it."""

    kind: Kind
    why: str


class Pressed(Struct, frozen=True, kw_only=True):
    """A file of the kit as a maker made it that presses by itself: many pages, or no paper at all."""

    kind: Kind
    name: str  # As a Sheet's.
    title: str
    language: str
    body: bytes
    ending: str = "pdf"
    pages: int = 1
    rows: int = 0
    as_of: str = ""


class Means(Struct, frozen=True, kw_only=True):
    """What such a maker is given to work with."""

    press: Any  # press.Press.
    tell: Any  # Called with one line of progress.
    pass_phrase: str = ""  # Locks the pocket kit; "" where nobody gave one.
    chance: Any = None  # World.secret_bytes, for salts.
