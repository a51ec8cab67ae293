"""How entries hang together: each hash covers the one before, so that nothing can be edited, dropped or moved unseen.

Exact bytes as in docs/contracts.md. A chain that lost its *end* still fits together; that is what heads are for.
"""

from __future__ import annotations

import re
import struct
from hashlib import sha256

from msgspec import Struct

from tideover.errors import BadRecord

DOMAIN = b"tideover-1"
HASH_BYTES = 32
GENESIS = bytes(HASH_BYTES)  # What the first entry names as the one before.
HEAD_SHAPE = re.compile(r"(0|[1-9][0-9]{0,18}):([0-9a-f]{64})", re.ASCII)


def entry_hash(prev: bytes, seq: int, recorded_at_ms: int, signed: bytes, signature: bytes) -> bytes:
    """SHA-256 over the domain, the hash before, the box's number and time, and what the till signed."""
    numbers = struct.pack(">QQI", seq, recorded_at_ms, len(signed))
    return sha256(b"".join((DOMAIN, prev, numbers, signed, signature))).digest()


class Head(Struct, frozen=True):
    """The end of a journal as somebody saw it: how many entries, and the hash of the last."""

    seq: int = 0
    hash: bytes = GENESIS

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """A head from `SEQ:HEX`; raises BadRecord for anything else."""
        found = HEAD_SHAPE.fullmatch(text)
        if found is None:
            raise BadRecord(what="head", why=f"{text[:100]!r} is not SEQ:HEX with 64 lower-case digits")
        head = cls(int(found[1]), bytes.fromhex(found[2]))
        if (head.seq == 0) != (head.hash == GENESIS):
            raise BadRecord(what="head", why="only an empty journal is written 0: and 64 zeros")
        return head


EMPTY = Head()
