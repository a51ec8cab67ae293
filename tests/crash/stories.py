"""What the shop is at when the power goes: each story is played once on a tape, and judged after any cut of it.

A story tells the tape what the outside was promised (`tape.fact`), and `left` finds out whether that was kept. Nothing
else of the playing is known to the judging: it opens the folder as the next start of the box would.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from crash.judge import Left
from crash.shop import FRIDAY, NastyCloud, Till, enrol, replay
from crash.tape import Tape
from tideover.app import House
from tideover.db import Database, backup
from tideover.errors import DiskFailed, WrongState
from tideover.journal.verify import verify_file
from tideover.migrations.journal import MIGRATIONS
from tideover.model.facts import Erased, InFlight
from tideover.plan.records import Person
from tideover.settings import read_settings, write_settings
from tideover.web.tokens import TillTokens
from unit.recover.shop import document, line

TILLS = 3
CHECKPOINT_CHANCE = 0.15  # After a batch; a checkpoint moves everything from the log into the file.
PAUSE_S = 1.5  # Long enough that the next head is left with the witnesses.


@dataclass
class Scene:
    """One playing: the open house, the tape, the chance of this playing, and what the morning left for it."""

    house: House
    tape: Tape
    vfs: str
    cloud: NastyCloud
    chance: random.Random
    morning: Any

    def appended(self, *pairs: tuple[bytes, bytes], outcomes: Sequence[Any]) -> None:
        """These were answered."""
        for (signed, _), outcome in zip(pairs, outcomes, strict=True):
            assert outcome.answer in ("created", "exists"), outcome
            self.tape.fact("kept", outcome.id, signed)
        self.tape.fact("head", str(self.house.journal.head()))

    async def record(self, kind: str, body: Any, **more: Any) -> str:
        """A fact of the box, answered."""
        answer = await self.house.journal.record(kind, body, **more)
        found = self.house.journal.find(answer.id)
        assert found is not None
        self.tape.fact("kept", answer.id, found.signed)
        return answer.id

    def checkpoint(self) -> None:
        if self.chance.random() < CHECKPOINT_CHANCE:
            with self.house.journal.database.read() as connection:
                connection.wal_checkpoint(mode=self.chance.choice((apsw.SQLITE_CHECKPOINT_PASSIVE, apsw.SQLITE_CHECKPOINT_TRUNCATE)))


Morning = Callable[[House], Awaitable[Any]]
Play = Callable[[Scene], Awaitable[None]]
Judge = Callable[[Left], Awaitable[None]]


@dataclass(frozen=True)
class Story:
    """One thing that a shop does."""

    name: str
    morning: Morning | None  # None: there is no shop yet.
    play: Play
    judge: Judge
    prepare: Callable[[Path], None] = field(default=lambda folder: None)  # After the morning, with the house shut.


# Selling ------------------------------------------------------------------------------------------


async def open_tills(house: House) -> list[Till]:
    return [await enrol(house, f"Till {n + 1}") for n in range(TILLS)]


async def sell(scene: Scene) -> None:
    """Several tills at once, alone and in batches; those that wait share a commit."""
    tills: list[Till] = [again(till, scene.house) for till in scene.morning]

    async def trade(till: Till) -> None:
        for _ in range(3):
            pairs = [till.sale() for _ in range(scene.chance.choice((1, 1, 2, 5)))]
            for pair in pairs:
                scene.tape.fact("made", till.id, *pair)
            scene.appended(*pairs, outcomes=await scene.house.journal.append_batch(pairs))
            scene.checkpoint()
            await asyncio.sleep(scene.chance.choice((0.0, 0.001, PAUSE_S)))

    await asyncio.gather(*(trade(till) for till in tills))


def again(till: Till, house: House) -> Till:
    """The same till with the numbers it had in the morning."""
    fresh = Till(house.world, till.key, till.id)  # type: ignore[arg-type]
    fresh.next = house.journal.next_seq(till.id)
    return fresh


async def sold(left: Left) -> None:
    """The tills send again whatever they made: all of it stands there, each once, in each till's order."""
    for _, signed, signature in left.of("made"):
        outcome = await left.house.journal.append(signed, signature)
        assert outcome.answer in ("created", "exists"), outcome


# The first start ----------------------------------------------------------------------------------


async def begin(scene: Scene) -> None:
    """A first till, and its first sale."""
    till = await enrol(scene.house)
    pair = till.sale()
    scene.appended(pair, outcomes=[await scene.house.journal.append(*pair)])


async def begun(left: Left) -> None:
    """One box, enrolled once; whatever else was promised is judged for every story."""
    assert [1] == [kept.seq for kept in left.house.journal.read(kinds=("enrol",)) if kept.entry.body.name == "box"]


# Replaying ----------------------------------------------------------------------------------------


