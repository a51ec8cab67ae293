"""A watch with a clock and probes that a test moves by hand; the database is real."""

from __future__ import annotations

import random
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

from tideover.db import Database, Migration
from tideover.migrations.observation import OBSERVATION_SQL
from tideover.migrations.watched import WATCHED_SQL
from tideover.model.outage import Kind, Observation

FRIDAY = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


class HandWorld:
    """A world whose clock moves only when a test moves it."""

    def __init__(self) -> None:
        self.at = FRIDAY
        self.chance = random.Random(1)
        self.environ: dict[str, str] = {}

    def now(self) -> datetime:
        return self.at

    def pass_time(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def stopwatch_s(self) -> float:
        return 0.0

    def passed_s(self) -> float:
        return self.now().timestamp()

    async def within(self, seconds: float, work: Awaitable[Any]) -> Any:
        return await work


class HandProbe:
    """Sees what it was told to see; passes the Probe protocol."""

    timeout_s = 2.0

    def __init__(self, world: HandWorld, service: str, kind: Kind, name: str) -> None:
        self.world, self.service, self.kind, self.name = world, service, kind, name
        self.ok: bool | None = True
        self.looks = 0

    async def look(self) -> Observation:
        self.looks += 1
        return Observation(self.service, self.kind, self.name, self.ok, self.world.now(), "as told")


def shop_probes(world: HandWorld) -> list[HandProbe]:
    """Two anchors, the router, the cloud."""
    return [
        HandProbe(world, "internet", "anchor", "Anchor One"),
        HandProbe(world, "internet", "anchor", "Anchor Two"),
        HandProbe(world, "network", "link", "the router"),
        HandProbe(world, "cloud", "cloud", "the cloud"),
    ]


def open_table(folder: Any) -> Database:
    return Database(folder / "copies.db", (Migration(1, OBSERVATION_SQL + WATCHED_SQL),), durable=False, threaded=False)
