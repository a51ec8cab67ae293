"""The first ten minutes on pages: the door, one question at a time, a file looked at, the papers, the trial."""

from __future__ import annotations

import asyncio
import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from tideover.app import Seams, open_house
from tideover.model.outage import Observation
from tideover.plan.questions import GROUPS
from tideover.plan.records import Check, Party, Person
from tideover.settings import read_settings
from tideover.web import starting
from tideover.web.sessions import PIN_PREFIX
from tideover.world import real_world
from unit.seam.test_finnish import english_in, words_of
from unit.web.shop import Shop, in_shop
from unit.web.test_access import signed_in
from unit.web.test_lists import sold

PRICES = b"Code;Name;Price;VAT\n" + b"".join(b"%d;Item %d;%d,50;25,5\n" % (n, n, n) for n in range(1, 31))
OTHER = b"Code;Name;Price;VAT\n" + b"".join(b"X%d;Thing %d;%d,50;25,5\n" % (n, n, n) for n in range(1, 31))
TYPED_S, PICKED_S, PRESSED_S = 20, 5, 4  # A stranger types a field, picks a choice, reads on and presses: generous.


def in_fresh(folder, play, **settings):
    """Runs `play` in a box that was opened for the first time, with a browser on its machine."""

    async def run():
        house = open_house(folder, real_world(), Seams(probes=[]), **settings)
        shop = Shop(house)
        try:
            await play(shop, shop.client("127.0.0.1", Accept="text/html"))
        finally:
            await shop.app.router.state["kit_counter"].making.rest()
            for client in shop._clients:
                await client.aclose()
            await house.shut()

    asyncio.run(run())


async def opened(shop, browser) -> dict[str, str]:
    """Through the door with a code of this machine; returns the form's token."""
    code = (await shop.machine.post("/v1/start/code")).json()["code"]
    reply = await browser.post("/start/open", data={"code": code})
    assert (303, "/start") == (reply.status_code, reply.headers["location"])
    return await token(browser)


async def token(browser) -> dict[str, str]:
    page = (await browser.get("/start/ask/till")).text
    return {"csrf": re.search(r'name="csrf" value="([^"]+)"', page)[1]}


async def drop(browser, csrf, content=PRICES, kind="items", name="prices.csv"):
    return await browser.post(f"/start/file/{kind}", data=csrf, files={"file": (name, content)})


async def made(shop, browser, csrf) -> str:
    reply = await browser.post("/start/make", data=csrf)
    assert (303, "/start/done") == (reply.status_code, reply.headers["location"]), reply.text
    await shop.app.router.state["kit_counter"].making.rest()
    return (await browser.get("/start/done")).text


# The door -----------------------------------------------------------------------------------------


def test_a_code_opens_the_pages_once_and_only_on_this_machine(tmp_path):
    """A stranger in the network has no use for it, nor anybody the second time."""

    async def play(shop, browser):
        code = (await shop.machine.post("/v1/start/code")).json()["code"]
        elsewhere = shop.client("192.168.1.66", Accept="text/html")
        reply = await elsewhere.post("/start/open", data={"code": code})
        assert (401, None) == (reply.status_code, reply.headers.get("set-cookie"))
        assert 303 == (await browser.post("/start/open", data={"code": code})).status_code
        again = await shop.client("127.0.0.1", Accept="text/html").post("/start/open", data={"code": code})
        assert (401, None) == (again.status_code, again.headers.get("set-cookie"))

    in_fresh(tmp_path, play)


def test_only_the_operators_file_makes_a_code(tmp_path):
    """Neither a browser on this machine nor a person who is signed in."""

    async def play(shop, browser):
        assert 403 == (await browser.post("/v1/start/code")).status_code
        await opened(shop, browser)
        assert 403 == (await browser.post("/v1/start/code")).status_code
        assert 403 == (await browser.post("/v1/start", json={"answers": ""})).status_code

    in_fresh(tmp_path, play)


def test_guesses_of_a_code_end(tmp_path):
    """The door says so, and lets nobody in."""

    async def play(shop, browser):
        codes = [(await browser.post("/start/open", data={"code": f"AAAA-AAA{n}"})).status_code for n in range(2, 16)]
        assert {401, 429} == set(codes)
        assert 429 == codes[-1]

    in_fresh(tmp_path, play)


