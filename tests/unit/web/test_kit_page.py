"""The page of printed paper, and its API: ordered, printed, placed, out of date, fetched; and the phones that report."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from tideover.commands.paper_work import work
from tideover.kit.copies import standing
from tideover.model.item import Item
from tideover.plan.records import Person
from tideover.ports import Page
from unit.kit.corner_shop import PHRASE, SCRIPT
from unit.seam.test_finnish import english_in, words_of
from unit.web.shop import in_shop
from unit.web.test_access import signed_in

LIST = "price-list/price-list-leipa.en"


async def at_once(wish):
    return work(wish)


async def filled(shop, price=20_000):
    items = tuple(Item(f"L{n}", f"Leipä {n}", price + n, 135_000, (), "Leipä") for n in range(5))
    await shop.house.copies.apply("items", Page(rows=items, cursor="1", more=False), shop.world.now())


def in_kit(folder, play):
    """Runs `play` in a shop with five loaves, Anna signed in and her form's token; papers are made here."""

    async def run(shop):
        shop.house.keep.work = at_once
        await filled(shop)
        anna, csrf = await signed_in(shop)
        await play(shop, anna, {"csrf": csrf})

    in_shop(folder, run)


def only(shop):
    (copy,) = standing(shop.house.keep.copies())
    return copy


async def laid(shop, anna, csrf, place="Till 1"):
    """A copy that Anna printed and put there, by the page's own buttons."""
    assert 303 == (await anna.post("/kit/print", data={**csrf, "artefact": LIST, "place": place})).status_code
    (job,) = shop.house.keep.jobs.all()
    pdf = await anna.get(f"/kit/jobs/{job.id}")
    assert ("application/pdf", b"%PDF") == (pdf.headers["content-type"], pdf.content[:4])
    assert "attachment" in pdf.headers["content-disposition"]
    assert 303 == (await anna.post(f"/kit/jobs/{job.id}/printed", data=csrf)).status_code
    return job.id


def test_a_copy_is_ordered_printed_placed_and_follows_a_price(tmp_path):
    """By buttons alone: the page says it is true, then out of date with its place; one tap when the new one lies there."""

    async def play(shop, anna, csrf):
        first = await laid(shop, anna, csrf)
        await shop.house.keep.turn()
        page = (await anna.get("/kit")).text
        assert "Every printed paper is up to date." in page and only(shop).short in page and "Till 1" in page
        await filled(shop, 30_000)
        await shop.house.keep.turn()
        page = (await anna.get("/kit")).text
        assert "out of date: 1" in page and "I printed it and changed it there" in page
        (job,) = shop.house.keep.jobs.all()
        assert 303 == (await anna.post(f"/kit/jobs/{job.id}/printed", data=csrf)).status_code
        assert ("replaced", "Till 1") == (shop.house.keep.copy(first).ended, only(shop).place)
        assert "Every printed paper is up to date." in (await anna.get("/kit")).text

    in_kit(tmp_path, play)


def test_a_copy_is_found_by_what_stands_on_its_foot(tmp_path):
    """Typed or scanned; what is nobody's number finds nothing, and its buttons move it and end it."""

    async def play(shop, anna, csrf):
        await laid(shop, anna, csrf)
        copy = only(shop)
        found = (await anna.get("/kit", params={"q": copy.short.lower().replace("-", "")})).text
        assert "<details open>" in found and copy.id in found
        assert "No such copy lies about." in (await anna.get("/kit", params={"q": "0000-0000"})).text
        await anna.post(f"/kit/copies/{copy.id}/placed", data={**csrf, "place": "Back room"})
        assert "Back room" == only(shop).place
        assert 303 == (await anna.post(f"/kit/copies/{copy.short}/destroyed", data=csrf)).status_code
        assert [] == standing(shop.house.keep.copies())
        assert "it was destroyed already" in (await anna.post(f"/kit/copies/{copy.id}/lost", data=csrf)).text
        assert 404 == (await anna.post(f"/kit/copies/{copy.id}/burnt", data=csrf)).status_code

    in_kit(tmp_path, play)


