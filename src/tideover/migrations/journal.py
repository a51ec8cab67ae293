"""Tables of journal.db: the entries, what arrived but did not fit, people's sealed details, and the outbox.

`entry` has exactly the columns of docs/contracts.md. Nothing may change or delete its rows: SQLite itself says no.
"""

from __future__ import annotations

from tideover.db import Migration
from tideover.migrations.notice import NOTICE_SQL
from tideover.migrations.outbox import OUTBOX_AT_LENGTH_SQL, OUTBOX_SQL
from tideover.migrations.receipt import RECEIPT_SQL

ENTRY_SQL = """
CREATE TABLE entry (
    seq         INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    kind        TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    till        TEXT    NOT NULL,
    till_seq    INTEGER NOT NULL,
    happened_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    trading_day TEXT    NOT NULL,
    signed      BLOB    NOT NULL,
    signature   BLOB    NOT NULL,
    prev        BLOB    NOT NULL,
    hash        BLOB    NOT NULL,
    UNIQUE (till, till_seq)
) STRICT;
CREATE INDEX entry_kind ON entry (kind);
CREATE INDEX entry_day ON entry (trading_day);
-- What an entry refers to stands only in its signed bytes; an index cannot disagree with them as a column could.
CREATE INDEX entry_refers ON entry (json_extract(CAST(signed AS TEXT), '$.refers_to'))
    WHERE json_extract(CAST(signed AS TEXT), '$.refers_to') IS NOT NULL;
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'an entry is never changed: write a further one that refers to it'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'an entry is never deleted: write a further one that refers to it'); END;
"""

# What a till sent that could not become an entry, though it may have happened; a person decides.
ASIDE_SQL = """
CREATE TABLE aside (
    number      INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL,
    till        TEXT    NOT NULL,
    till_seq    INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    why         TEXT    NOT NULL,      -- 'other-content' (same id) or 'number-taken' (same till_seq, other id).
    signed      BLOB    NOT NULL,
    signature   BLOB    NOT NULL,
    UNIQUE (id, signed)                -- Sent again and again it is still one.
) STRICT;
"""

PERSON_SQL = """
CREATE TABLE person (
    party  TEXT PRIMARY KEY,
    sealed BLOB                        -- NULL once forgotten; the key never stood in this file.
) STRICT, WITHOUT ROWID;
"""

# Twenty years are a million entries: what is asked at a start, at the counter or in each turn must not read them all.
AT_LENGTH_SQL = """
-- What says something about a paper slip; most sales have none.
CREATE INDEX entry_slip ON entry (seq) WHERE kind IN ('void', 'slip_void') OR
    (kind IN ('sale', 'refund') AND instr(signed, CAST('"slip":null' AS BLOB)) = 0);
-- Documents made at the box itself: the last one tells the next receipt's number.
CREATE INDEX entry_at_box ON entry (seq) WHERE kind IN ('sale', 'refund') AND instr(signed, CAST('"number":"BOX-' AS BLOB)) > 0;
-- Which sale of before a refund takes back.
CREATE INDEX entry_original ON entry (json_extract(CAST(signed AS TEXT), '$.body.original')) WHERE kind = 'refund';
"""

MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, ENTRY_SQL + ASIDE_SQL + PERSON_SQL + OUTBOX_SQL),
    Migration(2, AT_LENGTH_SQL + OUTBOX_AT_LENGTH_SQL),
    Migration(3, RECEIPT_SQL),
    Migration(4, NOTICE_SQL),
)
