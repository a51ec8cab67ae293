"""The page of checks: what is asked and what is lost, one tap to answer, proof and claim apart; and the navigation."""

from __future__ import annotations

import re

import pytest

from tideover.learn.check import Checks
from tideover.plan.records import Channel, Check, Party, Person
from tideover.web.checks_page import DONE, STATES
from tideover.words import catalogue
from unit.seam.test_finnish import english_in, words_of
from unit.web.shop import in_shop
from unit.web.test_access import signed_in

LOSS = "In the dark nobody finds the slips."
LAMPS = Check("lamps", "Switch every lamp on.", "thing/lamps", LOSS, 90, 7, "2026-11-18", "Anna", "Maija")
SPARE = Check("spare", "Open the spare laptop.", "thing/spare", "The queue waits.", 30, 3, "2026-11-02", "Maija", "Anna")
STAFF = [Person("Anna", "owner"), Person("Maija", "cashier", "+358 40 555 1001"), Person("Hanna", "helper")]
PLACES = ["/", "/run", "/slips", "/plan", "/checks", "/kit", "/rehearsal", "/start", "/day", "/tills", "/notes"]


def on_page(folder, play, name="Anna"):
    """Runs `play` in a shop with two checks and one number, that person signed in, with the token of the page's forms."""

    async def run(shop):
        bank = Party("bank", "Bank", channels=(Channel("+358 9 555 0200", "lost cards"), Channel("help@bank.example")))
        shop.house.plan.change([*STAFF, LAMPS, SPARE, bank], (), "Anna")
        client, csrf = await signed_in(shop, name)
        await play(shop, client, {"csrf": csrf})

    in_shop(folder, run)


def known(shop, key):
    """That check as it stands now, read anew."""
    house = shop.house
    return Checks(house.journal, house.plan, house.world, house.settings).one(key)


async def tap(client, csrf, check, answer, **more):
    return await client.post("/checks", data={**csrf, "check": check, "answer": answer, **more})


def numbers_in(page: str) -> list[str]:
    return re.findall(r'name="check" value="(number/[0-9a-f]+)"', page)


def test_words_of_the_page_have_their_finnish():
    """States and what is said after a tap."""
    assert set() == {*STATES.values(), *DONE.values()} - set(catalogue("fi"))


def test_an_empty_page_says_what_to_do(tmp_path):
    """Nothing to be checked: the first questions, or one of one's own."""

    async def play(shop):
        anna, _ = await signed_in(shop)
        page = (await anna.get("/checks")).text
        assert "Nothing is checked yet." in page and 'href="/start"' in page and 'href="/plan/check/new"' in page

    in_shop(tmp_path, play)


def test_ones_own_come_first_with_what_is_lost(tmp_path):
    """The overdue one names the second person, too; what is asked of others stands below."""

    async def play(shop, hanna, csrf):
        page = (await hanna.get("/checks")).text
        assert "Asked of you" not in page and LOSS in page and "Asked: Maija, Anna" in page

    on_page(tmp_path, play, "Hanna")

    async def of_anna(shop):
        anna, _ = await signed_in(shop)
        page = (await anna.get("/checks")).text
        assert "Asked of you: 2" in page and "Asked as well: Maija" in page and "Overdue" in page

    in_shop(tmp_path, of_anna)


def test_one_tap_says_what_a_person_saw(tmp_path):
    """The words of the proof are optional: "I saw it" is one; the check is green, dated and asked no more."""

    async def play(shop, anna, csrf):
        reply = await tap(anna, csrf, "lamps", "works")
        assert (303, "/checks?done=works#asked") == (reply.status_code, reply.headers["location"])
        assert ("fresh", "Anna", "seen with own eyes") == (
            known(shop, "lamps").state, known(shop, "lamps").known.proof.by, known(shop, "lamps").known.proof.evidence
        )  # fmt: skip
        page = (await anna.get("/checks?done=works")).text
        assert "Kept: you saw it work." in page and "Seen to work" in page and "Proof" in page and "2026-11-20" in page
        await tap(anna, csrf, "spare", "works", text="opened, updated: version 7")
        assert "opened, updated: version 7" == known(shop, "spare").known.proof.evidence

    on_page(tmp_path, play)


def test_a_claim_is_no_proof(tmp_path):
    """It is kept as what it is, never green, and does not stop the second person's being asked."""

    async def play(shop, anna, csrf):
        await tap(anna, csrf, "lamps", "said", text="Maija tried them")
        stands = known(shop, "lamps")
        assert (False, None, "Maija tried them", ()) == (stands.is_green, stands.known.proof, stands.known.claim.note, stands.asked)
        page = (await anna.get("/checks")).text
        assert "Only said to work" in page and "Claim" in page and "Maija tried them" in page

    on_page(tmp_path, play)


def test_what_does_not_work_stays_on_top(tmp_path):
    """Until somebody has seen it work."""

    async def play(shop, anna, csrf):
        await tap(anna, csrf, "lamps", "fails", text="two are dead")
        page = (await anna.get("/checks")).text
        assert "fails" == known(shop, "lamps").state and "two are dead" in page and page.index("two are dead") < page.index("spare laptop")
        await tap(anna, csrf, "lamps", "works")
        assert known(shop, "lamps").is_green

    on_page(tmp_path, play)


