"""Receipts on their way to a customer; in the journal's database, because what may have come out must be known after a power cut."""

RECEIPT_SQL = """
-- One row per receipt that was asked for: where it stands. It says `sending` before its first byte leaves. Times are UTC milliseconds.
CREATE TABLE receipt_job (
    id         TEXT    PRIMARY KEY,
    entry      TEXT    NOT NULL,               -- Id of the sale or refund.
    copy       INTEGER NOT NULL CHECK (copy >= 0), -- 0: the receipt; from 1 on it says that it is a copy.
    way        TEXT    NOT NULL CHECK (way IN ('printer', 'office-printer', 'mail')),
    state      TEXT    NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'confirmed', 'unknown', 'refused', 'ended')),
    number     TEXT    NOT NULL DEFAULT '',    -- The printer's own number; '' where it has none.
    why        TEXT    NOT NULL DEFAULT '',    -- Why it waits, or is not certain, in English.
    since      INTEGER NOT NULL,               -- In this state since then.
    asked_at   INTEGER NOT NULL,               -- When somebody wanted it, last.
    asked_by   TEXT    NOT NULL,               -- A till's or a person's name.
    party      TEXT,                           -- Whose address it goes to; the address stands sealed with that person.
    is_ours    INTEGER NOT NULL DEFAULT 0,     -- 1: that person was written down for this receipt alone, and is forgotten after it.
    is_settled INTEGER NOT NULL DEFAULT 0,     -- 1: a person has dealt with what was not certain.
    fact       TEXT    NOT NULL DEFAULT '',    -- Id of the entry `receipt` about this state; stored before that entry is written.
    is_told    INTEGER NOT NULL DEFAULT 1,     -- 0: that entry is not known to stand in the journal yet.
    UNIQUE (entry, copy)
) STRICT;
CREATE INDEX receipt_job_open ON receipt_job (id)
    WHERE state IN ('queued', 'sending') OR (state = 'sent' AND number <> '') OR (state IN ('unknown', 'refused') AND is_settled = 0);
CREATE INDEX receipt_job_untold ON receipt_job (id) WHERE is_told = 0;
CREATE INDEX receipt_job_ours ON receipt_job (id) WHERE is_ours = 1;
"""
