"""The pages of paper: pads, one slip, its picture, the log; without scripts, in both languages, for people of the shop only."""

from __future__ import annotations

import re

import pytest

from tideover.model.item import Item
from tideover.plan.records import Person
from tideover.ports import Page
from unit.seam.test_finnish import english_in, words_of
from unit.web.shop import in_shop
from unit.web.test_access import signed_in

DAY = "2026-11-20"
ITEMS = (Item("100", "Rye bread", 24_900, 135_000), Item("200", "Lamp", 1_990_000, 255_000), Item("201", "Lamp shade", 390_000, 255_000))
PICTURES = {
    "jpg": b"\xff\xd8\xff\xe0" + b"x" * 50, "png": b"\x89PNG\r\n\x1a\n" + b"x" * 50, "webp": b"RIFF1234WEBPVP8 " + b"x" * 50,
    "heic": b"\x00\x00\x00\x18ftypheic" + b"x" * 50,
}  # fmt: skip


def with_pad(folder, play, **settings):
    """Runs `play` with a pad of twenty, items, Anna signed in and her form's token."""

    async def run(shop):
        await shop.house.copies.apply("items", Page(ITEMS, "1", False), shop.world.now())
        shop.house.plan.issue_pad("A", 20, "Anna", issued_to="Anna", place="Till 1", day=DAY)
        anna, csrf = await signed_in(shop)
        await play(shop, anna, {"csrf": csrf})

    in_shop(folder, run, **settings)


def filled(number="A-0001", **changes):
    """A form without a fault."""
    plain = {"slip": number, "day": DAY, "time": "1402", "writer": "Eero", "what-0": "2*100", "what-1": "200", "written": "203,98"}
    return {**plain, "tender-0": "card", "do": "save", **changes}


def faults(page):
    return dict(re.findall(r'id="wrong-([\w-]+)" role="alert">([^<]+)', page.text))


def sales(shop):
    return [one.entry for one in shop.house.journal.read(kinds=("sale", "refund"))]


def test_a_slip_is_keyed_and_the_next_is_offered(tmp_path):
    """Entry, writer, both times; then the next number with the day and the writer of the last one."""

    async def play(shop, anna, csrf):
        assert "/slips/A-0001" == (await anna.get("/slips/next")).headers["location"]
        reply = await anna.post("/slips/key", data=csrf | filled())
        assert (303, "/slips/A-0002?done=A-0001") == (reply.status_code, reply.headers["location"])
        page = (await anna.get("/slips/A-0002?done=A-0001")).text
        assert "A-0001 is kept: 203.98\xa0€." in page and 'value="Eero"' in page and f'value="{DAY}"' in page
        [sale], [said] = sales(shop), shop.house.journal.read(kinds=("slip_keyed",))
        assert ("Anna", "Eero", 20_398, False) == (
            sale.operator,
            said.entry.body.writer,
            said.entry.body.written_minor,
            said.entry.body.time_is_estimated,
        )
        assert (sale.id, DAY) == (said.entry.refers_to, said.entry.trading_day)
        shown = (await anna.get("/slips/a1")).text
        assert "Slip A-0001 is in the books." in shown and "Eero" in shown and "Rye bread" in shown and sale.id in shown

    with_pad(tmp_path, play)


def test_a_number_is_taken_once(tmp_path):
    """The button pressed twice writes once; another form with that number is refused, with a link to the first."""

    async def play(shop, anna, csrf):
        form = csrf | filled() | {"id": re.search(r'name="id" value="([^"]+)"', (await anna.get("/slips/A-0001")).text)[1]}
        for _ in range(2):
            assert 303 == (await anna.post("/slips/key", data=form)).status_code
        reply = await anna.post("/slips/key", data=csrf | filled(**{"what-0": "201"}, written="", time=""))
        assert (409, True, True) == (reply.status_code, 'href="/slips/A-0001"' in reply.text, 'value="201"' in reply.text)
        assert form["id"] == sales(shop)[0].id and 1 == len(sales(shop))

    with_pad(tmp_path, play)


def test_faults_stand_beside_their_fields_and_nothing_typed_is_lost(tmp_path):
    """Nothing is written; 'more lines' reckons and asks for nothing that is still empty."""

    async def play(shop, anna, csrf):
        reply = await anna.post("/slips/key", data=csrf | filled(written="204", writer="", **{"what-0": "lamp", "quantity-1": "x"}))
        assert (
            400 == reply.status_code
            and {"what-0", "quantity-1", "writer"} <= set(faults(reply))
            and "201 Lamp shade" in faults(reply)["what-0"]
        )
        assert 'value="204"' in reply.text and [] == sales(shop)
        more = await anna.post("/slips/key", data=csrf | {"slip": "A-0001", "day": DAY, "what-0": "200", "do": "more"})
        assert (200, {}) == (more.status_code, faults(more)) and "199.00" in more.text and 'name="what-8"' in more.text
        gap = await anna.post("/slips/key", data=csrf | filled(written="209,38"))
        assert {"reason"} == set(faults(gap)) and "5.40" in gap.text
        assert 303 == (await anna.post("/slips/key", data=csrf | filled(written="209,38", reason="Added wrongly"))).status_code
        [finding] = shop.house.journal.read(kinds=("finding",))
        assert ("slip-total", 540) == (finding.entry.body.code, finding.entry.body.amount_minor)

    with_pad(tmp_path, play)


