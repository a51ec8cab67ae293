"""How the shop stands, in one record: nothing invented, nothing stale, the sums right."""

import asyncio
from types import SimpleNamespace

from msgspec.structs import asdict

from tideover.box import wait_for_the_cloud
from tideover.model.facts import Void
from tideover.model.item import Customer, Item
from tideover.ports import Page
from tideover.recover.outbox import PRESSED, TAKE_MAX
from unit.web.shop import in_shop
from unit.web.till import Till, coffee


async def no_time(seconds: float) -> None:
    """A pause that is over at once."""
    await asyncio.sleep(0)


async def taken(shop) -> int:
    """What the status says was sold without the cloud on this trading day."""
    return (await shop.machine.get("/v1/status")).json()["money"]["fallback_minor"]


def test_the_takings_follow_every_entry(tmp_path):
    """Sales add, refunds and voids take off; asked again and again, or only once at the end, it is the same sum."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        first, second = [one["id"] for one in (await till.send(till.sign(), till.sign()))["answers"]]
        assert 500 == await taken(shop)
        await till.send(till.sign(Void("wrong item"), kind="void", refers_to=first))
        assert 250 == await taken(shop)
        back = coffee("K1-4")
        line, tender = back.lines[0], back.tenders[0]
        refund = type(back)("K1-4", "EUR", True, (_minus(line),), (_minus(tender),))
        await till.send(till.sign(refund, kind="refund", refers_to=second))
        assert 0 == await taken(shop)

    async def again(shop):
        return await taken(shop)

    in_shop(tmp_path, play)
    assert 0 == in_shop(tmp_path, again)


def _minus(record):
    turned = {name: -value if name in ("quantity", "amount_minor") else value for name, value in asdict(record).items()}
    return type(record)(**turned)


def test_the_takings_are_of_the_running_trading_day(tmp_path):
    """The day turns at four in the morning; a sale of yesterday that arrives late counts to yesterday."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        await till.send(till.sign())
        shop.world.pass_time(hours=13)  # 03:30 in the shop: still Friday's trading day.
        assert ("2026-11-20", 250) == ((await shop.machine.get("/v1/status")).json()["trading_day"], await taken(shop))
        shop.world.pass_time(minutes=30)
        assert ("2026-11-21", 0) == ((await shop.machine.get("/v1/status")).json()["trading_day"], await taken(shop))
        await till.send(till.sign(), till.sign(trading_day="2026-11-21"))
        assert 250 == await taken(shop)

    in_shop(tmp_path, play)


def test_what_is_on_its_way_is_counted(tmp_path):
    """With the sum that the cloud does not have yet."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        await till.send(till.sign(), till.sign())
        await shop.house.outbox.take_up()
        status = (await shop.machine.get("/v1/status")).json()
        assert (2, 0, 500) == (status["recover"]["waiting"], status["recover"]["booked"], status["money"]["waiting_minor"])
        assert [("Till 1", 2)] == [(one["name"], one["last_seq"]) for one in status["tills"]]

    in_shop(tmp_path, play)


def test_a_copy_is_read_piece_by_piece_with_its_age(tmp_path):
    """The cursor leads on; what changed since comes later; removed codes are named."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        items = tuple(Item(f"A{n}", f"Tee {n}", 25_000, 135_000, (f"640000000000{n}",)) for n in range(5))
        await shop.house.copies.apply("items", Page(items, "1", False), as_of=shop.world.now())
        shop.world.pass_time(minutes=7)
        first = (await till.client.get("/v1/copies/items?limit=3")).json()
        rest = (await till.client.get(f"/v1/copies/items?after={first['cursor']}")).json()
        assert (["A0", "A1", "A2"], True, 420.0) == ([row["code"] for row in first["rows"]], first["more"], first["age_s"])
        assert (["A3", "A4"], False) == ([row["code"] for row in rest["rows"]], rest["more"])
        await shop.house.copies.apply("items", Page((), "2", False, removed=("A1",)), as_of=shop.world.now())
        later = (await till.client.get(f"/v1/copies/items?after={rest['cursor']}")).json()
        assert ([], ["A1"]) == (later["rows"], later["removed"])
        listed = {one["dataset"]: one for one in (await till.client.get("/v1/copies")).json()}
        assert (4, None) == (listed["items"]["count"], listed["stock"]["as_of"])

    in_shop(tmp_path, play)