def test_a_pocket_kit_is_handed_out_with_its_phrase_shown_once(tmp_path):
    """On the answer alone; the file is fetched afterwards, and neither page nor journal knows the phrase."""

    async def play(shop, anna, csrf):
        reply = await anna.post("/kit/pocket", data={**csrf, "holder": "Väinö", "language": "fi", "phrase": ""})
        phrase = re.search(r'class="copy">([a-z ]+)<', reply.text)[1]
        assert 6 == len(phrase.split())
        link = re.search(r'href="(/kit/pocket/[^"]+)"', reply.text)[1]
        file = await anna.get(link)
        assert b"<!doctype html>" == file.content[:15] and "attachment" in file.headers["content-disposition"]
        assert phrase not in (await anna.get("/kit")).text and "Väinö" in (await anna.get("/kit")).text
        assert phrase.encode() not in b"".join(kept.signed for kept in shop.house.journal.read())
        mine = await anna.post("/kit/pocket", data={**csrf, "holder": "Cara", "language": "en", "phrase": PHRASE})
        assert PHRASE not in mine.text
        weak = await anna.post("/kit/pocket", data={**csrf, "holder": "Cara", "language": "en", "phrase": "1234"})
        assert (400, True) == (weak.status_code, "best several words" in weak.text)
        for wrong in ({"holder": "", "language": "fi"}, {"holder": "Cara", "language": "xx"}):
            assert 400 == (await anna.post("/kit/pocket", data={**csrf, **wrong})).status_code

    in_kit(tmp_path, play)


def test_a_phone_reports_which_kit_it_holds(tmp_path):
    """From a page of its own, without signing in; anything else it might say changes nothing and is answered the same."""

    async def play(shop, anna, csrf):
        await anna.post("/kit/pocket", data={**csrf, "holder": "Väinö", "language": "fi", "phrase": PHRASE})
        copy, phone = only(shop), shop.client("192.168.1.77", Origin="null")
        wrong = json.dumps({"copy": copy.id, "content": "x"}).encode()
        for said in (b"", b"{", b"[]", b'{"copy": 1}', wrong, b'{"copy": "x", "content": ""}'):
            reply = await phone.post("/v1/kit/opened", content=said, headers={"Content-Type": "text/plain;charset=UTF-8"})
            assert (204, b"") == (reply.status_code, reply.content), said
        assert 0 == only(shop).seen_at
        assert 413 == (await phone.post("/v1/kit/opened", content=b"x" * 1_000)).status_code
        said = json.dumps({"copy": copy.id, "content": copy.content}).encode()
        assert 204 == (await phone.post("/v1/kit/opened", content=said, headers={"Content-Type": "text/plain"})).status_code
        assert only(shop).seen_at > 0
        page = (await anna.get("/kit")).text
        assert "opened in the shop 2026-11-20" in page

    in_kit(tmp_path, play)


def test_the_papers_are_files_of_the_list_alone(tmp_path):
    """What was not made by a kit is not handed out, whatever its path; nobody gets one without signing in."""

    async def play(shop, anna, csrf):
        folder = tmp_path / "kit"
        folder.mkdir()
        (folder / "secret.txt").write_text("x")
        made = {"kind": "plan", "path": "plan.en.pdf", "pages": 1, "rows": 0, "sha256": "", "as_of": "2026-11-20"}
        listed = {"papers": [{"made": made, "title": SCRIPT, "language": "en"}], "missing": [], "is_sample": False, "shop": ""}
        (folder / "kit.json").write_text(json.dumps(listed))
        (folder / "plan.en.pdf").write_bytes(b"%PDF-1.7")
        page = (await anna.get("/kit")).text
        assert "/kit/files/plan.en.pdf" in page and SCRIPT not in page
        assert b"%PDF-1.7" == (await anna.get("/kit/files/plan.en.pdf")).content
        for path in ("secret.txt", "kit.json", "../tideover.toml", "%2e%2e/operator.token", "../../etc/passwd"):
            assert 404 == (await anna.get(f"/kit/files/{path}")).status_code, path
        assert 401 == (await shop.client().get("/kit/files/plan.en.pdf")).status_code

    in_kit(tmp_path, play)


def test_the_page_needs_a_person(tmp_path):
    """It names people and places: a stranger is led to the sign-in, and back."""

    async def play(shop, anna, csrf):
        reply = await shop.client().get("/kit")
        assert (303, "/sign-in?to=kit") == (reply.status_code, reply.headers["location"])
        assert 401 == (await shop.client().get("/v1/kit")).status_code

    in_kit(tmp_path, play)


def test_who_leads_hands_out_pocket_kits(tmp_path):
    """A cashier prints and ticks, and sees no button for everybody's numbers."""

    async def play(shop, anna, csrf):
        shop.house.plan.put(Person("Olga", role="owner"), "Olga")
        shop.house.plan.put(Person("Anna", role="cashier"), "Olga")
        page = (await anna.get("/kit")).text
        assert "/kit/pocket" not in page and "/kit/make" not in page
        assert 403 == (await anna.post("/kit/pocket", data={**csrf, "holder": "Anna", "language": "en"})).status_code
        await laid(shop, anna, csrf)

    in_kit(tmp_path, play)


