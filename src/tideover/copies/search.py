"""Finds a record by what a cashier has: a barcode, a code, the beginning of a name, any words, a word's end.

Each way is tried in that order until enough is found; every query reads a bounded number of rows,
so that an answer takes milliseconds in a shop of 100,000 items. Never changes anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from tideover.copies.fold import SEARCHED, SEARCHED_INSIDE, fold, gtin, words_in, words_of
from tideover.copies.rows import decode
from tideover.db import Database
from tideover.model.item import Dataset, Item

TEXT_LENGTH_MAX = 200  # Longer is a paste by mistake; what follows is not looked at.
WORDS_MAX = 8
LIMIT_MAX = 100
CANDIDATES_MAX = 200  # Records ranked against each other for one search.
TRIGRAM = 3
LAST_LETTER = "\U0010ffff"


def search(database: Database, text: str, dataset: Dataset, limit: int = 20) -> list[Struct]:
    """At most `limit` records, best first, none twice; a barcode gives only its own items."""
    text = text[:TEXT_LENGTH_MAX].strip()
    limit = max(1, min(limit, LIMIT_MAX))
    found: dict[str, Struct] = {}
    if not text or dataset not in SEARCHED:
        return []
    scanned = list(_by_barcode(database, text, dataset, limit))
    if scanned:
        return scanned
    for way in (_by_code, _by_name, _by_words, _inside_words):
        for record in way(database, text, dataset, limit):
            found.setdefault(record.code, record)
            if len(found) == limit:
                return list(found.values())
    return list(found.values())


def barcode(database: Database, text: str) -> Item | None:
    """The one item with that barcode; archived ones only if no other has it. None if several have it: a wrong price is worse."""
    items = list(_by_barcode(database, text, "items", LIMIT_MAX))
    live = [item for item in items if not item.archived] or items
    return live[0] if len(live) == 1 else None


def _by_barcode(database: Database, text: str, dataset: Dataset, limit: int) -> Iterator[Struct]:
    if dataset != "items":
        return
    sql = "SELECT content FROM barcode JOIN record ON record.id = barcode.record WHERE barcode = ? AND content IS NOT NULL LIMIT ?"
    items = [decode(dataset, content) for (content,) in database.rows(sql, (gtin(text), limit))]
    yield from sorted(items, key=lambda item: (item.archived, item.name))


def _by_code(database: Database, text: str, dataset: Dataset, limit: int) -> Iterator[Struct]:
    sql = "SELECT content FROM record WHERE dataset = ? AND code = ? AND content IS NOT NULL ORDER BY code = ? COLLATE BINARY DESC LIMIT ?"
    for (content,) in database.rows(sql, (dataset, text, text, limit)):
        yield decode(dataset, content)


def _by_name(database: Database, text: str, dataset: Dataset, limit: int) -> Iterator[Struct]:
    start = fold(text)
    if not start:
        return
    sql = "SELECT content FROM record WHERE dataset = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?"
    for (content,) in database.rows(sql, (dataset, start, start + LAST_LETTER, limit)):
        yield decode(dataset, content)


def _by_words(database: Database, text: str, dataset: Dataset, limit: int) -> Iterator[Struct]:
    words = words_in(fold(text))[:WORDS_MAX]
    query = " AND ".join(f'"{word}"*' for word in words)
    yield from _matching(database, "find_", query, dataset, words)


def _inside_words(database: Database, text: str, dataset: Dataset, limit: int) -> Iterator[Struct]:
    """Ends and middles of words: leipä finds ruisleipä. Words of one or two letters say too little."""
    words = [word for word in words_in(fold(text))[:WORDS_MAX] if len(word) >= TRIGRAM]
    if dataset not in SEARCHED_INSIDE:
        return
    pieces = (word[at : at + TRIGRAM] for word in words for at in range(len(word) - TRIGRAM + 1))
    query = " AND ".join(f'"{piece}"' for piece in pieces)
    for record in _matching(database, "inside_", query, dataset, words):
        # The pieces may stand in another order than in the word.
        held = words_of(record)
        if all(word in held for word in words):
            yield record


def _matching(database: Database, table: str, query: str, dataset: Dataset, words: list[str]) -> list[Struct]:
    if not query:
        return []
    name = table + dataset  # One of SEARCHED, never a text from outside.
    sql = f"SELECT content FROM {name} JOIN record ON record.id = {name}.rowid WHERE {name} MATCH ? LIMIT ?"
    records = [decode(dataset, content) for (content,) in database.rows(sql, (query, CANDIDATES_MAX))]
    return sorted(records, key=lambda record: _rank(record, words))


def _rank(record: Struct, words: list[str]) -> tuple[int, int, str]:
    """Whole words before beginnings, short names before long ones."""
    name = fold(getattr(record, "name", record.code))
    whole = set(words_in(name))
    return (-sum(word in whole for word in words), len(name), name)