@pytest.mark.parametrize("path", ["/start", "/start/ask/people", "/start/file/items", "/start/done", "/start/try"])
def test_a_stranger_sees_the_door_and_nothing_else(tmp_path, path):
    """No name, no phone, no price."""

    async def play(shop, browser):
        starting.keep_answers(shop.house.folder, replace(starting.Answers(), people=(starting_helper(),)))
        reply = await shop.client(Accept="text/html").get(path, follow_redirects=True)
        assert ("Secret" in reply.text, 'action="/start/open"' in reply.text) == (False, True)

    in_fresh(tmp_path, play)


def starting_helper():
    from tideover.plan.answers import Helper

    return Helper("Anna Secret", "+358 40 1")


def test_a_cashier_may_look_and_not_answer(tmp_path):
    """Once the plan names an owner the first pages are the leaders'."""

    async def play(shop, browser):
        shop.house.plan.put(Person("Olli", role="owner"), "x")
        shop.house.plan.put(Person("Kaisa", role="cashier"), "x")
        cookie, session = await shop.app.router.state["access"].sessions.begin("Kaisa")
        kaisa = shop.client(Cookie=f"tideover_session={cookie}")
        for path in ("/start/ask/till", "/start/make", "/start/try", "/start/file/items/take"):
            reply = await kaisa.post(path, data={"csrf": session.csrf})
            assert (403, True) == (reply.status_code, "Olli" in reply.json()["message"])

    in_fresh(tmp_path, play)


# The questions ------------------------------------------------------------------------------------


def test_everything_may_be_skipped_and_a_plan_comes_out(tmp_path):
    """Six times "later", and there are plan, slips and five checks."""

    async def play(shop, browser):
        csrf = await opened(shop, browser)
        page = "/start/ask/till"
        for group in GROUPS:
            assert f"/start/ask/{group.bite}" == page
            page = (await browser.post(page, data={**csrf, "how": "later"})).headers["location"]
        assert "/start/file/items" == page
        text = await made(shop, browser, csrf)
        assert "Your plan B is ready to print." in text
        assert 5 == len(shop.house.plan.all(Check))
        assert [("A", 1, 50)] == [(one.series, one.first, one.last) for one in shop.house.plan.pads()]

    in_fresh(tmp_path, play)


def test_an_answer_is_kept_at_once_and_shown_again(tmp_path):
    """Also what was typed wrongly, with its fault beside it; the plan is not touched before 'make'."""

    async def play(shop, browser):
        csrf = await opened(shop, browser)
        fields = {**csrf, "how": "next", "line.kind": "fibre", "line.carrier": 'El"is<a', "line.support": "abc"}
        reply = await browser.post("/start/ask/line", data=fields)
        assert (400, True, True) == (reply.status_code, "is no phone number" in reply.text, "El&#34;is&lt;a" in reply.text)
        reply = await browser.post("/start/ask/line", data={**fields, "line.support": "0800 1"})
        assert (303, "/start/ask/phone") == (reply.status_code, reply.headers["location"])
        page = (await browser.get("/start/ask/line")).text
        assert "El&#34;is&lt;a" in page and re.search(r'value="fibre" checked', page)
        assert [] == shop.house.plan.all(Party)
        assert 0o600 == (shop.house.folder / "answers.toml").stat().st_mode & 0o777

    in_fresh(tmp_path, play)


def test_the_owner_who_answered_is_not_locked_out(tmp_path):
    """Until now everybody might everything; from now on Anna owns the shop, and this browser is hers."""

    async def play(shop, browser):
        csrf = await opened(shop, browser)
        people = {"people.1.name": "Anna", "people.1.phone": "040 1234", "people.1.does": "decides"}
        await browser.post("/start/ask/people", data={**csrf, "how": "next", **people})
        await made(shop, browser, csrf)
        assert "Anna" == (await browser.get("/v1/me")).json()["name"]
        csrf = await token(browser)
        assert 303 == (await browser.post("/start/ask/line", data={**csrf, "how": "next", "line.carrier": "DNA"})).status_code
        assert 303 == (await browser.post("/start/pin", data={**csrf, "pin": "2580"})).status_code
        assert PIN_PREFIX + "Anna" in shop.house.secrets.names()

    in_fresh(tmp_path, play)


class Fields(HTMLParser):
    """Counts what a person does on a page: fields to type, choices to pick."""

    def __init__(self) -> None:
        super().__init__()
        self.typed: set[str] = set()
        self.picked: set[str] = set()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "select" or (tag == "input" and given.get("type") in ("radio", "file")):
            self.picked.add(given["name"])
        elif tag == "input" and given.get("type") != "hidden":
            self.typed.add(given["name"])


