"""Tables of plan.db: every version of every record of the plan. Written by plan/store.py alone."""

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

MIGRATIONS: tuple[Migration, ...] = (Migration(1, INTENT_SQL),)