def test_a_refund_names_the_slip_it_takes_back(tmp_path):
    """By the slip's number it refers to that entry; by another number it names it as the cloud's."""

    async def play(shop, anna, csrf):
        await anna.post("/slips/key", data=csrf | filled())
        for number, original in (("A-0002", "a1"), ("A-0003", "4711")):
            back = filled(number, kind="refund", original=original, written="2,49", **{"what-0": "100", "what-1": ""})
            assert 303 == (await anna.post("/slips/key", data=csrf | back)).status_code
        sale, first, second = sales(shop)
        assert (sale.id, None, None, "4711") == (first.refers_to, first.body.original, second.refers_to, second.body.original)
        assert [-249, -249] == [one.body.lines[0].amount_minor for one in (first, second)]

    with_pad(tmp_path, play)


@pytest.mark.parametrize("ending", sorted(PICTURES))
def test_a_picture_is_kept_beside_the_slip(tmp_path, ending):
    """Under the hash of its bytes, readable by staff only, served as what it is; it survives a form with a fault."""

    async def play(shop, anna, csrf):
        picture = {"picture": ("x.html", PICTURES[ending], "text/html")}
        held = await anna.post("/slips/key", data=csrf | filled(writer=""), files=picture)
        name = re.search(r'name="photo" value="([0-9a-f]{64})"', held.text)[1]
        assert 303 == (await anna.post("/slips/key", data=csrf | filled(photo=name))).status_code
        shown = await anna.get("/slips/A-0001/photo")
        assert (PICTURES[ending], f"image/{'jpeg' if ending == 'jpg' else ending}") == (shown.content, shown.headers["content-type"])
        assert "nosniff" == shown.headers["x-content-type-options"] and "default-src 'self'" in shown.headers["content-security-policy"]
        assert 401 == (await shop.client().get("/slips/A-0001/photo")).status_code
        assert [f"{name}.{ending}"] == [one.name for one in (shop.house.folder / "slips").iterdir()]

    with_pad(tmp_path, play)


def test_what_is_no_picture_is_not_kept(tmp_path):
    """A page, a drawing with script, an endless one, a hash of nothing: refused beside the field."""

    async def play(shop, anna, csrf):
        for content in (b"<svg onload=alert(1)>", b"GIF89a", b"\xff\xd8\xff" + b"x" * (7 * 2**20)):
            reply = await anna.post("/slips/key", data=csrf | filled(), files={"picture": ("x.jpg", content, "image/jpeg")})
            assert "picture" in faults(reply), reply.text
        for name in ("../../plan.db", "0" * 64):
            assert "picture" in faults(await anna.post("/slips/key", data=csrf | filled(photo=name)))
        assert [] == sales(shop) and not (shop.house.folder / "slips").exists()

    with_pad(tmp_path, play)


def test_pads_are_handed_out_counted_and_explained(tmp_path):
    """What is unexplained stands on top; void, missing with an owner, looked for; the count shows a lost last page."""

    async def play(shop, anna, csrf):
        assert 303 == (await anna.post("/pads/issue", data=csrf | {"series": "b", "count": "10", "to": "Eero", "place": ""})).status_code
        await anna.post("/slips/key", data=csrf | filled("A-0004"))
        page = (await anna.get("/slips")).text
        assert "Slips that nobody has explained: 3" in page and "203.98\xa0€" in page and "B-0001 – B-0010" in page
        for number, state in (("A-0001", "void"), ("A-0002", "missing"), ("A-0003", "sought")):
            said = {"state": state, "why": "torn", "owner": "" if state == "void" else "Eero"}
            assert 303 == (await anna.post(f"/slips/{number}/say", data=csrf | said)).status_code
        assert "Eero is still looking for slip A-0003." in (await anna.get("/slips")).text
        assert ["Eero"] == [
            one.entry.body.owner for one in shop.house.journal.read(kinds=("finding",)) if one.entry.body.code == "slip-missing"
        ]
        assert 303 == (await anna.post("/pads/A-0001/count", data=csrf | {"next": "A-0006"})).status_code
        assert ["A-0003", "A-0005"] == shop.house.counter.skipped_slips()
        for pad, form in (("A-0001", {"next": "99"}), ("C-0001", {"next": "1"}), ("A-0001", {"next": "x"})):
            reply = await anna.post(f"/pads/{pad}/count", data=csrf | form)
            assert reply.status_code in (400, 404) and 'role="alert"' in reply.text
        assert 400 == (await anna.post("/pads/issue", data=csrf | {"series": "QTABC", "count": "10"})).status_code

    with_pad(tmp_path, play)


