"""Tables of secrets.db: names and sealed bytes; the key that opens them stands in another file."""

from __future__ import annotations

from tideover.db import Migration

SECRET_SQL = """
CREATE TABLE secret (
    name   TEXT PRIMARY KEY,
    sealed BLOB NOT NULL               -- 12 bytes nonce, then AES-256-GCM of the value with the name as associated data.
) STRICT, WITHOUT ROWID;
"""

MIGRATIONS: tuple[Migration, ...] = (Migration(1, SECRET_SQL),)
