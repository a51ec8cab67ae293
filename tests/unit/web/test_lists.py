"""The lists that wait for people, slips, the drawer, and a person as the cloud's hands."""

import pytest

from tideover.errors import FileUnreadable
from tideover.model.answer import Answer, CloudDocument, CloudLine, CloudPayment
from tideover.model.facts import FindingRaised, InFlight
from tideover.world import to_ms
from unit.web.shop import Shop, Vendor, in_shop
from unit.web.till import Till, coffee

HOUR_MS = 3_600_000


def slip(shop: Shop, number: str = "A-0001", **more):
    """One coffee on paper, an hour ago."""
    document = {
        "number": "",
        "currency": "EUR",
        "prices_include_vat": True,
        "lines": [{"item": "A1", "name": "Coffee", "quantity": 1000, "unit_price": 25000, "amount_minor": 250, "vat_ppm": 135000}],
        "tenders": [{"kind": "cash", "amount_minor": 250}],
    }
    return {"slip": number, "kind": "sale", "happened_at_ms": to_ms(shop.world.now()) - HOUR_MS, "document": document, **more}


async def sold(shop: Shop) -> str:
    """A sale of a till; its entry."""
    till = await Till(shop, "Till 1").enrol()
    return (await till.send(till.sign()))["answers"][0]["id"]


def test_a_slip_becomes_an_entry_once(tmp_path):
    """With the person who keyed it; the same number again is refused and names the entry."""

    async def play(shop):
        reply = await shop.machine.post("/v1/slips", json=slip(shop))
        assert 201 == reply.status_code, reply.text
        kept = shop.house.journal.find(reply.json()["id"]).entry
        assert ("sale", "A-0001", "owner") == (kept.kind, kept.body.slip, kept.operator)
        again = await shop.machine.post("/v1/slips", json=slip(shop))
        assert (409, "slip-used") == (again.status_code, again.json()["code"])
        assert kept.id in again.json()["message"]

    in_shop(tmp_path, play)


def test_a_slip_that_does_not_add_up_is_refused(tmp_path):
    """Nothing is written; the person sees both sums."""

    async def play(shop):
        bad = slip(shop)
        bad["document"]["tenders"][0]["amount_minor"] = 200
        reply = await shop.machine.post("/v1/slips", json=bad)
        assert (400, "unbalanced") == (reply.status_code, reply.json()["code"])
        assert [] == shop.house.journal.read(kinds=("sale",))

    in_shop(tmp_path, play)


def test_a_spoiled_slip_is_accounted_for(tmp_path):
    """Void or missing, with a reason, and used no more."""

    async def play(shop):
        shop.house.plan.issue_pad("A", 20, "owner")
        assert 200 == (await shop.machine.post("/v1/slips/A-0002/spoil", json={"state": "void", "why": "torn"})).status_code
        assert 201 == (await shop.machine.post("/v1/slips", json=slip(shop, "A-0003"))).status_code
        told = (await shop.machine.get("/v1/slips")).json()
        [pad] = told["pads"]
        assert (20, 1, 1, ["A-0001"]) == (pad["issued"], pad["used"], pad["void"], told["skipped"])

    in_shop(tmp_path, play)


def test_the_drawer_is_told_at_the_box(tmp_path):
    """Float, drop, blind count and the terminal's total, each an entry of its person."""

    async def play(shop):
        facts = [("float", 10_000), ("drop", 5_000), ("count", 5_250), ("batch", 0)]
        for what, minor in facts:
            reply = await shop.machine.post("/v1/drawer", json={"what": what, "amount_minor": minor})
            assert 201 == reply.status_code, reply.text
        kinds = [kept.entry.kind for kept in shop.house.journal.read()][1:]
        assert ["drawer_float", "drawer_drop", "drawer_count", "batch_total"] == kinds

    in_shop(tmp_path, play)


def test_a_parked_record_is_shown_and_sent_on(tmp_path):
    """With its reason, its owner and what to do; solving it is written with the person's name."""

    async def play(shop):
        entry = await sold(shop)
        shop.house.cloud.answers = [Answer("refused", reason="that period is closed", cause="closed-period")]
        await shop.house.outbox.turn()
        [one] = (await shop.machine.get("/v1/parked")).json()
        assert (entry, "closed-period", "owner", 250) == (one["id"], one["cause"], one["owner"], one["amount_minor"])
        assert one["reason"] and one["hint"]
        assert 400 == (await shop.machine.post(f"/v1/parked/{entry}/solve", json={"how": "was_booked"})).status_code
        reply = await shop.machine.post(f"/v1/parked/{entry}/solve", json={"how": "send_on", "note": "period opened"})
        assert 200 == reply.status_code
        [solved] = shop.house.journal.referring(entry, kinds=("solved",))
        assert ("send_on", "owner") == (solved.entry.body.how, solved.entry.operator)
        assert (409, "wrong-state") == _told(await shop.machine.post(f"/v1/parked/{entry}/solve", json={"how": "send_on"}))
        assert (404, "not-found") == _told(await shop.machine.post("/v1/parked/nothing/solve", json={"how": "send_on"}))

    in_shop(tmp_path, play)


