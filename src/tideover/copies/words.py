"""Writes the names and words by which records are found, a slice at a time, inside a transaction that is already open.

They follow the rows, which are in use before: a whole copy swaps in at once and its search catches up within moments,
without keeping other writers waiting. What a power cut leaves undone stands in `unworded` and is done next time.
Only `store` calls this.
"""

from __future__ import annotations

import apsw
from msgspec import Struct

from tideover.copies.fold import SEARCHED, SEARCHED_INSIDE, is_offered, name_of, words_of
from tideover.copies.rows import decode

WORDS_AT_ONCE = 2_000  # Records of one slice: some 20 ms.


def write_words(connection: apsw.Connection, dataset: str) -> int:
    """Bring the words of one slice of records up to date; returns how many records that were."""
    if dataset not in SEARCHED:
        return 0
    sql = "SELECT record, stood, content FROM unworded CROSS JOIN record ON id = record WHERE dataset = ? LIMIT ?"
    found = connection.execute(sql, (dataset, WORDS_AT_ONCE)).fetchall()
    # Made of SEARCHED, never of a text from outside.
    tables = ["find_" + dataset, *(["inside_" + dataset] if dataset in SEARCHED_INSIDE else [])]
    old = [(number,) for number, stood, _ in found if stood]
    records = [(number, decode(dataset, content)) for number, _, content in found if content is not None]
    connection.executemany("UPDATE record SET name = ? WHERE id = ?", [(name_of(record), number) for number, record in records])
    new = [(number, words) for number, record in records if (words := _words(record))]
    for table in tables:
        connection.executemany(f"DELETE FROM {table} WHERE rowid = ?", old)
        connection.executemany(f"INSERT INTO {table} (rowid, words) VALUES (?, ?)", new)
    connection.executemany("DELETE FROM unworded WHERE record = ?", [(number,) for number, _, _ in found])
    return len(found)


def _words(record: Struct) -> str | None:
    return words_of(record) if is_offered(record) else None
