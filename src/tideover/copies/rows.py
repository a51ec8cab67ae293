"""Writes single records of a copy, with everything they are found by, inside a transaction that is already open.

A record that did not change is left alone: seeing it twice (pulls overlap at the cursor) costs
nothing and tells no till. Only `store` and `swap` call this.
"""

from __future__ import annotations

from collections.abc import Iterable

import apsw
import msgspec
from msgspec import Struct

from tideover.copies.fold import SEARCHED, SEARCHED_INSIDE, gtin, name_of, words_of
from tideover.copies.freshness import EMPTY_HASH, changed_hash, content_of, record_hash
from tideover.model.item import RECORDS, Item

_DECODERS = {dataset: msgspec.json.Decoder(shape) for dataset, shape in RECORDS.items()}


def decode(dataset: str, content: bytes) -> Struct:
    """The record of a stored content."""
    return _DECODERS[dataset].decode(content)


class Rows:
    """The rows of one dataset while one transaction changes them; counts what it did."""

    def __init__(self, connection: apsw.Connection, dataset: str) -> None:
        self._run = connection.execute
        self._dataset = dataset
        self._run("INSERT OR IGNORE INTO copy (dataset, hash) VALUES (?, ?)", (dataset, EMPTY_HASH))
        row = self._run("SELECT change, count, hash FROM copy WHERE dataset = ?", (dataset,)).fetchone()
        self._change, self.count, self.hash = row
        self.added = self.changed = self.removed = 0

    def put(self, record: Struct) -> None:
        """Add or replace one record."""
        content = content_of(record)
        self.put_content(record.code, content, record_hash(self._dataset, content), record)

    def put_content(self, code: str, content: bytes, hash: bytes, record: Struct | None = None) -> None:
        """The same for a record whose bytes and hash are known already."""
        old = self._old(code)
        if old is not None and old[1] == hash:
            return
        record = record if record is not None else decode(self._dataset, content)
        self._change += 1
        row = (content, hash, self._change, name_of(record))
        if old is None:
            sql = "INSERT INTO record (content, hash, change, name, dataset, code) VALUES (?, ?, ?, ?, ?, ?)"
            self._run(sql, (*row, self._dataset, code))
            number = self._run("SELECT last_insert_rowid()").fetchone()[0]
        else:
            number = old[0]
            self._run("UPDATE record SET content = ?, hash = ?, change = ?, name = ? WHERE id = ?", (*row, number))
        gone = old is None or old[2] is None
        self.count += gone
        self.added += gone
        self.changed += not gone
        self.hash = changed_hash(self.hash, None if gone else old[1], hash)
        self._index(number, None if gone else decode(self._dataset, old[2]), record)

    def drop(self, code: str) -> None:
        """The cloud no longer has it: tills are told by a row without content."""
        old = self._old(code)
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
        row = (self._change, self.count, self.hash, self._dataset)
        self._run("UPDATE copy SET change = ?, count = ?, hash = ? WHERE dataset = ?", row)

    def _old(self, code: str) -> tuple[int, bytes | None, bytes | None] | None:
        sql = "SELECT id, hash, content FROM record WHERE dataset = ? AND code = ? COLLATE BINARY"
        return self._run(sql, (self._dataset, code)).fetchone()

    def _index(self, number: int, old: Struct | None, new: Struct | None) -> None:
        """Make the record findable as it is now; what did not change is not written again."""
        if self._dataset not in SEARCHED:
            return
        before, after = _found_by(old), _found_by(new)
        if before != after:
            self._reword("find_", number, before is not None, after)
            if self._dataset in SEARCHED_INSIDE:
                self._reword("inside_", number, before is not None, after)
        if self._dataset == "items":
            self._barcodes(number, old, new)

    def _reword(self, table: str, number: int, was_there: bool, words: str | None) -> None:
        name = table + self._dataset  # One of SEARCHED, never a text from outside.
        if was_there:
            self._run(f"DELETE FROM {name} WHERE rowid = ?", (number,))
        if words is not None:
            self._run(f"INSERT INTO {name} (rowid, words) VALUES (?, ?)", (number, words))

    def _barcodes(self, number: int, old: Struct | None, new: Struct | None) -> None:
        before, after = _barcodes_of(old), _barcodes_of(new)
        for barcode in before - after:
            self._run("DELETE FROM barcode WHERE barcode = ? AND record = ?", (barcode, number))
        for barcode in sorted(after - before):
            self._run("INSERT OR IGNORE INTO barcode (barcode, record) VALUES (?, ?)", (barcode, number))


def _found_by(record: Struct | None) -> str | None:
    if record is None or name_of(record) is None:
        return None
    return words_of(record)


def _barcodes_of(record: Struct | None) -> set[str]:
    return {gtin(one) for one in record.barcodes if one.strip()} if isinstance(record, Item) else set()


def put_all(connection: apsw.Connection, dataset: str, records: Iterable[Struct], removed: Iterable[str]) -> Rows:
    """Records in the cursor's order (a later sight of one record wins), then what is gone."""
    rows = Rows(connection, dataset)
    for record in records:
        rows.put(record)
    for code in removed:
        rows.drop(code)
    rows.finish()
    return rows
