"""Taking back: a refund of all or a part of a sale, an exchange, and voiding a sale that did not happen.

A refund mirrors what was paid, discount and old VAT rate with it; parts of a line make its whole to the cent.
Never edits the sale: a refund and a void are further entries that name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tideover.errors import BadRecord, NotAllowed, NoVatRate, WrongState
from tideover.model.item import Item, PastSale
from tideover.model.money import QUANTITY_SCALE, Quantity, decimal_text, divide_rounded, sum_text
from tideover.model.sale import Document, Line
from tideover.plan.records import Grant
from tideover.rules.limits import is_covered
from tideover.rules.pricing import gross_sum, line_amount
from tideover.rules.vat import RATES, rate_on
from tideover.trade.look import notices_of
from tideover.trade.payment import Pay, pay, pay_exchange
from tideover.trade.sell import Header, Wanted, draft, draft_sale, finish, make_lines
from tideover.trade.terms import Built, Known, Notice, Terms


class Original(Struct, frozen=True):
    """The sale that is taken back: ours (an entry) or the cloud's, from before."""

    lines: tuple[Line, ...]
    entry: str | None = None  # Its entry id, if it is ours.
    number: str | None = None  # The cloud's number, if it is not.
    customer: str | None = None


class Pick(Struct, frozen=True, forbid_unknown_fields=True):
    """What comes back of one line."""

    line: int  # Position in the original, from 0.
    quantity: Quantity | None = None  # Positive; None: all that is left of it.


def original_of_document(entry: str, document: Document) -> Original:
    """One of our own sales."""
    return Original(document.lines, entry=entry, customer=document.customer)


def original_of_past_sale(past: PastSale, items: Mapping[str, Item], country: str) -> Original:
    """A sale of the cloud from before: its lines at the VAT rates that were in force on its day."""
    lines = []
    for one in past.lines:
        item = items.get(one.item)
        rate = _rate_then(country, item.vat_ppm, past.day) if item else rate_on(country, "standard", past.day)
        lines.append(Line(one.item, one.name, one.quantity, one.unit_price, line_amount(one.quantity, one.unit_price), rate))
    return Original(tuple(lines), number=past.code, customer=past.customer)


def _rate_then(country: str, rate_ppm: int, day: str) -> int:
    """What the category that has this rate now had on that day; the rate itself where the tables do not know it."""
    for category, steps in RATES.get(country, {}).items():
        if steps[-1][1] == rate_ppm:
            try:
                return rate_on(country, category, day)
            except NoVatRate:
                return rate_ppm
    return rate_ppm


# Lines ----------------------------------------------------------------------------------------------


def refund_lines(original: Original, picks: Sequence[Pick], earlier: Iterable[Document]) -> tuple[tuple[Line, ...], tuple[Notice, ...]]:
    """The lines that come back, negative, and a notice for each that comes back more often than it was sold.

    earlier: the refunds of this sale that stand already.
    """
    taken = taken_back(original.lines, earlier)
    lines, notices = [], []
    for pick in picks:
        if not 0 <= pick.line < len(original.lines):
            raise BadRecord(what="refund", why=f"the sale has no line {pick.line + 1}")
        sold = original.lines[pick.line]
        left = sold.quantity - taken[pick.line]
        quantity = left if pick.quantity is None else pick.quantity if sold.quantity > 0 else -pick.quantity
        if sold.quantity == 0 or (pick.quantity is not None and pick.quantity <= 0):
            raise BadRecord(what="refund", why=f"line {pick.line + 1} gives back a quantity of {_count(quantity)}")
        if abs(quantity) > abs(left):
            before = f"sold {_count(sold.quantity)}, taken back before {_count(taken[pick.line])}"
            text = f"{sold.name}: more comes back than is left of the sale ({before})."
            notices.append(Notice("over-refund", text, key=str(pick.line)))
        if quantity:
            lines.append(_mirror(sold, taken[pick.line], quantity))
            taken[pick.line] += quantity
    return tuple(lines), tuple(notices)


def beyond_sale(sale: Document, earlier: Iterable[Document], refund: Document) -> Iterator[Notice]:
    """What a refund takes back though it was not sold, or came back before: two tills know nothing of each other's refunds."""
    sold, before = _pieces((sale,)), _pieces(earlier)
    names = {line.item: line.name for line in refund.lines}
    for item, quantity in _pieces((refund,)).items():
        had, gone = sold.get(item, 0), -before.get(item, 0)
        if quantity < 0 and had - gone + quantity < 0:
            text = f"{names[item]}: more comes back than is left of the sale (sold {_count(had)}, taken back before {_count(gone)})."
            yield Notice("over-refund", text, key=item)


