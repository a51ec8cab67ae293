"""Up to which of its entries a till needs to be no witness any more: what the cloud has cannot be lost with the box.

Reads only.
"""

from __future__ import annotations

from tideover.db import Database

# What is not yet dealt with in the cloud, among what the outbox has taken up …
OPEN = """
SELECT min(entry.till_seq) FROM outbox CROSS JOIN entry ON entry.seq = outbox.seq
WHERE outbox.state IN ('waiting', 'sending', 'parked') AND entry.till = ?
"""
# … and what it has not taken up yet.
NEW = """
SELECT min(till_seq) FROM entry WHERE till = ? AND kind IN ('sale', 'refund')
AND seq > coalesce((SELECT seq FROM taken_up WHERE reader = 'outbox'), 0)
"""


def beyond_box(database: Database, till: str, last_seq: int) -> int:
    """The till's number before its first sale or refund that the cloud does not have; `last_seq` where it has them all.

    Entries of other kinds have nowhere else to go and are counted with the sales around them.
    """
    firsts = [row[0] for sql in (OPEN, NEW) if (row := database.one(sql, (till,))) and row[0] is not None]
    return min(firsts, default=last_seq + 1) - 1
