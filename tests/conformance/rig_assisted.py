"""The practice cloud without its interface: a clerk keys at its till from our screens, and brings its exports and reports."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from conformance.rig import DAY_MS, NOON_MS, Rig, Shop, SteppingWorld
from conformance.rig_practice import PracticeRig
from conformance.sandbox import PlainSecrets
from tideover import connectors
from tideover.connectors.assisted.keying import Screen
from tideover.connectors.assisted.numbers import scaled
from tideover.model.answer import Answer, CloudDocument
from tideover.ports import Booking
from tideover.settings import Settings

ANOTHER_DAY = "1999-12-31"  # A day without trade that a test asks about.


def minor(text: str) -> int:
    """What the clerk reads off our screen, in cents."""
    found = scaled(text, ".", 100)
    assert found is not None
    return found


class AssistedRig(PracticeRig):
    name = "assisted"
    hands = "person"

    # There is no line to this cloud that a test could spoil.
    faults = Rig.faults  # type: ignore[assignment]
    line = Rig.line  # type: ignore[assignment]
    hostile = Rig.hostile  # type: ignore[assignment]
    log_out = Rig.log_out  # type: ignore[assignment]
    forget_password = Rig.forget_password  # type: ignore[assignment]

    def start(self) -> None:
        super().start()
        self.exports = self.folder / "exports"
        self.exports.mkdir()
        self._export("items")

    @contextlib.asynccontextmanager
    async def shop(self) -> AsyncIterator[Shop]:
        day_ms = next(self._days) * DAY_MS
        self.page.now_ms = max(self.page.now_ms, day_ms + NOON_MS)
        world = SteppingWorld(self.page, seed=day_ms)
        settings = Settings(cloud="assisted", cloud_url=str(self.exports), time_zone="UTC")
        async with httpx.AsyncClient(trust_env=False) as client:
            cloud = connectors.load(self.name).connect(settings, PlainSecrets(), world, client, lambda seen: None)  # type: ignore[arg-type]
            yield Shop(cloud, world, datetime.fromtimestamp(day_ms / 1000, UTC).strftime("%Y-%m-%d"))

    # The clerk --------------------------------------------------------------------------------------

    async def book(self, shop: Shop, booking: Booking) -> Answer:
        """Keys what the screen shows, nothing else, and reads the number back."""
        if not booking.document.prices_include_vat:
            self.cannot("take net prices at its till")
        sale = keyed(shop.cloud.screen(booking), shop.world.page.now_ms)
        shop.later(10)
        return Answer("created", number=self.direct.post("/till/sales", json=sale).raise_for_status().json()["number"])

    async def look(self, shop: Shop) -> None:
        shop.settled()
        for day in (shop.day, ANOTHER_DAY):
            report, lines = (self._save(name, day) for name in ("day-report", "day-lines"))
            shop.cloud.import_day_report(day, report)
            shop.cloud.import_day_report(day, None, lines)

    def truth(self, shop: Shop) -> list[CloudDocument]:
        """As far as the report has columns for it: no till, and times in whole seconds."""
        return [msgspec.structs.replace(one, till="", at=one.at.replace(microsecond=0) if one.at else None) for one in super().truth(shop)]

    def change(self, dataset: str, rows: Sequence[Any] = (), removed: Sequence[str] = ()) -> None:
        if rows and removed:
            self.cannot("tell what changed: an export is the whole list")
        super().change(dataset, rows, removed)
        self._export(dataset)

    def _save(self, name: str, day: str) -> bytes:
        return self.direct.get(f"/till/{name}.csv", params={"day": day}).raise_for_status().content

    def _export(self, dataset: str) -> None:
        content = self.direct.get(f"/till/export/{dataset}.csv").raise_for_status().content
        (self.exports / f"{dataset}.csv").write_bytes(content)


def keyed(screen: Screen, now_ms: int) -> dict[str, Any]:
    """The sale as the till takes it, from the screen's texts alone."""
    payments = [{"tender": one.kind, "amount_minor": minor(one.amount)} for one in screen.tenders]
    lines = [
        {
            "item": one.item,
            "name": one.name,
            "quantity": scaled(one.quantity, ".", 1_000),
            "amount_minor": minor(one.amount),
            "vat_ppm": scaled(one.vat_percent, ".", 10_000),
        }
        for one in screen.lines
    ]
    assert minor(screen.total) == sum(line["amount_minor"] for line in lines)
    facts = {"day": screen.day, "kind": screen.kind, "at_ms": now_ms, "currency": "EUR", "external_id": screen.reference}
    return facts | {"lines": lines, "payments": payments, "rounding_minor": minor(screen.rounding or "0")}


RIG = AssistedRig