def test_a_stranger_is_through_in_ten_minutes(tmp_path):
    """Counted on the pages themselves, every field filled in: fields, choices and presses, at a stranger's pace."""

    async def play(shop, browser):
        csrf = await opened(shop, browser)
        fields = Fields()
        for path in [f"/start/ask/{group.bite}" for group in GROUPS] + ["/start/file/items"]:
            fields.feed((await browser.get(path)).text)
        presses = 1 + len(GROUPS) + 4  # Begin; save six times; choose a file, look at it, take it, make.
        assert (21, 7) == (len(fields.typed), len(fields.picked))
        assert 600 >= TYPED_S * len(fields.typed) + PICKED_S * len(fields.picked) + PRESSED_S * presses
        await browser.post("/start/ask/till", data={**csrf, "how": "later"})

    in_fresh(tmp_path, play)


# A file -------------------------------------------------------------------------------------------


def test_prices_are_looked_at_corrected_and_taken(tmp_path):
    """Nothing is in the copies before a person said yes to the columns."""

    async def play(shop, browser):
        csrf = await opened(shop, browser)
        page = (await drop(browser, csrf, b"Koodi;Nimi;Ovh;Muu\n1;Kahvi;2,50;9,90\n2;Tee;3,50;8,80\n")).text
        assert "Say which column it is" in page and "Kahvi" in page and "25.5" in page
        assert 0 == shop.house.copies.state("items").count
        chosen = {"code": "Koodi", "name": "Nimi", "unit_price": "Muu", "vat": "13,5"}
        page = (await browser.post("/start/file/items/take", data={**csrf, **chosen, "how": "look"})).text
        assert "9,90" in page and 0 == shop.house.copies.state("items").count
        page = (await browser.post("/start/file/items/take", data={**csrf, **chosen, "unit_price": "Ovh", "how": "take"})).text
        assert "Taken: 2" in page and "All items take 13.5 % VAT." in page
        found = {one.code: (one.unit_price, one.vat_ppm) for one in shop.house.copies.rows("items", None).rows}
        assert {"1": (25_000, 135_000), "2": (35_000, 135_000)} == found
        assert [] == list(shop.house.folder.glob("dropped-*"))

    in_fresh(tmp_path, play)


