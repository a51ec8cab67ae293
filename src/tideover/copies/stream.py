"""A copy as a stream for tills: all of it once, then what changed, in pieces that can be broken off and gone on with.

A mark says how far a till has read. It is good for this one file: a copy that was pulled into a new file begins anew.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from tideover.copies.rows import decode
from tideover.db import Database
from tideover.model.item import Dataset, Item, Stock

PIECE_ROWS_MAX = 2_000

CHANGED = "SELECT change, code, content FROM record WHERE dataset = ? AND change > ? ORDER BY change LIMIT ?"
NEWEST = "SELECT change FROM copy WHERE dataset = ?"
CONTENTS = "SELECT content FROM record WHERE dataset = ? AND content IS NOT NULL AND code IN (SELECT value FROM json_each(?))"


class Mark(Struct, frozen=True):
    """How far a till has read."""

    file: str  # Which file of copies it read.
    records: int = 0  # Last change of the dataset it has seen …
    stock: int = 0  # … and of the stock that goes with it.
    is_whole: bool = False  # In the middle of reading everything.

    def __str__(self) -> str:
        return f"{self.file}.{self.records}.{self.stock}{'.w' if self.is_whole else ''}"


class Piece(Struct, frozen=True):
    """One piece of the stream."""

    rows: tuple[Struct, ...]
    gone: tuple[str, ...]  # Codes that the cloud no longer has.
    mark: Mark
    more: bool

    @property
    def is_whole(self) -> bool:
        return self.mark.is_whole


def piece(database: Database, dataset: Dataset, told: str, limit: int) -> Piece:
    """The next piece after the mark a till tells; from the start for an empty one, or one of another file. Raises nothing."""
    mark = _mark(database, dataset, told)
    found = database.rows(CHANGED, (dataset, mark.records, limit + 1))
    shown, more = found[:limit], len(found) > limit
    rows = [decode(dataset, content) for _, _, content in shown if content is not None]
    gone = tuple(code for _, code, content in shown if content is None and not mark.is_whole)
    records, stock = (shown[-1][0] if shown else mark.records), mark.stock
    if dataset == "items" and not more and not mark.is_whole:
        counted = database.rows(CHANGED, ("stock", stock, limit - len(shown) + 1))
        room = counted[: limit - len(shown)]
        more = len(counted) > len(room)
        stock = room[-1][0] if room else stock
        rows += records_of(database, "items", [code for _, code, _ in room])
    return Piece(tuple(rows), gone, Mark(mark.file, records, stock, mark.is_whole), more)


def records_of(database: Database, dataset: Dataset, codes: list[str]) -> list[Struct]:
    """The records of these codes that the copy holds."""
    found = database.rows(CONTENTS, (dataset, msgspec.json.encode(codes).decode())) if codes else []
    return [decode(dataset, content) for (content,) in found]


def stock_of(database: Database, items: list[Item]) -> dict[str, int]:
    """What should lie on the shelf, of those items that are counted."""
    found = records_of(database, "stock", [one.code for one in items])
    return {one.code: one.on_hand for one in found if isinstance(one, Stock)}


def newest(database: Database, dataset: Dataset) -> str:
    """A short text that becomes another with every change of the copy, or of its stock."""
    return str(Mark(_file(database), _newest(database, dataset), _newest(database, "stock") if dataset == "items" else 0))


def _mark(database: Database, dataset: Dataset, told: str) -> Mark:
    file, _, rest = told.partition(".")
    parts = rest.split(".")
    numbers = [int(one) for one in parts[:2] if one.isascii() and one.isdigit() and len(one) <= 17]
    newest_stock = _newest(database, "stock")
    if file == _file(database) and len(numbers) == 2 and numbers[0] <= _newest(database, dataset) and numbers[1] <= newest_stock:
        return Mark(file, *numbers, parts[2:] == ["w"])
    return Mark(_file(database), 0, newest_stock, True)


def _newest(database: Database, dataset: Dataset) -> int:
    row = database.one(NEWEST, (dataset,))
    return row[0] if row else 0


def _file(database: Database) -> str:
    """The file's own number on its disk: a copy that was put aside and pulled again is another file."""
    return f"{database.path.stat().st_ino:x}"
