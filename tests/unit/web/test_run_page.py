"""Playbooks as they are gone through on the page: one step at a time, several people, the way back, and the record."""

from __future__ import annotations

import re

import pytest

from tideover.activate.steps import Place, next_step
from tideover.plan.playbook import CHECKLIST, STARTERS, playbooks, starter_texts
from tideover.plan.playbook_text import read_playbook
from tideover.plan.records import Channel, Party, Person, PlaybookText, Service, Thing
from tideover.plan.symptom import OF_CAUSE, OF_SERVICE, fitting, playbook_for
from unit.seam.test_finnish import english_in, words_of
from unit.web.shop import in_shop
from unit.web.test_access import signed_in

STAFF = [Person("Anna", "owner", "+358 40 555 1001", can=("decide",)), Person("Ville", "cashier", "+358 40 555 1002")]
LINES = ("fibre device=wan0 carrier=Elisa", "mobile device=wwan0 metered carrier=Telia")
SPARES = [Thing("line2", "Nokia", ("internet",), stands_in_for="line"), Thing("mob", "Nokia", ("phone",), stands_in_for="phones")]
CARRIER = Party("elisa", "Operaattori Oy", "carrier", "4711-99", (Channel("+358 9 555 0200", "viat", "24 h"),))
BAKERY = Party("bakery", "Leipomo Oy", channels=(Channel("+358 9 555 0300"),), told_in_outage=True)


def on_page(folder, play, more=(), **settings):
    """Runs `play(shop, client, token)` with Anna signed in and a plan of two people and their carrier."""

    async def run(shop):
        shop.house.plan.change([*STAFF, CARRIER, Service("internet", "Internet", 1_800, supplier="elisa"), *more], (), "Anna")
        client, csrf = await signed_in(shop)
        await play(shop, client, {"csrf": csrf})

    in_shop(folder, run, **settings)


async def started(client, token, playbook="internet-down", language="en"):
    """The run's address."""
    reply = await client.post(f"/run/start?lang={language}", data={**token, "playbook": playbook})
    assert 303 == reply.status_code
    return reply.headers["location"]


