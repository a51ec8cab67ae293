"""What a shop's databases were made with is never written otherwise: a file made before would be taken for a damaged one."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pytest

from tideover.db import Migration
from tideover.migrations import copies, journal, plan, secrets

# The first letters of each one's SHA-256. A change of the tables is one more migration, and one more word here.
MADE_WITH = {
    "copies": "326fda07a05e4596 dd5af27d9a019c85 03c3a3f55618087b 100bd6857407293d da4c8878034c30a8",
    "journal": "ff33adc12a3d32f5 a94e007b8864e14f df76b249a9092746 4cfbe9470e227ff0",
    "plan": "512ceb5d14628dac 23e429b2a2d6bfa1 f5b156a3373bd36b",
    "secrets": "841e76e3fef1af6d",
}


@pytest.mark.parametrize(
    ("name", "migrations"),
    [("copies", copies.MIGRATIONS), ("journal", journal.MIGRATIONS), ("plan", plan.MIGRATIONS), ("secrets", secrets.MIGRATIONS)],
)
def test_a_migration_is_never_changed(name: str, migrations: Sequence[Migration]) -> None:
    """Not even a remark in its SQL: db.py compares each file's own words with these."""
    assert MADE_WITH[name].split() == [sha256(one.sql.encode()).hexdigest()[:16] for one in migrations]
    assert list(range(1, len(migrations) + 1)) == [one.number for one in migrations]
