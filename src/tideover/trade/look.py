"""What a document shows that the copies did not expect; each is told once and stops nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tideover.errors import NoVatRate
from tideover.model.money import sum_text
from tideover.model.sale import Document, Tender
from tideover.rules.pricing import line_amount
from tideover.rules.vat import rates_on
from tideover.trade.terms import Kind, Known, Notice, Terms


def notices_of(
    terms: Terms, known: Known, kind: Kind, document: Document, day: str, customer: str | None, tenders: Sequence[Tender]
) -> list[Notice]:
    """Everything to look at later. customer: the code as the person gave it. Raises nothing."""
    found = [*_customer(known, customer, tenders)]
    if kind == "sale":  # A refund takes the old price and rate with it, on purpose.
        found += [*_items(known, document), *_prices(known, document), *_stock(known, document), *_rates(terms, document, day)]
    return found


def _items(known: Known, document: Document) -> Iterator[Notice]:
    for code in sorted({line.item for line in document.lines if line.item}):
        item = known.items.get(code)
        if item is None:
            yield Notice("item-gone", f"Item {code} was sold, but the cloud's copy does not have it.", key=code)
        elif item.archived:
            yield Notice("item-gone", f"Item {code} ({item.name}) was sold, but the cloud has put it away.", key=code)


def _prices(known: Known, document: Document) -> Iterator[Notice]:
    if document.quote is not None:
        return
    for number, line in enumerate(document.lines, 1):
        item = known.items.get(line.item)
        if item is not None and item.unit_price != line.unit_price:
            off = line_amount(line.quantity, line.unit_price) - line_amount(line.quantity, item.unit_price)
            text = f"{line.name} was sold at another price than the copy's; together that is {sum_text(off)}."
            yield Notice("price-changed", text, off, key=f"{number} {line.item}")


def _stock(known: Known, document: Document) -> Iterator[Notice]:
    sold: dict[str, int] = {}
    for line in document.lines:
        sold[line.item] = sold.get(line.item, 0) + line.quantity
    for code, quantity in sold.items():
        stock = known.stock.get(code)
        if stock is not None and quantity > 0 and stock.on_hand - quantity < 0:
            yield Notice("stock-negative", f"More of item {code} was sold than the cloud thought was there.", key=code)


def _rates(terms: Terms, document: Document, day: str) -> Iterator[Notice]:
    try:
        lawful = set(rates_on(terms.country, day).values())
    except NoVatRate:
        return  # A day before the tables begin: nothing to compare with.
    if not lawful:
        return
    for rate in sorted({line.vat_ppm for line in document.lines} - lawful):
        text = f"A rate of {rate / 10_000:g} % was used, which was not in force on {day}."
        yield Notice("rate-differs", text, key=str(rate))


def _customer(known: Known, customer: str | None, tenders: Sequence[Tender]) -> Iterator[Notice]:
    on_account = sum(tender.amount_minor for tender in tenders if tender.kind == "account")
    if customer is None:
        if on_account:
            yield Notice("no-account", "Something was sold on account, but no customer was named.", on_account)
        return
    found = known.customers.get(customer)
    if found is None:
        yield Notice("customer-gone", f"Customer {customer} is not in the cloud's copy.", on_account, key=customer)
        return
    if found.merged_into is not None:
        yield Notice("customer-merged", f"Customer {customer} is now {found.merged_into}; booked there.", key=customer)
    if on_account and not found.account:
        yield Notice("no-account", f"Customer {customer} bought on account, but has none.", on_account, key=customer)
