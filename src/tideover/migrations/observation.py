"""The table of what was seen lately; it stands in copies.db because it can be lost without harm."""

OBSERVATION_SQL = """
CREATE TABLE observation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    ok INTEGER,
    at_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    took_ms INTEGER
);
"""

VIA_SQL = "ALTER TABLE observation ADD COLUMN via TEXT NOT NULL DEFAULT '';"
