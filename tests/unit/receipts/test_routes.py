"""Receipts over the API and on the page: asked once, looked at, and dealt with by a person."""

from __future__ import annotations

from tideover.trade.receipt_desk import ReceiptDesk
from unit.receipts.counter import sale
from unit.web.shop import in_shop
from unit.web.till import Till


class Sheet:
    """A printer that says what it is told to; its paper is a list."""

    name, width, timeout_s = "tcp://printer:9100", 42, 1.0

    def __init__(self, *answers):
        self.answers, self.paper = list(answers), []

    async def look(self):
        from tideover.ports import PrinterLook

        return PrinterLook(True, "ready")

    async def send(self, slip, title):
        from tideover.ports import PrintAnswer

        word = self.answers.pop(0) if self.answers else "confirmed"
        if word != "away":
            self.paper.append([row.text for row in slip.rows])
        return PrintAnswer(word, why="" if word == "confirmed" else "it is out of paper")

    async def ask(self, number):
        raise AssertionError(number)


def with_printer(shop, *answers):
    sheet = Sheet(*answers)
    old = shop.house.receipts
    shop.house.receipts = ReceiptDesk(shop.house.journal, old._people, shop.house.settings, shop.world, sheet, has_mail=True)
    return sheet


async def sold(shop, number="BOX-1"):
    return (await shop.house.journal.record("sale", sale(number), operator="Anna")).id


async def person(shop, name="Anna"):
    await shop.machine.post("/v1/pins", json={"name": name, "pin": "2580"})
    client = shop.client()
    told = (await client.post("/v1/login", json={"name": name, "pin": "2580"})).json()
    return client, told["csrf"]


def test_a_till_asks_and_looks(tmp_path):
    """Twice is once; before it is printed the answer is there; afterwards it says confirmed."""

    async def play(shop):
        sheet = with_printer(shop)
        till = await Till(shop, "Kassa 1").enrol()
        entry = await sold(shop)
        first, again = [(await till.client.post("/v1/receipts", json={"entry": entry})).json() for _ in range(2)]
        assert ("queued", "Kassa 1", False) == (first["state"], first["asked_by"], first["is_copy"])
        assert first == again
        await shop.house.receipts.turn()
        assert "confirmed" == (await till.client.get(f"/v1/receipts/{first['job']}")).json()["state"]
        copy = (await till.client.post("/v1/receipts", json={"entry": entry, "copy": 1})).json()
        await shop.house.receipts.turn()
        assert copy["is_copy"] and 2 == len(sheet.paper)
        assert [False, True] == [any("COPY" in line for line in paper) for paper in sheet.paper]

    in_shop(tmp_path, play)


def test_what_is_wrong_is_refused_with_a_reason(tmp_path):
    """A sale that is not there, an address with a line break, a stranger, no printer."""

    async def play(shop):
        till = await Till(shop, "Kassa 1").enrol()
        entry = await sold(shop)
        nothing = await till.client.post("/v1/receipts", json={"entry": entry})
        assert (409, "wrong-state") == (nothing.status_code, nothing.json()["code"])
        with_printer(shop)
        unknown = await till.client.post("/v1/receipts", json={"entry": entry[:-1] + ("0" if entry[-1] != "0" else "1")})
        assert 404 == unknown.status_code
        for address in ("a@b.fi\r\nBcc: all@b.fi", "a@b.fi, c@d.fi", "Anna <a@b.fi>", "anna", "ä@b.fi", "a@b..fi"):
            assert 400 == (await till.client.post("/v1/receipts", json={"entry": entry, "mail": address})).status_code
        assert 401 == (await shop.client().post("/v1/receipts", json={"entry": entry})).status_code
        assert [] == shop.house.receipts.jobs.open()

    in_shop(tmp_path, play)


def test_a_person_deals_with_what_is_not_certain(tmp_path):
    """Offered again, marked; the buttons do it once, in both languages, and the journal is told."""

    async def play(shop):
        sheet = with_printer(shop, "unknown")
        client, csrf = await person(shop)
        entry = await sold(shop)
        job = (await client.post("/v1/receipts", json={"entry": entry}, headers={"X-CSRF-Token": csrf})).json()["job"]
        await shop.house.receipts.turn()
        page = (await client.get("/receipts")).text
        assert "Nobody knows whether it came out." in page and "it is out of paper" in page and f"/receipts/{job}/again" in page
        assert "siitä on paperi loppu" in (await client.get("/receipts?lang=fi")).text
        for _ in range(2):
            assert 303 == (await client.post(f"/receipts/{job}/again", data={"csrf": csrf, "copy": "1"})).status_code
        await shop.house.receipts.turn()
        await shop.house.receipts.turn()
        assert 2 == len(sheet.paper) and any("COPY" in line or "KOPIO" in line for line in sheet.paper[1])
        assert [] == shop.house.receipts.waiting()
        told = [(one.entry.body.is_copy, one.entry.body.is_certain) for one in shop.house.journal.referring(entry, kinds=("receipt",))]
        assert [(False, False), (True, True)] == told

    in_shop(tmp_path, play)


def test_what_never_left_is_written_by_hand_and_never_printed_after(tmp_path):
    """The customer has one: the printer, back again, prints nothing."""

    async def play(shop):
        sheet = with_printer(shop, "away", "away")
        client, csrf = await person(shop)
        entry = await sold(shop)
        job = await shop.house.receipts.ask(entry, 0, "Anna")
        await shop.house.receipts.turn()
        assert 303 == (await client.post(f"/receipts/{job.id}/by-hand", data={"csrf": csrf})).status_code
        again = await client.post(f"/receipts/{job.id}/by-hand", data={"csrf": csrf})
        assert 409 == again.status_code and "somebody else dealt with this receipt" in again.text
        await shop.house.receipts.turn()
        assert [] == sheet.paper
        [told] = shop.house.journal.referring(entry, kinds=("receipt",))
        assert ("hand", True) == (told.entry.body.way, told.entry.body.is_certain)

    in_shop(tmp_path, play)


def test_what_never_left_waits_for_a_person_after_a_while(tmp_path):
    """Fifteen minutes later its customer has gone: nothing comes out by itself, and one button prints it without a mark."""

    async def play(shop):
        sheet = with_printer(shop, "away")
        client, csrf = await person(shop)
        await shop.house.receipts.ask(await sold(shop), 0, "Kassa 1")
        await shop.house.receipts.turn()
        shop.world.pass_time(minutes=16)
        await shop.house.receipts.turn()
        assert [] == sheet.paper
        page = (await client.get("/receipts")).text
        assert "Print all that never left: 1" in page
        await client.post("/receipts/now", data={"csrf": csrf})
        await shop.house.receipts.turn()
        assert [False] == [any("COPY" in line for line in paper) for paper in sheet.paper]

    in_shop(tmp_path, play)


def test_a_test_strip_is_no_receipt(tmp_path):
    """It says so, and stands in no list."""

    async def play(shop):
        sheet = with_printer(shop)
        client, csrf = await person(shop)
        answer = await client.post("/receipts/try", data={"csrf": csrf})
        assert "The test came out." in answer.text
        assert any("This is not a receipt." in line for line in sheet.paper[0])
        assert [] == shop.house.receipts.jobs.latest(5)

    in_shop(tmp_path, play)
