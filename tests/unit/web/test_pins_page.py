"""Everybody who works in the shop comes to a PIN: by the owner at the box's own screen, by themselves, or by a command."""

import asyncio
import re

import httpx
import pytest
from click.testing import CliRunner

from bad_luck.box import Box
from tideover.__main__ import cli
from tideover.app import open_house
from tideover.plan.records import Person
from tideover.web.sessions import PIN_TRIES_MAX, Sessions
from tideover.world import real_world
from unit.web.shop import in_shop
from unit.web.test_wall import staff, text_of

HERE, ELSEWHERE, ANOTHER = "127.0.0.1", "192.168.1.66", "192.168.1.67"

NEW = {"now": "1357", "pin": "8642", "again": "8642"}


async def at(shop, name, where=HERE):
    """That person, signed in on a device there, and what a form of theirs carries."""
    await shop.machine.post("/v1/pins", json={"name": name, "pin": "1357"})
    client = shop.client(where)
    return client, (await client.post("/v1/login", json={"name": name, "pin": "1357"})).json()["csrf"]


async def fits(shop, name, pin="8642"):
    return await Sessions(shop.house.secrets, shop.world).pins.fits(name, pin)


def test_an_owner_gives_a_pin_on_the_boxs_own_screen(tmp_path):
    """To anybody of the plan, and it opens the pages; a name that the plan does not know gets none."""

    async def play(shop):
        staff(shop)
        olga, csrf = await at(shop, "Olga")
        assert "For whom" in text_of((await olga.get("/tills")).text, "pins")
        page = await olga.post("/tills/pin/set", data={"csrf": csrf, "name": "Anna", **NEW})
        assert "The PIN of Anna is set." in page.text and await fits(shop, "Anna")
        assert 303 == (await shop.client().post("/sign-in", data={"name": "Anna", "pin": "8642"})).status_code
        assert 403 == (await olga.post("/tills/pin/set", data={"csrf": csrf, "name": "Nobody", **NEW})).status_code

    in_shop(tmp_path, play)


@pytest.mark.parametrize(("who", "where"), [("Mika", HERE), ("Anna", HERE), ("Olga", ELSEWHERE)])
def test_nobody_else_sets_the_pin_of_another(tmp_path, who, where):
    """No manager becomes the owner that way, and nobody in the network either; their own they change."""

    async def play(shop):
        staff(shop)
        await shop.machine.post("/v1/pins", json={"name": "Olga", "pin": "1357"})
        person, csrf = await at(shop, who, where)
        assert "For whom" not in (await person.get("/tills")).text
        other = "Anna" if who == "Olga" else "Olga"
        assert 403 == (await person.post("/tills/pin/set", data={"csrf": csrf, "name": other, **NEW})).status_code
        assert not await fits(shop, other)
        assert 200 == (await person.post("/tills/pin/set", data={"csrf": csrf, "name": who, **NEW})).status_code
        assert await fits(shop, who)

    in_shop(tmp_path, play)


@pytest.mark.parametrize(
    ("typed", "told"),
    [({"pin": "12", "again": "12"}, "four to twelve digits"), ({"pin": "8642", "again": "8643"}, "the two were not the same")],
)
def test_a_pin_is_typed_twice_the_same(tmp_path, typed, told):
    """Nobody locks themselves out by a slip of a finger: nothing is changed."""

    async def play(shop):
        staff(shop)
        anna, csrf = await at(shop, "Anna")
        page = await anna.post("/tills/pin/set", data={"csrf": csrf, "name": "Anna", "now": "1357", **typed})
        assert 400 <= page.status_code < 500 and told in page.text
        assert not await fits(shop, "Anna", typed["pin"])
        assert re.search(r"\b8642", page.text) is None  # As a word: a token may hold these digits, too.

    in_shop(tmp_path, play)


def log_of(shop):
    return [(one.entry.operator, one.entry.body.text) for one in shop.house.journal.read(kinds=("note",))]


@pytest.mark.parametrize("name", ["Olga", "Anna"])
def test_an_owners_open_session_is_not_enough_to_set_a_pin(tmp_path, name):
    """Their own present PIN is asked for, on the page and by a program, and its tries are counted; what was done stands in the log."""

    async def play(shop):
        staff(shop)
        olga, csrf = await at(shop, "Olga")
        form = {"csrf": csrf, "name": name, **NEW}
        for now in ("", "8642"):
            page = await olga.post("/tills/pin/set", data={**form, "now": now})
            assert 409 == page.status_code and "your own present PIN does not fit" in page.text
        assert not await fits(shop, name) and [] == log_of(shop)
        assert 200 == (await olga.post("/tills/pin/set", data=form)).status_code
        assert await fits(shop, name) and [("Olga", f"The PIN of {name} was set by Olga.")] == log_of(shop)
        last = [(await olga.post("/tills/pin/set", data={**form, "now": "0000"})).status_code for _ in range(PIN_TRIES_MAX + 1)]
        assert 429 == last[-1]

    in_shop(tmp_path, play)


