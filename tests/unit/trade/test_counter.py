"""The counter against a real journal, real copies and a real plan."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tideover.copies.store import Copies
from tideover.db import Database
from tideover.errors import BadRecord, NotAllowed, NotFound, SlipUsed, UnbalancedDocument, WrongState
from tideover.journal.keys import TillKey
from tideover.journal.store import Journal
from tideover.migrations import copies as copies_tables
from tideover.migrations import journal as journal_tables
from tideover.migrations import plan as plan_tables
from tideover.model.facts import CloudAnswer
from tideover.model.item import Customer, Item, OrderLine, PastSale, Quote
from tideover.model.sale import Document, Line, Tender
from tideover.plan.records import Duty, Grant, Person
from tideover.plan.store import Plan
from tideover.ports import Page
from tideover.rules.calendar import trading_day
from tideover.rules.pricing import gross_sum
from tideover.settings import Settings
from tideover.trade.counter import Counter
from tideover.trade.payment import Pay
from tideover.trade.sell import Wanted
from tideover.trade.slip_total import Paper
from tideover.trade.take_back import Pick
from tideover.world import ClockPage, ToldWorld, from_ms, to_ms

FRIDAY_MS = 1_795_177_800_000  # 2026-11-20 12:30 UTC, 14:30 in Helsinki.
DAY = "2026-11-20"
RECORDS = {
    "items": (Item("100", "Rye bread", 24_900, 135_000), Item("200", "Lamp", 1_990_000, 255_000)),
    "customers": (Customer("C1", "Aino", account=True),),
    "quotes": (Quote("Q7", "C1", None, (OrderLine("200", "Lamp", 1_000, 1_500_000),)),),
    "sales": (PastSale("S-77", "2025-12-30", None, 498, (OrderLine("100", "Rye bread", 2_000, 24_900),)),),
}


class Shop:
    """One open shop on a folder, and a way to run it."""

    def __init__(self, folder, key, **settings):
        page = ClockPage(folder / "clock")
        page.now_ms = max(page.now_ms, FRIDAY_MS)
        self.page, self.world, self.settings = page, ToldWorld(page, 1), Settings(**settings)
        self.files = [
            Database(folder / f"{name}.db", tables.MIGRATIONS)
            for name, tables in (("journal", journal_tables), ("copies", copies_tables), ("plan", plan_tables))
        ]
        self.journal = Journal(self.files[0], self.world, key, lambda at: trading_day(at, "Europe/Helsinki", "04:00"))
        self.copies = Copies(self.files[1], self.world)
        self.plan = Plan(self.files[2], self.world, self.settings)
        self.counter = Counter(self.journal, self.plan, self.copies, self.settings, self.world)

    async def fill(self):
        for dataset, rows in RECORDS.items():
            await self.copies.apply(dataset, Page(rows, "1", False), from_ms(FRIDAY_MS))

    def kinds(self):
        return [one.entry.kind for one in self.journal.read() if one.entry.kind != "enrol"]

    def findings(self):
        return [(one.entry.body.code, one.entry.body.owner) for one in self.journal.read(kinds=["finding"])]

    def close(self):
        self.journal.close()
        for file in self.files:
            file.close()
        self.page.close()


KEY = TillKey.generate()


@pytest.fixture
def shop(tmp_path):
    opened = Shop(tmp_path, KEY)
    asyncio.run(opened.fill())
    yield opened
    opened.close()


def slip_document(amount=249, *, item="100", tenders=None, **more):
    line = Line(item, "Rye bread", 1_000, 24_900, amount, 135_000)
    return Document("", "EUR", True, (line,), tenders or (Tender("card", amount),), **more)


def test_sales_are_numbered_without_gaps_and_after_a_restart(shop, tmp_path):
    """Two at once get two numbers, a refused one takes none, and the next box goes on where this one ended."""

    async def sell(counter):
        return (await counter.sell_on_box([Wanted("100")], [Pay("cash")], operator="Aino")).number

    async def two():
        numbers = await asyncio.gather(sell(shop.counter), sell(shop.counter))
        with pytest.raises(UnbalancedDocument):
            await shop.counter.sell_on_box([Wanted("100")], [Pay("card", 1)], operator="Aino")
        return numbers

    assert ["BOX-1", "BOX-2"] == asyncio.run(two())
    again = Counter(shop.journal, shop.plan, shop.copies, shop.settings, shop.world)
    assert "BOX-3" == asyncio.run(sell(again))
    sale = shop.journal.read(kinds=["sale"])[0].entry
    assert (DAY, "Aino", FRIDAY_MS, 250) == (sale.trading_day, sale.operator, sale.body.prices_as_of, sale.body.tenders[0].amount_minor)


def test_a_returning_customers_quote(shop):
    """The quote's lines come at their price, more may be added, and the sale names it."""
    done = asyncio.run(shop.counter.sell_on_box([Wanted("100")], [Pay("card")], operator="Aino", quote="Q7"))
    assert ("Q7", "C1", 15_249) == (done.document.quote, done.document.customer, gross_sum(done.document))
    with pytest.raises(NotFound):
        asyncio.run(shop.counter.sell_on_box([], [], operator="Aino", quote="Q8"))


