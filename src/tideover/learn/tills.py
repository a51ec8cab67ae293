"""The shop's tills in a rehearsal: real keys, signed and numbered entries, sent again with the same bytes after a silence.

They do what a till in a browser does. Never makes a second entry for one sale.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
from msgspec import Struct

from tideover.errors import RehearsalStopped
from tideover.journal.entry import Entry, encode
from tideover.journal.keys import TillKey
from tideover.learn.input import InputDocument
from tideover.learn.reply import taken
from tideover.model.sale import Document, Line, Tender
from tideover.rules.pricing import line_amount
from tideover.world import World

BATCH_MAX = 200  # Entries per request; the box takes 500.
AGAIN_SHARE = 0.1  # So often a till sends an answered entry once more, as one does that lost the answer.
KEPT = ("created", "exists")


class Waiting(Struct, frozen=True):
    """A signed entry that the box has not acknowledged yet."""

    id: str
    kind: str
    signed: bytes
    signature: bytes

    def wire(self) -> dict[str, str]:
        return {"signed": base64.b64encode(self.signed).decode(), "signature": base64.b64encode(self.signature).decode()}


def document_of(given: InputDocument, number: str, currency: str, **more: Any) -> Document:
    """The document as our till makes it: every amount computed here, from quantity and price."""
    lines = tuple(
        Line(one.item, one.name, one.quantity, one.unit_price, line_amount(one.quantity, one.unit_price), one.vat_ppm)
        for one in given.lines
    )
    tenders = tuple(Tender(one.kind, one.amount_minor) for one in given.tenders)
    return Document(
        number=number,
        currency=currency,
        prices_include_vat=True,
        lines=lines,
        tenders=tenders,
        rounding_minor=given.rounding_minor,
        customer=given.customer,
        quote=given.quote,
        original=given.original,
        exchange=given.exchange,
        note=f"invoice {given.number}",
        **more,
    )


class Till:
    """One enrolled till."""

    def __init__(self, name: str, world: World, box: Callable[[], httpx.AsyncClient]) -> None:
        """box: the client that reaches the box now."""
        self.name = name
        self.head = self.head_proof = ""  # The last head the box told, and that it did: this till is a witness.
        self.acknowledged: dict[str, str] = {}  # Entry id to its kind.
        self._world, self._box = world, box
        self._key = TillKey.generate(world)
        self._till = self._token = ""
        self._next_seq = 1
        self._waiting: list[Waiting] = []
        self._last: Waiting | None = None

    async def enrol(self, code: str) -> None:
        """With a one-time code that a person read off the box."""
        body = {"code": code, "name": self.name, "spki": self._key.spki_b64}
        enrolled = taken(await self._box().post("/v1/enrol", json=body), "enrolling")
        self._till, self._token, self.head, self.head_proof = (enrolled[name] for name in ("till", "token", "head", "head_proof"))
        self._next_seq = enrolled["next_seq"]

    @property
    def is_enrolled(self) -> bool:
        return bool(self._till)

    @property
    def next_number(self) -> str:
        """What the next receipt would be numbered."""
        return f"{self.name}-{self._next_seq}"

    def sign(self, kind: str, body: Struct, day: str, at_ms: int, operator: str, refers_to: str | None = None) -> str:
        """Make and sign an entry, to be sent by the next push; returns its id."""
        entry = Entry(
            id=self._world.new_id(),
            kind=kind,
            version=1,
            till=self._till,
            till_seq=self._next_seq,
            happened_at=at_ms,
            trading_day=day,
            operator=operator,
            refers_to=refers_to,
            body=body,
        )
        self._next_seq += 1
        signed = encode(entry)
        self._waiting.append(Waiting(entry.id, kind, signed, self._key.sign(signed)))
        return entry.id

    async def push(self) -> None:
        """Send what waits; after a silence it waits on, with the same bytes."""
        while self._waiting:
            batch = self._waiting[:BATCH_MAX]
            again = [self._last] if self._last and self._world.chance.random() < AGAIN_SHARE else []
            try:
                answers = await self._send([*again, *batch])
            except httpx.TransportError:
                return
            for one, answer in zip(batch, answers[len(again) :], strict=True):
                if answer["answer"] not in KEPT:
                    raise RehearsalStopped(why=f"the box did not keep entry {one.id} ({answer.get('message') or answer['answer']})")
                self.acknowledged[one.id] = one.kind
                self._last = one
            self._waiting = self._waiting[len(batch) :]

    async def _send(self, entries: list[Waiting]) -> list[dict[str, Any]]:
        body: dict[str, Any] = {"entries": [one.wire() for one in entries]}
        if self.head:
            body |= {"known_head": self.head, "head_proof": self.head_proof}
        reply = await self._box().post("/v1/entries", json=body, headers={"Authorization": f"Bearer {self._token}"})
        told = taken(reply, "entries of a till")
        self.head, self.head_proof = told["head"], told["head_proof"]
        return told["answers"]
