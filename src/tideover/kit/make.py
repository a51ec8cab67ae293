"""Makes the kit: asks every maker for its papers, presses them and puts them into a folder, all of them or none.

A paper that cannot be made is named with what would let it; it never stops the others. Never leaves a folder half old and
half new: everything is made beside it first, and what was there stays until all of it stands.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module, util
from io import BytesIO
from itertools import count, product
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tideover.errors import BadRecord, Unavailable
from tideover.kit.index_page import Made, Paper
from tideover.kit.matter import Matter
from tideover.kit.press import Press
from tideover.kit.sheet import Kind, Lack, Means, Pressed, Sheet
from tideover.kit.shelf import Shelf
from tideover.words import say

# Kind to its maker's module below tideover.kit, in the order in which a person wants to hold the papers.
# A maker has `sheets(matter, language)`, which gives sheets and lacks and reads nothing else; or, where it makes many pages
# or something that is no paper, `pressed(matter, language, means)`, which gives Pressed and Lacks one by one.
MAKERS: dict[Kind, str] = {
    "plan": "plan_page",
    "card": "cards",
    "slips": "slip_pads",
    "price-list": "price_list",
    "change-sheet": "change_sheet",
    "contacts": "contacts",
    "script": "scripts",
    "open-orders": "open_orders",
    "grants": "grants_card",
    "log-sheet": "log_sheets",
    "supplier-calls": "supplier_calls",
    "blank": "blanks",
    "return-checklist": "return_checklist",
    "pocket-kit": "pocket",
}
FOLDERS: dict[str, str] = {"card": "cards", "blank": "blanks", "script": "scripts", "price-list": "price-list", "slips": "slips"}
NAME_LENGTH_MAX = 80
Tell = Callable[[int, int, str], None]  # Done, of how many, what comes next.


class Kit(Struct, frozen=True):
    """What was made, and what could not be."""

    files: tuple[Made, ...]
    missing: tuple[Lack, ...]
    remarks: tuple[str, ...] = ()  # What a person should know of single papers, in English.


def every_sheet(matter: Matter, languages: Iterable[str], kinds: Sequence[Kind] | None = None) -> Iterator[Sheet | Lack]:
    """All papers that are made by a template, as values; kinds: only those."""
    for kind, module in _makers(kinds):
        for language in languages if hasattr(module, "sheets") else ():
            for one in module.sheets(matter, language):
                yield framed(one, matter) if isinstance(one, Sheet) and one.kind == kind else one


def _makers(kinds: Sequence[Kind] | None) -> Iterator[tuple[Kind, Any]]:
    for kind, name in MAKERS.items():
        if (kinds is None or kind in kinds) and util.find_spec(f"tideover.kit.{name}") is not None:
            yield kind, import_module(f"tideover.kit.{name}")


def framed(sheet: Sheet, matter: Matter) -> Sheet:
    """With the shop's name, the plan's revision and the word SAMPLE, where its maker did not say."""
    mark = say(sheet.language)("SAMPLE") if matter.is_sample else sheet.mark
    return replace(sheet, shop=sheet.shop or matter.settings.shop_name, revision=sheet.revision or matter.revision, mark=mark)


def make_kit(
    matter: Matter,
    languages: Sequence[str],
    out: Path,
    press: Press,
    tell: Tell,
    *,
    kinds: Sequence[Kind] | None = None,
    pass_phrase: str = "",
    chance: Callable[[int], bytes] | None = None,
) -> Kit:
    """Make the papers and put them into `out`; what an earlier run put there and is made no more goes.

    kinds: only those; the other files stay. pass_phrase: locks the pocket kit with salts of `chance`; without one there is none.
    Raises FolderUnusable (also for a full disk), BoxBusy (another run makes a kit there); then what was there is there still.
    """
    with Shelf(out) as shelf:
        work = Pressing(matter, press, shelf)
        sheets, makers = [], [one for one in _makers(kinds) if hasattr(one[1], "pressed")]
        for one in every_sheet(matter, languages, kinds):
            sheets.append(one) if isinstance(one, Sheet) else work.lack(one)
        steps = len(sheets) + len(makers) * len(languages)
        for done, sheet in enumerate(sheets):
            tell(done, steps, sheet.title)
            work.sheet(sheet)
        for done, ((kind, module), language) in enumerate(product(makers, languages), len(sheets)):
            means = Means(press=press, tell=lambda text, done=done: tell(done, steps, text), pass_phrase=pass_phrase, chance=chance)
            work.all_of(kind, module.pressed(matter, language, means))
        tell(steps, steps, "")
        work.papers.sort(key=lambda paper: (tuple(MAKERS).index(paper.made.kind), languages.index(paper.language)))
        shelf.place(matter, languages, tuple(work.papers), tuple(work.lacks), kinds)
        return Kit(tuple(paper.made for paper in work.papers), tuple(work.lacks), tuple(work.remarks))


class Pressing:
    """What has come together so far."""

    def __init__(self, matter: Matter, press: Press, shelf: Shelf) -> None:
        self._matter, self._press, self._shelf = matter, press, shelf
        self._at = datetime(matter.today.year, matter.today.month, matter.today.day, tzinfo=UTC)
        self._paths: set[str] = set()
        self.papers: list[Paper] = []
        self.lacks: list[Lack] = []
        self.remarks: list[str] = []

    def lack(self, lack: Lack) -> None:
        """Name it, once for all languages."""
        if lack not in self.lacks:
            self.lacks.append(lack)

    def sheet(self, sheet: Sheet) -> None:
        """Press it; a sheet that its template cannot show is a lack, and the others are made."""
        try:
            body = self._press.pdf(sheet, self._at)
        except BadRecord as error:
            self.lack(Lack(sheet.kind, error.message))
            return
        pages = count_pages(body)
        if sheet.pages_max is not None and pages > sheet.pages_max:
            self.remarks.append(f"{sheet.title}: {pages} pages where {sheet.pages_max} should do; make its text shorter.")
        what = {"kind": sheet.kind, "name": sheet.name, "title": sheet.title, "language": sheet.language}
        self.pressed(Pressed(**what, body=body, pages=pages, rows=sheet.rows, as_of=sheet.as_of))

    def all_of(self, kind: Kind, pressed: Iterable[Pressed | Lack]) -> None:
        """Everything of a maker that presses by itself; one that cannot go on is a lack, and what it made so far is kept."""
        try:
            for one in pressed:
                self.lack(one) if isinstance(one, Lack) else self.pressed(one)
        except (BadRecord, Unavailable) as error:
            self.lack(Lack(kind, error.message))

    def pressed(self, one: Pressed) -> None:
        """Put it beside."""
        path = path_of(one.kind, one.name, one.language, one.ending, self._paths)
        self._paths.add(path)
        self._shelf.put(path, one.body)
        as_of = one.as_of or self._matter.today.isoformat()
        made = Made(one.kind, path, one.pages, one.rows, hashlib.sha256(one.body).hexdigest(), as_of)
        self.papers.append(Paper(made, one.title, one.language))


def path_of(kind: Kind, name: str, language: str, ending: str, taken: set[str]) -> str:
    """A name that every disk takes and no text of the plan can lead elsewhere; a second of the same name gets a number."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:NAME_LENGTH_MAX] or kind
    folder = f"{FOLDERS[kind]}/" if kind in FOLDERS else ""
    names = (f"{folder}{stem}{f'-{number}' if number > 1 else ''}.{language}.{ending}" for number in count(1))
    return next(path for path in names if path not in taken)


def count_pages(pdf: bytes) -> int:
    """How many pages a PDF has."""
    import pikepdf

    with pikepdf.open(BytesIO(pdf)) as document:
        return len(document.pages)
