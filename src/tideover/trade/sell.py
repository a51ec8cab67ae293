"""A sale: from what a person asked for to a document; also from a quote, and without the copies' blessing.

Before it happened a sale may be stopped (a discount over the limit without a grant). A sale that happened is
never refused: what differs from the copies becomes a notice.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from tideover.errors import BadRecord, NotAllowed
from tideover.model.item import Item, Quote
from tideover.model.money import RATE_SCALE, Minor, Price, Quantity, RatePpm, sum_text
from tideover.model.sale import NAME_LENGTH_MAX, Document, Line, Name
from tideover.plan.records import Grant
from tideover.rules.balance import raise_if_unbalanced
from tideover.rules.limits import is_covered, may_discount
from tideover.rules.pricing import gross_sum, line_amount
from tideover.rules.vat import rate_on
from tideover.trade.look import notices_of
from tideover.trade.payment import Paid, Pay, pay
from tideover.trade.terms import Built, Kind, Known, Notice, Terms


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """One line as asked for; what is None comes from the copy of the item."""

    item: Name  # "" for a free line, which then needs name and price.
    quantity: Quantity = 1_000
    unit_price: Price | None = None
    discount_minor: Minor = 0
    name: Name | None = None
    vat_ppm: RatePpm | None = None


class Header(Struct, frozen=True):
    """What a document says besides its lines and tenders."""

    number: str
    day: str  # Trading day, YYYY-MM-DD.
    customer: str | None = None
    party: str | None = None
    commitment: str | None = None
    slip: str | None = None
    quote: str | None = None
    original: str | None = None
    exchange: str | None = None
    note: str = ""


def make_lines(terms: Terms, known: Known, wanted: Sequence[Wanted], day: str) -> tuple[Line, ...]:
    """The lines with names, prices, rates and amounts. Raises BadRecord if neither the copies nor the person know one."""
    return tuple(_line(terms, known.items.get(one.item), one, day, number) for number, one in enumerate(wanted, 1))


def _line(terms: Terms, item: Item | None, one: Wanted, day: str, number: int) -> Line:
    price = one.unit_price if one.unit_price is not None else (item.unit_price if item else None)
    if price is None:
        raise BadRecord(what=f"line {number}", why=f"no price is known for {one.item or 'a free line'}: type it in")
    rate = one.vat_ppm if one.vat_ppm is not None else (item.vat_ppm if item else rate_on(terms.country, "standard", day))
    return Line(
        item=one.item,
        name=(one.name or (item.name if item else "") or one.item)[:NAME_LENGTH_MAX],  # A copy may hold a longer one than an entry.
        quantity=one.quantity,
        unit_price=price,
        amount_minor=line_amount(one.quantity, price) - one.discount_minor,
        vat_ppm=rate,
        discount_minor=one.discount_minor,
    )


def draft(terms: Terms, known: Known, header: Header, lines: Sequence[Line], grant: Grant | None = None) -> Document:
    """The document without its tenders; a customer who was merged is booked under the record that took its place."""
    customer = known.customers.get(header.customer or "")
    return Document(
        number=header.number,
        currency=terms.currency,
        prices_include_vat=terms.prices_include_vat,
        lines=tuple(lines),
        tenders=(),
        party=header.party,
        commitment=header.commitment,
        customer=(customer.merged_into if customer else None) or header.customer,
        prices_as_of=known.prices_as_of,
        slip=header.slip,
        quote=header.quote,
        original=header.original,
        exchange=header.exchange,
        grant=grant.id if grant else None,
        note=header.note,
    )


def finish(kind: Kind, document: Document, paid: Paid, notices: Sequence[Notice], refers_to: str | None = None) -> Built:
    """The draft with its tenders, proven to add up. Raises UnbalancedDocument, BadRecord."""
    whole = replace(document, tenders=paid.tenders, rounding_minor=paid.rounding_minor)
    raise_if_unbalanced(whole, kind)
    return Built(kind, whole, refers_to, tuple(notices), paid.change_minor)


def build_sale(
    terms: Terms,
    known: Known,
    header: Header,
    wanted: Sequence[Wanted],
    wishes: Sequence[Pay],
    *,
    quoted: int = 0,
    grant: Grant | None = None,
    happened: bool = False,
) -> Built:
    """A sale.

    quoted: how many of the first lines are a quote's. grant: the one that allows a discount over the limit.
    happened: True where goods and money have changed hands.
    Raises BadRecord, UnbalancedDocument; before it happened also NotAllowed.
    """
    document = draft_sale(terms, known, header, wanted, wishes, quoted=quoted, grant=grant, happened=happened)
    paid = pay(gross_sum(document), wishes, terms.cash_step_minor)
    return finish("sale", document, paid, notices_of(terms, known, "sale", document, header.day, header.customer, paid.tenders))


def draft_sale(
    terms: Terms,
    known: Known,
    header: Header,
    wanted: Sequence[Wanted],
    wishes: Sequence[Pay],
    *,
    quoted: int = 0,
    grant: Grant | None = None,
    happened: bool = False,
) -> Document:
    """The sale before it is paid, its limits checked unless it happened."""
    lines = make_lines(terms, known, wanted, header.day)
    off_minor, share_ppm = discount_to_grant(terms, known, lines, quoted)
    if off_minor and not happened and not allows_discount(grant, off_minor, share_ppm):
        raise NotAllowed(who="The cashier", why=f"a discount of {sum_text(off_minor)} is over the limit and has no grant")
    customer = known.customers.get(header.customer or "")
    if any(wish.kind == "account" for wish in wishes) and not happened and not (customer and customer.account):
        raise NotAllowed(who="The cashier", why=f"customer {header.customer or '(none)'} has no account here")
    return draft(terms, known, header, lines, grant if off_minor else None)


def discount_to_grant(terms: Terms, known: Known, lines: Sequence[Line], quoted: int = 0) -> tuple[int, int]:
    """(Σ of discounts that are over the limit, the largest share in ppm); a price under the copy's is a discount too.

    The price of the first `quoted` lines was allowed when the quote was given.
    """
    total, largest = 0, 0
    for position, line in enumerate(lines):
        item = known.items.get(line.item) if position >= quoted else None
        full = line_amount(line.quantity, line.unit_price if item is None else max(item.unit_price, line.unit_price))
        off = full - line.amount_minor
        if not may_discount(full, off, terms.discount_limit_ppm):
            total += abs(off)
            largest = max(largest, -(-abs(off) * RATE_SCALE // abs(full)))  # Rounded up: the limit is never passed by rounding.
    return total, largest


def allows_discount(grant: Grant | None, off_minor: int, share_ppm: int) -> bool:
    """True if the grant is for discounts of that sum and share; its sum of the day is the plan's to watch."""
    if grant is None or grant.right != "discount":
        return False
    return is_covered(off_minor, grant.each_minor, None, 0) and (grant.share_ppm is None or share_ppm <= grant.share_ppm)


def quote_to_sale(quote: Quote, header: Header) -> tuple[Header, tuple[Wanted, ...], tuple[Notice, ...]]:
    """The returning customer's quote: header, lines at the quoted prices, and a notice if it has run out."""
    wanted = tuple(Wanted(line.item, line.quantity, line.unit_price, name=line.name) for line in quote.lines)
    notices: tuple[Notice, ...] = ()
    if quote.valid_until is not None and header.day > quote.valid_until:
        text = f"Quote {quote.code} was valid until {quote.valid_until}; its prices were kept."
        notices = (Notice("quote-expired", text, key=quote.code),)
    return replace(header, quote=quote.code, customer=header.customer or quote.customer), wanted, notices
