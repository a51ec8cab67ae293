"""What an enrolled till is told by the box: terms, standing, copies, one sale; and never a secret."""

import json

from tideover.model.facts import Void
from tideover.model.item import Customer, Item, Stock
from tideover.plan.records import Grant, Person
from tideover.ports import Page
from unit.web.shop import FRIDAY, Shop, in_shop
from unit.web.till import Till

BREAD = Item("B2", "Ruisleipä", 32_000, 135_000, ("6410000000019",))


async def filled(shop: Shop, dataset: str, *records, removed=()):
    await shop.house.copies.apply(dataset, Page(rows=records, removed=removed, cursor="1", more=False), FRIDAY)


async def got(till: Till, path: str, **query):
    reply = await till.client.get(path, params=query)
    assert 200 == reply.status_code, reply.text
    return reply.json()


def test_a_till_is_told_all_it_needs_to_sell_and_no_secret(tmp_path):
    """Names, rates with their days, people, grants, the key to seal to; no PIN's hash, no phone, no key of the box."""

    async def play(shop):
        shop.house.plan.put(Person("Anna", phone="040 1234567", language="fi"), "Olga")
        shop.house.plan.put(Grant("g1", "Anna", "discount", each_minor=5_000), "Olga")
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        till = await Till(shop, "Till 1").enrol()
        told = await got(till, "/v1/till/shop")
        assert ("Kulmakauppa", "EUR", "Till 1", till.id, 1) == tuple(
            told[key] for key in ("shop_name", "currency", "till_name", "till", "next_seq")
        )
        assert [{"name": "Anna", "role": "cashier", "language": "fi", "has_pin": True}] == told["operators"]
        assert {"category": "standard", "from_day": "2024-09-01", "vat_ppm": 255_000} in told["vat_rates"]
        assert ("g1", True) == (told["grants"][0]["id"], told["law"]["till_lawful"])
        text = json.dumps(told)
        assert not any(secret in text for secret in ("argon2", "040 1234567", "PRIVATE", till.token))

    in_shop(tmp_path, play)


def test_where_an_uncertified_till_is_not_lawful_the_till_is_told_why(tmp_path):
    """Rung 4 stays closed, with the reason and where it stands written."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        law = (await got(till, "/v1/till/shop"))["law"]
        assert (False, "DE") == (law["till_lawful"], law["country"])
        assert "TSE" in law["why"] and any("146a" in one for one in law["sources"])
        reply = await till.client.get("/v1/till/shop", headers={"Accept-Language": "fi"})
        assert "TSE" in reply.json()["law"]["why"] and law["why"] != reply.json()["law"]["why"]

    in_shop(tmp_path, play, country="DE")


def test_items_come_once_whole_and_then_only_what_changed(tmp_path):
    """In pieces, with stock; a stock that moved brings its item again, and what is gone is named."""

    async def play(shop):
        await filled(shop, "items", *(Item(f"A{n}", f"Thing {n}", 10_000, 255_000) for n in range(5)), BREAD)
        await filled(shop, "stock", Stock("B2", 7_000))
        till = await Till(shop, "Till 1").enrol()
        codes, after, whole = [], "", None
        while after is not None:
            told = await got(till, "/v1/till/items", after=after, limit=4)
            codes += [one["code"] for one in told["rows"]]
            after, whole = told["next"], told["full"]
        assert (["A0", "A1", "A2", "A3", "A4", "B2"], True) == (sorted(codes), whole)
        assert 7_000 == next(one["stock"] for one in told["rows"] if one["code"] == "B2")
        mark = told["revision"]
        told = await got(till, "/v1/till/items", since=mark)
        assert ([], [], False) == (told["rows"], told["gone"], told["full"])

        await filled(shop, "stock", Stock("B2", 6_000))
        await filled(shop, "items", removed=("A0",))
        told = await got(till, "/v1/till/items", since=mark)
        assert ([("B2", 6_000)], ["A0"], False) == ([(one["code"], one["stock"]) for one in told["rows"]], told["gone"], told["full"])
        told = await got(till, "/v1/till/items", since=told["revision"])
        assert ([], []) == (told["rows"], told["gone"])
        assert told["revision"] == (await got(till, "/v1/till/standing"))["items_revision"]

    in_shop(tmp_path, play)


def test_a_mark_of_another_file_reads_from_the_start(tmp_path):
    """Copies that were lost and pulled again count their changes anew: no till may miss one for that."""

    async def play(shop):
        await filled(shop, "items", BREAD)
        till = await Till(shop, "Till 1").enrol()
        for mark in ("abc.1.0", "1.2", "x" * 60, (await got(till, "/v1/till/items"))["revision"].replace(".1.", ".99.")):
            told = await got(till, "/v1/till/items", since=mark)
            assert (True, ["B2"]) == (told["full"], [one["code"] for one in told["rows"]]), mark

    in_shop(tmp_path, play)


def test_a_till_gets_no_phone_of_a_customer(tmp_path):
    """Code, name, and whether there is an account: that is what selling needs."""

    async def play(shop):
        await filled(shop, "customers", Customer("C1", "Virtanen Oy", "040 555", "a@b.fi", "Katu 1", True))
        till = await Till(shop, "Till 1").enrol()
        told = await got(till, "/v1/till/customers")
        assert [{"code": "C1", "name": "Virtanen Oy", "account": True, "merged_into": None}] == told["rows"]

    in_shop(tmp_path, play)


def test_a_sale_is_found_by_its_number_with_what_may_still_come_back(tmp_path):
    """By the receipt's number or its id; a refund lessens what is left, a void says so."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        first, second = till.sign(), till.sign()
        taken = await till.send(first, second)
        ids = [one["id"] for one in taken["answers"]]
        told = await got(till, "/v1/till/sale", number="K1-1")
        assert ("journal", ids[0], 250, 1_000) == (told["from"], told["entry"], told["sum_minor"], told["lines"][0]["left"])
        await till.send(till.sign(Void("mistake"), "void", refers_to=ids[1]))
        assert (await got(till, "/v1/till/sale", number=ids[1]))["is_void"]
        assert 404 == (await till.client.get("/v1/till/sale", params={"number": "K1-%"})).status_code

    in_shop(tmp_path, play)