def test_another_shops_prices_are_taken_only_when_a_person_is_sure(tmp_path):
    """None of the known codes stands in the new file: asked first, and the copy stays."""

    async def play(shop, browser):
        csrf = await opened(shop, browser)
        fields = {"code": "Code", "name": "Name", "unit_price": "Price", "vat_percent": "VAT", "how": "take"}
        await drop(browser, csrf)
        await browser.post("/start/file/items/take", data={**csrf, **fields})
        await drop(browser, csrf, OTHER)
        page = (await browser.post("/start/file/items/take", data={**csrf, **fields})).text
        assert "This looks like another shop&#39;s export." in page and "only 0 stand in it" in page
        assert "1" in {one.code for one in shop.house.copies.rows("items", None).rows}
        await browser.post("/start/file/items/take", data={**csrf, **fields, "sure": "yes"})
        assert {f"X{n}" for n in range(1, 31)} == {one.code for one in shop.house.copies.rows("items", None).rows}

    in_fresh(tmp_path, play)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no file was chosen"),
        (b"%PDF-1.7", "not a table"),
        (b"<!doctype html><p>Log in", "log-in page"),
        (b'a;b\n"x;1\n', "quotation mark"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(tmp_path, content, why):
    """And the page asks for another one."""

    async def play(shop, browser):
        csrf = await opened(shop, browser)
        reply = await drop(browser, csrf, content)
        assert (400, True, True) == (reply.status_code, why in reply.text, 'type="file"' in (await browser.get("/start/file/items")).text)

    in_fresh(tmp_path, play)


def test_contacts_come_apart(tmp_path):
    """Suppliers into their copy, staff into the plan."""

    async def play(shop, browser):
        csrf = await opened(shop, browser)
        book = "Name;Phone;Type\nTukku Oy;09 1;supplier\nLiisa;040 2;staff\nעברית;050;customer\n".encode()
        await drop(browser, csrf, book, "contacts", "book.csv")
        page = (await browser.post("/start/file/contacts/take", data={**csrf, "how": "take"})).text
        assert 3 == page.count("Taken: 1")
        assert ["Tukku Oy"] == [one.name for one in shop.house.copies.rows("suppliers", None).rows]
        assert ["עברית"] == [one.name for one in shop.house.copies.rows("customers", None).rows]
        assert "040 2" == shop.house.plan.get(Person, "Liisa").phone

    in_fresh(tmp_path, play)


# Papers and the trial -----------------------------------------------------------------------------


def test_papers_come_with_links_and_nothing_else_of_the_disk(tmp_path):
    """Settings are in force for the papers at once, and the box is asked to open itself with them."""

    async def play(shop, browser):
        csrf = await opened(shop, browser)
        till = {"shop.name": "Äyräs & Öljy", "shop.country": "FI", "till.brand": "Tehden"}
        await browser.post("/start/ask/till", data={**csrf, "how": "next", **till})
        text = await made(shop, browser, csrf)
        links = re.findall(r'href="/kit/files/([^"]+)"', text)
        assert "plan.en.pdf" in links
        reply = await browser.get("/kit/files/plan.en.pdf")
        assert (200, "application/pdf", b"%PDF") == (reply.status_code, reply.headers["content-type"], reply.content[:4])
        for path in ("../secrets.key", "..%2fsecrets.key", "kit.json", "nothing.pdf"):
            assert (await browser.get(f"/kit/files/{path}")).status_code in (404, 401)
        assert 401 == (await shop.client(Accept="text/html").get("/kit/files/plan.en.pdf")).status_code
        assert "Äyräs & Öljy" == read_settings(shop.house.folder).shop_name
        assert shop.house.bells["anew"].rung

    in_fresh(tmp_path, play)


def test_a_trial_that_sees_nothing_says_so(tmp_path):
    """No address beyond the line is looked at: neither lost nor back is claimed."""

    async def play(shop, browser):
        csrf = await opened(shop, browser)
        await browser.post("/start/try", data={**csrf, "how": "begin"})
        assert 2 == (await browser.get("/start/try")).text.count("Not seen: nothing beyond your line is watched here.")

    in_fresh(tmp_path, play)


def test_a_trial_shows_line_lost_sale_kept_and_line_back(tmp_path):
    """Each with its time, as it was seen; a line that was away before the trial is no line lost in it."""

    async def play(shop):
        house, trial = shop.house, shop.app.router.state["beginning"].trial

        def look(ok: bool, times: int = 8) -> None:
            for _ in range(times):
                shop.world.pass_time(seconds=2)
                for target in ("a:1", "b:1"):
                    house.watch.hear(Observation("internet", "anchor", target, ok, shop.world.now(), "x"))

        anna, csrf = await signed_in(shop)
        look(True)
        await sold(shop)
        await anna.post("/start/try", data={"csrf": csrf, "how": "begin"})
        assert (None, None, []) == (trial.first("lost"), trial.first("back"), trial.sales())
        look(False)
        await sold(shop)
        look(True, 40)
        lost, back = trial.first("lost"), trial.first("back")
        assert ("internet", "internet", 1) == (lost.service, back.service, len(trial.sales()))
        assert trial.begun_at < lost.at < back.at
        page = (await anna.get("/start/try")).text
        assert "It works." in page and "2.50\xa0€" in page

    in_shop(tmp_path, play, anchors=("a:1", "b:1"))


def test_watching_the_line_begins_when_somebody_says_so(tmp_path):
    """Three public addresses of different operators stand in the settings afterwards, as the page said, and not before."""

    async def play(shop, browser):
        csrf = await opened(shop, browser)
        assert () == read_settings(shop.house.folder).anchors
        asked = (await browser.get("/start/try")).text
        assert "(1.1.1.1:443, 9.9.9.9:443 and 8.8.8.8:443)" in asked and "all are silent" in asked
        await browser.post("/start/try", data={**csrf, "how": "watch"})
        assert ("1.1.1.1:443", "9.9.9.9:443", "8.8.8.8:443") == read_settings(shop.house.folder).anchors
        assert shop.house.bells["anew"].rung

    in_fresh(tmp_path, play)


def test_the_pages_speak_finnish(tmp_path):
    """All of them: door, overview, questions, file, result, trial."""

    async def play(shop, browser):
        browser.headers["Accept-Language"] = "fi"
        door = (await browser.get("/start")).text
        csrf = await opened(shop, browser)
        shown = [door, (await browser.get("/start")).text, (await drop(browser, csrf)).text, await made(shop, browser, csrf)]
        shown += [(await browser.get(path)).text for path in ("/start/try", *(f"/start/ask/{group.bite}" for group in GROUPS))]
        found = {english for page in shown for text in words_of(page) for english in english_in(text)}
        assert set() == found

    in_fresh(tmp_path, play, language="fi")
