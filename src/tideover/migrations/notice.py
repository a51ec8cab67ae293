"""Notices on their way to people; in the journal's database, because what may have gone out must be known after a power cut."""

NOTICE_SQL = """
-- One row per happening and receiver. It says `sending` before its first byte leaves. Times are UTC milliseconds.
CREATE TABLE notice (
    number   INTEGER PRIMARY KEY,              -- The order in which they came.
    event    TEXT    NOT NULL,                 -- Id of the entry that it tells of; or a name that its teller gave it.
    receiver TEXT    NOT NULL,                 -- An e-mail address or a telephone number of the settings.
    at       INTEGER NOT NULL,                 -- When it happened.
    text     TEXT    NOT NULL,                 -- In English.
    ends     TEXT    NOT NULL DEFAULT '',      -- Event whose end this is; '' for none.
    state    TEXT    NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'unknown', 'refused', 'ended')),
    letter   TEXT    NOT NULL DEFAULT '',      -- Id of the letter that carries it.
    again    INTEGER NOT NULL DEFAULT 0,       -- 1: it may have arrived before, and says so.
    why      TEXT    NOT NULL DEFAULT '',      -- Why it waits, or is not certain, in English.
    since    INTEGER NOT NULL,                 -- In this state since then.
    UNIQUE (event, receiver)
) STRICT;
CREATE INDEX notice_open ON notice (number) WHERE state IN ('waiting', 'sending');
"""