def test_an_item_is_found_by_barcode_and_by_name(tmp_path):
    """As a cashier has it in the hand."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        items = (Item("A1", "Näkkileipä", 25_000, 135_000, ("6408430000123",)), Item("A2", "Ruisleipä", 32_000, 135_000))
        await shop.house.copies.apply("items", Page(items, "1", False), as_of=shop.world.now())
        await shop.house.copies.apply("customers", Page((Customer("C1", "Virtanen Oy"),), "1", False), as_of=shop.world.now())

        async def found(**query):
            return [row["code"] for row in (await till.client.get("/v1/search", params=query)).json()["rows"]]

        assert ["A1"] == await found(q="6408430000123")
        assert ["A1"] == await found(q="näkki")
        assert ["C1"] == await found(q="virta", dataset="customers")
        for query in ({}, {"q": "x", "limit": 0}, {"q": "x", "limit": "many"}, {"q": "x", "dataset": "secrets"}, {"q": "x" * 401}):
            assert 400 == (await till.client.get("/v1/search", params=query)).status_code, query

    in_shop(tmp_path, play)


def test_a_damaged_journal_is_shown_and_reading_goes_on(tmp_path):
    """Stop writing, go to paper, and say so; lists can still be read."""

    async def before(shop):
        till = await Till(shop, "Till 1").enrol()
        await till.send(till.sign(), till.sign())
        edit = "UPDATE entry SET signed = CAST(replace(CAST(signed AS TEXT), 'Coffee', 'Caviar') AS BLOB) WHERE kind = 'sale'"
        shop.house.journal.database.write(lambda connection: connection.execute(f"DROP TRIGGER entry_is_never_changed; {edit}"))
        return till.token

    async def after(shop):
        status = (await shop.client().get("/v1/status")).json()["journal"]
        assert (False, "chain-broken") == (status["writable"], status["code"])
        assert "numbered slips" in (await shop.client().get("/?lang=en")).text
        assert 200 == (await shop.machine.get("/v1/parked")).status_code
        till = shop.client(Authorization=f"Bearer {token}")
        reply = await till.post("/v1/entries", json={"entries": [{"signed": "", "signature": ""}]})
        assert "chain-broken" == reply.json()["code"]
        assert {"ok": True, "writable": False} == {
            name: value for name, value in (await shop.client().get("/healthz")).json().items() if name != "version"
        }

    token = in_shop(tmp_path, before)
    in_shop(tmp_path, after)


def test_a_page_waits_for_no_day_of_sales(tmp_path):
    """Sales that nobody folded are counted in memory: the first look writes one slice, a fold that is going on is not waited for."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        count = 2 * TAKE_MAX + 7
        signed = [till.sign() for _ in range(count)]
        for first in range(0, count, 20):
            await till.send(*signed[first : first + 20])
        outbox, sums = shop.house.outbox, []
        for _ in range(2):
            told = (await shop.machine.get("/v1/status")).json()
            sums.append((told["recover"]["waiting"], told["money"]["waiting_minor"] == told["money"]["fallback_minor"]))
        assert [(count, True)] * 2 == sums
        assert 7 == count - outbox.rows.sums()["waiting"][0]
        async with outbox._taking:
            assert count == (await shop.machine.get("/v1/status")).json()["recover"]["waiting"]
        await outbox.take_up()
        assert (count, count) == (outbox.counts().waiting, outbox.rows.sums()["waiting"][0])

    in_shop(tmp_path, play)


def test_while_tills_press_nothing_that_they_bring_is_read_again(tmp_path):
    """Each sale would wait for it. The first look after the rush counts all, though it folds only so much."""

    async def play(shop):
        till, outbox = await Till(shop, "Till 1").enrol(), shop.house.outbox
        house = SimpleNamespace(outbox=outbox, in_flight=shop.house.in_flight, world=SimpleNamespace(pause=no_time))
        for _ in range(PRESSED // 20 + 1):
            await till.send(*[till.sign() for _ in range(20)])
        pressed_s, read = await wait_for_the_cloud(house), (outbox._ahead.waiting, outbox.rows.sums().get("waiting"))
        rested_s = await wait_for_the_cloud(house)
        assert (0.0, (0, None), True) == (pressed_s, read, rested_s > 0)
        assert PRESSED + 20 == outbox.rows.sums()["waiting"][0] == outbox.counts().waiting

    in_shop(tmp_path, play)


def test_what_is_not_folded_yet_counts_like_what_is(tmp_path):
    """A sale and a void that nobody folded come to the same counts as after folding; after a rebuild nothing counts twice."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        gone = (await till.send(till.sign(), till.sign()))["answers"][1]["id"]
        await till.send(till.sign(Void("typed twice"), kind="void", refers_to=gone))
        outbox = shop.house.outbox
        before = outbox.counts()
        await outbox.take_up()
        after = outbox.counts()
        await outbox.rebuild()
        assert (1, 1) == (before.waiting, before.void)
        assert (after.waiting, after.void, after.waiting_minor) == (before.waiting, before.void, before.waiting_minor)
        assert after.oldest_waiting_at == before.oldest_waiting_at
        assert outbox.counts().waiting == outbox.rows.sums()["waiting"][0]

    in_shop(tmp_path, play)


def test_what_nobody_has_taken_up_yet_counts_when_asked(tmp_path):
    """The outbox may lag behind while tills press; the status, its page and its stream never do."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        for count in (1, 2):
            await till.send(till.sign())
            assert count == (await shop.machine.get("/v1/status")).json()["recover"]["waiting"]
        await till.send(till.sign())
        assert 200 == (await shop.machine.get("/")).status_code
        assert 3 == shop.house.outbox.counts().waiting

    in_shop(tmp_path, play)