def form_in(page: str) -> dict[str, str]:
    """The hidden fields of the step's own form."""
    form = page.split('class="tick-form"')[1].split("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


async def tap(client, address, outcome="done", **more):
    """The step in turn as its page shows it, and a button of it."""
    return await client.post(f"{address}/mark", data={**form_in((await client.get(address)).text), "outcome": outcome, **more})


def kinds(shop):
    return [one.entry.kind for one in shop.house.journal.read(kinds=("run", "run_step", "run_ended", "word_expected", "party_told"))]


def test_every_cause_and_service_leads_to_a_starter_playbook():
    """What nobody knows leads to the one whose second step tells whose fault it is."""
    assert {*OF_CAUSE.values(), *OF_SERVICE.values()} <= set(STARTERS)
    asked = (("our-line", "cloud"), ("", "cards"), ("told-by-person", "cloud"))
    assert ["internet-down", "cards-down", "cloud-down"] == [playbook_for(*one) for one in asked]


def test_a_playbook_is_found_by_what_people_see():
    """In each language; nothing for words that stand nowhere."""
    en, fi = (playbooks(starter_texts(), language) for language in ("en", "fi"))
    assert ["internet-down", "printer-dead", "power-cut", []] == [
        fitting(en, "router red")[0].key,
        fitting(fi, "kuitti")[0].key,
        fitting(fi, "valot")[0].key,
        fitting(en, "dragon"),
    ]


def test_a_run_from_the_first_sentence_to_the_record(tmp_path):
    """Said, done, not worked, left out with a reason, called with the next word, decided: each is an entry, and the record shows it."""

    async def play(shop, client, token):
        address = await started(client, token)
        page = (await client.get(address)).text
        assert '<q lang="en">Our internet line is down, but we are open and I can serve you.</q>' in page
        await tap(client, address)
        await tap(client, address)
        await tap(client, address, "failed", why="it stays red")
        assert 400 == (await tap(client, address, "skipped")).status_code
        await tap(client, address, "skipped", why="no phone here")
        for _ in range(2):
            await tap(client, address)
        page = (await client.get(address)).text
        assert 'href="tel:+35895550200"' in page and "our number with them: 4711-99" in page and "10 min for this" in page
        await tap(client, address, answer="cable cut, fault 12", word_at="15:30", word_from="Operaattori Oy")
        assert "15:30" in (await client.get("/run?lang=en")).text
        page = (await client.get(address)).text
        assert "Anna" in page and 'href="tel:+358405551001"' in page and "No line after 30 minutes" in page
        await tap(client, address)
        await tap(client, address)
        page = (await client.get(address)).text
        assert "Every step is over." in page and "Wait until the line has held" in page
        await client.post(f"{address}/end", data={**token, "how": "finished"})
        record = (await client.get(address)).text
        for text in ("Gone through, Anna", "it stays red", "no phone here", "cable cut, fault 12"):
            assert text in record
        assert ["run", *["run_step"] * 7, "word_expected", *["run_step"] * 2, "run_ended"] == kinds(shop)

    on_page(tmp_path, play)


def test_two_devices_see_the_same_run(tmp_path):
    """The same tick twice is written once; another word from an old page is told and written nowhere; undoing opens the step."""

    async def play(shop, anna, token):
        address = await started(anna, token)
        ville, _ = await signed_in(shop, "Ville")
        old = form_in((await ville.get(address)).text)
        await tap(anna, address)
        assert 303 == (await ville.post(f"{address}/mark", data={**old, "outcome": "done"})).status_code
        assert ["run", "run_step"] == kinds(shop)
        late = await ville.post(f"{address}/mark", data={**old, "outcome": "skipped", "why": "nobody here"})
        assert 409 == late.status_code and "somebody has gone on meanwhile" in late.text
        assert address == await started(ville, {"csrf": old["csrf"]})
        run = shop.house.runs.open_run()
        assert (Place(1, 1), 1) == (next_step(run), len(shop.house.runs.open_runs()))
        await ville.post(f"{address}/mark", data={"csrf": old["csrf"], "step": "0", "way": "1", "outcome": "open"})
        assert Place(0, 1) == next_step(shop.house.runs.open_run())

    on_page(tmp_path, play)


def test_the_words_stay_when_the_plan_changes(tmp_path):
    """The run goes on with what it copied; a box that starts anew reads the same; a new run takes the new words."""

    async def play(shop, client, token):
        address = await started(client, token)
        own = starter_texts()["internet-down.en"].replace("Our internet line is down", "No line here")
        shop.house.plan.put(PlaybookText("internet-down.en", own), "Anna")
        shop.house.runs._wordings._known.clear()
        page = (await client.get(address)).text
        assert "Our internet line is down" in page and "No line here" not in page
        await client.post(f"{address}/end", data={**token, "how": "left", "why": "a try"})
        assert "No line here" in (await client.get(await started(client, token))).text
        found = [one.entry.body.content for one in shop.house.journal.read(kinds=("run",))]
        assert 2 == len(set(found)) and not any("+358" in one.signed.decode() for one in shop.house.journal.read(kinds=("run",)))

    on_page(tmp_path, play)


def test_a_supplier_who_was_not_told_keeps_the_outage_open(tmp_path):
    """By the API as by the page; one tap each, at the beginning and at the end, and taken back as easily."""

    async def play(shop, client, token):
        await shop.house.fallback.confirm("Anna")
        assert "Leipomo Oy" in (await client.get("/run")).text
        await client.post("/run/told", data={**token, "party": "bakery", "what": "outage"})
        await client.post("/run/told", data={**token, "party": "bakery", "what": "outage"})
        await shop.house.fallback.all_clear("Anna")
        refused = await shop.machine.post("/v1/outage/close")
        assert (409, True) == (refused.status_code, "Leipomo Oy has not been told that it is over" in refused.text)
        await client.post("/run/told", data={**token, "party": "bakery", "what": "over"})
        assert "closed" == (await shop.machine.post("/v1/outage/close")).json()["phase"]
        assert ["party_told"] * 2 == kinds(shop)

    on_page(tmp_path, play, [BAKERY])


def test_a_diversion_that_is_on_keeps_the_outage_open(tmp_path):
    """From the tick that put it on until the return checklist's step takes it off."""

    async def play(shop, client, token):
        runs = shop.house.runs
        run = await runs.start("phones-dead", "en", "Ville")
        await runs.mark(run.id, 4, 1, "done", "Ville")
        await shop.house.fallback.confirm("Anna")
        await shop.house.fallback.all_clear("Anna")
        assert "still diverted" in (await shop.machine.post("/v1/outage/close")).text
        back = await runs.start("return", "en", "Anna")
        await runs.mark(back.id, 9, 1, "done", "Anna")
        assert {} == runs.left_on()

    on_page(tmp_path, play)


def test_the_return_checklist_ends_the_outage_and_no_sooner_than_all_is_done(tmp_path):
    """Steps tick themselves where the box knows; a person cannot tick against it; the last step closes and is written down."""

    async def play(shop, client, token):
        await shop.house.fallback.confirm("Anna")
        await shop.house.fallback.all_clear("Anna")
        address = await started(client, token, "return")
        assert "Step 1 of the return checklist is open" in (await shop.machine.post("/v1/outage/close")).text
        refused = await client.post(f"{address}/mark", data={**token, "step": "10", "way": "1", "outcome": "done"})
        assert (409, True) == (refused.status_code, "Leipomo Oy" in refused.text)
        await client.post("/run/told", data={**token, "party": "bakery", "what": "over"})
        early = await client.post(f"{address}/mark", data={**token, "step": "16", "way": "1", "outcome": "done"})
        assert (409, "recovering") == (early.status_code, shop.house.fallback.outage.phase)
        ville, csrf = await signed_in(shop, "Ville")
        for _ in range(20):
            page = (await client.get(address)).text
            if "It is over: sign as Anna" in page:
                break
            await tap(client, address)
        foreign = await ville.post(f"{address}/mark", data={"csrf": csrf, "step": "16", "way": "1", "outcome": "done"})
        assert (403, "recovering") == (foreign.status_code, shop.house.fallback.outage.phase)
        await tap(client, address)
        assert "closed" == shop.house.fallback.outage.phase
        run = shop.house.runs.all()[0]
        assert ("finished", None) == (run.ended.how, next_step(run))
        by_box = {one.step for one in run.words if not one.by}
        assert {5, 6, 7, 8, 10} == by_box
        assert "closed" == (await shop.machine.get("/v1/status")).json()["phase"]

    on_page(tmp_path, play, [BAKERY])


def test_the_next_word_that_is_overdue_is_told(tmp_path):
    """On the run's page, until somebody writes what came."""

    async def play(shop, client, token):
        address = await started(client, token)
        await client.post("/run/word", data={**token, "word_at": "14:45", "word_from": "Operaattori", "run": address.rpartition("/")[2]})
        assert "Next word at 14:45" in (await client.get(f"{address}?lang=en")).text
        shop.world.pass_time(minutes=20)
        assert "overdue" in (await client.get(address)).text
        await client.post("/run/word", data={**token, "text": "mended"})
        assert None is shop.house.runs.word()
        assert 400 == (await client.post("/run/word", data={**token, "word_at": "soon", "word_from": "x"})).status_code

    on_page(tmp_path, play)


def test_finnish_pages_hold_no_english(tmp_path):
    """Choosing, a step of each kind, the way back and the record."""

    async def play(shop, client, token):
        await shop.house.fallback.confirm("Anna")
        address = await started(client, token, language="fi")
        pages = [await client.get("/run?lang=fi"), await client.get("/run?lang=fi&q=xyzzy")]
        pages += [await client.get(f"{address}?lang=fi&step={n}") for n in range(9)]
        await shop.house.runs.end(address.rpartition("/")[2], "left", "Anna", "loppui")
        pages.append(await client.get(f"{address}?lang=fi"))
        back = await started(client, token, "return", "fi")
        pages += [await client.get(f"{back}?lang=fi&step={n}") for n in (1, 4, 10, 16)]
        assert [] == [found for page in pages if (found := english_in(words_of(page.text)))]

    on_page(tmp_path, play, [BAKERY])


@pytest.mark.parametrize(("number", "href"), [(1, None), (4, "/slips"), (5, "/#waiting"), (6, "/#waiting"), (7, "/day"), (8, "/#waiting")])
def test_a_step_of_the_way_back_leads_to_where_it_is_done(number, href, tmp_path):
    """Slips, bookings and the day have pages of this box: nobody looks for them with a customer waiting."""

    async def play(shop, client, token):
        address = await started(client, token, "return")
        page = (await client.get(f"{address}?step={number}")).text.split('<section class="step')[1].split("</section>")[0]
        assert ([href] if href else []) == re.findall(r'<a class="button" href="([^"]+)"', page)
        assert 200 == (await client.get(href or "/")).status_code

    on_page(tmp_path, play)


def test_strangers_see_nothing(tmp_path):
    """Numbers of people stand on these pages: they lead to the sign-in."""

    async def play(shop, client, token):
        address = await started(client, token)
        stranger = shop.client()
        for path in ("/run", address, f"{address}/record"):
            reply = await stranger.get(path)
            assert (303, "/sign-in?to=run") == (reply.status_code, reply.headers["location"])
        assert 401 == (await stranger.get(f"/v1/runs/{address.rpartition('/')[2]}")).status_code
        assert 404 == (await client.get("/run/nothing")).status_code

    on_page(tmp_path, play)


def test_the_first_step_of_each_starter_is_done_for_people():
    """The customer in front of us, or everybody's safety: never a look, a call or a talk while somebody waits."""
    first = {key: read_playbook(text, key).steps[0].ways for key, text in starter_texts().items() if not key.startswith(CHECKLIST)}
    assert {} == {key: ways for key, ways in first.items() if not {one.kind for one in ways} <= {"do", "say"}}


@pytest.mark.parametrize("language", ["en", "fi"])
@pytest.mark.parametrize(
    ("playbook", "number", "href", "lines"),
    [
        ("phones-dead", 4, "/calls", ()),
        ("internet-down", 4, "/switching", LINES),
        ("line-unsteady", 3, "/switching", LINES),
        ("internet-down", 4, "", ()),
        ("internet-down", 2, "", LINES),
    ],
)
def test_a_step_that_names_a_page_leads_there(playbook, number, href, lines, language, tmp_path):
    """Where calls are diverted or the line is moved; a shop of one line is not sent to a page that moves none."""

    async def play(shop, client, token):
        address = await started(client, token, playbook, language)
        page = (await client.get(f"{address}?step={number}")).text.split('<section class="step')[1].split("</section>")[0]
        assert ([href] if href else []) == re.findall(r'<a class="button" href="([^"]+)"', page)
        assert (href == "/switching") == ("Switching" in page or "Vaihto" in page)

    on_page(tmp_path, play, SPARES, lines=lines)
