"""Tables of the outbox and the check list, in the journal's database; all of them can be made again from the journal."""

OUTBOX_SQL = """
-- How far each reader has folded the journal into its tables.
CREATE TABLE taken_up (
    reader TEXT    PRIMARY KEY,
    seq    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per sale and refund: where it stands on its way to the cloud. Times are UTC milliseconds.
CREATE TABLE outbox (
    entry         TEXT    PRIMARY KEY,        -- Id of the entry, and the key under which it is sent.
    seq           INTEGER NOT NULL UNIQUE,    -- Its number in the journal: the order of sending.
    kind          TEXT    NOT NULL,
    trading_day   TEXT    NOT NULL,
    amount_minor  INTEGER NOT NULL,           -- Gross, before cash rounding.
    state         TEXT    NOT NULL CHECK (state IN ('waiting', 'sending', 'booked', 'parked', 'settled', 'void')),
    next          TEXT    NOT NULL CHECK (next IN ('send', 'ask', 'end')),
    due_at        INTEGER NOT NULL,           -- 0: at once.
    claimed_until INTEGER,                    -- While sending: whoever holds it must be done by then.
    round         INTEGER NOT NULL DEFAULT 0, -- Goes up when a person sends it on: attempts are counted anew.
    late          INTEGER NOT NULL,           -- 1: its day was closed before it came.
    voided        INTEGER NOT NULL DEFAULT 0, -- 1: a void refers to it; 2: and a person has dealt with that.
    waits_for     TEXT,                       -- The sale that this refund takes back.
    party         TEXT,                       -- A customer whom the cloud does not know yet.
    number        TEXT,                       -- The cloud's number, once known.
    answered      TEXT,                       -- Word of the last `answer` entry in this round.
    cause         TEXT, reason TEXT, owner TEXT, hint TEXT, parked_at INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (state, due_at);

-- Every send and ask, stored as silent before its first byte leaves.
CREATE TABLE attempt (
    entry          TEXT    NOT NULL,
    number         INTEGER NOT NULL,
    round          INTEGER NOT NULL,
    act            TEXT    NOT NULL CHECK (act IN ('send', 'ask')),
    at             INTEGER NOT NULL,
    over_at        INTEGER,                   -- When its answer, or its silence, was certain.
    word           TEXT    NOT NULL,
    retry_after_ms INTEGER,
    cloud_number   TEXT,
    cause          TEXT    NOT NULL DEFAULT '',
    reason         TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (entry, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE closed_day (
    day TEXT    PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The check list: sales that were on their way to the cloud's own till at a change of rung.
CREATE TABLE in_flight (
    entry   TEXT    PRIMARY KEY,
    seq     INTEGER NOT NULL UNIQUE,
    state   TEXT    NOT NULL CHECK (state IN ('open', 'person', 'settled')),
    due_at  INTEGER NOT NULL,
    instead TEXT,                             -- Id of the entry made instead; stored before that entry is written.
    number  TEXT,                             -- The cloud's number, if it was booked.
    why     TEXT                              -- Why only a person can say.
) STRICT;
"""

# After twenty years nearly every row is booked: those that are not, and the sums, must be found without reading the rest.
OUTBOX_AT_LENGTH_SQL = """
CREATE INDEX outbox_order ON outbox (state, seq);
CREATE INDEX outbox_day ON outbox (trading_day);
CREATE INDEX outbox_voided ON outbox (seq) WHERE voided = 1;

-- How many rows stand in each state and what they come to; SQLite itself keeps it true.
CREATE TABLE outbox_sum (
    state TEXT    PRIMARY KEY,
    count INTEGER NOT NULL,
    minor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO outbox_sum
    SELECT column1, count(outbox.entry), coalesce(sum(outbox.amount_minor), 0)
    FROM (VALUES ('waiting'), ('sending'), ('booked'), ('parked'), ('settled'), ('void')) LEFT JOIN outbox ON state = column1
    GROUP BY column1;
CREATE TRIGGER outbox_row_comes AFTER INSERT ON outbox BEGIN
    UPDATE outbox_sum SET count = count + 1, minor = minor + NEW.amount_minor WHERE state = NEW.state;
END;
CREATE TRIGGER outbox_row_goes AFTER DELETE ON outbox BEGIN
    UPDATE outbox_sum SET count = count - 1, minor = minor - OLD.amount_minor WHERE state = OLD.state;
END;
CREATE TRIGGER outbox_row_moves AFTER UPDATE OF state ON outbox WHEN OLD.state <> NEW.state BEGIN
    UPDATE outbox_sum SET count = count - 1, minor = minor - OLD.amount_minor WHERE state = OLD.state;
    UPDATE outbox_sum SET count = count + 1, minor = minor + NEW.amount_minor WHERE state = NEW.state;
END;
"""
