"""The page of lines: shown to whoever is signed in, allowed and forbidden by who leads, everything in both languages, without scripts."""

from __future__ import annotations

import asyncio

from msgspec import to_builtins

from tideover.model.outage import Verdict
from tideover.model.switching import LineProved, Switched
from tideover.plan.records import Person
from unit.seam.test_finnish import english_in, words_of
from unit.web.shop import in_shop
from unit.web.test_access import signed_in

LINES = ("fibre device=wan0 carrier=Elisa", "mobile device=wwan0 metered allowance_mb=5000 carrier=Telia")
NAMES = {"fibre", "mobile", "Elisa", "Telia", "Anna", "Kulmakauppa"}


def seen(shop, **states):
    """From now on the lines are seen so."""
    since = shop.world.now()
    verdicts = [Verdict(f"line-{name}", state, "none", (), since) for name, state in states.items()]
    shop.house.mover._verdicts = lambda: verdicts


def in_lines(folder, play, lines=LINES, before=(), **settings):
    """Runs `play` in a shop with two lines, Anna signed in and her form's token. before: what the journal holds of switches then."""

    async def run(shop):
        seen(shop, fibre="up", mobile="up")
        for body in before:
            await shop.house.journal.record("switched", body, operator="Anna")
        await shop.house.mover.turn()
        anna, csrf = await signed_in(shop)
        await play(shop, anna, {"csrf": csrf})
        await shop.house.mover.shut()

    in_shop(folder, run, lines=lines, **settings)


async def page(client, **headers):
    answer = await client.get("/switching", headers=headers)
    assert 200 == answer.status_code, answer.text
    return answer.text


def test_it_is_allowed_and_forbidden_in_this_one_place(tmp_path):
    """With the name of whoever said so; nothing moves before."""

    async def play(shop, anna, csrf):
        text = await page(anna)
        assert "The shop is on fibre, as always." in text and "Let it move by itself" in text
        assert 303 == (await anna.post("/switching/lines/arm", data=csrf)).status_code
        text = await page(anna)
        assert "Anna allowed it" in text and "Do not let it move by itself" in text
        seen(shop, fibre="down", mobile="up")
        await shop.house.mover.turn()
        text = await page(anna)
        assert "The shop is on mobile." in text and "Internet line: went from fibre to mobile" in text and "by itself" in text
        assert 303 == (await anna.post("/switching/lines/disarm", data=csrf)).status_code
        assert "Anna took that back" in await page(anna)
        assert not shop.house.mover.is_armed

    in_lines(tmp_path, play)


def test_unarmed_it_says_what_a_person_does(tmp_path):
    """One next step, with its reason, and a button for whoever may."""

    async def play(shop, anna, csrf):
        seen(shop, fibre="down", mobile="up")
        await shop.house.mover.turn()
        text = await page(anna)
        assert "Move to mobile by hand." in text and "fibre is dead and mobile carries" in text
        assert 303 == (await anna.post("/switching/lines/engage", data={**csrf, "target": "mobile"})).status_code
        assert "mobile" == shop.house.mover.in_use
        assert ["Anna"] == [one.by for one in shop.house.mover.switching.log.acts]

    in_lines(tmp_path, play)


def test_who_does_not_lead_looks_only(tmp_path):
    """A cashier sees everything, is offered no button, and is refused at the address itself."""

    async def play(shop, anna, csrf):
        shop.house.plan.put(Person(name="Oona Owner", role="owner"), by="test")
        shop.house.plan.put(Person(name="Anna", role="cashier"), by="test")
        text = await page(anna)
        assert "Let it move by itself" not in text and "Who may change this: Oona Owner." in text
        assert 403 == (await anna.post("/switching/lines/arm", data=csrf)).status_code
        assert 403 == (await anna.post("/v1/switching/lines/arm", json={}, headers={"x-csrf-token": csrf["csrf"]})).status_code
        assert not shop.house.mover.is_armed

    in_lines(tmp_path, play)


def test_what_cannot_be_done_says_so_on_the_page(tmp_path):
    """A line that is none, a switch that is none, a button that is none: nothing is changed."""

    async def play(shop, anna, csrf):
        for path, status in (("lines/engage", 400), ("toaster/arm", 404), ("lines/explode", 404)):
            answer = await anna.post(f"/switching/{path}", data=csrf)
            assert (status, True) == (answer.status_code, 'role="alert"' in answer.text), (path, answer.text)
        answer = await anna.post("/switching/lines/engage", data={**csrf, "target": "<script>"})
        assert 409 == answer.status_code and "<script>" not in answer.text
        assert 403 == (await anna.post("/switching/lines/arm", data={"csrf": "wrong"})).status_code
        assert "fibre" == shop.house.mover.in_use

    in_lines(tmp_path, play)


def test_the_proof_and_the_allowance_stand_by_the_line(tmp_path):
    """With the day, the speed, the percentage, and that it is no bill."""

    async def play(shop, anna, csrf):
        assert 303 == (await anna.post("/switching/lines/prove", data={**csrf, "target": "mobile"})).status_code
        text = await page(anna)
        assert "8.0 Mbit/s: enough for the cloud till." in text and "Last tried" in text
        await shop.house.journal.record("line_proved", LineProved("mobile", True, 50_000, "the log-in page is reached"))
        assert "0.4 Mbit/s: too slow for the cloud till, which needs 1." in await page(anna)

    in_lines(tmp_path, play)


