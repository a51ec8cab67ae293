"""What is looked at when a journal opens: its tail, and whether anybody kept a head that it no longer has.

Only the last entries are checked, so that a box with a million starts at once; `Journal.verify_piece` checks all.
"""

from __future__ import annotations

import apsw
from msgspec.structs import replace

from tideover.db import Database
from tideover.errors import ChainBroken, Damaged, FileDamaged, HistoryDiffers, TailMissing, TideoverError, WrongState
from tideover.journal.chain import Head
from tideover.journal.entry import decode
from tideover.journal.heads import Heads
from tideover.journal.roll import Roll
from tideover.journal.verify import COLUMNS, first_fault, verify_file
from tideover.model.facts import LossAccepted

TAIL_CHECKED = 1_000  # Entries at the end that are verified at each start: about 0.1 s.


def open_roll(database: Database) -> tuple[Roll, Damaged | None]:
    """Where the journal stands, and what is wrong with its tail, if anything; then the roll is not to be written on."""
    try:
        with database.read() as connection:
            return _open_roll(connection, database)
    except FileDamaged as error:
        return Roll(), error
    except apsw.Error as error:
        return Roll(), Damaged(file=database.path, why=f"it cannot be read ({error})")
    except TideoverError as error:  # An enrolment that is not what was written.
        return Roll(), Damaged(file=database.path, why=error.message)


def _open_roll(connection: apsw.Connection, database: Database) -> tuple[Roll, Damaged | None]:
    (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM entry").fetchone()
    before = max(0, last - TAIL_CHECKED)
    roll = _roll_at(connection, before)
    fault = first_fault(connection.execute(f"SELECT {COLUMNS} FROM entry WHERE seq > ? ORDER BY seq", (before,)), roll)
    for till in list(roll.tills.values()):
        if till.last_seq is None:
            (highest,) = connection.execute("SELECT coalesce(max(till_seq), 0) FROM entry WHERE till = ?", (till.till,)).fetchone()
            roll.put(replace(till, last_seq=highest))
    if fault is None:
        return roll, None
    return roll, ChainBroken(file=database.path, seq=fault[0], why=fault[1])


def _roll_at(connection: apsw.Connection, seq: int) -> Roll:
    """The head and the enrolled tills after that entry, their numbers not known."""
    row = connection.execute("SELECT hash FROM entry WHERE seq = ?", (seq,)).fetchone()
    roll = Roll(Head(seq, row[0]) if row else Head(seq))
    sql = "SELECT signed FROM entry WHERE kind IN ('enrol', 'revoke', 'loss_accepted') AND seq <= ? ORDER BY seq"
    changes = connection.execute(sql, (seq,))
    for (signed,) in changes:
        entry = decode(signed)
        roll.take(entry, roll.signer(entry))
    for till in list(roll.tills.values()):
        roll.put(replace(till, last_seq=None))
    return roll


def check_heads(heads: Heads, database: Database, roll: Roll) -> Damaged | None:
    """What the heads kept elsewhere prove against this journal, if anything; those of a history that was given up prove nothing."""
    kept = (one for one in heads.all() if one.at_ms > roll.losses.until_ms)
    faults = (check_head(database, roll.head, one.head, one.who) for one in kept)
    return next((fault for fault in faults if fault is not None), None)


def check_head(database: Database, head: Head, seen: Head, who: str) -> Damaged | None:
    """What one head that somebody kept proves against a journal that ends at `head`, if anything."""
    if seen.seq > head.seq:
        return TailMissing(file=database.path, missing=seen.seq - head.seq, witness=f"{seen} ({who})", head=head)
    if seen.seq > 0 and not _stands(database, seen):
        return HistoryDiffers(file=database.path, seq=seen.seq, witness=f"{seen} ({who})")
    return None


def _stands(database: Database, head: Head) -> bool:
    try:
        row = database.one("SELECT hash FROM entry WHERE seq = ?", (head.seq,))
    except (apsw.Error, FileDamaged):
        return False
    return row is not None and row[0] == head.hash


def loss_of(broken: Damaged | None, database: Database, heads: Heads, by: str, why: str) -> LossAccepted:
    """What a person gives up who goes on with this journal.

    Raises WrongState where nobody saw it longer or otherwise; what is wrong with the file itself, if it is not sound from its
    first entry to its last: that is no loss of a tail.
    """
    if not isinstance(broken, TailMissing | HistoryDiffers):
        raise broken or WrongState(what="Accepting a loss", why="nobody has seen this journal longer or otherwise than it is")
    found = verify_file(database.path, None)
    if found.chain != "whole":
        raise ChainBroken(file=database.path, seq=found.head, why=found.why)
    until = max((one.at_ms for one in heads.all()), default=0)
    missing = broken.facts["missing"] if isinstance(broken, TailMissing) else 0
    return LossAccepted(by=by, why=why, missing=missing, witness=str(broken.facts["witness"]), until=until)
