"""The till's basket in a real browser: what a cashier does with it, right and wrong; nothing it was given is ever changed."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from browser.modules import TILL, page_of
from tideover.model.sale import Document
from tideover.rules.balance import check_document
from tideover.words import catalogue

pytestmark = pytest.mark.xdist_group("test_till_core")

SHOP = {
    "settings": {
        "country": "FI", "currency": "EUR", "prices_include_vat": True, "cash_rounding_minor": 5, "discount_limit_ppm": 100_000,
        "refund_limit_minor": 10_000,
    },
    "operators": [{"name": "Anna", "role": "owner"}, {"name": "Matti", "role": "cashier"}],
    "grants": [],
}  # fmt: skip
BREAD = {"code": "100", "name": "Ruisleipä", "unit_price": 24_900, "vat_ppm": 135_000}
LAMP = {"code": "400", "name": "Lamppu", "unit_price": 1_990_000, "vat_ppm": 255_000}
ACCOUNT = {"code": "C-1", "name": "Aalto", "account": True, "merged_into": None}
# Every state is frozen through and through before the next step: a step that changed what it was given would throw.
RUN = """async ([shop, kind, actions]) => {
  const { basket, newBasket, isEmpty } = await import("/till/core/basket.js");
  const { documentOf, quoteOf, total } = await import("/till/core/document.js");
  const { needOf } = await import("/till/core/grants.js");
  const frozen = (value) => {
    if (value !== null && typeof value === "object") { Object.values(value).forEach(frozen); Object.freeze(value); }
    return value;
  };
  frozen(shop);
  let state = frozen(newBasket("0192f3c4-0000-7000-8000-0000000000aa", 1, kind));
  const refused = [];
  for (const action of actions) {
    const made = basket(state, frozen(action), shop);
    if (made.refused) refused.push(made.refused);
    else state = frozen(made);
  }
  return {
    state, refused, total: total(state, shop), document: documentOf(state, shop, "K1-1", "2026-11-20"), need: needOf(state, shop),
    quote: quoteOf(state, shop, "QT-K1-1", "2026-11-20", "2026-12-04"), empty: isEmpty(state),
  };
}"""


@pytest.fixture(scope="module")
def page(chromium):
    with page_of(chromium) as page:
        yield page


def run(page, *actions, kind="sale", **more):
    shop = {**SHOP, "settings": {**SHOP["settings"], **more}}
    return page.evaluate(RUN, [shop, kind, list(actions)])


def add(item=BREAD, **more):
    return {"type": "add", "item": item, **more}


def tender(kind, **more):
    return {"type": "tender", "kind": kind, **more}


def test_scanning_twice_is_two_of_it(page):
    """The same in a row joins; another between, a typed price, a weight or a discount does not."""
    made = run(page, add(), add(), add(LAMP), add(), add(quantity=500), add(unit_price=20_000), add(unit_price=20_000))
    assert [2_000, 1_000, 1_000, 500, 2_000] == [line["quantity"] for line in made["state"]["lines"]]
    assert [498, 19_900, 249, 125, 400] == [line["amount_minor"] for line in made["state"]["lines"]]
    assert (21_172, 5) == (made["total"]["sum_minor"], len({line["key"] for line in made["state"]["lines"]}))


def test_a_scan_never_joins_a_line_with_a_discount(page):
    """The discount was for what lay there."""
    made = run(page, add(), {"type": "discount", "key": 1, "discount_minor": 20}, add())
    assert [(1_000, 229), (1_000, 249)] == [(line["quantity"], line["amount_minor"]) for line in made["state"]["lines"]]


def test_a_line_can_be_changed_and_taken_out(page):
    """Quantity, price and discount; a discount keeps its share when the quantity changes and goes when the price does."""
    made = run(
        page, add(LAMP), {"type": "discount", "key": 1, "share_ppm": 50_000}, {"type": "quantity", "key": 1, "quantity": 3_000},
        add(), {"type": "discount", "key": 2, "discount_minor": 10}, {"type": "price", "key": 2, "unit_price": 30_000},
        {"type": "add_free", "name": " Korjaus ", "unit_price": 150_000, "vat_ppm": 255_000}, add(LAMP), {"type": "remove", "key": 4},
    )  # fmt: skip
    lines = [(line["name"], line["discount_minor"], line["amount_minor"]) for line in made["state"]["lines"]]
    assert [("Lamppu", 2_985, 56_715), ("Ruisleipä", 0, 300), ("Korjaus", 0, 1_500)] == lines
    assert [] == made["refused"]


def test_a_discount_on_everything(page):
    """Each line by its own share; what that comes to is on the total."""
    made = run(page, add(LAMP), add(), {"type": "discount_all", "share_ppm": 100_000})
    assert ([1_990, 25], 2_015) == ([line["discount_minor"] for line in made["state"]["lines"]], made["total"]["discount_minor"])
    assert made["need"] == {"right": "discount", "amount_minor": 25, "share_ppm": 100_402}  # A cent of rounding past the limit is past it.


def test_what_makes_no_sense_is_refused_by_name(page):
    """And leaves the basket as it was."""
    nonsense = [
        ({"type": "fly"}, "unknown-action"),
        ({"type": "constructor"}, "unknown-action"),
        (add(quantity=0), "no-quantity"),
        (add(quantity=1.5), "no-quantity"),
        (add(quantity=6_410_405_082_657), "quantity-too-large"),
        (add(unit_price=2**50), "price-too-large"),
        (add({**BREAD, "unit_price": None}), "no-price"),
        (add({**BREAD, "vat_ppm": None}), "no-rate"),
        ({"type": "add_free", "name": " ", "unit_price": 1, "vat_ppm": 0}, "no-name"),
        ({"type": "quantity", "key": 9, "quantity": 1}, "no-line"),
        ({"type": "remove", "key": 9}, "no-line"),
        ({"type": "discount", "key": 1, "discount_minor": 250}, "more-than-price"),
        ({"type": "discount", "key": 1, "discount_minor": 0.5}, "no-sum"),
        ({"type": "kind", "kind": "refund"}, "not-empty"),
        ({"type": "quote", "code": "Q", "lines": []}, "not-empty"),
        (tender("seashells"), "unknown-tender"),
        (tender("account"), "no-account"),
        (tender("card", amount_minor=250), "more-than-due"),
        (tender("card", amount_minor=0), "no-sum"),
        (tender("cash", given_minor=0), "no-sum"),
        (tender("cash", given_minor=-5), "no-sum"),
        ({"type": "untender", "index": 0}, "no-tender"),
    ]
    made = run(page, add(), *(action for action, _ in nonsense))
    assert [code for _, code in nonsense] == made["refused"]
    assert (1, 249) == (len(made["state"]["lines"]), made["total"]["sum_minor"])
    assert ["empty"] == run(page, tender("cash"))["refused"]


def test_cash_is_rounded_and_gives_change(page):
    """Handed over less is a part; then nothing more is due."""
    made = run(page, add(), tender("cash", given_minor=500))
    assert (250, 0, 250, -1) == tuple(made["total"][key] for key in ("paid_minor", "due_minor", "change_minor", "rounding_minor"))
    coins = run(page, add(unit_price=25_200), tender("cash", given_minor=250))  # 2.52 is 2.50 in coins that exist.
    assert (250, 0, 0, 2) == tuple(coins["total"][key] for key in ("paid_minor", "due_minor", "change_minor", "rounding_minor"))
    part = run(page, add(), tender("cash", given_minor=100))
    assert (149, 150, 0) == tuple(part["total"][key] for key in ("due_minor", "due_cash_minor", "change_minor"))
    assert "not-paid" == part["document"]["refused"]
    whole = run(page, add(), tender("cash", given_minor=100), tender("cash", given_minor=200), tender("cash"))
    assert ([100, 150], 50, ["nothing-due"]) == (
        [one["amount_minor"] for one in whole["document"]["tenders"]], whole["total"]["change_minor"], whole["refused"],
    )  # fmt: skip


def test_what_is_added_after_a_payment_is_still_due(page):
    """Cash that was handed over counts as far as it goes; a card's sum stays what the terminal took."""
    made = run(page, add(), tender("cash", given_minor=500), add(LAMP))
    assert (500, 19_649, 0) == tuple(made["total"][key] for key in ("paid_minor", "due_minor", "change_minor"))
    card = run(page, add(), tender("card"), add(), tender("card", reference="T-2"))
    assert [249, 249] == [one["amount_minor"] for one in card["document"]["tenders"]]
    less = run(page, add(), add(LAMP), tender("card"), {"type": "remove", "key": 2}, tender("mobile"), tender("cash"))
    assert (["change-in-cash"], 0) == (less["refused"], less["total"]["due_minor"])
    assert [20_149, -19_900] == [one["amount_minor"] for one in less["document"]["tenders"]]


