"""Tables of plan.db: every version of every record of the plan (plan/versions.py), and the wordings that runs copied (plan/wording.py)."""

from __future__ import annotations

from tideover.db import Migration

# A version is never changed; the newest one counts. `body` is JSON of the record, NULL where it was removed.
INTENT_SQL = """
CREATE TABLE intent (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    body TEXT,
    PRIMARY KEY (kind, key, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER intent_is_not_changed BEFORE UPDATE ON intent
BEGIN SELECT RAISE(ABORT, 'a version of the plan is never changed'); END;

CREATE TRIGGER intent_is_not_deleted BEFORE DELETE ON intent
BEGIN SELECT RAISE(ABORT, 'a version of the plan is never deleted'); END;
"""

# The journal holds a commitment to each version, made with the salt that stands here; versions of before get both afterwards.
WITNESSED_SQL = """
DROP TRIGGER intent_is_not_changed;
ALTER TABLE intent ADD COLUMN salt BLOB NOT NULL DEFAULT x'';
ALTER TABLE intent ADD COLUMN change INTEGER NOT NULL DEFAULT 0;  -- Running number over all records.
ALTER TABLE intent ADD COLUMN undoes INTEGER;                     -- The change that this one takes back.
UPDATE intent SET salt = randomblob(32), change = ranked.number FROM (
    SELECT kind, key, version, row_number() OVER (ORDER BY changed_at, version, kind, key) AS number FROM intent
) AS ranked WHERE (intent.kind, intent.key, intent.version) = (ranked.kind, ranked.key, ranked.version);
CREATE UNIQUE INDEX intent_change ON intent (change);
CREATE TRIGGER intent_is_not_changed BEFORE UPDATE ON intent
BEGIN SELECT RAISE(ABORT, 'a version of the plan is never changed'); END;

-- Changes whose entry is not known to stand in the journal yet, and the id under which it is written.
CREATE TABLE unentered (
    change INTEGER PRIMARY KEY,
    entry TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO unentered (change) SELECT change FROM intent;
"""

# What was read aloud in a run, word for word, by its SHA-256; the salt keeps numbers from being guessed from that.
WORDING_SQL = """
CREATE TABLE wording (
    content TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    kept_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE wording_salt (one INTEGER PRIMARY KEY CHECK (one = 1), salt TEXT NOT NULL) STRICT;

CREATE TRIGGER wording_is_not_changed BEFORE UPDATE ON wording
BEGIN SELECT RAISE(ABORT, 'a wording is never changed'); END;

CREATE TRIGGER wording_is_not_deleted BEFORE DELETE ON wording
BEGIN SELECT RAISE(ABORT, 'a wording is never deleted'); END;
"""

MIGRATIONS: tuple[Migration, ...] = (Migration(1, INTENT_SQL), Migration(2, WITNESSED_SQL), Migration(3, WORDING_SQL))
