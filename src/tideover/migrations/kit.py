"""Tables of the kit's papers; they stand in copies.db because they can be lost: what is stale is found again, and queued again."""

KIT_SQL = """
-- What each paper that somebody holds says now; '' where it is made no more. Times are UTC milliseconds.
CREATE TABLE paper (
    artefact TEXT PRIMARY KEY,
    content  TEXT NOT NULL,
    title    TEXT NOT NULL,
    as_of    TEXT NOT NULL,
    since    INTEGER NOT NULL        -- It says so since then.
) WITHOUT ROWID;

-- Copies that are to be printed. The copy's entry is written when the paper is there.
CREATE TABLE print_job (
    id         TEXT PRIMARY KEY,     -- The copy's id.
    artefact   TEXT NOT NULL,
    replaces   TEXT,                 -- Id of the stale copy whose place it takes; NULL: a further one.
    place      TEXT NOT NULL,
    holder     TEXT NOT NULL,
    by_hand    INTEGER NOT NULL,     -- 1: a person asked for it.
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'queued', 'sending', 'sent', 'printed', 'unknown')),
    number     TEXT NOT NULL,        -- The printer's own number; '' before it has one.
    content    TEXT NOT NULL,        -- Of what was sent; '' before.
    pages      INTEGER NOT NULL,
    why        TEXT NOT NULL,        -- Why it waits.
    since      INTEGER NOT NULL,
    UNIQUE (replaces)
) WITHOUT ROWID;

-- The prices that were right on every sheet of the price list at once, zlib of JSON: what the change sheet counts from.
CREATE TABLE printed_prices (
    at     INTEGER PRIMARY KEY,
    hash   TEXT NOT NULL,
    prices BLOB NOT NULL
);

-- Which items sell best, as it was when the lists were last laid out: an order that moves every day would make every list stale.
CREATE TABLE ranking (
    at   INTEGER PRIMARY KEY,
    sold BLOB NOT NULL
);
"""
