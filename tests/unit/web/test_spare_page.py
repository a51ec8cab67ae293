"""The page that a spare device opens once a month: what was seen becomes a dated proof of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tideover.activate.evidence import PROOF_DAYS
from tideover.plan.records import Check, Person, Thing
from tideover.words import say
from unit.web.shop import in_shop
from unit.web.test_access import signed_in

MAIJA = "Maija Mäkelä"
CHROME = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"}
SPARE = Thing("spare-pc", "The laptop <in> the office", ("till",), place="back room")


def on_page(folder, play, *records, **settings):
    """Somebody of the shop is signed in, with these records in the plan."""

    async def scene(shop):
        shop.house.plan.change([Person(MAIJA, "owner"), *records], (), MAIJA)
        client, csrf = await signed_in(shop, MAIJA)
        await play(shop, client, {"csrf": csrf})

    in_shop(folder, scene, **settings)


def kept(shop):
    return [one.entry for one in shop.house.journal.read(kinds=("device_proved",))]


def test_what_was_seen_is_kept_with_the_device(tmp_path):
    """Which browser on which system, by whom; the check about that device is answered with it."""

    async def play(shop, maija, csrf):
        form = {**csrf, "thing": "spare-pc", "cloud_page": "1", "printed": "1", "note": "slow"}
        assert 303 == (await maija.post("/spare", data=form, headers=CHROME)).status_code
        (entry,) = kept(shop)
        body = entry.body
        assert (MAIJA, "spare-pc", True, True, True) == (entry.operator, body.thing, body.works, body.cloud_page, body.printed)
        assert ("Chrome 120", "Windows 10 or 11") == (body.browser, body.system)
        (answer,) = shop.house.journal.read(kinds=("checked",))
        assert ("proof", True, "spare") == (answer.entry.body.standing, answer.entry.body.works, answer.entry.body.check)
        page = (await maija.get("/spare?done=1", headers=CHROME)).text
        assert "months old" in page and "Chrome 120" in page and "The laptop &lt;in&gt; the office" in page

    on_page(tmp_path, play, SPARE, Check("spare", "Open it", "thing/spare-pc", first_person=MAIJA))


def test_a_page_that_did_not_open_is_worth_keeping_too(tmp_path):
    """Unticked: the device does not work, and its check fails."""

    async def play(shop, maija, csrf):
        assert 303 == (await maija.post("/spare", data={**csrf, "thing": "spare-pc"})).status_code
        assert not kept(shop)[0].body.works
        assert not shop.house.journal.read(kinds=("checked",))[0].entry.body.works

    on_page(tmp_path, play, SPARE, Check("spare", "Open it", "thing/spare-pc", first_person=MAIJA))


def test_an_old_proof_is_shown_as_old(tmp_path):
    """It stays in the list, and no longer counts."""

    async def play(shop, maija, csrf):
        await maija.post("/spare", data={**csrf, "name": "the tablet", "cloud_page": "1"})
        assert "too long ago" not in (await maija.get("/spare")).text
        shop.world.at += timedelta(days=PROOF_DAYS, seconds=1)
        again, _ = await signed_in(shop, MAIJA)
        assert "too long ago" in (await again.get("/spare")).text

    on_page(tmp_path, play)


@pytest.mark.parametrize("form", [{}, {"name": "   "}, {"name": "x" * 101}, {"name": "x", "note": "y" * 1_001}])
def test_bad_input_is_told_and_nothing_is_kept(tmp_path, form):
    """Nameless, endless: said in words."""

    async def play(shop, maija, csrf):
        answer = await maija.post("/spare", data={**csrf, **form})
        assert 400 == answer.status_code and 'role="alert"' in answer.text
        assert [] == kept(shop)

    on_page(tmp_path, play)


@pytest.mark.parametrize("language", ["en", "fi"])
def test_the_vendors_note_stands_there(tmp_path, language):
    """What its own mode does, what loses sales, and for how long; none where no brand is set."""

    async def play(shop, maija, csrf):
        page = (await maija.get(f"/spare?lang={language}")).text
        assert "Square" in page and say(language)("It lasts {n} hours without the cloud.", n=24) in page

    on_page(tmp_path, play, vendor="square")


def test_a_stranger_is_shown_nothing(tmp_path):
    """The way to the sign-in, and no name of a device."""

    async def play(shop):
        answer = await shop.client().get("/spare")
        assert 303 == answer.status_code and "/sign-in" in answer.headers["location"]

    in_shop(tmp_path, play)


def test_a_stranger_comes_back_to_the_page_after_signing_in(tmp_path):
    """A spare device is signed in at the moment of need: it must not land elsewhere."""

    async def play(shop, maija, csrf):
        stranger = shop.client()
        assert "/sign-in?to=spare" == (await stranger.get("/spare")).headers["location"]
        signed = await stranger.post("/sign-in?to=spare", data={"name": MAIJA, "pin": "2580"})
        assert (303, "/spare") == (signed.status_code, signed.headers["location"])

    on_page(tmp_path, play)
