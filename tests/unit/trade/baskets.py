"""A sale or refund as one plain description, and what Python's trade makes of it; the till's JavaScript reads the same one.

`tests/vectors/{documents,refunds,grants,drawer}.json` hold such descriptions with their results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tideover.errors import BadRecord, NotAllowed, TideoverError, UnbalancedDocument, WrongState
from tideover.model.item import Customer, Item
from tideover.model.sale import Document, Line
from tideover.plan.records import Grant
from tideover.rules.balance import check_document
from tideover.rules.limits import is_covered
from tideover.rules.pricing import gross_sum, line_amount
from tideover.rules.vat import by_rate, gross_by_rate
from tideover.trade.payment import Pay
from tideover.trade.sell import Header, Wanted, build_sale, discount_to_grant, make_lines
from tideover.trade.take_back import Original, Pick, build_free_refund, build_refund
from tideover.trade.terms import Built, Known, Terms

CODES = {UnbalancedDocument: "not-paid", WrongState: "over-refund"}


def terms_of(shop: dict[str, Any]) -> Terms:
    """The terms of a described shop."""
    return Terms(
        country=shop["country"],
        currency=shop["currency"],
        prices_include_vat=shop["prices_include_vat"],
        cash_step_minor=shop["cash_rounding_minor"],
        discount_limit_ppm=shop["discount_limit_ppm"],
        refund_limit_minor=shop["refund_limit_minor"],
    )


def known_of(described: dict[str, Any]) -> Known:
    """What the copies say of the described things."""
    items = msgspec.convert(described.get("items", []), list[Item])
    customers = msgspec.convert(described.get("customers", []), list[Customer])
    return Known(
        items={item.code: item for item in items},
        customers={one.code: one for one in customers},
        prices_as_of=described.get("prices_as_of"),
    )


def sold(described: dict[str, Any]) -> dict[str, Any]:
    """The described sale's document, or why not."""
    wanted = msgspec.convert(described["wanted"], list[Wanted])
    wishes = msgspec.convert(described["pay"], list[Pay])
    quote = described.get("quote")
    quoted = msgspec.convert(quote["lines"], list[Wanted]) if quote else []
    header = Header(
        described["number"], described["day"], described.get("customer"), note=described.get("note", ""), quote=quote and quote["code"]
    )
    grant = msgspec.convert(described.get("grant"), Grant | None)
    terms, known = terms_of(described["shop"]), known_of(described)
    return told(lambda: build_sale(terms, known, header, [*quoted, *wanted], wishes, quoted=len(quoted), grant=grant))


def taken_back(described: dict[str, Any]) -> dict[str, Any]:
    """The described refund's document, or why not; `original` null: nobody can find the sale."""
    terms, known = terms_of(described["shop"]), known_of(described)
    header = Header(described["number"], described["day"], described.get("customer"), note=described.get("note", ""))
    wishes = msgspec.convert(described["pay"], list[Pay])
    grant = msgspec.convert(described.get("grant"), Grant | None)
    if described["original"] is None:
        wanted = msgspec.convert(described["wanted"], list[Wanted])
        return _with(grant, lambda held: build_free_refund(terms, known, header, wanted, wishes, grant=held))
    original = msgspec.convert(described["original"], Original)
    picks = msgspec.convert(described["picks"], list[Pick])
    earlier = msgspec.convert(described.get("earlier", []), list[Document])
    return _with(grant, lambda held: build_refund(terms, known, header, original, picks, wishes, earlier=earlier, grant=held))


def _with(grant: Grant | None, make: Callable[[Grant | None], Built]) -> dict[str, Any]:
    """As the counter does: a grant is named only where one is needed."""
    alone = told(lambda: make(None))
    return told(lambda: make(grant)) if alone == {"refused": "grant-needed"} else alone


def told(make: Callable[[], Built]) -> dict[str, Any]:
    """What was built as plain values, proven sound; or the code with which the till refuses the same."""
    try:
        built = make()
    except (BadRecord, UnbalancedDocument, NotAllowed, WrongState) as error:
        return {"refused": code_of(error)}
    assert [] == check_document(built.document, built.kind)
    document = msgspec.json.decode(msgspec.json.encode(built.document))
    return {"document": document, "change_minor": built.change_minor, "refers_to": built.refers_to}


def code_of(error: TideoverError) -> str:
    """The till's word for it."""
    if isinstance(error, NotAllowed):
        return "no-account" if "account" in error.message else "grant-needed"
    if isinstance(error, BadRecord):
        told_by = {"has no line": "no-line", "gives back": "no-quantity", "was given for": "not-paid"}
        return next((code for words, code in told_by.items() if words in error.message), "wrong-way")
    return CODES[type(error)]