def test_what_was_keyed_wrongly_is_voided_and_keyed_again(tmp_path):
    """The first entry stays as void, the number is free again; without a word nothing happens."""

    async def play(shop, anna, csrf):
        await anna.post("/slips/key", data=csrf | filled())
        assert 400 == (await anna.post("/slips/A-0001/undo", data=csrf | {"why": " "})).status_code
        assert (303, "/slips/A-0001") == (
            (reply := await anna.post("/slips/A-0001/undo", data=csrf | {"why": "misread"})).status_code,
            reply.headers["location"],
        )
        assert 303 == (await anna.post("/slips/key", data=csrf | filled(written="", **{"what-1": ""}))).status_code
        assert [498] == [one.sum_minor for one in shop.house.counter.pads()]
        assert 404 == (await anna.post("/slips/A-0009/undo", data=csrf | {"why": "x"})).status_code

    with_pad(tmp_path, play)


def test_a_second_person_keys_blind(tmp_path):
    """The form shows nothing of the first keying; the same person is refused; a difference becomes a finding."""

    async def play(shop, anna, csrf):
        await anna.post("/slips/key", data=csrf | filled())
        await anna.post("/slips/key", data=csrf | filled("A-0002"))
        bertta, token = await signed_in(shop, "Bertta", "1379")
        page = (await bertta.get("/slips/A-0001/again")).text
        assert "Rye bread" not in page and re.search(r"\b203", page) is None
        assert "/slips/A-0001/again" in (await bertta.get("/slips")).text
        assert 403 == (await anna.post("/slips/key", data=csrf | filled(again="yes"))).status_code
        same = await bertta.post("/slips/key", data={"csrf": token} | filled(again="yes"))
        assert "/slips/A-0001?agrees=yes" == same.headers["location"]
        other = filled("A-0002", again="yes", written="", **{"what-0": "3*100"})
        assert "/slips/A-0002?differs=yes" == (await bertta.post("/slips/key", data={"csrf": token} | other)).headers["location"]
        assert "Line 1 had 2 pieces, and then 3." in (await anna.get("/slips/A-0002")).text
        assert 409 == (await bertta.post("/slips/key", data={"csrf": token} | other)).status_code
        assert [True, False] == [one.entry.body.agrees for one in shop.house.journal.read(kinds=("slip_keyed_again",))]
        assert () == shop.house.counter.slips.account().once

    with_pad(tmp_path, play, slips_keyed_twice=True)


def test_the_log_is_keyed_from_its_sheets(tmp_path):
    """Time, writer, sheet and text; in the order in which it happened; a fault says what is missing."""

    async def play(shop, anna, csrf):
        for time, text in (("1440", "The line is dead"), ("13.05", "Väinö called <b>Elisa</b>")):
            note = {"day": DAY, "time": time, "writer": "Eero", "sheet": "L-0003", "text": text}
            assert 303 == (await anna.post("/notes", data=csrf | note)).status_code
        page = (await anna.get(f"/notes?day={DAY}")).text
        assert page.index("13:05") < page.index("14:40") and "Väinö called &lt;b&gt;Elisa" in page and "L-0003" in page
        for wrong in (
            {"day": "x", "text": "a"},
            {"day": DAY, "text": " "},
            {"day": DAY, "time": "99", "text": "a"},
            {"day": DAY, "text": "a" * 1_001},
        ):
            assert 400 == (await anna.post("/notes", data=csrf | wrong)).status_code
        kept = [(one.entry.operator, one.entry.body.writer) for one in shop.house.journal.read(kinds=("note",))]
        assert [("Anna", "Eero")] * 2 == kept
        told = (await shop.machine.get(f"/v1/notes?day={DAY}")).json()
        assert ["13:05", "L-0003"] == [page[page.index("13:05") :][:5], told[0]["sheet"]]

    with_pad(tmp_path, play)