def test_the_api_says_the_same(tmp_path):
    """Ordered, printed, placed and ended as by the page."""

    async def play(shop, anna, csrf):
        machine = shop.machine
        job = (await machine.post("/v1/kit/copies", json={"artefact": LIST, "place": "Till 1"})).json()
        assert ("waiting", "Till 1") == (job["state"], job["place"])
        assert b"%PDF" == (await machine.get(f"/v1/kit/jobs/{job['id']}/file")).content[:4]
        assert 200 == (await machine.post(f"/v1/kit/jobs/{job['id']}/printed")).status_code
        (copy,) = (await machine.get("/v1/kit")).json()["copies"]
        assert (LIST, "Till 1", False) == (copy["artefact"], copy["place"], copy["is_stale"])
        assert 200 == (await machine.post(f"/v1/kit/copies/{copy['short']}/placed", json={"holder": "Väinö"})).status_code
        assert 200 == (await machine.post(f"/v1/kit/copies/{copy['id']}/ended", json={"how": "destroyed"})).status_code
        assert (0, []) == ((await machine.get("/v1/kit")).json()["copies_count"], (await machine.get("/v1/kit")).json()["jobs"])
        for path in ("/v1/kit/jobs/x/printed", "/v1/kit/copies/x/placed"):
            assert 404 == (await machine.post(path, json={})).status_code

    in_kit(tmp_path, play)


@pytest.mark.parametrize("state", ["waiting", "queued", "sent", "printed", "unknown"])
def test_every_state_of_a_job_is_a_finnish_page(tmp_path, state):
    """With its next step, and no English on it."""

    async def play(shop, anna, csrf):
        await laid(shop, anna, csrf)
        await filled(shop, 30_000)
        await shop.house.keep.turn()
        for job in (shop.house.keep.jobs.all()[0], await shop.house.keep.order(LIST, "Kassa 2", "")):
            if state == "printed":
                await shop.house.keep.move(job, ("waiting",), content=shop.house.keep.jobs.papers()[LIST].content, pages=1)
                await shop.house.keep.is_there(shop.house.keep.job(job.id), "")
            else:
                await shop.house.keep.move(job, ("waiting",), state=state)
        await anna.post("/kit/pocket", data={**csrf, "holder": "Väinö", "language": "fi", "phrase": ""})
        page = (await anna.get("/kit?lang=fi")).text
        assert "Vanhentuneita tulosteita: 1" in page
        assert [] == english_in(words_of(page.replace("Price list: Leipä", "")))

    in_kit(tmp_path, play)


def test_one_kit_is_made_whichever_page_asks(tmp_path):
    """The first pages see what the page of papers began, do not begin a second, and a box that stops takes it along."""

    async def play(shop, anna, csrf):
        making = shop.app.router.state["kit_counter"].making
        await anna.post("/kit/make", data=csrf)
        assert making.is_running
        assert "Your plan B is being made." in (await anna.get("/start/done")).text
        assert "they are being made already" in (await anna.post("/start/make", data=csrf)).text
        shop.app.end()
        await shop.app.rest()
        assert (False, ()) == (making.is_running, making.listed().papers)
        await anna.post("/kit/make", data=csrf)  # Handled in the time that open requests are given: nothing begins any more.
        assert not making.is_running
        await shop.app.rest()

    in_kit(tmp_path, play)


@pytest.mark.parametrize("steps", range(6))
def test_a_box_that_stops_while_a_kit_is_being_begun_ends(tmp_path, steps):
    """A program cut off between its start and its pipes is waited for by nobody: asyncio would wait for it for ever."""

    async def play(shop, anna, csrf):
        await anna.post("/kit/make", data=csrf)
        for _ in range(steps):
            await asyncio.sleep(0)

    in_kit(tmp_path, play)


def test_a_kit_that_cannot_be_made_says_why_on_both_pages(tmp_path):
    """Where the papers should lie is a file."""

    async def play(shop, anna, csrf):
        (tmp_path / "kit").write_text("no folder")
        await anna.post("/kit/make", data=csrf)
        await shop.app.router.state["kit_counter"].making.rest()
        for page in ("/kit", "/start/done"):
            assert "The papers could not be made." in (await anna.get(page)).text, page

    in_kit(tmp_path, play)
