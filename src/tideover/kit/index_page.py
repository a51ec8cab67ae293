"""The page that lies on top of a kit: what to print first, where each paper belongs, what could not be made yet.

Opens in any browser from the folder itself; needs no network and runs no script.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from tideover.kit.matter import Matter
from tideover.kit.sheet import Kind, Lack
from tideover.words import plain, say

TEMPLATES = Path(__file__).parent / "templates"
# Kind to what it is called and where it belongs; in the order in which a person wants to hold them.
PURPOSE: dict[Kind, tuple[str, str]] = {
    "plan": ("Plan on a page", "By every till, and at home with whoever decides."),
    "card": ("Cards", "By the till: one page for each thing that can go wrong."),
    "slips": ("Slips", "In the drawer, with two pens and carbon paper."),
    "price-list": ("Price list", "Best sellers by every till, the departments in the back room."),
    "contacts": ("Contacts", "By the phone, and at home with whoever decides."),
    "script": ("What to say", "By the till, by the phone and on the door."),
    "open-orders": ("Open orders", "Where goods are handed out."),
    "grants": ("Who may decide what", "By every till."),
    "log-sheet": ("Log sheets", "On the clipboard: what happened when."),
    "supplier-calls": ("Supplier calls", "By the phone; each call gets its tick."),
    "blank": ("Blank forms", "A few of each in the drawer."),
    "return-checklist": ("Back to normal", "On the clipboard, under the log sheets."),
    "change-sheet": ("Changed prices", "In front of each printed price list."),
    "pocket-kit": ("Pocket kit", "On the phones of those who decide; it opens with the pass-phrase."),
}
FIRST: tuple[Kind, ...] = ("plan", "card", "slips", "price-list", "contacts")


class Made(Struct, frozen=True):
    """One file of the kit, as `tideover kit --json` names it."""

    kind: Kind
    path: str  # Below the kit's folder, with slashes.
    pages: int
    rows: int
    sha256: str  # Of the file's bytes.
    as_of: str  # Day of the data, YYYY-MM-DD.


class Paper(Struct, frozen=True):
    """A made file, and what it is called on the index and in the next run."""

    made: Made
    title: str
    language: str


def index_page(matter: Matter, papers: Iterable[Paper], missing: Iterable[Lack]) -> bytes:
    """The page as UTF-8 HTML, once in each language that the papers have."""
    papers, missing = tuple(papers), tuple(missing)
    languages = sorted({one.language for one in papers} or {matter.settings.language}, key=lambda one: one != matter.settings.language)
    parts = [_part(language, [one for one in papers if one.language == language], missing) for language in languages]
    shop, today = plain(matter.settings.shop_name), matter.today.isoformat()
    return _template().render(shop=shop, today=today, parts=parts, sample=matter.is_sample).encode()


def _part(language: str, papers: Sequence[Paper], missing: Sequence[Lack]) -> dict[str, Any]:
    said = say(language)
    rows = [
        {"kind": said(name), "place": said(place), "files": files, "pages": sum(one.made.pages for one in files)}
        for kind, (name, place) in PURPOSE.items()
        if (files := [one for one in papers if one.made.kind == kind])
    ]
    first = sum(any(one.made.kind == kind for one in papers) for kind in FIRST)
    lacks = [{"kind": said(PURPOSE[one.kind][0]), "why": said.told(plain(one.why))} for one in missing]
    return {"language": language, "said": said, "first": rows[:first], "rest": rows[first:], "missing": lacks}


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).get_template("index.html.j2")
