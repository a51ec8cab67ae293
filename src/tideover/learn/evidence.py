"""What the proof of a rehearsal looks at: the input, the journal as bytes, the cloud's rows, what people counted.

Everything is read by means of its own, never through the code that is being proven: the journal's
file is decoded and hashed here again, the cloud is asked at its back door, past the fault proxy.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import apsw
from msgspec import Struct

from tideover.learn.input import Input
from tideover.model.money import Minor

TAG = b"tideover-1"
GENESIS = bytes(32)


class Fact(Struct, frozen=True):
    """An entry as its signed bytes say it."""

    seq: int
    id: str
    kind: str
    till: str
    till_seq: int
    happened_at: int  # UTC ms.
    recorded_at: int  # UTC ms.
    trading_day: str
    refers_to: str | None
    body: dict[str, Any]


class Journal(Struct, frozen=True):
    """The journal's file, read without the journal's code."""

    facts: tuple[Fact, ...]
    chain: str  # "whole" or "broken at SEQ".
    head: str  # SEQ:HEX.
    hashes: tuple[str, ...]  # Hex, by seq from 1.


class Row(Struct, frozen=True):
    """One entry's columns; times in UTC ms."""

    seq: int
    id: str
    recorded_at: int
    signed: bytes
    signature: bytes
    prev: bytes
    hash: bytes


class Line(Struct, frozen=True):
    item: str
    quantity: int
    amount_minor: Minor
    vat_ppm: int = 0


class Payment(Struct, frozen=True):
    tender: str
    amount_minor: Minor


class Held(Struct, frozen=True):
    """One document as the cloud's own rows hold it. Unknown fields are not looked at."""

    number: str
    external_id: str | None
    day: str
    kind: str
    state: str  # draft, final, void.
    total_minor: Minor
    reference: str = ""
    rounding_minor: Minor = 0
    lines: tuple[Line, ...] = ()
    payments: tuple[Payment, ...] = ()
    is_spread: bool = False  # Its books are net: the lines are gross to the cent per rate, each of them by a cent either way.


class Route(Struct, frozen=True):
    """Who was given a document of the input."""

    how: Literal["cloud", "in_flight", "entry"]
    id: str  # The cloud's number; the in-flight entry's id; the entry's id.
    reference: str = ""  # The number on the cloud till's screen, if it was used.


class Counted(Struct, frozen=True):
    """What a person saw at the end of a trading day."""

    day: str
    cash_minor: Minor
    batch_minor: Minor


class Figures(Struct, frozen=True):
    """Times and effort of the run; simulated seconds unless they say wall."""

    detect_s: float = 0.0  # From the cut to the first verdict `down`.
    declare_s: float = 0.0  # From the cut to the fallback's opening.
    replay_s: float = 0.0  # From the start of recovering to the last booking.
    replay_wall_s: float = 0.0
    human_s: float = 0.0  # Keying, solving, settling; counting drawer and batch left out.
    parked_peak: int = 0


class Evidence(Struct, frozen=True):
    """All that the claim is made from."""

    input: Input
    routes: dict[str, Route]  # By document key; a document without a route was forgotten.
    acknowledged: frozenset[str]  # Ids of sale and refund entries that a till was told are kept.
    witness: str  # The last head that a till was told or a day's report showed, SEQ:HEX.
    journal: Journal
    held: tuple[Held, ...]  # Every document in the cloud.
    counted: tuple[Counted, ...]
    figures: Figures = Figures()
    faults_injected: dict[str, int] = {}
    faults_asked: dict[str, float] = {}


def entry_hash(prev: bytes, row: Row) -> bytes:
    """The hash of docs/contracts.md, written down here a second time on purpose."""
    parts = (TAG, prev, row.seq.to_bytes(8, "big"), row.recorded_at.to_bytes(8, "big"))
    return hashlib.sha256(b"".join(parts) + len(row.signed).to_bytes(4, "big") + row.signed + row.signature).digest()


def read_journal(path: Path) -> Journal:
    """The journal's file as it lies there; nothing is written."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.pragma("query_only", True)
        rows = connection.execute("SELECT seq, id, recorded_at, signed, signature, prev, hash FROM entry ORDER BY seq").fetchall()
    finally:
        connection.close()
    return fold_journal([Row(*row) for row in rows])


def fold_journal(rows: list[Row]) -> Journal:
    """Rows in order of seq to facts; the chain is checked on the way."""
    chain, prev = "whole", GENESIS
    facts: list[Fact] = []
    for place, row in enumerate(rows, 1):
        plain = json.loads(row.signed)
        if chain == "whole" and (row.seq != place or row.prev != prev or row.hash != entry_hash(prev, row) or row.id != plain["id"]):
            chain = f"broken at {place}"
        prev = row.hash
        names = ("id", "kind", "till", "till_seq", "happened_at", "trading_day", "refers_to", "body")
        facts.append(Fact(seq=row.seq, recorded_at=row.recorded_at, **{name: plain[name] for name in names}))
    head = f"{rows[-1].seq}:{rows[-1].hash.hex()}" if rows else f"0:{GENESIS.hex()}"
    return Journal(tuple(facts), chain, head, tuple(row.hash.hex() for row in rows))
