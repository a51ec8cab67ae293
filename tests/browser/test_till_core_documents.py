"""Baskets become documents at the till exactly as they do at the box: the same bytes, the same refusals."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from browser.modules import call, outs, page_of, vectors
from tideover.journal.entry import Entry, canonical, decode, encode
from tideover.model.sale import Document
from tideover.rules.balance import check_document
from tideover.trade.receipt_parts import WORDS
from tideover.words import plain, say
from unit.trade import baskets

pytestmark = pytest.mark.xdist_group("test_till_core")

HERE = Path(__file__).parent
RUNNER = "/extra/till_core.js"
SHOPS = tuple(
    {
        "country": "FI", "currency": "EUR", "prices_include_vat": included, "cash_rounding_minor": step,
        "discount_limit_ppm": 100_000, "refund_limit_minor": 10_000,
    }
    for included in (True, False)
    for step in (1, 5, 10)
)  # fmt: skip
PRICES = ((24_900, 135_000), (333, 255_000), (1_990_000, 255_000), (12_345, 100_000), (50, 0), (7, 140_000))
ITEMS = [{"code": str(n), "name": f"Tuote {n}", "unit_price": price, "vat_ppm": rate} for n, (price, rate) in enumerate(PRICES)]
CUSTOMERS = [
    {"code": "C-1", "name": "Aalto", "account": True},
    {"code": "C-2", "name": "Koivu", "merged_into": "C-9"},
]
GRANT = {"id": "G", "person": "Anna", "right": "discount"}
REFUND_GRANT = {"id": "R", "person": "Anna", "right": "refund"}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
BASKETS_N = 400


@pytest.fixture(scope="module")
def page(chromium):
    with page_of(chromium, extra=HERE) as page:
        yield page


@pytest.mark.parametrize(("name", "made"), [("documents", "soldAs"), ("refunds", "takenBackAs")])
def test_described_documents(page, name, made):
    """Every sale and refund of the vectors, and every refusal of one."""
    found = call(page, RUNNER, made, [[one["in"]] for one in vectors(name)])
    assert outs(name) == found


def line(draw, shop):
    """(the line as asked for, whether a further scan of the same would join it)."""
    if draw(st.integers(0, 4)) == 0:
        name = draw(TEXT.filter(lambda text: text.strip()))
        return {
            "item": "", "name": name.strip(), "quantity": draw(st.integers(1, 5_000)), "unit_price": draw(st.integers(1, 5_000_000)),
            "vat_ppm": draw(st.sampled_from((255_000, 135_000, 0))), "discount_minor": 0,
        }  # fmt: skip
    item = draw(st.sampled_from(ITEMS))
    quantity = draw(st.sampled_from((1_000, 1_000, 2_000, 12_000, 1_234, 1)))
    price = draw(st.sampled_from((None, None, None, item["unit_price"] + 100, item["unit_price"] // 2)))
    full = baskets.line_of(quantity, item["unit_price"] if price is None else price)
    off = draw(st.sampled_from((0, 0, 0, full // 20, full // 10, full // 3)))
    return {"item": item["code"], "quantity": quantity, "unit_price": price, "discount_minor": off, "name": None, "vat_ppm": None}


@st.composite
def basket(draw):
    """A sale as somebody at a till may ring it up, right or wrong."""
    shop = draw(st.sampled_from(SHOPS))
    wanted = baskets.joined([line(draw, shop) for _ in range(draw(st.integers(1, 6)))], ITEMS)
    described = {
        "shop": shop, "items": ITEMS, "customers": CUSTOMERS, "prices_as_of": draw(st.none() | st.integers(0, 2**45)),
        "number": f"K1-{draw(st.integers(1, 10**6))}", "day": "2026-11-20", "wanted": wanted, "note": draw(TEXT),
        "customer": draw(st.sampled_from((None, "C-1", "C-2", "C-404"))), "grant": draw(st.sampled_from((None, GRANT))),
    }  # fmt: skip
    return {**described, "pay": payments(draw, baskets.gross_of(described), shop["cash_rounding_minor"])}


def payments(draw, total, step):
    """One to three tenders: a part by card or in cash, and the rest in some way."""
    parts = []
    for _ in range(draw(st.integers(0, 2))):
        amount = draw(st.integers(1, max(1, total)))
        if total - amount <= step:  # Nothing but coins that do not exist would be left.
            continue
        total -= amount
        kind = draw(st.sampled_from(("card", "mobile", "voucher")))
        parts.append({"kind": kind, "amount_minor": amount, "given_minor": None, "reference": draw(st.none() | st.just("T-1"))})
    if total == 0:
        return parts
    kind = draw(st.sampled_from(("cash", "cash", "card", "account", "transfer")))
    given = draw(st.sampled_from((None, total + step + 500))) if kind == "cash" else None
    return [*parts, {"kind": kind, "amount_minor": None, "given_minor": given, "reference": None}]


def gathered(strategy, count):
    """So many examples at once: the page is asked once for all of them."""
    values = []

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def gather(value):
        values.append(value)

    gather()
    return values


def bytes_of(made):
    if "refused" in made:
        return made
    return {"bytes": {"hex": canonical(made["document"]).hex()}, "change_minor": made["change_minor"]}


def compared(values, expected, found):
    """The same bytes; what is refused on one side is refused on the other, where two reasons hold perhaps for the other one."""
    for value, wanted, made in zip(values, expected, found, strict=True):
        if not ("refused" in wanted and "refused" in made):
            assert wanted == made, json.dumps(value)


def proved(found, kind):
    """Every document passes the box's own strict reading and its rules of balance."""
    for made in found:
        if "refused" in made:
            continue
        body = json.loads(bytes.fromhex(made["bytes"]["hex"]))
        document = msgspec.convert(body, Document, strict=True)
        assert [] == check_document(document, kind)
        id, till = "0192f3c4-0000-7000-8000-0000000000aa", "0192f3c4-0000-7000-8000-00000000000b"
        assert document == decode(encode(Entry(id, kind, 1, till, 1, 0, "2026-11-20", None, None, document))).body


