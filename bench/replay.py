#!/usr/bin/env python3
"""Bringing sales into a cloud: ours, and a bare loop that sends the same requests with as many hands.

Ours stores each attempt before its first byte leaves, checks each answer, and writes it into the journal; the bare loop only sends.
What the practice cloud allows in a second is lifted for both, so that the cloud itself is what limits. Each turn uses a data directory
and a cloud of its own.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import httpx
import msgspec
from figures.long_journal import sale_body
from figures.programs import LOGIN, PracticeCloud
from figures.shape import Check, Figure, main, median
from msgspec import Struct
from msgspec.structs import replace

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


class Turn(Struct, frozen=True):
    """Sales booked in a second, one way and the other."""

    ours: float
    bare: float


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


async def ours_per_s(url: str, folder: Path, count: int) -> float:
    """From the first look at what is due until the last one is booked."""
    folder.mkdir()
    house = open_house(folder, real_world())
    await sell(house, count)
    await house.outbox.take_up()
    async with httpx.AsyncClient(trust_env=False) as client:
        calls = Calls(replace(manifest, calls_per_s_max=1e9), url, 20.0, house.world, client, lambda _: None)
        cloud = Connector(calls, lambda: shapes.Login(**LOGIN))
        outbox = Outbox(house.journal, cloud, house.world, house.settings)
        await cloud.renew_login()
        started = perf_counter()
        while outbox.counts().booked < count:
            await outbox.turn()
        took = perf_counter() - started
    await house.shut()
    return count / took


async def bare_per_s(url: str, sales: Sequence[Booking]) -> float:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        token = (await client.post("/login", json=LOGIN)).json()["token"]
        queue = deque(sales)

        async def hand() -> None:
            while queue:
                sale = queue.popleft()
                headers = {"authorization": f"Bearer {token}", "idempotency-key": sale.entry, "content-type": "application/json"}
                answer = await client.post("/api/sales", content=msgspec.json.encode(shapes.sale_of(sale)), headers=headers)
                assert json.loads(answer.raise_for_status().content)["state"] == "final"

        started = perf_counter()
        await asyncio.gather(*(hand() for _ in range(manifest.concurrent_max)))
        return len(sales) / (perf_counter() - started)


def one_turn(count: int) -> Turn:
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as folder:
        place = Path(folder)
        with PracticeCloud(place) as cloud:
            bare = asyncio.run(bare_per_s(cloud.url, bookings(count)))
            return Turn(asyncio.run(ours_per_s(cloud.url, place / "box", count)), bare)


def measure(quick: bool, say: Callable[[str], None]) -> Figure:
    count, times = (300, 3) if quick else (1_000, 7)
    turns = []
    for _ in range(times):
        turns.append(one_turn(count))
        say(f"practice: ours {turns[-1].ours:.0f} a second, bare {turns[-1].bare:.0f}")
    ours, bare = median(one.ours for one in turns), median(one.bare for one in turns)
    share = median(one.ours / one.bare for one in turns)
    checks = (Check("share of what the practice cloud takes from a bare loop", share, ">=", SHARE_MIN),)
    return Figure("replay", count, "sales/s", ours, {f"bare loop, {manifest.concurrent_max} hands": bare}, bare, checks)


if __name__ == "__main__":
    main(__doc__ or "", measure)
