"""Mains or battery: hysteresis, the stop before the battery ends, and what unknown never does."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tideover.activate.power import NOTICE_S, Power, PowerDesk, due_s, has_ended, take
from tideover.app import Seams, open_house
from tideover.errors import FileDamaged
from tideover.model.power import PowerLook
from tideover.process import serve
from tideover.world import real_world
from unit.web.shop import FRIDAY, open_shop

STOP_S = 180


def played(*looks: str | tuple[str, int], pause_s: float = 5.0) -> list[Power]:
    """The power after each look: "mains", "battery", ("battery", seconds left), "low", "unknown", "last call"."""
    power, found = Power(), []
    for number, one in enumerate(looks):
        word, left_s = one if isinstance(one, tuple) else (one, None)
        is_last = word == "last call"
        look = PowerLook("low" if is_last else word, FRIDAY + timedelta(seconds=pause_s * number), str(one), left_s, is_last)
        power = take(power, look, STOP_S)
        found.append(power)
    return found


def states(*looks: str | tuple[str, int]) -> list[str]:
    return [one.state for one in played(*looks)]


def test_the_first_word_counts_at_once():
    """Nothing was known before."""
    assert ["mains"] == states("mains")
    assert ["battery"] == states("battery")


def test_one_look_that_differs_is_not_believed():
    """A UPS that tries itself for a second is no power cut."""
    assert ["mains", "mains", "mains"] == states("mains", "battery", "mains")
    assert ["mains", "mains", "battery", "battery", "mains"] == states("mains", "battery", "battery", "mains", "mains")


def test_flickering_never_moves_it():
    """On and off by turns: neither is believed."""
    assert {"mains"} == set(states("mains", *["battery", "mains"] * 20))


def test_a_battery_that_gives_little_stops_the_box():
    """Two looks below the limit; the tills are told half a minute before."""
    found = played("battery", ("battery", 300), ("battery", 170), ("battery", 165))
    assert ["battery", "battery", "battery", "stopping"] == [one.state for one in found]
    assert found[-1].stopping_at == found[-1].since + timedelta(seconds=NOTICE_S)
    assert not has_ended(found[-1], found[-1].since)
    assert has_ended(found[-1], found[-1].stopping_at)


def test_a_runtime_that_dips_when_the_load_moves_stops_nothing():
    """Many batteries say zero in the second in which they take over."""
    assert "battery" == states("battery", ("battery", 0), ("battery", 1_200))[-1]


def test_the_machine_told_to_go_down_needs_no_second_word():
    """NUT has decided already: FSD."""
    assert ["mains", "stopping"] == states("mains", "last call")


@pytest.mark.parametrize("before", ["mains", "battery"])
def test_unknown_starts_no_stop(before):
    """A cable that drops out just when the mains go, however long."""
    found = played(before, *["unknown"] * 50)
    assert [None] * 51 == [one.stopping_at for one in found]
    assert ([before] * 4, "unknown") == ([one.state for one in found[:4]], found[-1].state)


def test_unknown_ends_no_stop_and_mains_do():
    """The battery that was proven to end falls silent because it ends; when the mains are back nothing stops."""
    silent = played("battery", "low", "low", *["unknown"] * 9)
    assert ("stopping", silent[2].stopping_at) == (silent[-1].state, silent[-1].stopping_at)
    back = played("battery", "low", "low", "mains", "mains")
    assert ["stopping", "stopping", "mains"] == [one.state for one in back[2:]]
    assert back[-1].stopping_at is None


def test_a_clock_that_is_set_back_puts_off_no_stop():
    """An hour back in the middle of it: the stop comes within the half minute that was told, before the battery ends."""
    power = played("battery", "low", "low")[-1]
    assert power.state == "stopping"
    back = FRIDAY - timedelta(hours=1)
    for second in range(2):
        power = take(power, PowerLook("low", back + timedelta(seconds=second), "on battery", 20, False), 180)
    assert power.stopping_at == back + timedelta(seconds=NOTICE_S)


def test_looks_far_apart_do_not_agree():
    """The clock jumped, or the box slept: what was seen an hour ago says nothing about now."""
    far = played("mains", "battery", "battery", pause_s=3_600.0)
    assert ["mains"] * 3 == [one.state for one in far]


def test_it_looks_again_soon_when_something_changes():
    """A second after a first word that differs; often on battery; as always on mains."""
    assert [None, 1.0, 5.0] == [due_s(one) for one in played("mains", "battery", "battery")]
    assert None is due_s(Power())


def test_what_changed_is_written_once_and_the_box_stops_in_time(tmp_path):
    """Entries for mains, battery, stopping; then the bell rings; after a start the same word is not written again."""

    async def play() -> tuple[list[str], list[bool], list[str], list[str]]:
        async with open_shop(tmp_path) as shop:
            said: list[str] = []
            journal, world = shop.house.journal, shop.world
            desk = PowerDesk(journal, shop.house.settings, world, said.append)
            rung = []
            for word, left_s in (("mains", None), ("battery", 900), ("battery", 890), ("battery", 100), ("battery", 90), ("battery", 60)):
                desk.hear(PowerLook(word, world.now(), f"on {word}", left_s))
                await desk.turn()
                rung.append(desk.stop.rung)
                world.pass_time(seconds=NOTICE_S / 1.5)
            desk.hear(PowerLook("battery", world.now(), "on battery", 40))
            await desk.turn()
            rung.append(desk.stop.rung)
            again = PowerDesk(journal, shop.house.settings, world, said.append)
            again.hear(PowerLook("mains", world.now(), "on mains"))
            await again.turn()
            await again.turn()
            return [one.entry.body.state for one in journal.read(kinds=("power",))], rung, said, [one.text for one in (again.power,)]

    entries, rung, said, texts = asyncio.run(play())
    assert ["mains", "battery", "stopping", "mains"] == entries
    assert [False] * 6 + [True] == rung
    assert 2 == len(said) and "on mains" == texts[0]


def test_a_journal_that_takes_nothing_stops_no_stop(tmp_path):
    """The box ends in good order although it cannot write that down."""

    async def play() -> tuple[bool, list[str]]:
        async with open_shop(tmp_path) as shop:
            said: list[str] = []
            desk = PowerDesk(shop.house.journal, shop.house.settings, shop.world, said.append)
            shop.house.journal.distrust(FileDamaged(file="journal.db", why="torn"))
            for word in ("low", "low"):
                desk.hear(PowerLook(word, shop.world.now(), "on battery, nearly empty", 20))
            shop.world.pass_time(seconds=NOTICE_S)
            await desk.turn()
            return desk.stop.rung, said

    rung, said = asyncio.run(play())
    assert rung and any(one.startswith("power: ") for one in said)


def test_tills_and_the_wall_are_told_when_the_box_stops(tmp_path):
    """The status, the page of the wall in both languages, and what a till asks for."""

    async def play() -> tuple[dict, str, str, dict]:
        async with open_shop(tmp_path) as shop:
            for word in ("battery", "low", "low"):
                shop.house.power.hear(PowerLook(word, shop.world.now(), "on battery, nearly empty", 100))
            client, machine = shop.client(), shop.machine
            status = (await client.get("/v1/status")).json()
            pages = [(await client.get("/", headers={"Accept-Language": one})).text for one in ("en", "fi")]
            return status["power"], *pages, (await machine.get("/v1/till/standing")).json()

    power, english, finnish, standing = asyncio.run(play())
    at_ms = int((FRIDAY + timedelta(seconds=NOTICE_S)).timestamp() * 1000)
    assert {"state": "stopping", "text": "on battery, nearly empty", "left_s": 100, "stopping_at": at_ms} == power
    assert "The battery ends: the box stops at 14:30." in english and "Akku loppuu: kone pysähtyy kello 14.30." in finnish
    assert at_ms == standing["stops_at"]


def test_a_shop_without_a_battery_is_told_nothing(tmp_path):
    """No UPS in the settings: null, and no word on the wall."""

    async def play() -> tuple[object, str]:
        async with open_shop(tmp_path) as shop:
            client = shop.client()
            return (await client.get("/v1/status")).json()["power"], (await client.get("/")).text

    power, page = asyncio.run(play())
    assert power is None and "battery" not in page


def test_the_box_ends_by_itself_when_the_battery_does(tmp_path):
    """Its loops and its door stop, the port is not kept, everything is closed; nobody was asked."""

    async def play() -> tuple[object, bool]:
        house = open_house(tmp_path, real_world(), Seams(probes=[], tell=lambda text: None), port=0)
        begun: list[int] = []
        serving = asyncio.create_task(serve(house, set(), lambda port, secure: begun.append(port)))
        while not begun and not serving.done():
            await asyncio.sleep(0.01)
        for _ in range(2):
            house.power.hear(PowerLook("low", house.world.now() - timedelta(seconds=NOTICE_S), "on battery, nearly empty", 20))
        house.bells["watch"].ring()
        kept = await asyncio.wait_for(serving, 30)
        entries = [one.entry.body.state for one in house.journal.read(kinds=("power",))]
        await house.shut()
        return kept, entries

    assert (None, ["stopping"]) == asyncio.run(play())