def test_random_sales_come_to_the_same_bytes(page):
    """Four hundred baskets, rung up on both sides; a difference names the basket."""
    values = gathered(basket(), BASKETS_N)
    found = call(page, RUNNER, "bytesOf", [[one] for one in values])
    expected = [bytes_of(baskets.sold(one)) for one in values]
    compared(values, expected, found)
    proved(found, "sale")
    assert sum("bytes" in made for made in found) > BASKETS_N / 4
    assert any("refused" in made for made in found)


@st.composite
def refund(draw):
    """A part of a sale comes back, after other parts came back before."""
    shop = draw(st.sampled_from(SHOPS))
    wanted = [line(draw, shop) for _ in range(draw(st.integers(1, 4)))]
    sale = {
        "shop": shop, "items": ITEMS, "customers": CUSTOMERS, "number": "K1-1", "day": "2026-11-19", "wanted": wanted, "grant": GRANT,
        "pay": [{"kind": "card", "amount_minor": None, "given_minor": None, "reference": None}],
    }  # fmt: skip
    lines = baskets.sold(sale)["document"]["lines"]
    original = {"lines": lines, "entry": "0192f3c4-0000-7000-8000-000000000001", "number": None, "customer": None}
    earlier: list = []
    described = {**sale, "day": "2026-11-20", "number": "K1-2", "original": original, "earlier": earlier, "grant": REFUND_GRANT}
    for _ in range(draw(st.integers(0, 2))):
        before = baskets.taken_back({**described, "picks": [pick(draw, lines)]})
        if "document" in before:
            earlier.append(before["document"])
    picks = [pick(draw, lines) for _ in range(draw(st.integers(1, 3)))]
    way = draw(st.sampled_from(("cash", "card")))
    whole = baskets.taken_back({**described, "picks": picks})
    is_nothing = "document" in whole and whole["document"]["tenders"][0]["amount_minor"] == 0  # Nothing is paid then.
    pay = [] if is_nothing else [{"kind": way, "amount_minor": None, "given_minor": None, "reference": None}]
    return {**described, "picks": picks, "pay": pay, "grant": draw(st.sampled_from((None, REFUND_GRANT)))}


def pick(draw, lines):
    place = draw(st.integers(0, len(lines) - 1))
    return {"line": place, "quantity": draw(st.none() | st.integers(1, max(1, lines[place]["quantity"])))}


def test_random_refunds_come_to_the_same_bytes(page):
    """Three hundred parts of sales, some after others; all that came back is never more than was paid."""
    values = gathered(refund(), 300)
    found = call(page, RUNNER, "bytesOf", [[one] for one in values])
    compared(values, [bytes_of(baskets.taken_back(one)) for one in values], found)
    proved(found, "refund")
    assert any("refused" in made for made in found) and any("bytes" in made for made in found)


def test_grants(page):
    """Who may give a discount or a refund alone is decided as the box's counter decides it."""
    rows = vectors("grants")
    assert [one["out"] for one in rows] == call(page, RUNNER, "mayAlone", [[one["in"]] for one in rows])
    described = [one["in"] for one in vectors("documents") if one["in"]["wanted"] and not one["in"].get("quote")]
    assert [baskets.needed(one) for one in described] == call(page, RUNNER, "neededFor", [[one] for one in described])


def test_receipts(page):
    """The rows of every receipt, copy, refund and quote, in both languages and three countries."""
    assert outs("receipt") == call(page, RUNNER, "rowsOf", [[one["in"]] for one in vectors("receipt")])


def test_the_words_of_receipts_are_the_boxs(page):
    """One list of words in each language."""
    words = page.evaluate("async () => (await import('/till/core/receipt.js')).WORDS")
    assert words == {key: [text, say("fi")(text)] for key, text in WORDS.items()}


def test_what_would_steer_a_device_is_taken_out(page):
    """Any text at all: what the till prints is what the box's `plain` leaves of it."""
    values = gathered(st.text(st.characters(exclude_categories=["Cs", "Cn", "Co"], max_codepoint=0x2FFF), max_size=40), 300)
    assert [plain(text) for text in values] == call(page, "core/receipt.js", "plain", [[text] for text in values])


def test_the_report_of_a_day(page):
    """Sales, refunds, tenders, VAT and the drawer, without what is void, of another day or in another drawer."""
    asked = [[one["in"]["entries"], one["in"]["day"]] for one in vectors("drawer")]
    assert outs("drawer") == call(page, "core/drawer.js", "x", asked)