async def sell_without_cloud(house: House, sales_count: int = 6) -> None:
    """What waits for the cloud, a refund among it; of two sales in flight its own till had booked the first."""
    sales = [(await house.journal.record("sale", document(line(), number=f"A-{n}"), trading_day=FRIDAY)).id for n in range(sales_count)]
    await house.journal.record("refund", document(line(quantity=-1_000), number="A-7"), refers_to=sales[0], trading_day=FRIDAY)
    await house.journal.record(
        "in_flight", InFlight(document=document(number="K-1"), kind="sale", reference="K-1"), trading_day=FRIDAY
    )
    await house.journal.record(
        "in_flight", InFlight(document=document(number="K-2"), kind="sale", reference="K-2"), trading_day=FRIDAY
    )
    _cloud_of(house).documents.append(["till:K-1", house.world.now(), "C-0", 350])


def _cloud_of(house: House) -> NastyCloud:
    assert isinstance(house.cloud, NastyCloud)
    return house.cloud


async def bring_to_cloud(scene: Scene) -> None:
    await replay(scene.house)
    scene.tape.fact("rest")


async def brought(left: Left) -> None:
    """After a start and as many turns as it takes: each sale once in the cloud, each sale in flight settled one way."""
    cloud = left.cloud()
    await replay(left.house)
    assert all(len(cloud.of(entry)) == 1 for entry, *_ in cloud.documents)
    entries = {kept.entry.id: kept.entry for kept in left.house.journal.read(kinds=("sale", "refund"))}
    booked = [entry for entry, *_ in cloud.documents if not entry.startswith("till:")]
    assert sorted(entries) == sorted(booked)
    assert [] == left.house.outbox.parked() == left.house.in_flight.open()
    instead = [entry for entry in entries.values() if entry.refers_to and entry.kind == "sale"]
    assert ["K-2"] == [one.body.number for one in instead]
    settled = left.house.journal.read(kinds=("in_flight_settled",))
    assert ["was_booked", "was_not_booked"] == sorted(kept.entry.body.outcome for kept in settled)


# Closing the day ----------------------------------------------------------------------------------


async def trade_and_replay(house: House) -> None:
    for n in range(3):
        await house.journal.record("sale", document(line(), number=f"A-{n}"), trading_day=FRIDAY)
    await replay(house)
    _cloud_of(house).documents.append(["till:X-9", house.world.now(), "C-9", 999])  # A sale of its own till.


async def close_day(scene: Scene) -> None:
    counted = await scene.house.counter.count_drawer(1_000, "Maija", FRIDAY)
    scene.tape.fact("kept", counted.id, _signed(scene.house, counted.id))
    closing = await scene.house.close.close(FRIDAY, "Maija")
    scene.tape.fact("closed", closing.body)


def _signed(house: House, id: str) -> bytes:
    found = house.journal.find(id)
    assert found is not None
    return found.signed


async def is_closed(left: Left) -> None:
    """Closed as it was said, or still open and closed now; once, with one Z, and no difference found twice."""
    left.cloud()
    body = left.house.close.closed(FRIDAY)
    said = left.last("closed")
    assert said is None or body == said[0]
    try:
        await left.house.close.close(FRIDAY, "Maija")
    except WrongState:
        assert body is not None
    closes = left.house.journal.read(kinds=("close",))
    keys = [(kept.entry.body.key, kept.entry.body.amount_minor) for kept in left.house.journal.read(kinds=("finding",))]
    assert [1] == [kept.entry.body.z_number for kept in closes]
    assert sorted(set(keys)) == sorted(keys)


# Migrating ----------------------------------------------------------------------------------------


def make_old(folder: Path) -> None:
    """The journal as the first release wrote it: the same entries under the tables of migration 1."""
    new = folder / "new.db"
    (folder / "journal.db").replace(new)
    old = Database(folder / "journal.db", MIGRATIONS[:1], threaded=False)
    old._writer.execute("ATTACH ? AS new", (str(new),))
    old.write(lambda connection: connection.execute("INSERT INTO main.entry SELECT * FROM new.entry"))
    old._writer.execute("DETACH new")
    old.close()
    new.unlink()


async def go_on_selling(scene: Scene) -> None:
    """The house was migrated when it was opened."""
    [till] = [again(till, scene.house) for till in scene.morning[:1]]
    pair = till.sale()
    scene.appended(pair, outcomes=[await scene.house.journal.append(*pair)])


async def sell_some(house: House) -> list[Till]:
    tills = await open_tills(house)
    await house.journal.append_batch([till.sale() for till in tills for _ in range(2)])
    return tills