def test_later_and_handing_on(tmp_path):
    """A week for oneself; a person of the plan instead; nobody is no person, and what was typed stays."""

    async def play(shop, anna, csrf):
        await tap(anna, csrf, "lamps", "later")
        assert ((), "2026-11-27") == (known(shop, "lamps").asked, known(shop, "lamps").quiet_until)
        await tap(anna, csrf, "spare", "hand-on", to="Hanna")
        assert "Hanna" in known(shop, "spare").asked
        nobody = await tap(anna, csrf, "lamps", "hand-on", text="please look")
        assert (400, True) == (nobody.status_code, "say to whom it is handed on" in nobody.text)
        assert 404 == (await tap(anna, csrf, "spare", "hand-on", to="Somebody")).status_code
        assert 404 == (await tap(anna, csrf, "nothing", "works")).status_code
        assert 400 == (await tap(anna, csrf, "lamps", "burns")).status_code
        assert 400 == (await tap(anna, csrf, "lamps", "works", text="x" * 2_000)).status_code

    on_page(tmp_path, play)


def test_numbers_are_ticked_one_by_one(tmp_path):
    """Each can be called with a tap; no number reaches the journal; a changed one is asked anew."""

    async def play(shop, anna, csrf):
        page = (await anna.get("/checks")).text
        assert 'href="tel:+35895550200"' in page and 'href="tel:+358405551001"' in page and "help@bank" not in page
        assert "To be tried now: 2 of 2." in page
        first, second = numbers_in(page)
        assert "/checks?done=works#numbers" == (await tap(anna, csrf, first, "works")).headers["location"]
        await tap(anna, csrf, second, "fails")
        page = (await anna.get("/checks")).text
        assert "To be tried now: 1 of 2." in page and "does not work" in page
        written = b"".join(kept.signed for kept in shop.house.journal.read())
        assert b"called, and somebody answered" in written
        assert b"5550200" not in written and b"555 0200" not in written
        shop.house.plan.put(Person("Maija", "cashier", "+358 40 555 9999"), "Anna")
        assert "never tried" in (await anna.get("/checks")).text

    on_page(tmp_path, play)


def test_a_stranger_is_led_to_the_sign_in(tmp_path):
    """And comes back afterwards."""

    async def play(shop, anna, csrf):
        for path in ("/plan", "/checks"):
            reply = await shop.client().get(path)
            assert (303, f"/sign-in?to={path[1:]}") == (reply.status_code, reply.headers["location"])
            back = await shop.client().post(f"/sign-in?to={path[1:]}", data={"name": "Anna", "pin": "2580"})
            assert (303, path) == (back.status_code, back.headers["location"])
        assert 403 == (await tap(anna, {"csrf": "old"}, "lamps", "works")).status_code

    on_page(tmp_path, play)


def test_the_page_holds_no_english_in_finnish(tmp_path):
    """Every state, every answer's word, and the numbers; what people typed stays as it is."""

    async def play(shop, anna, csrf):
        own = [Check(key, "Kokeile.", "thing/x", "Jono odottaa.", 30, 7, "2026-11-18", "Anna") for key in ("lamps", "spare", "c", "d", "e")]
        shop.house.plan.change(own, (), "Anna")
        for key, answer in zip(("lamps", "spare", "c", "d"), ("works", "said", "fails", "later"), strict=True):
            page = await anna.post("/checks?lang=fi", data={**csrf, "check": key, "answer": answer})
            pages = [(await anna.get(f"/checks?lang=fi&done={answer}")).text]
            assert 303 == page.status_code and [[]] == [english_in(words_of(one)) for one in pages], words_of(pages[0])

    on_page(tmp_path, play)


# The way to every page --------------------------------------------------------------------------------


def places_in(page: str) -> list[str]:
    found = re.search(r'<nav class="places".*?</nav>', page, re.DOTALL)
    return re.findall(r'href="([^"]+)"', found[0]) if found else []


def test_every_page_leads_to_every_other(tmp_path):
    """For signed-in people; the page that is shown is marked, and the checks carry how many are asked."""

    async def play(shop, anna, csrf):
        for path in PLACES:
            page = (await anna.get(path)).text
            assert PLACES == places_in(page), path
            assert [path] == re.findall(r'<a href="([^"]+)" aria-current="page">', page), path
            assert '<span class="count">4</span>' in page and 'class="skip" href="#main"' in page and '<main id="main">' in page
        assert 'href="/plan" aria-current="page"' in (await anna.get("/plan/check/lamps")).text
        assert [] == places_in((await shop.client().get("/")).text)

    on_page(tmp_path, play)


@pytest.mark.parametrize(("name", "gone"), [("Maija", {"/start", "/day"}), ("Anna", set())])
def test_a_person_is_led_where_they_may_work(tmp_path, name, gone):
    """The first questions are for who leads the shop."""

    async def play(shop, client, csrf):
        assert set(PLACES) - gone == set(places_in((await client.get("/")).text))

    on_page(tmp_path, play, name)


def test_the_status_page_says_how_many_checks_are_asked(tmp_path):
    """To people of the shop; a stranger at the counter reads nothing of it."""

    async def play(shop, anna, csrf):
        assert "Checks that are asked: 4" in (await anna.get("/")).text
        assert "Checks that are asked" not in (await shop.client().get("/")).text

    on_page(tmp_path, play)
