#!/usr/bin/env python3
"""Bringing sales into a cloud: ours, and a bare loop that sends the same requests with as many hands.

Ours stores each attempt before its first byte leaves, checks each answer, and writes it into the journal; the bare loop only sends.
Both keep to the calls a second that the cloud allows. The practice cloud is so quick that this is its limit; how fast both are without
it is told beside, for there the HTTP client's own work decides. Tryton (not with --quick) is what a shop has: it sets its own pace. Each
turn uses a data directory and a cloud of its own.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace as replace_settings
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import msgspec
from figures.long_journal import sale_body
from figures.programs import LOGIN, PracticeCloud
from figures.shape import Check, Figure, main, median
from msgspec import Struct
from msgspec.structs import replace

from tideover import connectors
from tideover.app import House, open_house
from tideover.connectors.calls import Calls
from tideover.connectors.practice import PracticeCloud as Connector
from tideover.connectors.practice import manifest, shapes
from tideover.journal.entry import Entry, encode
from tideover.journal.keys import TillKey
from tideover.ports import Booking
from tideover.recover.outbox import Outbox
from tideover.world import real_world, to_ms

SHARE_MIN = 0.9
SIGNED_AT_ONCE = 500
UNLIMITED = 1e9  # Calls a second.
TRYTON_SALES = 15
CURRENCY = "EUR"


class Turn(Struct, frozen=True):
    """Sales booked in a second, one way and the other."""

    ours: float
    bare: float

    @property
    def share(self) -> float:
        return self.ours / self.bare


async def sell(house: House, count: int) -> None:
    """That many sales of one till, as the journal keeps them."""
    world, key = real_world(), TillKey.generate()
    till = await house.journal.enrol("Till 1", key.spki_b64)
    at = to_ms(world.now())
    day = world.now().date().isoformat()
    entries = [encode(Entry(world.new_id(), "sale", 1, till, n, at, day, "Aino", None, sale_body(n))) for n in range(1, count + 1)]
    for first in range(0, count, SIGNED_AT_ONCE):
        await house.journal.append_batch([(signed, key.sign(signed)) for signed in entries[first : first + SIGNED_AT_ONCE]])


def bookings(count: int) -> list[Booking]:
    world = real_world()
    at, day = to_ms(world.now()), world.now().date().isoformat()
    return [Booking(world.new_id(), "sale", day, at, sale_body(n), None, None, False) for n in range(1, count + 1)]


async def ours_per_s(make: Callable[[House, httpx.AsyncClient], Any], folder: Path, count: int) -> float:
    """From the first look at what is due until the last one is booked."""
    folder.mkdir()
    house = open_house(folder, real_world(), currency=CURRENCY)
    await sell(house, count)
    await house.outbox.take_up()
    async with httpx.AsyncClient(trust_env=False) as client:
        cloud = make(house, client)
        outbox = Outbox(house.journal, cloud, house.world, house.settings)
        await cloud.renew_login()
        started = perf_counter()
        while outbox.counts().booked < count:
            await asyncio.sleep(await outbox.turn() or 0)
            assert not outbox.counts().parked, outbox.parked()[0].reason
        took = perf_counter() - started
    await house.shut()
    return count / took


# The practice cloud ------------------------------------------------------------------------------------------


def practice(url: str, calls_per_s: float) -> Callable[[House, httpx.AsyncClient], Connector]:
    promised = replace(manifest, calls_per_s_max=calls_per_s)

    def make(house: House, client: httpx.AsyncClient) -> Connector:
        return Connector(Calls(promised, url, 20.0, house.world, client, lambda _: None), lambda: shapes.Login(**LOGIN))

    return make


async def bare_per_s(url: str, sales: Sequence[Booking], calls_per_s: float) -> float:
    """As many hands, as many calls a second, one post a sale, nothing written down."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        token = (await client.post("/login", json=LOGIN)).json()["token"]
        queue = deque(enumerate(sales))
        started = perf_counter()

        async def hand() -> None:
            while queue:
                number, sale = queue.popleft()
                await asyncio.sleep(started + number / calls_per_s - perf_counter())
                headers = {"authorization": f"Bearer {token}", "idempotency-key": sale.entry, "content-type": "application/json"}
                answer = await client.post("/api/sales", content=msgspec.json.encode(shapes.sale_of(sale)), headers=headers)
                assert json.loads(answer.raise_for_status().content)["state"] == "final"

        await asyncio.gather(*(hand() for _ in range(manifest.concurrent_max)))
        return len(sales) / (perf_counter() - started)