def test_nothing_is_shown_or_taken_without_a_sign_in(tmp_path):
    """A stranger is led to the sign-in and back to the slip; a helper may not key; a foreign form changes nothing."""

    async def play(shop, anna, csrf):
        stranger = shop.client()
        for path, to in (("/slips", "slips"), ("/slips/a1", "slips/A-0001"), ("/slips/A-0001/again", "slips/A-0001"), ("/notes", "notes")):
            reply = await stranger.get(path)
            assert (303, f"/sign-in?to={to}") == (reply.status_code, reply.headers["location"])
        back = await stranger.post("/sign-in?to=slips/A-0001", data={"name": "Anna", "pin": "2580"})
        assert "/slips/A-0001" == back.headers["location"]
        for path in ("/slips/key", "/slips/A-0001/say", "/slips/A-0001/undo", "/pads/issue", "/pads/A-0001/count", "/notes"):
            assert 401 == (await shop.client().post(path, data=filled())).status_code
            assert 403 == (await anna.post(path, data=filled() | {"csrf": "guess"})).status_code
        shop.house.plan.put(Person("Olga", "owner"), by="Olga")  # From now on who is not in the plan is a helper.
        assert 403 == (await anna.post("/slips/key", data=csrf | filled())).status_code
        assert [] == sales(shop)

    with_pad(tmp_path, play)


def test_without_a_pad_the_page_says_how_to_come_to_one(tmp_path):
    """Whoever may hand one out is led to the form below, anybody else to those who may."""

    async def play(shop):
        anna, _ = await signed_in(shop)
        assert "Hand one out below" in (await anna.get("/slips")).text
        shop.house.plan.put(Person("Olga", "owner"), by="Olga")  # From now on who is not in the plan is a helper.
        page = (await anna.get("/slips")).text
        assert "Ask for one: " in page and "Hand one out below" not in page and "/pads/issue" not in page

    in_shop(tmp_path, play)


def test_numbers_are_found_as_they_are_typed_or_scanned(tmp_path):
    """The search takes a number in any way and the whole address of a QR code; what is none is told in place."""

    async def play(shop, anna, csrf):
        for text in ("A-0007", "a7", "http://box.local:8787/slips/A-0007", "https://shop.example/slips/a0007?x=1"):
            reply = await anna.get("/slips", params={"number": text})
            assert (303, "/slips/A-0007") == (reply.status_code, reply.headers["location"])
        for text in ("17", "http://x/slips/", "x" * 500):
            assert 400 == (await anna.get("/slips", params={"number": text})).status_code

    with_pad(tmp_path, play)


def test_the_finnish_pages_hold_no_english(tmp_path):
    """Empty, with unexplained slips, the form with every fault, refused, kept, the log."""

    async def play(shop, anna, csrf):
        pages = [await anna.get(path) for path in ("/slips?lang=fi", "/slips/A-0001", "/notes")]
        wrong = filled(
            writer="", day="x", time="99", written="y", **{"what-0": "lamp", "quantity-1": "x", "what-2": "Tuoli", "tender-0": ""}
        )
        pages.append(await anna.post("/slips/key", data=csrf | wrong))
        pages.append(await anna.post("/slips/key", data=csrf | filled(written="1")))
        await anna.post("/slips/key", data=csrf | filled("A-0004"))
        pages.append(await anna.post("/slips/key", data=csrf | filled("A-0004")))
        await anna.post("/slips/A-0001/say", data=csrf | {"state": "sought", "owner": "Eero"})
        pages += [await anna.get(path) for path in ("/slips", "/slips/A-0004", "/slips/A-0005?done=A-0004")]
        pages.append(await anna.post("/slips/A-0004/undo", data=csrf | {"why": ""}))
        for page in pages:
            assert '<html lang="fi">' in page.text
            text = re.sub(r"Rye bread|Lamp( shade)?|OR", "", words_of(page.text))  # OR: the letters of orders.
            assert [] == english_in(text), text

    with_pad(tmp_path, play, language="fi")


def test_a_pad_of_forms_is_handed_out_and_nothing_is_keyed_from_it(tmp_path):
    """It has its own place on the page, keeps no day open, is counted; its number says in plain words what it is."""

    async def play(shop, anna, csrf):
        assert 303 == (await anna.post("/pads/issue", data=csrf | {"series": "qt", "count": "10", "place": "Counter"})).status_code
        page = (await anna.get("/slips")).text
        assert "QT-0001 – QT-0010 · quote" in page and "Every slip is accounted for." in page
        told = "QT-0007 is a form (quote), and a form is not keyed as a sale"
        assert told in (await anna.get("/slips/QT-0007")).text
        assert told in (await anna.post("/slips/key", data=csrf | filled("QT-0007"))).text
        assert [] == sales(shop)
        page = await anna.get("/slips/QT-0007", headers={"Accept-Language": "fi"})
        assert "lomake (tarjous)" in page.text
        assert 303 == (await anna.post("/pads/QT-0001/count", data=csrf | {"none": "yes"})).status_code
        assert ["A"] == [pad.series for pad in shop.house.counter.slips.pads()]
        page = (await anna.get("/slips")).text
        assert "/pads/A-0001/count" in page and "/pads/QT-0001/count" not in page

    with_pad(tmp_path, play)
