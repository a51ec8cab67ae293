"""Says how old a copy is and whether two sides hold the same: age, count and content hash.

The hash does not depend on the order of arrival: it is the sum of the records' hashes, so a till
can keep its own and compare. It guards against mistakes, not against a forger. Never reads the clock.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec
from msgspec import Struct

from tideover.model.item import Dataset

HASH_BYTES = 32
HASH_MODULUS = 2 ** (8 * HASH_BYTES)
EMPTY_HASH = bytes(HASH_BYTES)

_ENCODER = msgspec.json.Encoder(order="sorted")


class Freshness(Struct, frozen=True):
    """What is known about one copy."""

    dataset: Dataset
    as_of: datetime | None  # UTC; the cloud said so then. None: there is no copy yet.
    age_s: float | None  # Since `as_of`; None: there is no copy yet.
    count: int
    cursor: str | None  # Where the next pull starts.
    hash: str  # 64 lower-case digits; equal on two sides that hold the same.
    error: str | None  # Why the last pull failed; the copy is the last good one.
    next_due: datetime | None  # UTC; None: as soon as possible.
    whole_at: datetime | None  # UTC; last time everything was counted, not only what changed.
    failures: int  # Failed pulls in a row.


def content_of(record: Struct) -> bytes:
    """The record as canonical JSON (RFC 8785): what is stored, hashed and handed to tills."""
    return _ENCODER.encode(record)


def record_hash(dataset: str, content: bytes) -> bytes:
    """SHA-256 of the dataset's name, a zero byte and the canonical JSON."""
    return hashlib.sha256(dataset.encode() + b"\0" + content).digest()


def changed_hash(total: bytes, out: bytes | None, into: bytes | None) -> bytes:
    """The copy's hash after one record's hash `out` left and `into` came: their sum modulo 2^256."""
    number = int.from_bytes(total, "big")
    number -= int.from_bytes(out or EMPTY_HASH, "big")
    number += int.from_bytes(into or EMPTY_HASH, "big")
    return (number % HASH_MODULUS).to_bytes(HASH_BYTES, "big")


def age_s(as_of: datetime | None, now: datetime) -> float | None:
    """Seconds since `as_of`, never negative: a clock that was set back makes nothing fresher."""
    return None if as_of is None else max(0.0, (now - as_of).total_seconds())