def needed(described: dict[str, Any]) -> dict[str, Any]:
    """What the described sale needs a grant for."""
    terms, known = terms_of(described["shop"]), known_of(described)
    lines: tuple[Line, ...] = make_lines(terms, known, msgspec.convert(described["wanted"], list[Wanted]), described["day"])
    off_minor, share_ppm = discount_to_grant(terms, known, lines)
    return {"off_minor": off_minor, "share_ppm": share_ppm}


def covered(grant: dict[str, Any], amount_minor: int, spent_minor: int) -> bool:
    """Whether that grant is enough."""
    return is_covered(amount_minor, grant.get("each_minor"), grant.get("day_minor"), spent_minor)


def line_of(quantity: int, unit_price: int) -> int:
    """What a line comes to before any discount."""
    return line_amount(quantity, unit_price)


def gross_of(described: dict[str, Any]) -> int:
    """What the described lines come to with VAT."""
    terms, known = terms_of(described["shop"]), known_of(described)
    lines = make_lines(terms, known, msgspec.convert(described["wanted"], list[Wanted]), described["day"])
    return sum(gross_by_rate(lines, terms.prices_include_vat).values())


def joined(wanted: list[dict[str, Any]], items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines as a till keeps them: the same whole pieces scanned again in a row are one line; what is taken off comes after."""
    prices = {item["code"]: item["unit_price"] for item in items}
    kept: list[dict[str, Any]] = []
    for one in wanted:
        price = one["unit_price"] if one["unit_price"] is not None else prices.get(one["item"])
        last = kept[-1] if kept else None
        alike = last is not None and one["item"] != "" and (last["item"], last["unit_price"]) == (one["item"], price)
        if alike and last["discount_minor"] == 0 and last["quantity"] % 1_000 == 0 == one["quantity"] % 1_000:
            kept[-1] = {**last, "quantity": last["quantity"] + one["quantity"], "discount_minor": one["discount_minor"]}
        else:
            kept.append({**one, "unit_price": price})
    return kept


def report_of(entries: list[dict[str, Any]], day: str) -> dict[str, Any]:
    """The report of a till's day (X) in the till's shape, from described entries."""
    voided = {one["refers_to"] for one in entries if one["kind"] == "void"}
    today = [one for one in entries if one["trading_day"] == day and one["id"] not in voided]
    bodies = [(one["kind"], msgspec.convert(one["body"], Document)) for one in today if one["kind"] in ("sale", "refund")]
    sums = {kind: [gross_sum(body) for of, body in bodies if of == kind] for kind in ("sale", "refund")}
    tenders: dict[str, list[int]] = {}
    taxes: dict[int, list[int]] = {}
    for _, body in bodies:
        for tender in body.tenders:
            tenders.setdefault(tender.kind, []).append(tender.amount_minor)
        for rate, (gross, vat) in by_rate(body.lines, body.prices_include_vat).items():
            before = taxes.get(rate, [0, 0])
            taxes[rate] = [before[0] + gross, before[1] + vat]
    return {
        "day": day,
        "sales": {"n": len(sums["sale"]), "sum_minor": sum(sums["sale"])},
        "refunds": {"n": len(sums["refund"]), "sum_minor": sum(sums["refund"])},
        "takings_minor": sum(sums["sale"]) + sum(sums["refund"]),
        "discount_minor": sum(line.discount_minor for _, body in bodies for line in body.lines),
        "rounding_minor": sum(body.rounding_minor for _, body in bodies),
        "by_tender": [{"kind": kind, "n": len(made), "amount_minor": sum(made)} for kind, made in sorted(tenders.items())],
        "by_vat": [{"vat_ppm": rate, "gross_minor": gross, "vat_minor": vat} for rate, (gross, vat) in sorted(taxes.items())],
        "first_number": bodies[0][1].number if bodies else None,
        "last_number": bodies[-1][1].number if bodies else None,
        "voids": sum(one["kind"] == "void" and one["trading_day"] == day for one in entries),
        **_cash(today, sum(tenders.get("cash", []))),
    }


def _cash(today: list[dict[str, Any]], cash_minor: int) -> dict[str, Any]:
    own = [one for one in today if one["body"].get("drawer", one["till"]) == one["till"]]
    floats = sum(one["body"]["amount_minor"] for one in own if one["kind"] == "drawer_float")
    drops = sum(one["body"]["amount_minor"] for one in own if one["kind"] == "drawer_drop")
    counts = [one["body"]["counted_minor"] for one in own if one["kind"] == "drawer_count"]
    expected = floats + cash_minor - drops
    counted = counts[-1] if counts else None
    return {
        "float_minor": floats, "cash_minor": cash_minor, "dropped_minor": drops, "expected_minor": expected, "counted_minor": counted,
        "over_minor": None if counted is None else counted - expected,
    }  # fmt: skip