def test_no_other_way_sets_ones_pin_without_the_present_one(tmp_path):
    """Neither the interface nor the first pages; whom a PIN is taken from can read who did it."""

    async def play(shop):
        staff(shop)
        await at(shop, "Anna")
        olga, csrf = await at(shop, "Olga")
        headers = {"X-CSRF-Token": csrf}
        assert 409 == (await olga.post("/v1/pins", json={"name": "Olga", "pin": "8642"}, headers=headers)).status_code
        assert 409 == (await olga.post("/start/pin", data={"csrf": csrf, "pin": "8642"})).status_code
        assert not await fits(shop, "Olga")
        await olga.post("/tills/pin", data={"csrf": csrf, "name": "Anna"})
        assert [("Olga", "The PIN of Anna was taken away by Olga.")] == log_of(shop)

    in_shop(tmp_path, play)


def test_a_new_pin_opens_at_once_after_too_many_wrong_ones(tmp_path):
    """Who forgot theirs has tried it often, at a till and at the box: what the owner set counts from the next try on."""

    async def play(shop):
        staff(shop)
        olga, csrf = await at(shop, "Olga")
        for where in (HERE, ELSEWHERE):
            guess = {"name": "Anna", "pin": "0000"}
            told = [(await shop.client(where).post("/v1/login", json=guess)).status_code for _ in range(PIN_TRIES_MAX + 1)]
            assert 429 == told[-1]
        await olga.post("/tills/pin/set", data={"csrf": csrf, "name": "Anna", **NEW})
        for where in (HERE, ANOTHER):
            assert 200 == (await shop.client(where).post("/v1/login", json={"name": "Anna", "pin": "8642"})).status_code

    in_shop(tmp_path, play)


def test_a_sign_in_that_fails_says_what_to_do(tmp_path):
    """With a PIN in the house: type both again. Without one: how the first comes to be."""

    async def play(shop):
        none = text_of((await shop.client().get("/sign-in")).text)
        assert "Nobody has a PIN yet." in none and "tideover pin" in none
        shop.house.plan.put(Person("Anna"), "Olga")
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "1357"})
        wrong = text_of((await shop.client().post("/sign-in", data={"name": "Anna", "pin": "1"})).text)
        assert "Name and PIN do not fit together." in wrong and "enrol" not in wrong and "Nobody has a PIN yet." not in wrong

    in_shop(tmp_path, play)


def test_the_command_sets_a_pin_beside_a_box_and_without(tmp_path):
    """Where no box runs it is written here; it takes one away, too, and says where there is none."""
    def run(*words, typed=""):
        return CliRunner().invoke(cli, ["pin", "--data", str(tmp_path), *words], input=typed)

    async def knows(pin):
        house = open_house(tmp_path, real_world())
        try:
            return await Sessions(house.secrets, house.world).pins.fits("Oona Virtanen", pin)
        finally:
            await house.shut()

    assert 0 == run("Oona Virtanen", typed="8642\n8642\n").exit_code
    assert asyncio.run(knows("8642"))
    assert 2 == run("Oona Virtanen", typed="12\n12\n").exit_code
    assert '"has_pin": false' in run("Oona Virtanen", "--take-away", "--json").stdout
    assert not asyncio.run(knows("8642"))
    assert run("Oona Virtanen", "--take-away").exception.code == "not-found"


def test_a_name_that_the_plan_does_not_know_gets_no_pin(tmp_path):
    """Misspelt or empty: it says so, beside a box that runs as well, and nothing is kept; before there is a plan any name does."""

    def run(*words):
        return CliRunner().invoke(cli, ["pin", "--data", str(tmp_path), *words], input="8642\n8642\n")

    assert [0, 2, 2] == [run(name).exit_code for name in ("Oona Virtanen", "", "  ")]
    house = open_house(tmp_path, real_world())
    try:
        house.plan.put(Person("Oona Virtanen", role="owner"), "Oona Virtanen")
    finally:
        asyncio.run(house.shut())
    assert 0 == run("Oona Virtanen").exit_code
    assert ("not-found", "oona virtanen") == ((told := run("oona virtanen").exception).code, told.facts["id"])

    async def play(shop):
        shop.house.plan.put(Person("Oona Virtanen", role="owner"), "Oona Virtanen")
        names = ("oona virtanen", " ", "Oona Virtanen")
        asked = [await shop.machine.post("/v1/pins", json={"name": name, "pin": "8642"}) for name in names]
        assert [404, 404, 200] == [one.status_code for one in asked]
        assert "oona virtanen" in asked[0].json()["message"]
        assert not await fits(shop, "oona virtanen")

    box = tmp_path / "box"
    box.mkdir()
    in_shop(box, play)


def test_the_command_reaches_the_box_that_runs(tmp_path):
    """What it set opens that box at once."""
    with Box(tmp_path) as box:
        done = CliRunner().invoke(cli, ["pin", "--data", str(box.data), "Oona Virtanen"], input="8642\n8642\n")
        assert 0 == done.exit_code, done.output
        assert 200 == httpx.post(f"{box.url}/v1/login", json={"name": "Oona Virtanen", "pin": "8642"}).status_code