def test_payments_can_be_taken_back_and_hold_a_basket(page):
    """A basket that a card has paid for cannot be cleared; after the payment is taken back it can, and its id stays."""
    made = run(page, add(), tender("card"), {"type": "clear"}, {"type": "untender", "index": 0}, {"type": "clear"})
    assert (["paid-in-part"], True) == (made["refused"], made["empty"])
    assert "0192f3c4-0000-7000-8000-0000000000aa" == made["state"]["id"]


def test_only_an_account_buys_on_account(page):
    """The customer must have one, and cannot be taken off while it pays."""
    made = run(page, add(), {"type": "customer", "customer": ACCOUNT}, tender("account"), {"type": "customer", "customer": None})
    assert (["no-account"], "C-1", 249) == (made["refused"], made["document"]["customer"], made["document"]["tenders"][0]["amount_minor"])


def test_a_quote_is_kept_and_sold_at_its_prices(page):
    """A quote has no payment; sold later its prices need no grant, but going under them does."""
    quote = run(page, add(LAMP), {"type": "note", "note": "x" * 2_000}, tender("card"), kind="quote")
    assert (["quote-unpaid"], 1_000, "2026-12-04") == (quote["refused"], len(quote["quote"]["note"]), quote["quote"]["valid_until"])
    line = {"item": "400", "name": "Lamppu", "quantity": 1_000, "unit_price": 1_500_000, "vat_ppm": 255_000}
    sold = run(page, {"type": "quote", "code": "QT-K1-1", "lines": [line]}, tender("card"))
    assert ("QT-K1-1", None) == (sold["document"]["quote"], sold["need"])
    cheaper = {"type": "price", "key": 1, "unit_price": 1_000_000}
    less = run(page, {"type": "quote", "code": "QT-K1-1", "lines": [line]}, cheaper, tender("card"))
    assert "grant-needed" == less["document"]["refused"]


