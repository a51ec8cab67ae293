"""The price list that serves at the counter: the best sellers first, then each department as a booklet of its own.

A booklet's content hash is that of what stands on it, so one changed price makes one booklet stale and the list of best
sellers if it stands there. Reads nothing but the matter.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from tideover.kit.alphabet import name_key, span
from tideover.kit.crew import press_all
from tideover.kit.matter import Matter
from tideover.kit.price_rows import Prices, with_letters
from tideover.kit.sheet import Kind, Lack, Means, Pressed, Sheet
from tideover.kit.two_columns import LINES_PER_COLUMN, Row, lay
from tideover.model.item import Item
from tideover.words import plain

KIND: Kind = "price-list"
BEST_PAGES = (4, 16)  # One for the hand, one for the counter.
BOOKLET_ROWS_MAX = 1_600  # 10 pages: so much is printed again when one price changes.
PREFIX_MAX = 24  # Names that begin alike for longer are parted anywhere.
MARK_LETTERS = 4


def pressed(matter: Matter, language: str, means: Means) -> Iterator[Pressed | Lack]:
    """Every list of prices as a tagged PDF, one by one. Raises Unavailable when a worker dies."""
    at = datetime(matter.today.year, matter.today.month, matter.today.day, tzinfo=UTC)
    sheets = (one for one in price_lists(matter, language))
    yield from press_all(sheets, means.press, at, means.tell, rows=len(matter.items))


def price_lists(matter: Matter, language: str) -> Iterator[Sheet | Lack]:
    """Best sellers on few pages and on more, then the departments from A to the end, "Other" last."""
    prices = Prices(matter, language)
    if not prices.items:
        yield Lack(KIND, "There are no items yet: connect the cloud, or give a price export with 'tideover start --prices FILE'.")
        return
    yield from best_sellers(prices)
    yield from departments(prices)


# Best sellers ------------------------------------------------------------------------------------


def best_sellers(prices: Prices) -> Iterator[Sheet | Lack]:
    """What sold on most lines, as much of it as the pages hold, by name."""
    sold = prices.matter.sold
    ranked = sorted((one for one in prices.items if sold.get(one.code, 0) > 0), key=lambda one: (-sold[one.code], one.code))
    if len(prices.items) <= 2 * LINES_PER_COLUMN:  # All of it is one sheet of paper.
        ranked += sorted((one for one in prices.items if sold.get(one.code, 0) <= 0), key=lambda one: one.code)
    if not ranked:
        yield Lack(KIND, "Which items sell best is not known yet: it needs the sales of a few days. The departments are complete.")
        return
    marks = department_marks(one.department for one in prices.items)
    on_it = 0
    for pages in BEST_PAGES:
        sheet = _best_on(prices, ranked, pages, marks)
        if sheet.rows > on_it:  # A longer list with nothing more on it is no use.
            on_it = sheet.rows
            yield sheet


def _best_on(prices: Prices, ranked: Sequence[Item], pages: int, marks: dict[str, str]) -> Sheet:
    columns = prices.columns(prices.said("Dept.") if len(marks) > 1 else "")
    room = pages * 2 * LINES_PER_COLUMN
    rows = [prices.row(one, marks if len(marks) > 1 else None) for one in ranked[:room]]
    laid = lay(with_letters(prices.sorted(rows)), columns)
    while len(laid.pages) > pages:  # Headings and long names take their lines: the last in rank give way.
        beyond = sum(isinstance(row, list) for page in laid.pages[pages:] for rows_of, _ in page["sides"] for row in rows_of)
        del rows[-max(1, beyond) :]
        laid = lay(with_letters(prices.sorted(rows)), columns)
    title = prices.said("Price list: best sellers on {n} pages", n=pages)
    return prices.sheet(KIND, f"price-list-best-{pages}", title, laid, columns)


def department_marks(departments: Iterable[str]) -> dict[str, str]:
    """Department to a few letters that stand for it; of two that begin alike, the later ones get the letter that differs."""
    marks: dict[str, str] = {}
    by_name = {name: department_name(name) for name in departments}
    for name in sorted({*by_name.values()}):
        letters = "".join(character for character in name if character.isalnum())
        short = letters[:MARK_LETTERS]
        others = (letters[: MARK_LETTERS - 1] + character for character in letters[MARK_LETTERS:])
        marks[name] = next((mark for mark in (short, *others) if mark not in marks.values()), short)
    return {department: marks[name] for department, name in by_name.items()}


department_name = lru_cache(maxsize=4096)(plain)  # Few departments, on every row.


# Departments -------------------------------------------------------------------------------------


def departments(prices: Prices) -> Iterator[Sheet]:
    """One booklet a department, a large one in several, each from one letter to another."""
    language = prices.matter.settings.language
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in prices.items:
        groups[department_name(item.department)].append(item)
    count = len(groups)
    columns = prices.columns()
    taken: set[str] = {f"price-list-best-{pages}" for pages in BEST_PAGES}
    for group in sorted(groups, key=lambda group: (not group, name_key(group, language), group)):
        name = group or prices.said("Other" if count > 1 else "All items")
        rows = prices.sorted(map(prices.row, groups.pop(group)))
        parts = list(parted(rows, BOOKLET_ROWS_MAX))
        stem = file_stem(group, taken)
        for number, part in enumerate(parts, 1):
            laid = lay(with_letters(part), columns)
            title = f"{name} {span(part[0].key, part[-1].key)}" if len(parts) > 1 else name
            file = f"{stem}-{number}" if number > 1 else stem
            yield prices.sheet(KIND, file, prices.said("Price list: {what}", what=title), laid, columns)


def parted(rows: list[Row], most: int, prefix: int = 1) -> Iterator[list[Row]]:
    """Sorted rows in parts of at most so many; each begins with a new letter, so a new item moves no other part's border."""
    part: list[Row] = []
    for group in _alike(rows, prefix) if len(rows) > most else [rows]:
        if len(part) + len(group) > most and part:
            yield part
            part = []
        if len(group) <= most:
            part = part + group
        elif prefix < PREFIX_MAX:
            yield from parted(group, most, prefix + 1)
        else:
            yield from (group[at : at + most] for at in range(0, len(group), most))
    if part:
        yield part


def _alike(rows: list[Row], prefix: int) -> Iterator[list[Row]]:
    group: list[Row] = []
    for row in rows:
        if group and row.key[:prefix] != group[-1].key[:prefix]:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def file_stem(department: str, taken: set[str]) -> str:
    """A file name for a department that no other has: its letters, or a hash where they do not tell it apart."""
    letters = re.sub(r"[^a-z0-9]+", "-", name_key(department, "en")).strip("-")[:40] if department else "other"
    stem = f"price-list-{letters}"
    if not letters or letters[-1].isdigit() or stem in taken:  # "Tools 2" must not pass for the second part of "Tools".
        stem = f"{stem.rstrip('-')}-{hashlib.sha256(department.encode()).hexdigest()[:6]}x"
    taken.add(stem)
    return stem

