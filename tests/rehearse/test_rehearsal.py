"""A rehearsal beside the real shop, through the real practice box: what is measured, kept, broken off; the books hold only what is real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from rehearse.crew import Crew
from tideover.app import House, open_house
from tideover.box import rehearse, supervise
from tideover.errors import WrongState
from tideover.learn.practice_folder import is_marked
from tideover.learn.rehearsals import FILE, FOLDER, LEFT
from tideover.plan.records import Person
from tideover.world import real_world

OONA, MAIJA = "Oona Öystilä", "Maija Mäkelä"
TRADE = ("sale", "refund", "slip_keyed", "drawer_count", "close", "outage", "run", "answer")
WAIT_S = 90.0


@asynccontextmanager
async def shop(folder: Path) -> AsyncIterator[House]:
    """The real shop, with the one loop that plays."""
    folder.mkdir(exist_ok=True)
    house = open_house(folder, real_world(), port=0)
    house.rehearsals.calm_s = 0
    loop = asyncio.create_task(supervise("rehearse", rehearse, house))
    try:
        yield house
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        await house.shut()


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not holds():
            await asyncio.sleep(0.02)


def kinds(house: House) -> list[str]:
    return [kept.entry.kind for kept in house.journal.read()]


def practice_pids(house: House) -> list[int]:
    found = house.rehearsals._shop
    return [] if found is None else [one.pid for one in found._programs]


def are_gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


async def begun(house: House, scenario: str = "internet-down") -> Crew:
    """A rehearsal in which something is broken by now."""
    house.rehearsals.start(scenario, [OONA, MAIJA], MAIJA)
    await until(lambda: house.rehearsals.playing is None or house.rehearsals.playing.phase == "broken")
    playing = house.rehearsals.playing
    assert playing is not None, house.rehearsals.told
    return Crew(house.folder / FOLDER / playing.folder, playing.port)


def test_a_whole_rehearsal_is_measured_and_the_books_hold_nothing_of_it(tmp_path: Path) -> None:
    """Playbook, sales, slip, replay, close: the figures are kept, steps nobody took are findings, no sale is in the real journal."""

    async def play() -> tuple[Any, list[str], list[Any], int, Path]:
        async with shop(tmp_path / "real") as house:
            async with await begun(house) as crew:
                pids = practice_pids(house)
                assert 3 == len(pids)
                await crew.sign_in()
                await crew.until(lambda status: status["phase"] == "suspected")
                async with crew.reader(1) as reader:
                    run = await reader.open("internet-down")
                    assert 1 == await reader.tick(run)
                    assert 2 == await reader.tick(run)
                    assert 3 == await reader.tick(run, "failed")
                    assert 4 == await reader.tick(run, "skipped", why="no phone at hand")
                    assert 303 == (await reader.press(f"/run/{run}/end", how="left", why="the queue")).status_code
                await crew.post("/v1/outage/confirm")
                await crew.serve()
                await until(lambda: house.rehearsals.playing.phase == "back")
                await crew.close()
                folder = crew.folder
            await until(lambda: house.rehearsals.playing is None)  # By itself: all of it is done.
            assert are_gone(pids)
            log, steps = house.rehearsals.log, max(house.rehearsals.seen.runs.values())
            return log.past()[0].body, kinds(house), log.open_gaps(), steps, folder

    body, found, gaps, steps, folder = asyncio.run(play())

    assert "finished" == body.how and {OONA, MAIJA} == set(body.cast)
    assert body.to_step_s is not None and body.to_sale_s is not None and body.to_closed_s is not None
    assert 0 <= body.to_step_s <= body.to_sale_s <= body.to_closed_s <= 120
    untaken = [f"step-{number}" for number in range(4, steps + 1)]
    assert untaken == list(body.missed) and [] != untaken
    assert {f"internet-down/{one}" for one in untaken} == {one.key for one in gaps}
    assert [] == [kind for kind in found if kind in TRADE]
    assert ["rehearsed", *["practice_finding"] * len(untaken), *["acknowledged"] * 2] == found[-3 - len(untaken) :]
    assert is_marked(folder)
    assert [] == [one.name for one in folder.iterdir() if not one.name.startswith(LEFT)]


def test_a_real_outage_in_mid_rehearsal_ends_it_and_the_books_hold_only_the_real_one(tmp_path: Path) -> None:
    """The real fallback opens: the practice is gone at once, says why, and of the two outages only one is in the journal."""

    async def play() -> tuple[Any, list[str], list[str], str, list[Any]]:
        async with shop(tmp_path / "real") as house:
            async with await begun(house) as crew:
                pids = practice_pids(house)
                await crew.until(lambda status: status["phase"] == "suspected")
                await crew.post("/v1/outage/confirm")
                await crew.serve()
                await house.fallback.confirm(MAIJA)
                said = house.rehearsals.playing.ending
            await until(lambda: house.rehearsals.playing is None)
            assert are_gone(pids)
            phases = [one.entry.body.phase for one in house.journal.read(kinds=("outage",))]
            return house.rehearsals.log.past()[0].body, kinds(house), phases, said, house.rehearsals.log.open_gaps()

    body, found, phases, said, gaps = asyncio.run(play())

    assert ("interrupted", "A real outage began.") == (body.how, body.note) == ("interrupted", said)
    assert ["suspected", "fallback"] == phases
    assert [] == [kind for kind in found if kind in ("sale", "refund", "slip_keyed")]
    assert [] == gaps


def test_a_real_customer_ends_it_at_once(tmp_path: Path) -> None:
    """One button: the programs end, and it is kept as broken off, with nothing held against anybody."""

    async def play() -> tuple[str, bool, list[Any]]:
        async with shop(tmp_path / "real") as house:
            async with await begun(house, "cloud-down"):
                pids = practice_pids(house)
                house.rehearsals.stop("interrupted", "A real customer came.")
            await until(lambda: house.rehearsals.playing is None)
            return house.rehearsals.log.past()[0].body.how, are_gone(pids), house.rehearsals.log.open_gaps()

    assert ("interrupted", True, []) == asyncio.run(play())


def test_none_begins_while_a_real_outage_is_open(tmp_path: Path) -> None:
    """Nobody is taken from the counter on the worst afternoon of the year."""

    async def play() -> Any:
        async with shop(tmp_path / "real") as house:
            await house.fallback.confirm(MAIJA)
            with pytest.raises(WrongState, match="a real outage is open"):
                house.rehearsals.start("", [OONA], MAIJA)
            return house.rehearsals.playing

    assert asyncio.run(play()) is None


def test_a_crash_in_mid_rehearsal_is_put_away_at_the_next_start(tmp_path: Path) -> None:
    """The box is torn off: its children end with it; the next start keeps the rehearsal as broken off, once, and says so."""

    async def tear() -> list[int]:
        house = open_house(tmp_path, real_world(), port=0)
        house.rehearsals.calm_s = 0
        async with await _begun_alone(house) as crew:
            await crew.until(lambda status: status["phase"] == "suspected")
        pids = practice_pids(house)
        for program in house.rehearsals._shop._programs:  # As the end of this process does: their standard input ends.
            program._process.stdin.close()
        await until(lambda: are_gone(pids))
        house.rehearsals._shop = None
        await house.shut()
        return pids

    async def _begun_alone(house: House) -> Crew:
        house.rehearsals.start("internet-down", [OONA], MAIJA)
        while house.rehearsals.playing.phase != "broken":
            await rehearse(house)
        return Crew(house.folder / FOLDER / house.rehearsals.playing.folder, house.rehearsals.playing.port)

    async def look_again() -> tuple[list[Any], str, bool, bool]:
        said = []
        for _ in range(2):
            async with shop(tmp_path) as house:
                await until(lambda house=house: house.rehearsals.log.past() and house.rehearsals.playing is None)
                said.append(house.rehearsals.told)
                past = house.rehearsals.log.past()
        return past, said[0], (tmp_path / FILE).exists(), any((tmp_path / FOLDER).rglob("secrets.*"))

    asyncio.run(tear())
    assert (tmp_path / FILE).exists()
    past, told, is_left, has_secrets = asyncio.run(look_again())

    assert ["The box stopped in the middle of it."] == [one.body.note for one in past]
    assert "The box stopped in the middle of it." == told
    assert (False, False) == (is_left, has_secrets)


def test_a_new_person_comes_in_with_a_pin_of_the_practice(tmp_path: Path) -> None:
    """No real PIN and no real pad leaves the shop's folder; who the plan does not know yet still takes part."""

    async def play() -> tuple[set[str], list[str]]:
        async with shop(tmp_path / "real") as house:
            house.plan.put(Person(MAIJA, "owner"), MAIJA)
            house.plan.issue_pad("A", 50, MAIJA)
            async with await begun(house) as crew:
                for player in range(2):
                    await crew.sign_in(player)
                pads = (await crew.staff.get("/v1/slips")).json()["pads"]
                people = {one.name for one in crew.players}
                house.rehearsals.stop("given_up")
            await until(lambda: house.rehearsals.playing is None)
            return people, [one["series"] for one in pads]

    assert ({OONA, MAIJA}, ["PRAC"]) == asyncio.run(play())


