"""Sales, payments, quotes, refunds and exchanges as pure functions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tideover.errors import BadRecord, NotAllowed, UnbalancedDocument, WrongState
from tideover.model.item import Customer, Item, OrderLine, PastSale, Quote, Stock
from tideover.model.sale import Tender
from tideover.plan.records import Grant
from tideover.rules.balance import check_document
from tideover.rules.pricing import gross_sum
from tideover.trade.payment import Pay, pay, pay_exchange
from tideover.trade.sell import Header, Wanted, build_sale, quote_to_sale
from tideover.trade.take_back import (
    Pick,
    build_exchange,
    build_free_refund,
    build_refund,
    check_void,
    original_of_document,
    original_of_past_sale,
)
from tideover.trade.terms import Known, Terms

DAY = "2026-11-20"
TERMS = Terms(
    country="FI",
    currency="EUR",
    prices_include_vat=True,
    cash_step_minor=5,
    discount_limit_ppm=100_000,
    refund_limit_minor=10_000,
)
BREAD = Item("100", "Rye bread", 24_900, 135_000)
LAMP = Item("200", "Lamp", 1_990_000, 255_000)
OLD = Item("300", "Calendar 2020", 50_000, 255_000, archived=True)
AINO = Customer("C1", "Aino", account=True)
VILLE = Customer("C2", "Ville", merged_into="C1")
KNOWN = Known(
    items={item.code: item for item in (BREAD, LAMP, OLD)},
    stock={"200": Stock("200", 1_000)},
    customers={"C1": AINO, "C2": VILLE},
    prices_as_of=1_000,
)
SALE_ID = "01999999-0000-7000-8000-000000000001"


def header(number="BOX-1", **more):
    return Header(number, DAY, **more)


def sale(*wanted, by=("card",), **more):
    return build_sale(TERMS, KNOWN, more.pop("header", header()), wanted, [Pay(kind) for kind in by], **more)


def codes(built):
    return [notice.code for notice in built.notices]


def test_a_sale_takes_its_prices_from_the_copy():
    """Names, prices and rates come from the copy; the document says how old it was."""
    built = sale(Wanted("100", 2_000), by=("cash",))
    line = built.document.lines[0]
    assert ("Rye bread", 24_900, 498, 135_000) == (line.name, line.unit_price, line.amount_minor, line.vat_ppm)
    assert (Tender("cash", 500),) == built.document.tenders
    assert -2 == built.document.rounding_minor
    assert 1_000 == built.document.prices_as_of
    assert () == built.notices


def test_change_is_given():
    """Cash handed over and change are told; the tender is net of change."""
    built = build_sale(TERMS, KNOWN, header(), [Wanted("100")], [Pay("cash", given_minor=1_000)])
    assert (750, 250) == (built.change_minor, built.document.tenders[0].amount_minor)
    with pytest.raises(BadRecord):
        build_sale(TERMS, KNOWN, header(), [Wanted("100")], [Pay("cash", given_minor=200)])


def test_a_split_rounds_only_its_cash():
    """The card pays its exact part, what is left in cash is rounded."""
    built = build_sale(TERMS, KNOWN, header(), [Wanted("200")], [Pay("card", 10_001), Pay("cash")])
    assert [10_001, 9_900] == [tender.amount_minor for tender in built.document.tenders]
    assert -1 == built.document.rounding_minor


@given(st.integers(-10**7, 10**7), st.integers(-10**6, 10**6), st.sampled_from((1, 5, 10)), st.sampled_from(("cash", "card", "mobile")))
def test_payments_conserve_the_sum(total, part, step, kind):
    """Tenders and rounding always make the sum, and only cash is ever rounded."""
    paid = pay(total, [Pay("card", part), Pay(kind)], step)
    assert total == sum(tender.amount_minor for tender in paid.tenders) + paid.rounding_minor
    assert kind == "cash" or 0 == paid.rounding_minor


def test_payments_that_do_not_fit_are_refused():
    """A card short by a cent, cash off by more than rounding, and two open amounts are told."""
    for wishes in ([Pay("card", 99)], [Pay("cash", 105)], []):
        with pytest.raises(UnbalancedDocument):
            pay(100, wishes, 5)
    with pytest.raises(BadRecord):
        pay(100, [Pay("card"), Pay("cash")], 5)
    assert (0, 2) == (pay(2, [Pay("cash", 0)], 5).tenders[0].amount_minor, pay(2, [Pay("cash")], 5).rounding_minor)


def test_what_differs_is_noticed_and_stops_nothing():
    """Unknown and archived items, another price, too little stock, an odd rate: noticed, sold."""
    mystery = Wanted("999", 1_000, 10_000, name="Mystery")
    built = sale(mystery, Wanted("300"), Wanted("200", 2_000, 2_000_000), Wanted("100", vat_ppm=140_000))
    assert ["item-gone", "item-gone", "price-changed", "stock-negative", "rate-differs"] == codes(built)
    assert 200 == next(notice.amount_minor for notice in built.notices if notice.code == "price-changed")
    with pytest.raises(BadRecord):
        sale(Wanted("999"))


def test_customers_who_are_gone_or_merged():
    """A merged customer is booked under the new record; one who is gone is only noticed."""
    merged = sale(Wanted("100"), header=header(customer="C2"))
    assert ("C1", ["customer-merged"]) == (merged.document.customer, codes(merged))
    gone = sale(Wanted("100"), header=header(customer="C9"))
    assert ("C9", ["customer-gone"]) == (gone.document.customer, codes(gone))


def test_on_account_needs_an_account_unless_it_happened():
    """Nobody buys on account without one; if it happened, somebody looks at it later."""
    assert () == sale(Wanted("100"), by=("account",), header=header(customer="C1")).notices
    with pytest.raises(NotAllowed):
        sale(Wanted("100"), by=("account",))
    assert ["no-account"] == codes(sale(Wanted("100"), by=("account",), happened=True))


def test_discounts_over_the_limit_need_a_grant():
    """Ten per cent is free; more needs a grant that is large enough; a lower price is a discount too."""
    assert 17_910 == gross_sum(sale(Wanted("200", discount_minor=1_990)).document)
    for wanted in (Wanted("200", discount_minor=1_991), Wanted("200", unit_price=1_790_000)):
        with pytest.raises(NotAllowed):
            sale(wanted)
        small = Grant("g", "A", "discount", each_minor=1_990)
        for grant in (small, Grant("g", "A", "discount", share_ppm=100_000), Grant("g", "A", "refund")):
            with pytest.raises(NotAllowed):
                sale(wanted, grant=grant)
        assert "g" == sale(wanted, grant=Grant("g", "A", "discount", each_minor=2_000)).document.grant
        assert sale(wanted, happened=True).document.grant is None


def test_a_quote_becomes_a_sale_at_its_own_prices():
    """The quoted price counts without a grant; lines added to it do not share that; a late quote is noticed."""
    quote = Quote("Q7", "C1", "2026-11-19", (OrderLine("200", "Lamp", 1_000, 1_500_000),))
    head, wanted, notices = quote_to_sale(quote, header())
    built = build_sale(TERMS, KNOWN, head, wanted, [Pay("card")], quoted=len(wanted))
    assert ("Q7", "C1", 15_000) == (built.document.quote, built.document.customer, gross_sum(built.document))
    assert ["quote-expired"] == [notice.code for notice in notices]
    assert () == built.notices
    with pytest.raises(NotAllowed):
        build_sale(TERMS, KNOWN, head, (*wanted, Wanted("200", unit_price=1)), [Pay("card")], quoted=1)


# Taking back ------------------------------------------------------------------------------------------


@given(st.integers(1, 12), st.integers(0, 5_000), st.lists(st.integers(1, 3), min_size=1, max_size=12))
def test_parts_of_a_line_make_its_whole(pieces, discount, parts):
    """However a line comes back in parts, the parts together are exactly what was paid."""
    sold = build_sale(
        TERMS, KNOWN, header(), [Wanted("100", pieces * 1_000, discount_minor=min(discount, pieces * 249))], [Pay("card")], happened=True
    ).document
    original, earlier, left = original_of_document(SALE_ID, sold), [], pieces
    for part in parts:
        if left == 0:
            break
        quantity = min(part, left) * 1_000
        built = build_refund(TERMS, KNOWN, header(), original, [Pick(0, quantity)], [Pay("card")], earlier=earlier)
        assert [] == check_document(built.document, "refund")
        earlier.append(built.document)
        left -= quantity // 1_000
    if left:
        earlier.append(build_refund(TERMS, KNOWN, header(), original, [Pick(0)], [Pay("card")], earlier=earlier).document)
    assert -gross_sum(sold) == sum(gross_sum(document) for document in earlier)


def test_a_refund_mirrors_discount_rate_and_names_its_sale():
    """What was paid comes back, at the rate it was sold at, and the entry names the sale."""
    sold = sale(Wanted("200", discount_minor=1_000), Wanted("100", vat_ppm=140_000))
    built = build_refund(TERMS, KNOWN, header(), original_of_document(SALE_ID, sold.document), [Pick(1), Pick(0)], [Pay("card")],
                         grant=Grant("g", "A", "refund"))  # fmt: skip
    assert [(-249, 140_000, 0), (-18_900, 255_000, -1_000)] == [
        (line.amount_minor, line.vat_ppm, line.discount_minor) for line in built.document.lines
    ]
    assert (SALE_ID, (), "g") == (built.refers_to, built.notices, built.document.grant)


def test_nothing_comes_back_twice():
    """More than was sold is stopped before it happens, and noticed if it did."""
    original = original_of_document(SALE_ID, sale(Wanted("100", 2_000)).document)
    first = build_refund(TERMS, KNOWN, header(), original, [Pick(0, 1_000)], [Pay("cash")]).document
    with pytest.raises(WrongState):
        build_refund(TERMS, KNOWN, header(), original, [Pick(0, 2_000)], [Pay("cash")], earlier=[first])
    built = build_refund(TERMS, KNOWN, header(), original, [Pick(0, 2_000)], [Pay("cash")], earlier=[first], happened=True)
    assert ["over-refund"] == codes(built)
    twice = build_refund(TERMS, KNOWN, header(), original, [Pick(0, 2_000), Pick(0)], [Pay("cash")])
    assert [-2_000] == [line.quantity for line in twice.document.lines]
    with pytest.raises(WrongState):
        build_refund(TERMS, KNOWN, header(), original, [Pick(0, 2_000), Pick(0, 1_000)], [Pay("cash")])
    for pick in (Pick(1), Pick(0, 0), Pick(0, -1_000), Pick(-1)):
        with pytest.raises(BadRecord):
            build_refund(TERMS, KNOWN, header(), original, [pick], [Pay("cash")])


def test_a_line_that_was_negative_comes_back_positive():
    """A bottle deposit taken back in a sale is undone with it; the whole sale refunds to its mirror."""
    sold = sale(Wanted("100", 2_000), Wanted("", -3_000, 1_500, name="Bottle"))
    built = build_refund(TERMS, KNOWN, header(), original_of_document(SALE_ID, sold.document), [Pick(0), Pick(1)], [Pay("card")])
    assert [-498, 45] == [line.amount_minor for line in built.document.lines]
    assert [] == check_document(built.document, "refund")


def test_a_sale_from_before_comes_back_at_the_rate_of_its_day():
    """Bread of 2025 was sold at 14 %; the refund in 2026 says 14 %, and names the cloud's number."""
    past = PastSale("S-77", "2025-12-30", "C1", 249, (OrderLine("100", "Rye bread", 1_000, 24_900),))
    built = build_refund(TERMS, KNOWN, header(), original_of_past_sale(past, KNOWN.items, "FI"), [Pick(0)], [Pay("cash")])
    assert (140_000, "S-77", "C1", None) == (
        built.document.lines[0].vat_ppm,
        built.document.original,
        built.document.customer,
        built.refers_to,
    )
    assert (-250, 1) == (built.document.tenders[0].amount_minor, built.document.rounding_minor)