def _pieces(documents: Iterable[Document]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for document in documents:
        for line in document.lines:
            sums[line.item] = sums.get(line.item, 0) + line.quantity
    return sums


def taken_back(sold: Sequence[Line], earlier: Iterable[Document]) -> list[int]:
    """Per line of the sale, what earlier refunds took back of it, filled in the order of the lines."""
    back: dict[tuple[str, str, int, int], int] = {}
    for document in earlier:
        for line in document.lines:
            back[_same(line)] = back.get(_same(line), 0) - line.quantity
    taken = []
    for line in sold:
        amount = min(back.get(_same(line), 0), line.quantity) if line.quantity > 0 else 0
        back[_same(line)] = back.get(_same(line), 0) - amount
        taken.append(amount)
    return taken


def _same(line: Line) -> tuple[str, str, int, int]:
    return line.item, line.name, line.unit_price, line.vat_ppm


def _mirror(sold: Line, before: int, quantity: int) -> Line:
    """The part from `before` on; what was paid is shared out so that all parts together are exactly the whole."""
    share = divide_rounded(sold.amount_minor * (before + quantity), abs(sold.quantity)) - divide_rounded(
        sold.amount_minor * before, abs(sold.quantity)
    )
    amount = -share if sold.quantity > 0 else share
    return replace(
        sold, quantity=-quantity, amount_minor=amount, discount_minor=line_amount(-quantity, sold.unit_price) - amount
    )


# Documents ------------------------------------------------------------------------------------------


def build_refund(
    terms: Terms,
    known: Known,
    header: Header,
    original: Original,
    picks: Sequence[Pick],
    wishes: Sequence[Pay],
    *,
    earlier: Iterable[Document] = (),
    grant: Grant | None = None,
    happened: bool = False,
) -> Built:
    """A refund of a known sale. wishes: how the money goes back, amounts negative or open.

    Raises BadRecord, UnbalancedDocument; before it happened also WrongState (more than was sold) and NotAllowed.
    """
    lines, notices = refund_lines(original, picks, earlier)
    if notices and not happened:
        raise WrongState(what="The refund", why=notices[0].text)
    named = replace(header, original=original.number, customer=header.customer or original.customer)
    return _refund(terms, known, named, lines, wishes, notices, original.entry, grant, happened)


def build_free_refund(
    terms: Terms,
    known: Known,
    header: Header,
    wanted: Sequence[Wanted],
    wishes: Sequence[Pay],
    *,
    grant: Grant | None = None,
    happened: bool = False,
) -> Built:
    """A refund whose sale nobody can find; the lines' quantities are negative."""
    return _refund(terms, known, header, make_lines(terms, known, wanted, header.day), wishes, (), None, grant, happened)


def _refund(
    terms: Terms,
    known: Known,
    header: Header,
    lines: Sequence[Line],
    wishes: Sequence[Pay],
    notices: Sequence[Notice],
    refers_to: str | None,
    grant: Grant | None,
    happened: bool,
) -> Built:
    document = draft(terms, known, header, lines, grant)
    total = gross_sum(document)
    over = _limit_notice(terms, document, grant)
    if over is not None and not happened:
        raise NotAllowed(who="The cashier", why=f"a refund of {sum_text(-total)} is over the limit and has no grant")
    paid = pay(total, wishes, terms.cash_step_minor)
    found = [*notices, *notices_of(terms, known, "refund", document, header.day, header.customer, paid.tenders)]
    if over is not None:
        found.append(over)
    return finish("refund", document, paid, found, refers_to)


def _limit_notice(terms: Terms, document: Document, grant: Grant | None) -> Notice | None:
    total = gross_sum(document)
    if -total <= terms.refund_limit_minor:
        return None
    if allows_refund(grant, total):
        return None
    return Notice("refund-over-limit", f"A refund of {sum_text(-total)} was over the limit and had no grant.", total)


def allows_refund(grant: Grant | None, total_minor: int) -> bool:
    """True if the grant is for refunds of that sum; its sum of the day is the plan's to watch."""
    return grant is not None and grant.right == "refund" and is_covered(total_minor, grant.each_minor, None, 0)


def build_exchange(
    terms: Terms,
    known: Known,
    refund: Header,
    original: Original,
    picks: Sequence[Pick],
    sale: Header,
    wanted: Sequence[Wanted],
    wishes: Sequence[Pay],
    *,
    exchange: str,
    earlier: Iterable[Document] = (),
    grant: Grant | None = None,
    happened: bool = False,
) -> tuple[Built, Built]:
    """(refund, sale) that share `exchange`; only the difference is paid, by `wishes`. Raises as build_sale and build_refund."""
    lines, notices = refund_lines(original, picks, earlier)
    if notices and not happened:
        raise WrongState(what="The exchange", why=notices[0].text)
    customer = refund.customer or original.customer
    back = draft(terms, known, replace(refund, original=original.number, customer=customer, exchange=exchange), lines)
    forth = draft_sale(terms, known, replace(sale, exchange=exchange), wanted, wishes, grant=grant, happened=happened)
    net = gross_sum(back) + gross_sum(forth)
    if not happened and -net > terms.refund_limit_minor and not allows_refund(grant, net):
        raise NotAllowed(who="The cashier", why=f"paying out {sum_text(-net)} is over the limit and has no grant")
    paid_back, paid_forth = pay_exchange(gross_sum(back), gross_sum(forth), wishes, terms.cash_step_minor)
    looked_back = notices_of(terms, known, "refund", back, refund.day, customer, ())
    looked_forth = notices_of(terms, known, "sale", forth, sale.day, sale.customer, paid_forth.tenders)
    return (
        finish("refund", back, paid_back, [*notices, *looked_back], original.entry),
        finish("sale", forth, paid_forth, looked_forth),
    )


def check_void(kind: str, later: Iterable[str]) -> None:
    """Raises WrongState unless the entry is a sale or refund that nobody has answered, voided or taken back.

    later: kinds of the entries that refer to it.
    """
    if kind not in ("sale", "refund"):
        raise WrongState(what="A void", why=f"only a sale or a refund can be voided, this is a {kind}")
    for one in later:
        if one == "void":
            raise WrongState(what="A void", why="it is void already")
        if one == "refund":
            raise WrongState(what="A void", why="something of it was taken back")
        if one in ("answer", "solved"):
            raise WrongState(what="A void", why="the cloud has it: take it back with a refund")


def _count(quantity: Quantity) -> str:
    return decimal_text(quantity, QUANTITY_SCALE, 0)