def test_a_trial_shows_what_it_came_to(tmp_path):
    """Begun with one button; while it runs the page says so and renews itself, afterwards it has the figures."""

    async def play(shop, anna, csrf):
        paused = asyncio.Event()

        async def pause(seconds, wake=None):
            await paused.wait()

        shop.world.pause = pause
        assert 303 == (await anna.post("/switching/lines/try", data=csrf)).status_code
        for _ in range(1_000):
            if shop.house.mover.in_use == "mobile":
                break
            await asyncio.sleep(0.005)
        text = await page(anna)
        assert "The other line is being tried" in text and 'http-equiv="refresh"' in text
        paused.set()
        for _ in range(1_000):
            if shop.house.mover.trialled is not None:
                break
            await asyncio.sleep(0.005)
        text = await page(anna)
        assert "The shop went to mobile in" in text and "fibre" == shop.house.mover.in_use

    in_lines(tmp_path, play)


def test_a_finn_reads_no_english(tmp_path):
    """In every state of the page."""

    async def play(shop, anna, csrf):
        finnish = {"accept-language": "fi"}
        texts = [await page(anna, **finnish)]
        await anna.post("/switching/lines/arm", data=csrf)
        for states in ({"fibre": "down", "mobile": "down"}, {"fibre": "down", "mobile": "up"}, {"fibre": "up", "mobile": "unknown"}):
            seen(shop, **states)
            await shop.house.mover.turn()
            texts.append(await page(anna, **finnish))
        for what in ("rolled-back", "refused", "failed", "healed"):
            await shop.house.journal.record("switched", Switched("lines", what, "fibre", "mobile", "the trial is over"))
        await anna.post("/switching/lines/prove", data={**csrf, "target": "mobile"})
        await anna.post("/switching/lines/disarm", data=csrf)
        texts.append(await page(anna, **finnish))
        for text in texts:
            assert not english_in(words_of(text)), english_in(words_of(text))

    in_lines(tmp_path, play)


def test_programs_see_the_same(tmp_path):
    """GET /v1/switching, and the acts; a rehearsal of the line gives its figures."""

    async def play(shop, anna, csrf):
        machine = shop.machine
        told = (await machine.get("/v1/switching")).json()
        assert ["fibre", "mobile"] == [one["name"] for one in told["lines"]] and told["lines"][0]["is_in_use"]
        armed = (await machine.post("/v1/switching/lines/arm", json={"why": "tried"})).json()
        assert armed["switches"][0]["is_armed"]
        assert 400 == (await machine.post("/v1/switching/lines/engage", json={"line": "mobile"})).status_code

        async def at_once(seconds, wake=None):
            return None

        shop.world.pause = at_once
        found = (await machine.post("/v1/rehearsal/link", json={"span_s": 0})).json()
        assert ("mobile", "done", True) == (found["line"], found["word"], found["is_back"])
        assert {"decided_ms", "carried_ms", "back_ms", "bytes_per_s"} <= set(found)
        assert 4 == len(shop.house.journal.read(kinds=("switched",)))

    in_lines(tmp_path, play)


def test_a_shop_without_lines_is_told_how(tmp_path):
    """No dead end; and no place in the navigation that leads nowhere."""

    async def play(shop, anna, csrf):
        text = await page(anna)
        assert "No line is named in the settings." in text and "tideover.toml" in text
        assert 'href="/switching"' not in (await anna.get("/notes")).text

    in_lines(tmp_path, play, lines=())


def test_a_builtin_view_is_complete(tmp_path):
    """Every switch and line is there even before the first turn."""

    async def play(shop, anna, csrf):
        from tideover.web.switching_api import switching_now

        assert to_builtins(switching_now(shop.house.mover))["switches"][0]["name"] == "lines"

    in_lines(tmp_path, play)


def test_calls_that_were_moved_by_what_is_named_no_more_are_led_back_on_the_page(tmp_path):
    """The outage that cannot close because of it says where to go; there the one button ends it."""

    async def play(shop, anna, csrf):
        house = shop.house
        assert ["The phones are still diverted by the box: lead them back on the page of switching."] == left(house)
        text = await page(anna)
        assert "Telephone system" in text and "It was moved to …567, and the settings name it no more" in text
        assert "Let it move" not in text.split("Telephone system")[1].split("What was moved")[0]
        assert "Se on siirretty" in await page(anna, **{"Accept-Language": "fi"})
        assert 303 == (await anna.post("/switching/pbx/restore", data=csrf)).status_code
        assert [] == left(house)
        text = await page(anna)
        assert "the settings name it no more" not in text and "a person led it back by hand" in text

    def left(house):
        return [one.text for one in house.runs.left_open("Anna") if one.code == "diversion"]

    in_lines(tmp_path, play, before=[Switched("pbx", what, "", "…567", "the line is dead") for what in ("began", "engaged")])