def test_large_refunds_need_a_grant():
    """A refund over the limit is stopped without a grant, and noticed if it happened."""
    lamp = [Wanted("200", -1_000)]
    with pytest.raises(NotAllowed):
        build_free_refund(TERMS, KNOWN, header(), lamp, [Pay("card")])
    assert () == build_free_refund(TERMS, KNOWN, header(), lamp, [Pay("card")], grant=Grant("g", "A", "refund", each_minor=19_900)).notices
    assert ["refund-over-limit"] == codes(build_free_refund(TERMS, KNOWN, header(), lamp, [Pay("card")], happened=True))


@pytest.mark.parametrize(("bread", "moved"), [(4_000, {"cash": 745}), (1_000, {"cash": 0}), (500, {"cash": -125})])
def test_an_exchange_moves_only_the_difference(bread, moved):
    """Both halves balance, share one name, and the drawer sees the difference alone, rounded as cash."""
    original = original_of_document(SALE_ID, sale(Wanted("100")).document)
    back, forth = build_exchange(
        TERMS, KNOWN, header(), original, [Pick(0)], header("BOX-2"), [Wanted("100", bread)], [Pay("cash")], exchange="X1"
    )
    assert [] == check_document(back.document, "refund")
    assert [] == check_document(forth.document, "sale")
    assert ("X1", "X1") == (back.document.exchange, forth.document.exchange)
    sums: dict[str, int] = {}
    for tender in (*back.document.tenders, *forth.document.tenders):
        sums[tender.kind] = sums.get(tender.kind, 0) + tender.amount_minor
    assert moved == sums


@given(st.integers(-10**6, 0), st.integers(0, 10**6), st.sampled_from(("cash", "card")), st.sampled_from((1, 5)))
def test_exchange_payments_conserve(refund, new, kind, step):
    """Each half's tenders and rounding make its own sum."""
    back, forth = pay_exchange(refund, new, [Pay(kind)], step)
    for total, paid in ((refund, back), (new, forth)):
        assert total == sum(tender.amount_minor for tender in paid.tenders) + paid.rounding_minor
        assert all(tender.amount_minor * (1 if total > 0 else -1) >= 0 for tender in paid.tenders if total)


def test_only_an_unanswered_sale_can_be_void():
    """What the cloud has, what is void, taken back, or no sale at all cannot be voided."""
    check_void("sale", ["finding"])
    for kind, later in (("sale", ["answer"]), ("sale", ["void"]), ("refund", ["solved"]), ("sale", ["refund"]), ("outage", [])):
        with pytest.raises(WrongState):
            check_void(kind, later)
