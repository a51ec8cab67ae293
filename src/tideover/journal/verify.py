"""Is a journal what was written? Chain, signatures, numbering, and that the columns say what was signed.

Only reads. It never mends: a broken journal is evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import apsw
from msgspec import Struct

from tideover.db import open_for_reading
from tideover.errors import FileUnreadable, NoJournal, TideoverError, TooNew
from tideover.journal.chain import EMPTY, Head, entry_hash
from tideover.journal.entry import Entry, decode
from tideover.journal.keys import verify_signature
from tideover.journal.roll import Roll
from tideover.migrations.journal import MIGRATIONS

COLUMNS = "seq, id, kind, version, till, till_seq, happened_at, recorded_at, trading_day, signed, signature, prev, hash"
KINDS = (int, str, str, int, str, int, int, int, str, bytes, bytes, bytes, bytes)
Row = tuple[int, str, str, int, str, int, int, int, str, bytes, bytes, bytes, bytes]


class Verified(Struct, frozen=True):
    """What `verify` says about a journal."""

    entries: int  # How many the file holds, sound or not.
    head: str  # SEQ:HEX of the last entry up to which all is sound.
    chain: str  # "whole" or "broken at SEQ".
    tail: str  # "witnessed", "missing N" or "unwitnessed" (no head was given to compare).
    why: str = ""  # What is wrong, where something is.

    @property
    def is_sound(self) -> bool:
        return self.chain == "whole" and not self.tail.startswith("missing")


def fault_in(row: Row, roll: Roll) -> str | None:
    """Why this row cannot follow where the roll stands, or None; then the roll has moved on by it."""
    seq, recorded_at, signed, signature, prev, hash_kept = row[0], row[7], row[9], row[10], row[11], row[12]
    if tuple(map(type, row)) != KINDS:  # SQLite looks at a column's kind when it writes, not when it reads.
        return "a column holds another kind of value"
    if seq != roll.head.seq + 1:
        return f"number {roll.head.seq + 1} is missing"
    if prev != roll.head.hash:
        return "it does not name the entry before it"
    if recorded_at < 0 or entry_hash(prev, seq, recorded_at, signed, signature) != hash_kept:
        return "its hash does not fit its content"
    try:
        entry = decode(signed)
        if row[1:7] + row[8:9] != columns_of(entry):
            return "its columns do not say what was signed"
        if fault := _fault_of_till(entry, signed, signature, roll):
            return fault
    except TideoverError as error:
        return error.message
    roll.head = Head(seq, hash_kept)
    return None


def columns_of(entry: Entry) -> tuple[str, str, int, str, int, int, str]:
    """What the row says beside the signed bytes, from id to trading_day without recorded_at."""
    return entry.id, entry.kind, entry.version, entry.till, entry.till_seq, entry.happened_at, entry.trading_day


def _fault_of_till(entry: Entry, signed: bytes, signature: bytes, roll: Roll) -> str | None:
    signer = roll.signer(entry)
    if signer.revoked:
        return f"till {entry.till} was no longer enrolled"
    if signer.last_seq is not None and entry.till_seq != signer.last_seq + 1:
        return f"till {entry.till} has number {entry.till_seq} where {signer.last_seq + 1} comes next"
    if not verify_signature(signer.spki, signed, signature):
        return f"it is not signed by till {entry.till}"
    roll.take(entry, signer)
    return None


def first_fault(rows: Iterable[Row], roll: Roll) -> tuple[int, str] | None:
    """Number and reason of the first row that is not sound, or None; the roll stands after the last sound one."""
    try:
        for row in rows:
            if fault := fault_in(row, roll):
                return roll.head.seq + 1, fault
    except (apsw.Error, UnicodeDecodeError) as error:  # A page of the file is torn; or a text in it is none any more.
        return roll.head.seq + 1, f"the file cannot be read there ({error})"
    return None


def verify_connection(connection: apsw.Connection, witness: Head | None) -> Verified:
    """The same for an open journal: every entry, from the first."""
    roll = Roll()
    at_witness = EMPTY if witness is not None and witness.seq == 0 else None

    def rows() -> Iterable[Row]:
        nonlocal at_witness
        for row in connection.execute(f"SELECT {COLUMNS} FROM entry ORDER BY seq"):
            if witness is not None and row[0] == witness.seq:
                at_witness = Head(row[0], row[12])
            yield row

    fault = first_fault(rows(), roll)
    entries, last = _extent(connection, roll.head.seq)
    chain, why = ("whole", "") if fault is None else (f"broken at {fault[0]}", fault[1])
    if witness is None:
        tail = "unwitnessed"
    elif witness.seq > last:
        tail = f"missing {witness.seq - last}"
        why = why or f"the head {witness} lies beyond the end; the entries after {roll.head.seq} are gone"
    elif fault is not None and witness.seq >= fault[0]:
        tail = "unwitnessed"  # What stands there is not sound, so it proves nothing.
    elif at_witness == witness:
        tail = "witnessed"
    else:
        chain, tail, why = f"broken at {witness.seq}", "unwitnessed", f"the head given has another hash at {witness.seq}"
    return Verified(entries=entries, head=str(roll.head), chain=chain, tail=tail, why=why)


def _extent(connection: apsw.Connection, sound: int) -> tuple[int, int]:
    """How many entries the file holds and its last number; what is known to be sound where it cannot be read."""
    try:
        entries, last = connection.execute("SELECT count(*), coalesce(max(seq), 0) FROM entry").fetchone()
    except apsw.Error:
        return sound, sound
    return entries, last


def verify_file(path: Path, head: Head | None = None) -> Verified:
    """Verify a journal file, open elsewhere or not, without changing it.

    head: one that a receipt, a day's report, a till or an off-site copy kept.
    Raises FileUnreadable (no such file), TooNew, NoJournal (not a journal at all).
    """
    if not path.is_file():
        raise FileUnreadable(file=path, why="there is no such file", next="Give the path of a journal.db.")
    try:
        with closing(open_for_reading(path)) as connection:
            found, known = connection.pragma("user_version"), max(one.number for one in MIGRATIONS)
            if found > known:
                raise TooNew(file=path, found=found, known=known)
            connection.execute("SELECT seq FROM entry LIMIT 1").fetchall()
            return verify_connection(connection, head)
    except apsw.Error as error:
        raise NoJournal(file=path, why=_why(error)) from error


def _why(error: apsw.Error) -> str:
    return "it holds no entries" if "no such table" in str(error) else str(error)