def test_a_till_keeps_its_entries_until_the_cloud_has_them(tmp_path):
    """Numbers up to the first sale that is not yet there; sales that nobody has taken up yet hold it back, too."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        assert 0 == (await got(till, "/v1/till/standing"))["cloud_until"]
        await till.send(till.sign(), till.sign())
        assert 0 == (await got(till, "/v1/till/standing"))["cloud_until"]
        await shop.house.outbox.take_up()
        assert 0 == (await got(till, "/v1/till/standing"))["cloud_until"]
        first = "UPDATE outbox SET state = 'booked' WHERE seq = (SELECT min(seq) FROM outbox)"
        shop.house.journal.database.write(lambda connection: connection.execute(first))
        told = await got(till, "/v1/till/standing")
        assert (1, 3) == (told["cloud_until"], told["next_seq"])

    in_shop(tmp_path, play)


def test_the_box_sees_when_a_till_called_and_what_it_still_holds(tmp_path):
    """For the page of tills."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        await got(till, "/v1/till/standing", queue=5)
        assert 5 == shop.app.router.state.access.seen.of(till.id).queue
        assert 400 == (await till.client.get("/v1/till/standing", params={"queue": -1})).status_code

    in_shop(tmp_path, play)


def test_a_change_of_the_terms_is_told_by_another_revision(tmp_path):
    """So that a till reads them again only then."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        before = (await got(till, "/v1/till/standing"))["shop_revision"]
        assert before == (await got(till, "/v1/till/standing"))["shop_revision"]
        shop.house.plan.put(Person("Anna"), "Olga")
        assert before != (await got(till, "/v1/till/standing"))["shop_revision"]

    in_shop(tmp_path, play)


def test_a_pin_wrong_five_times_waits_at_the_till_and_at_the_pages_alike(tmp_path):
    """One count of tries: a till cannot be used to guess faster, and neither can both together."""

    async def play(shop):
        await shop.machine.post("/v1/pins", json={"name": "Anna", "pin": "2580"})
        till = await Till(shop, "Till 1").enrol()
        assert {"ok": True} == (await till.client.post("/v1/till/pin", json={"name": "Anna", "pin": "2580"})).json()
        wrong = [(await till.client.post("/v1/till/pin", json={"name": "Anna", "pin": "0000"})) for _ in range(5)]
        assert [(401, "pin-wrong")] * 5 == [(one.status_code, one.json()["code"]) for one in wrong]
        assert all(one.json()["hint"] for one in wrong)
        assert 401 == (await shop.client("192.168.1.30").post("/v1/login", json={"name": "Anna", "pin": "1111"})).status_code
        refused = await till.client.post("/v1/till/pin", json={"name": "Anna", "pin": "2580"})
        assert (429, "too-often") == (refused.status_code, refused.json()["code"]) and int(refused.headers["retry-after"]) > 0
        assert not refused.cookies and not (await till.client.post("/v1/till/pin", json={"name": "x", "pin": "1"})).cookies

    in_shop(tmp_path, play)


def test_only_tills_ask_for_pins_here(tmp_path):
    """People sign in elsewhere; strangers ask nothing."""

    async def play(shop):
        body = {"name": "Anna", "pin": "2580"}
        assert 401 == (await shop.client().post("/v1/till/pin", json=body)).status_code
        assert 403 == (await shop.machine.post("/v1/till/pin", json=body)).status_code

    in_shop(tmp_path, play)


def test_a_revoked_till_is_told_nothing_more(tmp_path):
    """Neither terms nor standing; it keeps what it has not sent."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        await shop.machine.post(f"/v1/tills/{till.id}/revoke", json={"why": "stolen"})
        for path in ("shop", "standing", "items", "customers", "quotes", "sale?number=K1-1"):
            reply = await till.client.get(f"/v1/till/{path}")
            assert (401, "not-signed-in") == (reply.status_code, reply.json()["code"]), path
        reply = await till.client.post("/v1/till/pin", json={"name": "Anna", "pin": "2580"})
        assert (401, "not-signed-in") == (reply.status_code, reply.json()["code"])  # And not that the PIN is wrong.

    in_shop(tmp_path, play)


