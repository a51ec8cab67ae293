"""Tables of copies.db: what the cloud knew when it was last asked. May be lost: it can be pulled again.

Only `copies` writes them; the observations belong to `detect`, the papers at the end to `kit`.
"""

from tideover.db import Migration
from tideover.migrations.kit import KIT_SQL
from tideover.migrations.observation import OBSERVATION_SQL, VIA_SQL
from tideover.migrations.watched import WATCHED_SQL

COPIES_SQL = """
-- One row per dataset: how old it is and how far it was read. Times are UTC milliseconds.
CREATE TABLE copy (
    dataset  TEXT PRIMARY KEY,
    as_of    INTEGER,                     -- The cloud said so then; NULL: never pulled to the end.
    whole_at INTEGER,                     -- Last whole pull, which also finds what pulls by cursor miss.
    cursor   TEXT,                        -- Where the next pull starts; opaque.
    change   INTEGER NOT NULL DEFAULT 0,  -- Last number given to a changed record.
    count    INTEGER NOT NULL DEFAULT 0,
    hash     BLOB NOT NULL,               -- Sum of the records' hashes, 32 bytes big-endian.
    error    TEXT,                        -- Why the last pull failed; NULL: it did not.
    failures INTEGER NOT NULL DEFAULT 0,  -- Failed pulls in a row.
    next_due INTEGER,                     -- When it is pulled next.
    former_as_of INTEGER                  -- Age of the copy in `former`; NULL: none is kept.
) WITHOUT ROWID;

CREATE TABLE record (
    id      INTEGER PRIMARY KEY,
    dataset TEXT NOT NULL,
    code    TEXT NOT NULL COLLATE NOCASE,
    content BLOB,               -- Canonical JSON; NULL: the cloud no longer has it.
    hash    BLOB,               -- SHA-256 of dataset, 0 and content.
    change  INTEGER NOT NULL,   -- Tills read on from the last one they saw.
    name    TEXT                -- Folded; lists stand in its order. NULL: not offered by search.
);
CREATE UNIQUE INDEX record_code ON record (dataset, code COLLATE BINARY);
CREATE INDEX record_any_case ON record (dataset, code);
CREATE INDEX record_change ON record (dataset, change);
CREATE INDEX record_name ON record (dataset, name) WHERE name IS NOT NULL;

CREATE TABLE barcode (
    barcode TEXT NOT NULL,      -- As GTIN-14 where it is a number, else as it stands.
    record  INTEGER NOT NULL REFERENCES record (id),
    PRIMARY KEY (barcode, record)
) WITHOUT ROWID;
CREATE INDEX barcode_record ON barcode (record);

-- A whole pull is gathered here and swapped in at its end.
CREATE TABLE incoming (
    dataset TEXT NOT NULL,
    code    TEXT NOT NULL,
    content BLOB NOT NULL,
    hash    BLOB NOT NULL,
    PRIMARY KEY (dataset, code)
) WITHOUT ROWID;

-- What the last whole pull changed, as it was before: a wrong file can be put back.
CREATE TABLE former (
    dataset TEXT NOT NULL,
    code    TEXT NOT NULL,
    content BLOB,               -- NULL: was not there.
    PRIMARY KEY (dataset, code)
) WITHOUT ROWID;
"""

# Frozen here as it was when the tables were made; copies/fold.py says the same, and a test compares them.
SEARCHED = ("items", "customers", "suppliers", "orders", "quotes", "sales", "invoices")
SEARCHED_INSIDE = ("items", "customers", "suppliers")

FIND_SQL = "".join(
    f"CREATE VIRTUAL TABLE find_{dataset} USING fts5(words, content='', contentless_delete=1, "
    "tokenize='unicode61 remove_diacritics 0', prefix='1 2 3', detail='none');\n"
    for dataset in SEARCHED
) + "".join(
    f"CREATE VIRTUAL TABLE inside_{dataset} USING fts5(words, content='', contentless_delete=1, "
    "tokenize='trigram case_sensitive 1', detail='none');\n"
    for dataset in SEARCHED_INSIDE
)

WORDS_SQL = """
-- Records whose words in find_… and inside_… are out of date; they are written after the rows.
CREATE TABLE unworded (
    record INTEGER PRIMARY KEY REFERENCES record (id),
    stood  INTEGER NOT NULL     -- 1: words of an earlier content stand there and go first.
);
"""

MIGRATIONS = (
    Migration(1, COPIES_SQL + FIND_SQL + OBSERVATION_SQL),
    Migration(2, WORDS_SQL),
    Migration(3, KIT_SQL),
    Migration(4, VIA_SQL),
    Migration(5, WATCHED_SQL),
)