def test_a_sale_in_flight_is_settled_by_the_person_who_was_there(tmp_path):
    """Not booked: it becomes an entry; a second word about it is refused."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        flying = InFlight(document=coffee("C-17"), kind="sale", reference="C-17")
        entry = (await till.send(till.sign(flying, kind="in_flight")))["answers"][0]["id"]
        [one] = (await shop.machine.get("/v1/in-flight")).json()
        assert (entry, "C-17", 250) == (one["id"], one["reference"], one["amount_minor"])
        assert 200 == (await shop.machine.post(f"/v1/in-flight/{entry}/settle", json={"outcome": "was_not_booked"})).status_code
        assert [] == (await shop.machine.get("/v1/in-flight")).json()
        assert 1 == len(shop.house.journal.read(kinds=("sale",)))
        again = await shop.machine.post(f"/v1/in-flight/{entry}/settle", json={"outcome": "was_booked", "number": "7"})
        assert (409, "wrong-state") == _told(again)

    in_shop(tmp_path, play)


class Desk(Vendor):
    """A cloud without an interface: a person keys, and brings its day report."""

    def __init__(self):
        super().__init__("person")
        self.given = []

    def screen(self, booking):
        return {"reference": booking.entry, "total_minor": 250}

    def import_day_report(self, day, report, lines=None, as_of=None):
        if report == b"nonsense":
            raise FileUnreadable(file="The day report", why="it has no heading", next="Save it as CSV.")
        self.given.append((day, report, lines))
        return [CloudDocument("C-1", None, day, "sale", "final", 250)]


def test_a_person_keys_one_sale_after_the_other(tmp_path):
    """The screen comes only after the beginning is stored; the number typed back books it."""

    async def play(shop):
        entry = await sold(shop)
        await shop.house.outbox.turn()
        assert {"left": 1, "entries": [entry]} == (await shop.machine.get("/v1/keying")).json()
        screen = await shop.machine.post(f"/v1/keying/{entry}/begin")
        assert (200, entry) == (screen.status_code, screen.json()["reference"])
        assert (409, "wrong-state") == _told(await shop.machine.post(f"/v1/keying/{entry}/begin"))
        left = await shop.machine.post(f"/v1/keying/{entry}/done", json={"number": "4711", "total_minor": 250})
        assert {"left": 0, "entries": []} == left.json()
        assert 1 == (await shop.machine.get("/v1/status")).json()["recover"]["booked"]

    in_shop(tmp_path, play, cloud_of=Desk())


def test_what_the_screen_said_is_one_thing(tmp_path):
    """A number, a refusal or not sure; two of them or none is refused."""

    async def play(shop):
        entry = await sold(shop)
        await shop.house.outbox.turn()
        await shop.machine.post(f"/v1/keying/{entry}/begin")
        for body in ({}, {"number": "1", "unsure": True}, {"number": "1", "refused": "no"}, {"number": ""}):
            assert (400, "rejected") == _told(await shop.machine.post(f"/v1/keying/{entry}/done", json=body)), body
        refused = await shop.machine.post(f"/v1/keying/{entry}/done", json={"refused": "period closed", "cause": "closed-period"})
        assert 200 == refused.status_code
        [parked] = (await shop.machine.get("/v1/parked")).json()
        assert ("closed-period", "period closed") == (parked["cause"], parked["reason"])

    in_shop(tmp_path, play, cloud_of=Desk())


def test_a_cloud_with_an_interface_is_not_keyed_by_hand(tmp_path):
    """Else a sale would be booked twice: by hand and by the box."""

    async def play(shop):
        entry = await sold(shop)
        for path in (f"/v1/keying/{entry}/begin", "/v1/day-report?day=2026-11-20", "/v1/exports/items"):
            assert (409, "wrong-state") == _told(await shop.machine.post(path))
        assert {"left": 0, "entries": []} == (await shop.machine.get("/v1/keying")).json()

    in_shop(tmp_path, play)


def test_a_day_report_is_taken_as_it_was_saved(tmp_path):
    """The report or its lines, byte for byte; a file that is none is refused with what to do next."""

    async def play(shop):
        desk = shop.house.cloud
        told = await shop.machine.post("/v1/day-report?day=2026-11-20", content=b"\xef\xbb\xbfnumber;total")
        assert (200, {"documents": 1, "total_minor": 250}) == (told.status_code, told.json())
        await shop.machine.post("/v1/day-report?day=2026-11-20&lines=true", content=b"lines")
        assert [("2026-11-20", b"\xef\xbb\xbfnumber;total", None), ("2026-11-20", None, b"lines")] == desk.given
        bad = await shop.machine.post("/v1/day-report?day=2026-11-20", content=b"nonsense")
        assert (400, "file-unreadable", "Save it as CSV.") == (*_told(bad), bad.json()["hint"])
        assert 400 == (await shop.machine.post("/v1/day-report?day=yesterday", content=b"x")).status_code

    in_shop(tmp_path, play, cloud_of=Desk())


def test_a_report_of_a_person_is_evidence_and_a_confirmation_opens_the_fallback(tmp_path):
    """Suspected first; open when somebody confirms; the way back by an all-clear."""

    async def play(shop):
        told = (await shop.machine.post("/v1/outage/report", json={"service": "cloud", "text": "spins for ever"})).json()
        assert "suspected" == told["phase"]
        assert "fallback" == (await shop.machine.post("/v1/outage/confirm")).json()["phase"]
        status = (await shop.client().get("/v1/status")).json()
        assert ("fallback", 5, "slips") == (status["phase"], status["rung"]["number"], status["rung"]["name"])
        assert "recovering" == (await shop.machine.post("/v1/outage/all-clear")).json()["phase"]
        assert (409, "wrong-state") == _told(await shop.machine.post("/v1/outage/all-clear"))
        assert "closed" == (await shop.machine.post("/v1/outage/close")).json()["phase"]

    in_shop(tmp_path, play)


def test_an_outage_does_not_close_while_something_is_open(tmp_path):
    """What is open is named."""

    async def play(shop):
        await shop.machine.post("/v1/outage/confirm")
        await sold(shop)
        await shop.machine.post("/v1/outage/all-clear")
        await shop.house.outbox.take_up()
        reply = await shop.machine.post("/v1/outage/close")
        assert (409, "wrong-state") == _told(reply)
        assert "on its way to the cloud" in reply.json()["message"]

    in_shop(tmp_path, play)


def test_a_rung_that_does_not_work_is_not_chosen(tmp_path):
    """The ladder says why."""

    async def play(shop):
        assert (409, "wrong-state") == _told(await shop.machine.post("/v1/outage/rung", json={"number": 1}))
        moved = (await shop.machine.post("/v1/outage/rung", json={"number": 5})).json()
        assert (5, "cloud") == (moved["rung"]["number"], moved["rung"]["offered"])

    in_shop(tmp_path, play)


def test_differences_are_listed_and_explained(tmp_path):
    """Each with its owner and its sum."""

    async def play(shop):
        body = FindingRaised("over-short", "2.00 too little in the drawer", "Maija", -200, "k", "2026-11-20")
        appended = await shop.house.journal.record("finding", body)
        [one] = (await shop.machine.get("/v1/findings")).json()
        assert (appended.id, "Maija", -200) == (one["id"], one["owner"], one["amount_minor"])
        assert 1 == (await shop.client().get("/v1/status")).json()["findings_open"]
        path = f"/v1/findings/{appended.id}/close"
        assert (400, "rejected") == _told(await shop.machine.post(path, json={"note": " "}))
        assert 200 == (await shop.machine.post(path, json={"note": "a coin rolled away"})).status_code
        assert [] == (await shop.machine.get("/v1/findings")).json()

    in_shop(tmp_path, play)


def test_a_day_is_looked_at_closed_once_and_summed_into_its_week(tmp_path):
    """Counted blind before; what is open is named; a second close is refused."""

    async def play(shop):
        entry = await sold(shop)
        shop.house.cloud.answers = [Answer("created", number="C-1")]
        await shop.house.outbox.turn()
        lines, paid = (CloudLine("A1", 1_000, 250, 135_000),), (CloudPayment("cash", 250),)
        shop.house.cloud.documents = [CloudDocument("C-1", entry, "2026-11-20", "sale", "final", 250, lines, paid)]
        look = (await shop.machine.get("/v1/day/2026-11-20")).json()
        assert ["not-counted"] == [one["code"] for one in look["open"]]
        await shop.machine.post("/v1/drawer", json={"what": "count", "amount_minor": 250})
        await shop.machine.post("/v1/drawer", json={"what": "batch", "amount_minor": 0})
        closed = (await shop.machine.post("/v1/day/2026-11-20/close", json={})).json()
        assert (250, 250, 1, []) == (
            closed["body"]["sales_minor"],
            closed["body"]["cash_counted_minor"],
            closed["body"]["z_number"],
            closed["view"]["open"],
        )
        assert (409, "wrong-state") == _told(await shop.machine.post("/v1/day/2026-11-20/close", json={}))
        assert 250 == (await shop.machine.get("/v1/week/2026-W47")).json()["sales_minor"]

    in_shop(tmp_path, play)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/day/yesterday"),
        ("GET", "/v1/day/2026-02-30"),
        ("POST", "/v1/day/2026-13-01/close"),
        ("POST", "/v1/day/2026-11-21/close"),
        ("GET", "/v1/week/2026-W60"),
        ("GET", "/v1/week/now"),
    ],
)
def test_a_day_that_is_none_is_refused(tmp_path, method, path):
    """Not in the calendar, or not begun."""

    async def play(shop):
        return (await shop.machine.request(method, path)).status_code

    assert 400 == in_shop(tmp_path, play)


def _told(reply):
    return reply.status_code, reply.json()["code"]
