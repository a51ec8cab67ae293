"""A whole house on a disk that can fail, its tills, and a cloud in the same process that loses requests and answers."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from sim.virtual import Elapsed, SimWorld, run_virtual
from tideover.app import House, Seams, open_house
from tideover.journal.keys import TillKey
from tideover.model.answer import CloudDocument
from tideover.recover.close import Close
from tideover.recover.in_flight import InFlight
from tideover.recover.outbox import Outbox
from unit.journal.small_shop import FRIDAY, Till
from unit.recover.box import Cloud, manifest
from unit.recover.shop import in_cloud, ours, own_till

HALF_PAST_TWO = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
MISCHIEF = ("well", "well", "well", "lose-request", "lose-answer", "lose-answer", "login", "busy")
ELAPSED = Elapsed()  # One shop at a time; each run begins at half past two.
TURNS_MAX = 200  # An outbox that is not done by then never will be.


class NastyCloud(Cloud):
    """The recover tests' cloud, with its read-back; it remembers what it booked whatever happens to the box."""

    def __init__(self, chance: random.Random | None = None, booked: Callable[[], None] = lambda: None) -> None:
        super().__init__(SimWorld(HALF_PAST_TWO, "cloud", ELAPSED), manifest())
        self._chance, self._booked = chance, booked
        self.house: House | None = None

    def _next(self) -> str:
        return super()._next() if self._chance is None else self._chance.choice(MISCHIEF)

    def _book(self, booking: Any) -> Any:
        answer = super()._book(booking)
        self._booked()
        return answer

    def snapshot(self) -> list[list[Any]]:
        return [list(one) for one in self.documents]

    async def day(self, trading_day: str) -> list[CloudDocument]:
        """Every document of that day, those of its own till too: references `till:…`."""
        assert self.house is not None
        found = []
        for entry, _, number, total in self.documents:
            kept = self.house.journal.find(entry)
            if kept is not None and kept.entry.trading_day == trading_day:
                found.append(in_cloud(ours(entry, kept.entry.body), number))
            elif entry.startswith("till:"):
                found.append(own_till(number, total, reference=entry.removeprefix("till:"), day=trading_day))
        return found


def furnish(
    folder: Path, seed: object, cloud: NastyCloud | None = None, vfs: str | None = None, hours: float = 0, threaded: bool = False
) -> House:
    """The real house on that folder; its cloud is the nasty one. hours: so much later than half past two."""
    world = SimWorld(HALF_PAST_TWO + timedelta(hours=hours), f"box {seed}", ELAPSED)
    nobody = httpx.MockTransport(lambda request: httpx.Response(503))
    seams = Seams(transport=nobody, probes=[], threaded=threaded, vfs=vfs, tell=lambda text: None)
    house = open_house(folder, world, seams, time_zone="UTC", owner="Maija")
    cloud = cloud or NastyCloud()
    cloud.world, cloud.house = world, house
    house.cloud = cloud  # type: ignore[assignment]
    house.outbox = Outbox(house.journal, cloud, world, house.settings, house.copies, house.people, house.plan.owner_of_parked)
    house.in_flight = InFlight(house.journal, cloud, world)
    house.close = Close(house.journal, cloud, world, house.settings, house.outbox, house.in_flight)  # type: ignore[arg-type]
    return house


@contextlib.contextmanager
def at_work(folder: Path, seed: object, **more: Any) -> Iterator[House]:
    """A house that is shut at the end of the block, as far as its disk lets it."""
    house = furnish(folder, seed, **more)
    try:
        yield house
    finally:
        house.ends.close()


def run(work: Coroutine[Any, Any, Any]) -> Any:
    ELAPSED.s = 0.0
    return run_virtual(work, ELAPSED)


async def enrol(house: House, name: str = "Till 1") -> Till:
    """A till that may sell; its key is the same in every story, since making keys is not what is tested."""
    key = key_of(name)
    return Till(house.world, key, await house.journal.enrol(name, key.spki_b64))  # type: ignore[arg-type]


@cache
def key_of(name: str) -> TillKey:
    return TillKey.generate(SimWorld(HALF_PAST_TWO, name, ELAPSED))


async def replay(house: House, asks_people: bool = True) -> None:
    """Turn after turn, each when the last one said, until nothing is due any more; a person says what the cloud did not."""
    for _ in range(TURNS_MAX):
        dues = [due for due in (await house.in_flight.turn(), await house.outbox.turn()) if due is not None]
        if not dues and not (asks_people and await _asked_a_person(house)):
            return
        await asyncio.sleep(min(dues, default=0.0) + 0.001)
    raise AssertionError("the outbox never came to rest")


async def _asked_a_person(house: House) -> bool:
    """Somebody looks into the cloud's own list; False if nobody is needed."""
    cloud = house.cloud
    assert isinstance(cloud, NastyCloud)
    for check in house.in_flight.open():
        found = cloud.of(f"till:{check.reference}")
        await house.in_flight.settle(check.id, "was_booked" if found else "was_not_booked", "Maija")
        return True
    for parked in house.outbox.parked():
        found = cloud.of(parked.id)
        how, number = ("was_booked", found[0][2]) if found else ("send_on", None)
        await house.outbox.solve(parked.id, how, "Maija", "looked", number)
        return True
    return False


@contextlib.contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory where there is one: ten thousand cuts would wear out a disk."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="tideover-crash-", dir=memory if memory.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


__all__ = ["FRIDAY", "NastyCloud", "Till", "at_work", "enrol", "furnish", "quick_folder", "replay", "run"]
