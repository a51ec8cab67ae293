#!/usr/bin/env python3
"""A shop on a slow disk that sells while it replays: how many syncs a sale waits for.

The box is the real one, in a process whose every SQLite file lies on a disk that takes so many milliseconds for each sync; those
of different files overlap, as on a disk with a queue. It brings a backlog to a practice cloud and pulls copies from it while a till sells.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from msgspec import Struct

from figures.box import Box
from figures.press import Seat, enrol, press, signed_sales
from figures.programs import LOGIN, PracticeCloud
from tideover.app import open_house
from tideover.model.item import Item
from tideover.secret import Secrets
from tideover.settings import write_settings
from tideover.world import real_world

BACKLOG_PER_S = 55  # The practice cloud takes 50 calls in a second.
BATCH = 500
ITEMS = 2_000
PULLED_EVERY_S = 5
SLOW_BOX = Path(__file__).with_name("slow_box.py")


class Slow(Struct, frozen=True):
    """One run."""

    sync_ms: float
    latencies_ms: list[float]
    booked: int  # Of the backlog, while the till sold.


def furnish(folder: Path, cloud: PracticeCloud, backlog: int) -> Seat:
    """A data directory with so many sales that the cloud does not have, and a till that sells on."""
    write_settings(folder, {"cloud": "practice", "cloud_url": cloud.url, "replicate_s": PULLED_EVERY_S})
    secrets = Secrets(folder, real_world())
    secrets.put("cloud.login", json.dumps(LOGIN).encode())
    secrets.close()
    before, seat = enrol(folder, 2)
    pairs = signed_sales(before, backlog)

    async def sell() -> None:
        house = open_house(folder, real_world())
        for first in range(0, len(pairs), BATCH):
            await house.journal.append_batch(pairs[first : first + BATCH])
        await house.outbox.take_up()
        await house.shut()

    asyncio.run(sell())
    return seat


def items() -> list[Item]:
    return [Item(code=f"A{n:05d}", name=f"Kahvi {n}", unit_price=125_000, vat_ppm=135_000) for n in range(ITEMS)]


def on_slow_disk(sync_ms: float, seconds: float, pace_s: float) -> Slow:
    """One shop that sells a sale every `pace_s`, for so long."""
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as place, PracticeCloud(Path(place)) as cloud:
        cloud.load(items())
        folder = Path(place) / "box"
        folder.mkdir()
        seat = furnish(folder, cloud, round(BACKLOG_PER_S * (seconds + 5)))
        with Box(folder, [sys.executable, str(SLOW_BOX), str(sync_ms), str(folder)]) as box:
            box.wait_alive()
            before = _recover(box.port)
            pressed = press(box.port, [seat], seconds, round(seconds / pace_s) + 2, pace_s=pace_s, processes=1)
            after = _recover(box.port)
        assert after["waiting"] > 0, "the backlog ran out"
        return Slow(sync_ms, pressed.latencies_ms, after["booked"] - before["booked"])


def on_slow_disks(syncs_ms: Sequence[float], seconds: float, pace_s: float, together: int) -> list[Slow]:
    """So many at once: a shop on a slow disk mostly waits, but one on a good disk brings all it can to the cloud."""
    with ThreadPoolExecutor(together) as pool:
        return list(pool.map(lambda sync_ms: on_slow_disk(sync_ms, seconds, pace_s), syncs_ms))


def _recover(port: int) -> dict[str, int]:
    return httpx.get(f"http://127.0.0.1:{port}/v1/status", timeout=60).raise_for_status().json()["recover"]
