"""Writes single records of a copy, with everything they are found by, inside a transaction that is already open.

A record that did not change is left alone: seeing it twice (pulls overlap at the cursor) costs
nothing and tells no till. Only `store` and `swap` call this.
"""

from __future__ import annotations

from collections.abc import Iterable

import apsw
import msgspec
from msgspec import Struct

from tideover.copies.fold import SEARCHED, gtin
from tideover.copies.freshness import EMPTY_HASH, changed_hash, content_of, record_hash
from tideover.model.item import RECORDS, Item

AT_ONCE = 1_000  # Rows written together.
NO_BARCODES: frozenset[str] = frozenset()

_DECODERS = {dataset: msgspec.json.Decoder(shape) for dataset, shape in RECORDS.items()}


def decode(dataset: str, content: bytes) -> Struct:
    """The record of a stored content."""
    return _DECODERS[dataset].decode(content)


Old = tuple[int, bytes | None, bytes | None]  # A row as it stands: its number, hash and content; no content: the cloud had dropped it.


class Rows:
    """The rows of one dataset while one transaction changes them; counts what it did.

    New rows and their barcodes are written many at a time: that is twice as quick.
    """

    def __init__(self, connection: apsw.Connection, dataset: str) -> None:
        self._run, self._run_many = connection.execute, connection.executemany
        self._dataset = dataset
        self._run("INSERT OR IGNORE INTO copy (dataset, hash) VALUES (?, ?)", (dataset, EMPTY_HASH))
        row = self._run("SELECT change, count, hash FROM copy WHERE dataset = ?", (dataset,)).fetchone()
        self._change, self.count, self.hash = row
        self._number = self._run("SELECT ifnull(max(id), 0) FROM record").fetchone()[0]
        self.added = self.changed = self.removed = 0
        self._rows: dict[str, tuple[object, ...]] = {}  # New ones, by code.
        self._unworded: list[tuple[int, bool]] = []
        self._barcodes: list[tuple[str, int]] = []

    def old(self, code: str) -> Old | None:
        """The row as it stands now."""
        if code in self._rows:
            self.write_down()
        sql = "SELECT id, hash, content FROM record WHERE dataset = ? AND code = ? COLLATE BINARY"
        return self._run(sql, (self._dataset, code)).fetchone()

    def put(self, record: Struct) -> None:
        """Add or replace one record."""
        content = content_of(record)
        self.put_content(record.code, content, record_hash(self._dataset, content), self.old(record.code), record)

    def put_content(self, code: str, content: bytes, hash: bytes, old: Old | None, record: Struct | None = None) -> None:
        """The same for a record whose bytes and hash are known already."""
        if old is not None and old[1] == hash:
            return
        record = record if record is not None else decode(self._dataset, content)
        self._change += 1
        if old is None:
            self._number += 1
            number = self._number
            self._rows[code] = (number, self._dataset, code, content, hash, self._change)
        else:
            number = old[0]
            self._run("UPDATE record SET content = ?, hash = ?, change = ? WHERE id = ?", (content, hash, self._change, number))
        gone = old is None or old[2] is None
        self.count += gone
        self.added += gone
        self.changed += not gone
        self.hash = changed_hash(self.hash, None if gone else old[1], hash)
        self._index(number, None if gone else decode(self._dataset, old[2]), record)

    def drop(self, old: Old | None) -> None:
        """The cloud no longer has it: tills are told by a row without content."""
        if old is None or old[2] is None:
            return
        self._change += 1
        self._run("UPDATE record SET content = NULL, hash = NULL, name = NULL, change = ? WHERE id = ?", (self._change, old[0]))
        self.count -= 1
        self.removed += 1
        self.hash = changed_hash(self.hash, old[1], None)
        self._index(old[0], decode(self._dataset, old[2]), None)

    def finish(self) -> None:
        """Keep count, hash and the last change number."""
        self.write_down()
        row = (self._change, self.count, self.hash, self._dataset)
        self._run("UPDATE copy SET change = ?, count = ?, hash = ? WHERE dataset = ?", row)

    def _index(self, number: int, old: Struct | None, new: Struct | None) -> None:
        """Its barcodes at once; its name and words are only marked as out of date, `words` writes them."""
        if self._dataset in SEARCHED:
            self._unworded.append((number, old is not None))
        codes, former = _barcodes_of(new), _barcodes_of(old)
        for one in former - codes:
            self._run("DELETE FROM barcode WHERE barcode = ? AND record = ?", (one, number))
        self._barcodes += [(one, number) for one in codes - former]
        if len(self._unworded) + len(self._rows) >= AT_ONCE:
            self.write_down()

    def write_down(self) -> None:
        """Write what is waiting; a row before its barcodes, which refer to it."""
        rows, unworded, barcodes = self._rows, self._unworded, self._barcodes
        self._rows, self._unworded, self._barcodes = {}, [], []
        sql = "INSERT INTO record (id, dataset, code, content, hash, change) VALUES (?, ?, ?, ?, ?, ?)"
        self._run_many(sql, rows.values())
        self._run_many("INSERT OR IGNORE INTO unworded (record, stood) VALUES (?, ?)", unworded)
        self._run_many("INSERT OR IGNORE INTO barcode (barcode, record) VALUES (?, ?)", barcodes)


def _barcodes_of(record: Struct | None) -> frozenset[str]:
    return frozenset(gtin(one) for one in record.barcodes if one.strip()) if isinstance(record, Item) and record.barcodes else NO_BARCODES


def put_all(connection: apsw.Connection, dataset: str, records: Iterable[Struct], removed: Iterable[str]) -> Rows:
    """Records in the cursor's order (a later sight of one record wins), then what is gone."""
    rows = Rows(connection, dataset)
    for record in records:
        rows.put(record)
    for code in removed:
        rows.drop(rows.old(code))
    rows.finish()
    return rows