def test_of_two_grants_the_one_that_is_enough_counts(shop):
    """A grant for a smaller share, though it comes first, does not hide the one that allows the discount."""
    shop.plan.put(Person("Aino", "cashier"), "owner")
    shop.plan.put(Grant("a-small", "Aino", "discount", share_ppm=150_000), "owner")
    shop.plan.put(Grant("b-large", "Aino", "discount", share_ppm=500_000), "owner")
    made = asyncio.run(shop.counter.sell_on_box([Wanted("200", discount_minor=6_000)], [Pay("card")], operator="Aino"))
    assert "b-large" == made.document.grant


def test_a_refund_over_the_limit_only_with_vat_finds_its_grant(tmp_path):
    """Where prices are net, the limit is compared with what is paid out."""
    net = Shop(tmp_path, KEY, prices_include_vat=False, refund_limit_minor=20_000)
    asyncio.run(net.fill())
    net.plan.put(Person("Aino", "cashier"), "owner")
    net.plan.put(Grant("r", "Aino", "refund", each_minor=30_000), "owner")
    sold = asyncio.run(net.counter.sell_on_box([Wanted("200")], [Pay("card")], operator="Aino"))
    back = asyncio.run(net.counter.refund_on_box(sold.id, [Pick(0)], [Pay("card")], operator="Aino"))
    assert ("r", -24_975) == (back.document.grant, gross_sum(back.document))
    net.close()


def test_a_grant_is_spent_over_the_day(shop):
    """The plan's grant covers a discount until its sum of the day is used up; the sale names it."""
    shop.plan.put(Person("Aino", "manager"), by="Eero")
    shop.plan.put(Grant("g1", "", "discount", role="manager", day_minor=5_000), by="Eero")

    def sell(operator):
        wanted = [Wanted("200", discount_minor=3_000)]
        return asyncio.run(shop.counter.sell_on_box(wanted, [Pay("card")], operator=operator))

    with pytest.raises(NotAllowed):
        sell("Ville")
    assert "g1" == sell("Aino").document.grant
    with pytest.raises(NotAllowed):
        sell("Aino")
    assert ["sale"] == shop.kinds()


def test_a_refund_names_its_sale_and_happens_once(shop):
    """Part by part until nothing is left; a refund that was voided counts as never given."""

    async def run():
        sold = await shop.counter.sell_on_box([Wanted("100", 3_000)], [Pay("cash")], operator="Aino")
        first = await shop.counter.refund_on_box(sold.id, [Pick(0, 2_000)], [Pay("cash")], operator="Aino")
        with pytest.raises(WrongState):
            await shop.counter.refund_on_box(sold.id, [Pick(0, 2_000)], [Pay("cash")], operator="Aino")
        with pytest.raises(WrongState):
            await shop.counter.void(sold.id, "mistake")
        await shop.counter.void(first.id, "wrong customer")
        rest = await shop.counter.refund_on_box(sold.id, [Pick(0)], [Pay("cash")], operator="Aino")
        with pytest.raises(BadRecord):
            await shop.counter.refund_on_box(rest.id, [Pick(0)], [Pay("cash")], operator="Aino")
        return sold, rest

    sold, rest = asyncio.run(run())
    assert -gross_sum(sold.document) == gross_sum(rest.document)
    assert sold.id == shop.journal.find(rest.id).entry.refers_to
    assert [0] == [one.expected_minor for one in shop.counter.drawers(DAY)]