async def migrated(left: Left) -> None:
    """Old, new, or whole at a step between; and where it is not old, the copy of the old one is there and whole."""
    assert left.version in range(1, len(MIGRATIONS) + 1)
    [copy] = left.folder.glob("journal.before-*.db")
    if left.version > 1:
        assert ("whole", 1 + 3 + 6) == (verify_file(copy).chain, verify_file(copy).entries)


# Backing up ---------------------------------------------------------------------------------------


async def back_up(scene: Scene) -> None:
    """Twice, with sales before, between and after."""
    tills = [again(till, scene.house) for till in scene.morning]
    for till in tills[:2]:
        pair = till.sale()
        scene.appended(pair, outcomes=[await scene.house.journal.append(*pair)])
        with closing(_opened(scene)) as connection:
            backup(connection, scene.tape.folder / "journal.copy.db")
        scene.tape.fact("backup", scene.house.journal.head().seq)
    pair = tills[2].sale()
    scene.appended(pair, outcomes=[await scene.house.journal.append(*pair)])


def _opened(scene: Scene) -> apsw.Connection:
    path = scene.tape.folder / "journal.db"
    try:
        return apsw.Connection(str(path), vfs=scene.vfs)
    except apsw.Error as error:
        raise DiskFailed(file=path, why=str(error)) from error


async def backed_up(left: Left) -> None:
    """The copy is whole and holds what stood there when it was made; or there is none yet."""
    copy, said = left.folder / "journal.copy.db", left.last("backup")
    if said is None and not copy.exists():
        return
    found = verify_file(copy)
    assert "whole" == found.chain and found.entries >= (said[0] if said else 1)


# People, tills, plans -----------------------------------------------------------------------------


async def meet_and_forget(scene: Scene) -> None:
    """Two people are kept; one asks to be forgotten."""
    people = scene.house.people
    kept = [people.put({"name": name})[0] for name in ("Liisa Virtanen", "Matti Meikäläinen")]
    for party in kept:
        scene.tape.fact("person", party)
    secrets = scene.house.secrets._database
    [(sealed,)] = secrets.rows("SELECT sealed FROM secret WHERE name = ?", (f"person.{kept[0]}",))
    scene.tape.fact("forgets", kept[0])
    people.erase(kept[0])
    scene.tape.fact("erased", kept[0], sealed)
    await scene.record("erased", Erased(party=kept[0], why="asked"))


async def forgotten(left: Left) -> None:
    """Whom the shop said to have forgotten is gone, the sealed key from every file too; the others can be read."""
    gone = {party for party, *_ in left.of("forgets")}
    for (party,) in left.of("person"):
        assert party in gone or left.house.people.read(party) is not None
    for party, sealed in left.of("erased"):
        assert left.house.people.read(party) is None
        assert [] == [one.name for one in left.folder.iterdir() if sealed in one.read_bytes()]


async def enrol_tills(scene: Scene) -> None:
    tokens = TillTokens(scene.house.secrets, scene.house.world)
    for name in ("Till 7", "Till 8"):
        till = await enrol(scene.house, name)
        scene.tape.fact("enrolled", till.id, tokens.give(till.id))


async def enrolled(left: Left) -> None:
    """A till that was told its token is known by it, and may sign."""
    tokens = TillTokens(left.house.secrets, left.house.world)
    for till, token in left.of("enrolled"):
        assert till == tokens.till_of(token) and left.house.journal.is_enrolled(till)


async def plan(scene: Scene) -> None:
    """Versions of a record of the plan, and a setting, each changed several times."""
    for n in range(4):
        write_settings(scene.tape.folder, {"shop_name": f"Shop {n}"})
        scene.tape.fact("set", n)
        version = scene.house.plan.put(Person(name="Aino", phone=f"040 {n}"), "Maija")
        scene.tape.fact("planned", version)


async def planned(left: Left) -> None:
    """All that was answered, perhaps one more; the file of settings is that of before a change or of after it."""
    name, n = read_settings(left.folder).shop_name, left.last("set")
    assert name in ([f"Shop {n[0]}", f"Shop {n[0] + 1}"] if n else ["The shop", "Shop 0"])
    said = left.last("planned")
    versions = [one.version for one in left.house.plan.history(Person, "Aino")]
    assert list(range(1, len(versions) + 1)) == versions and len(versions) >= (said[0] if said else 0)


STORIES = {
    story.name: story
    for story in (
        Story("selling", open_tills, sell, sold),
        Story("first-start", None, begin, begun),
        Story("replaying", sell_without_cloud, bring_to_cloud, brought),
        Story("closing", trade_and_replay, close_day, is_closed),
        Story("migrating", sell_some, go_on_selling, migrated, make_old),
        Story("backing-up", open_tills, back_up, backed_up),
        Story("forgetting", open_tills, meet_and_forget, forgotten),
        Story("enrolling", open_tills, enrol_tills, enrolled),
        Story("planning", open_tills, plan, planned),
    )
}