def test_a_playbook_alone_is_gone_through_with_help(tmp_path: Path) -> None:
    """Only the playbook is played: it ends by itself after the last step; the step that needed help is told, a wrong tick is none."""

    async def play() -> tuple[Any, list[str], list[Any]]:
        async with shop(tmp_path / "real") as house:
            async with await begun(house, "cards-down") as crew, crew.reader() as reader:
                await reader.open("internet-down")
                assert "playbook" == house.rehearsals.help()
                run = await reader.open("cards-down")
                await reader.tick(run)
                await until(lambda: "first-step" in house.rehearsals.seen.done)
                await reader.press(f"/run/{run}/mark", step=0, way=1, outcome="open")
                await until(lambda: "first-step" not in house.rehearsals.seen.done)
                assert 3 == [await reader.tick(run) for _ in range(3)][-1]
                await until(lambda: 2 in house.rehearsals.seen.steps)
                assert "step-3" == house.rehearsals.help()
                await reader.to_its_end(run)
            await until(lambda: house.rehearsals.playing is None)
            log = house.rehearsals.log
            return log.past()[0].body, [one.key for one in log.open_gaps()], house.journal.read(kinds=("acknowledged",))

    body, gaps, known = asyncio.run(play())

    assert ("finished", (), ("playbook", "step-3"), None) == (body.how, body.missed, body.helped, body.to_closed_s)
    assert body.to_step_s is not None and body.to_sale_s is None
    assert {"cards-down/playbook", "cards-down/step-3"} == set(gaps)
    assert {(OONA, "did"), (MAIJA, "did")} == {(one.entry.body.person, one.entry.body.how) for one in known}
