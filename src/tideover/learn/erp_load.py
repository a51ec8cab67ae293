"""Puts a shop's items, customers and stock into a Tryton that does not run yet: a program of its own.

    python -m tideover.learn.erp_load --config FILE < {"items": [...], "customers": [...], "stock": [...]}

Many records in one transaction, as an import by the vendor does it; thousands of single calls would take minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from trytond import config as trytond_config
from trytond.pool import Pool
from trytond.transaction import Transaction, TransactionError

from tideover.learn.erp_shape import DATABASE, category_name
from tideover.model.item import Customer, Item, Stock
from tideover.model.money import PRICE_SCALE, QUANTITY_SCALE

LOADED_ON = date(2010, 1, 1)  # The day of the opening stock: before every sale.
CHUNK = 80  # Records at once: Tryton writes one condition per record, nested, and SQLite reads a hundred deep.


class Load(msgspec.Struct, frozen=True):
    """What the shop has; other keys are for clouds that seed more."""

    items: tuple[Item, ...] = ()
    customers: tuple[Customer, ...] = ()
    stock: tuple[Stock, ...] = ()


def main(arguments: list[str] | None = None) -> None:
    """Reads the shop from standard input, writes it in two transactions."""
    parser = argparse.ArgumentParser(prog="python -m tideover.learn.erp_load", description="Loads a rehearsal's Tryton.")
    parser.add_argument("--config", required=True)
    given = parser.parse_args(arguments)
    trytond_config.update_etc(given.config)
    load = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    Pool.start()
    Pool(DATABASE).init()
    in_transaction(lambda: put(load))
    in_transaction(lambda: fill_shelves(load.stock))


def in_transaction(work: Callable[[], None]) -> None:
    """The work of the first company, whole or not at all; begun again when Tryton asks for a lock first."""
    extras: dict[str, Any] = {}
    while True:
        with Transaction().start(DATABASE, 0, **extras) as transaction:
            company = Pool().get("company.company").search([], order=[("id", "ASC")], limit=1)[0]
            try:
                with transaction.set_context(company=company.id, companies=[company.id]):
                    work()
            except TransactionError as error:
                transaction.rollback()
                error.fix(extras)
                continue
            transaction.commit()
        return


def put(load: Load) -> None:
    """Items with price, tax and barcodes; customers with an address."""
    pool = Pool()
    (unit,) = pool.get("product.uom").search([("name", "=", "Unit")], limit=1)
    categories = {one.name: one for one in pool.get("product.category").search([("accounting", "=", True)])}
    Template, Party = pool.get("product.template"), pool.get("party.party")
    for items in _chunks([_template(one, unit, categories[category_name(one.vat_ppm)]) for one in load.items]):
        Template.create(items)
    for parties in _chunks([_party(one) for one in load.customers]):
        Party.create(parties)


def _chunks(rows: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _template(item: Item, unit: Any, category: Any) -> dict[str, Any]:
    identifiers = [{"type": "ean" if len(code) in (8, 13) else None, "code": code} for code in item.barcodes]
    product = {"suffix_code": item.code, "identifiers": [("create", identifiers)] if identifiers else []}
    return {
        "name": item.name,
        "type": "goods",
        "default_uom": unit.id,
        "sale_uom": unit.id,
        "salable": True,
        "list_price": Decimal(item.unit_price) / PRICE_SCALE,
        "account_category": category.id,
        "products": [("create", [product])],
    }


def _party(customer: Customer) -> dict[str, Any]:
    found = [{"type": kind, "value": value} for kind, value in (("phone", customer.phone), ("email", customer.email)) if value]
    return {
        "name": customer.name,
        "code": customer.code,
        "addresses": [("create", [{"street": customer.address}])],
        "contact_mechanisms": [("create", found)] if found else [],
    }


def fill_shelves(stock: Iterable[Stock]) -> None:
    """What lies on the shelf, as moves from the inventory's own place into the store."""
    pool = Pool()
    Move, Location = pool.get("stock.move"), pool.get("stock.location")
    products = {one.code: one for one in pool.get("product.product").search([])}
    (store,) = Location.search([("code", "=", "STO")], limit=1)
    (lost,) = Location.search([("type", "=", "lost_found")], limit=1)
    rows = [
        {
            "product": products[one.code].id,
            "unit": products[one.code].default_uom.id,
            "quantity": one.on_hand / QUANTITY_SCALE,
            "from_location": lost.id,
            "to_location": store.id,
            "effective_date": LOADED_ON,
            "planned_date": LOADED_ON,
        }
        for one in stock
        if one.on_hand > 0 and one.code in products
    ]
    for moves in _chunks(rows):
        Move.do(Move.create(moves))


if __name__ == "__main__":
    main()