def test_a_sale_of_the_cloud_from_before_comes_back(shop):
    """It names the cloud's number, has the rate of its day, and does not come back twice either."""

    async def run():
        done = await shop.counter.refund_on_box("S-77", [Pick(0, 1_000)], [Pay("card")], operator="Aino")
        with pytest.raises(WrongState):
            await shop.counter.refund_on_box("S-77", [Pick(0, 2_000)], [Pay("card")], operator="Aino")
        with pytest.raises(NotFound):
            await shop.counter.refund_on_box("S-78", [Pick(0)], [Pay("card")], operator="Aino")
        return done

    done = asyncio.run(run())
    assert ("S-77", 140_000, -249) == (done.document.original, done.document.lines[0].vat_ppm, gross_sum(done.document))


def test_an_exchange_is_two_entries(shop):
    """A refund and a sale with two numbers and one name; only the difference moved."""

    async def run():
        sold = await shop.counter.sell_on_box([Wanted("100")], [Pay("card")], operator="Aino")
        return await shop.counter.exchange_on_box(sold.id, [Pick(0)], [Wanted("100", 2_000)], [Pay("card")], operator="Aino")

    back, forth = asyncio.run(run())
    assert ["sale", "refund", "sale"] == shop.kinds()
    assert ("BOX-2", "BOX-3") == (back.number, forth.number)
    assert back.document.exchange == forth.document.exchange is not None
    cards = [tender.amount_minor for done in (back, forth) for tender in done.document.tenders]
    assert 249 == sum(cards)


def test_a_slip_keeps_its_day_and_its_number(shop):
    """Keyed on Saturday it still belongs to Friday; the receipt's number is the slip's; keyed twice is refused."""
    shop.plan.issue_pad("A", 50, "Aino")
    shop.page.now_ms = to_ms(from_ms(FRIDAY_MS) + timedelta(days=1))

    async def run():
        done = await shop.counter.key_slip("a3", "sale", FRIDAY_MS, slip_document(), operator="Aino")
        with pytest.raises(SlipUsed) as caught:
            await shop.counter.key_slip("A-0003", "sale", FRIDAY_MS, slip_document())
        assert done.id == caught.value.facts["id"]
        with pytest.raises(SlipUsed):
            await shop.counter.spoil_slip("A-3", "void", "torn")
        await shop.counter.spoil_slip("A-1", "void", "torn")
        return done

    done = asyncio.run(run())
    kept = shop.journal.find(done.id).entry
    assert (DAY, FRIDAY_MS, "A-0003", "A-0003") == (kept.trading_day, kept.happened_at, kept.body.slip, kept.body.number)
    [state] = Counter(shop.journal, shop.plan, shop.copies, shop.settings, shop.world).pads()
    assert (50, 1, 1, 47, 1, 249) == (state.issued, state.used, state.void, state.unused, state.missing, state.sum_minor)
    assert ["A-0002"] == shop.counter.skipped_slips()
    assert () == done.notices


def test_two_clerks_key_the_same_slip_at_once(shop):
    """One of them is told; one entry stands."""

    async def run():
        both = [shop.counter.key_slip("A-1", "sale", FRIDAY_MS, slip_document()) for _ in range(2)]
        return await asyncio.gather(*both, return_exceptions=True)

    outcomes = asyncio.run(run())
    assert 1 == sum(isinstance(one, SlipUsed) for one in outcomes)
    assert 1 == shop.kinds().count("sale")


def test_a_voided_slip_may_be_keyed_again(shop):
    """What was keyed wrongly is voided and keyed anew from the same paper."""

    async def run():
        wrong = await shop.counter.key_slip("A-1", "sale", FRIDAY_MS, slip_document())
        await shop.counter.void(wrong.id, "keyed wrongly", "Aino")
        return await shop.counter.key_slip("A-1", "sale", FRIDAY_MS, slip_document())

    assert "created" == asyncio.run(run()).answer


def test_a_sale_that_happened_is_never_refused(shop):
    """Unknown item, unknown customer, a wrong sum and no pad: it is an entry, and each difference is a finding with an owner."""
    shop.plan.put(Duty("finding", "Aino"), by="Aino")
    shop.plan.put(Duty("finding/item-gone", "Eero"), by="Aino")
    document = slip_document(240, item="999", customer="C9", tenders=(Tender("account", 240),))

    done = asyncio.run(shop.counter.key_slip("A-1", "sale", FRIDAY_MS, document))

    assert "created" == done.answer
    assert [("slip-arithmetic", "Aino"), ("slip-not-issued", "Aino"), ("customer-gone", "Aino"), ("item-gone", "Eero")] == shop.findings()