def test_a_grant_holds_on_its_days_only(page):
    """A grant that has run out allows nothing, even where the basket still carries it."""
    off = [add(LAMP), {"type": "discount", "key": 1, "discount_minor": 5_000}, tender("card")]
    for until, allowed in (("2026-11-20", True), ("2026-11-19", False), (None, True)):
        made = run(page, *off, {"type": "grant", "grant": {"id": "g", "right": "discount", "person": "Anna", "until_day": until}})
        assert ("g" if allowed else "grant-needed") == made["document"].get("grant", made["document"].get("refused"))


def test_names_and_notes_fit_an_entry(page):
    """Two hundred characters, counted as the box counts them, and never half of one."""
    made = run(page, add({**BREAD, "name": "🍞" * 300}), {"type": "note", "note": "a\ud83cb"}, tender("cash"))
    assert ("🍞" * 200, "a\ufffdb") == (made["document"]["lines"][0]["name"], made["document"]["note"])


WAYS = st.sampled_from(("card", "voucher", "cash"))
ACTIONS = st.one_of(
    st.builds(lambda i, q: {"type": "add", "item": i, "quantity": q}, st.sampled_from((BREAD, LAMP)), st.integers(-3_000, 3_000)),
    st.builds(lambda k, q: {"type": "quantity", "key": k, "quantity": q}, st.integers(1, 5), st.integers(-10, 5_000)),
    st.builds(lambda k, p: {"type": "price", "key": k, "unit_price": p}, st.integers(1, 5), st.integers(-100, 3_000_000)),
    st.builds(lambda k, d: {"type": "discount", "key": k, "discount_minor": d}, st.integers(1, 5), st.integers(0, 3_000)),
    st.builds(lambda k: {"type": "remove", "key": k}, st.integers(1, 5)),
    st.builds(lambda k, a: {"type": "tender", "kind": k, "amount_minor": a}, WAYS, st.none() | st.integers(1, 9_999)),
    st.builds(lambda g: {"type": "tender", "kind": "cash", "given_minor": g}, st.integers(1, 30_000)),
    st.builds(lambda i: {"type": "untender", "index": i}, st.integers(0, 3)),
)  # fmt: skip


def test_whatever_is_done_the_sums_hold(page):
    """Three hundred wild sequences: lines, payments, rounding, change and what is due always come to the total."""
    values = []

    @settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(ACTIONS, max_size=12), st.sampled_from(("sale", "refund")))
    def gather(actions, kind):
        values.append([SHOP, kind, [*actions, {"type": "tender", "kind": "cash"}]])

    gather()
    all_of = f"async (all) => {{ const run = {RUN}; const made = []; for (const one of all) made.push(await run(one)); return made; }}"
    made = page.evaluate(all_of, values)
    for one, asked in zip(made, values, strict=True):
        total, lines = one["total"], one["state"]["lines"]
        assert sum(line["amount_minor"] for line in lines) == total["sum_minor"], asked
        assert total["paid_minor"] + total["rounding_minor"] + total["due_minor"] == (total["sum_minor"] if lines else 0), asked
        assert total["change_minor"] >= 0 and sum(rate["gross_minor"] for rate in total["by_vat"]) == total["sum_minor"], asked
        if "refused" not in one["document"]:
            assert [] == check_document(msgspec.convert(one["document"], Document, strict=True), asked[1]), asked
    assert sum("refused" not in one["document"] for one in made) > 20


def test_every_refusal_has_its_finnish(page):
    """Each text with which the core says no stands in the catalogue, with the same facts."""
    texts = set()
    for path in (TILL / "core").glob("*.js"):
        source = path.read_text(encoding="utf-8")
        texts |= set(re.findall(r'refuse\(\s*"[^"]+",\s*"([^"]+)"', source))
        texts |= set(re.findall(r'^  (?:discount|refund): "(.*)",$', source, re.M))
    finnish = catalogue("fi")
    assert len(texts) > 35
    assert [] == sorted(texts - finnish.keys())
    assert [] == [text for text in texts if set(re.findall(r"{\w+}", text)) != set(re.findall(r"{\w+}", finnish[text]))]