def practice_turn(count: int, calls_per_s: float) -> Turn:
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as folder:
        place = Path(folder)
        with PracticeCloud(place) as cloud:
            bare = asyncio.run(bare_per_s(cloud.url, bookings(count), calls_per_s))
            return Turn(asyncio.run(ours_per_s(practice(cloud.url, calls_per_s), place / "box", count)), bare)


# Tryton ------------------------------------------------------------------------------------------------------


def tryton_turn(count: int) -> Turn:
    """The bare loop is our connector called by itself: the same calls, no journal, no attempts written down."""
    from tideover.learn.erp import Erp
    from tideover.learn.erp_shape import Shape
    from tideover.model.item import Item

    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as folder:
        place = Path(folder)
        erp = Erp.build(place / "erp", Shape(country="FI", currency=CURRENCY, years=(real_world().now().year,)))
        wares = {line.item: line for line in sale_body(1).lines}.values()
        items = [Item(code=line.item, name=line.name, unit_price=line.unit_price, vat_ppm=line.vat_ppm) for line in wares]
        erp.load({"items": msgspec.to_builtins(items)})
        url = erp.start()
        secrets = Stored({"cloud.login": json.dumps(erp.login).encode()})

        def make(house: House, client: httpx.AsyncClient) -> Any:
            settings = replace_settings(house.settings, cloud="tryton", cloud_url=url, currency=CURRENCY)
            return connectors.load("tryton").connect(settings, secrets, house.world, client, lambda _: None)

        try:
            bare = asyncio.run(alone_per_s(make, place / "alone", bookings(count)))
            return Turn(asyncio.run(ours_per_s(make, place / "box", count)), bare)
        finally:
            erp.stop()


class Stored(dict[str, bytes]):
    """Secrets that are only remembered."""


async def alone_per_s(make: Callable[[House, httpx.AsyncClient], Any], folder: Path, sales: Sequence[Booking]) -> float:
    folder.mkdir()
    house = open_house(folder, real_world(), currency=CURRENCY)
    async with httpx.AsyncClient(trust_env=False) as client:
        cloud = make(house, client)
        await cloud.renew_login()
        queue = deque(sales)

        async def hand() -> None:
            while queue:
                answer = await cloud.send(queue.popleft())
                assert answer.word == "created", answer

        started = perf_counter()
        await asyncio.gather(*(hand() for _ in range(cloud.manifest.concurrent_max)))
        took = perf_counter() - started
    await house.shut()
    return len(sales) / took


def measure(quick: bool, say: Callable[[str], None]) -> Figure:
    count, times = (150, 2) if quick else (500, 3)
    allowed = manifest.calls_per_s_max
    paced, free, real = [], [], []
    for _ in range(times):
        paced.append(practice_turn(count, allowed))
        free.append(practice_turn(count, UNLIMITED))
        say(f"practice: ours {paced[-1].ours:.1f} a second of {paced[-1].bare:.1f}")
        say(f"without its limit: ours {free[-1].ours:.0f} a second of {free[-1].bare:.0f}")
        if not quick:
            real.append(tryton_turn(TRYTON_SALES))
            say(f"Tryton: ours {real[-1].ours:.2f} a second of {real[-1].bare:.2f}")
    ours, bare = (median(getattr(one, way) for one in paced) for way in ("ours", "bare"))
    peers = {f"bare loop at the {allowed:g} calls a second that the practice cloud allows": bare}
    for way, name in (("ours", "ours, without that limit"), ("bare", "bare loop, without that limit")):
        peers[name] = median(getattr(one, way) for one in free)
    checks = [Check("share of what the practice cloud takes from a bare loop", median(one.share for one in paced), ">=", SHARE_MIN)]
    if real:
        peers |= {"ours, Tryton": median(one.ours for one in real), "the same calls to Tryton alone": median(one.bare for one in real)}
        checks.append(Check("share of what Tryton takes from the same calls alone", median(one.share for one in real), ">=", SHARE_MIN))
    return Figure("replay", count, "sales/s", ours, peers, bare, tuple(checks))


if __name__ == "__main__":
    main(__doc__ or "", measure)