def test_a_slip_that_does_not_add_up_is_keyed_again(shop):
    """Tenders that do not make the sum are a slip of the keyboard: nothing is written."""
    with pytest.raises(UnbalancedDocument):
        asyncio.run(shop.counter.key_slip("A-1", "sale", FRIDAY_MS, slip_document(tenders=(Tender("card", 1),))))
    assert [] == shop.kinds()


def test_what_the_cloud_has_is_not_voided(shop):
    """After the cloud's answer only a refund takes it back; voiding twice is told too."""

    async def run():
        sold = await shop.counter.sell_on_box([Wanted("100")], [Pay("card")], operator="Aino")
        other = await shop.counter.sell_on_box([Wanted("100")], [Pay("card")], operator="Aino")
        await shop.journal.record("answer", CloudAnswer("created", "S-1"), refers_to=sold.id)
        await shop.counter.void(other.id, "rang twice")
        for id, error in ((sold.id, WrongState), (other.id, WrongState), (shop.world.new_id(), NotFound)):
            with pytest.raises(error):
                await shop.counter.void(id, "again")

    asyncio.run(run())


def test_an_in_flight_sale_becomes_an_entry_once(shop):
    """The id was stored before; doing it again after a crash is `exists`."""
    id = shop.world.new_id()

    async def run():
        return [(await shop.counter.record_entry("sale", slip_document(), id=id, happened_at_ms=FRIDAY_MS)).answer for _ in range(2)]

    assert ["created", "exists"] == asyncio.run(run())


def test_the_drawer_is_counted_blind(shop):
    """Float, cash and drop make what is expected; the count says over or short."""

    async def run():
        await shop.counter.put_float(10_000, "Aino")
        await shop.counter.sell_on_box([Wanted("100", 4_000)], [Pay("cash")], operator="Aino")
        await shop.counter.drop(5_000, "Aino")
        assert [None] == [one.over_minor for one in shop.counter.drawers(DAY)]
        await shop.counter.count_drawer(5_990, "Aino")
        await shop.counter.batch_total("Terminal 1", 0, "Aino")

    asyncio.run(run())
    [one] = shop.counter.drawers(DAY)
    assert (5_995, 5_990, -5) == (one.expected_minor, one.counted_minor, one.over_minor)


def test_where_the_till_is_not_lawful_slips_are(tmp_path):
    """In Germany the box takes no sale, and keys slips."""
    shop = Shop(tmp_path, KEY, country="DE")
    try:
        asyncio.run(shop.fill())
        with pytest.raises(NotAllowed):
            asyncio.run(shop.counter.sell_on_box([Wanted("100")], [Pay("card")], operator="Aino"))
        assert "created" == asyncio.run(shop.counter.key_slip("A-1", "sale", FRIDAY_MS, slip_document())).answer
    finally:
        shop.close()


def test_one_paper_under_two_numbers_is_noticed(shop):
    """Two lines the same to the minute: perhaps keyed twice. A single coffee is not, nor a slip whose time nobody wrote."""
    shop.plan.issue_pad("A", 50, "Aino")
    line = slip_document().lines[0]
    two = Document("", "EUR", True, (line, line), (Tender("card", 498),))

    async def run():
        keyed = [await shop.counter.key_slip(f"A-{n}", "sale", FRIDAY_MS, two) for n in (1, 2)]
        keyed.append(await shop.counter.key_slip("A-3", "sale", FRIDAY_MS, two, paper=Paper(time_is_estimated=True)))
        keyed += [await shop.counter.key_slip(f"A-{n}", "sale", FRIDAY_MS, slip_document()) for n in (4, 5)]
        return [[notice.code for notice in one.notices] for one in keyed]

    assert [[], ["slip-alike"], [], [], []] == asyncio.run(run())


def test_a_day_that_does_not_fit_the_pad_is_noticed(shop):
    """Slips are written front to back: one of an earlier day behind a later one is a wrong day or a wrong number."""
    shop.plan.issue_pad("A", 50, "Aino", day="2026-11-18")

    async def run(*slips):
        keyed = [await shop.counter.key_slip(f"A-{n}", "sale", FRIDAY_MS - days * 86_400_000, slip_document()) for n, days in slips]
        return [[notice.code for notice in one.notices] for one in keyed]

    odd = ["slip-out-of-order"]
    assert [[], [], odd, odd, []] == asyncio.run(run((5, 1), (9, 0), (7, 2), (3, 0), (20, 0)))
    assert [odd] == asyncio.run(run((1, 5)))  # Before the pad was handed out.
