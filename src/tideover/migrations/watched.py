"""The tables of the last week's looks and the last months' verdicts; in copies.db, for losing them loses no sale.

A row is a span: from its first look to its last. What no row covers is a gap: nobody looked.
"""

WATCHED_SQL = """
DROP TABLE observation;

CREATE TABLE look_target (
    id      INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    kind    TEXT NOT NULL,
    target  TEXT NOT NULL,
    via     TEXT NOT NULL,
    UNIQUE (service, kind, target, via)
);

CREATE TABLE look_text (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);

-- In the order of time, so that a new row comes at the end and what is old goes as one piece.
CREATE TABLE look_span (
    first_ms INTEGER NOT NULL,
    target   INTEGER NOT NULL,  -- look_target.id
    long_ms  INTEGER NOT NULL,
    good     INTEGER NOT NULL,
    bad      INTEGER NOT NULL,
    last_ok  INTEGER NOT NULL,
    worst_ms INTEGER,
    text     INTEGER NOT NULL,  -- look_text.id; 0: none
    PRIMARY KEY (first_ms, target)
) WITHOUT ROWID;

CREATE TABLE verdict_span (
    service  TEXT NOT NULL,
    first_ms INTEGER NOT NULL,
    last_ms  INTEGER NOT NULL,
    state    TEXT NOT NULL,
    cause    TEXT NOT NULL,
    PRIMARY KEY (service, first_ms)
) WITHOUT ROWID;
"""
