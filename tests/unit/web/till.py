"""A till of the web's tests: its own key, its own numbers, its own bytes."""

from __future__ import annotations

import base64
from typing import Any

import httpx
from msgspec import Struct

from tideover.journal.entry import Entry, encode
from tideover.journal.keys import TillKey
from tideover.model.sale import Document, Line, Tender
from tideover.world import to_ms
from unit.web.shop import Shop

COFFEE = Line(item="A1", name="Coffee", quantity=1_000, unit_price=25_000, amount_minor=250, vat_ppm=135_000)


def coffee(number: str = "K1-1", **more: Any) -> Document:
    """One coffee, paid in cash."""
    return Document(number, "EUR", True, (COFFEE,), (Tender("cash", 250),), **more)


class Till:
    """Enrols and sends."""

    def __init__(self, shop: Shop, name: str) -> None:
        self.shop, self.name, self.key, self.seq = shop, name, TillKey.generate(shop.world), 0
        self.id, self.token, self.head = "", "", ""
        self.client: httpx.AsyncClient

    async def enrol(self) -> Till:
        code = (await self.shop.machine.post("/v1/codes", json={"name": self.name})).json()["code"]
        body = {"code": code, "name": self.name, "spki": self.key.spki_b64}
        told = (await self.shop.client().post("/v1/enrol", json=body)).json()
        self.id, self.token, self.head = told["till"], told["token"], told["head"]
        self.client = self.shop.client(Authorization=f"Bearer {self.token}")
        return self

    def sign(self, body: Struct | None = None, kind: str = "sale", seq: int | None = None, **more: Any) -> dict[str, str]:
        """The next entry as it goes over the wire."""
        if seq is None:
            self.seq += 1
        world = self.shop.world
        entry = Entry(
            id=more.pop("id", None) or world.new_id(),
            kind=kind,
            version=1,
            till=more.pop("till", self.id),
            till_seq=seq or self.seq,
            happened_at=to_ms(world.now()),
            trading_day=more.pop("trading_day", "2026-11-20"),
            operator="Anna",
            refers_to=more.pop("refers_to", None),
            body=body or coffee(f"K1-{seq or self.seq}"),
        )
        signed = encode(entry)
        return wire(signed, self.key.sign(signed))

    async def send(self, *entries: dict[str, str], **more: Any) -> dict[str, Any]:
        """What the box answers."""
        reply = await self.client.post("/v1/entries", json={"entries": list(entries), **more})
        assert 200 == reply.status_code, reply.text
        return reply.json()


def wire(signed: bytes, signature: bytes) -> dict[str, str]:
    return {"signed": base64.b64encode(signed).decode(), "signature": base64.b64encode(signature).decode()}
