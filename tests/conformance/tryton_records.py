"""What a vendor's hand enters into Tryton for the suite: the records of every dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from conformance.tryton_books import Books, Vendor, day_of
from tideover.connectors.tryton import wire
from tideover.learn.erp_shape import category_name
from tideover.model.item import RECORDS, Customer, Invoice, Item, Order, OrderLine, PastSale, Quote, Stock, Supplier

CHUNK = 80


class Records:
    """Half of a rig."""

    vendor: Vendor
    books: Books

    def today(self) -> str:
        """The day of the test: an invoice of an earlier one would get no number."""
        raise NotImplementedError

    def as_records(self, dataset: str, rows: Sequence[Any]) -> Iterator[Any]:
        """Items in heaps, everything else one by one."""
        made = [msgspec.convert(msgspec.to_builtins(one), RECORDS[dataset]) for one in rows]
        if dataset == "items" and len(made) > 1:
            for start in range(0, len(made), CHUNK):
                yield made[start : start + CHUNK]
        else:
            yield from made

    def put(self, dataset: str, row: Any) -> None:
        getattr(self, f"_put_{dataset}")(row)

    def remove(self, dataset: str, code: str) -> None:
        model = "product.product" if dataset == "items" else "party.party"
        self.vendor.set(model, self.vendor.find(model, ("code", "=", code)), {"active": False})

    # Items and stock ------------------------------------------------------------------------------------

    def _put_items(self, rows: Item | list[Item]) -> None:
        templates = [self._template(one) for one in (rows if isinstance(rows, list) else [rows])]
        self.vendor.call("model.product.template.create", templates)

    def _template(self, item: Item) -> dict[str, Any]:
        (unit,) = self.vendor.find("product.uom", ("symbol", "=", "u"))
        values: dict[str, Any] = {
            "name": item.name,
            "type": "goods",
            "salable": True,
            "purchasable": True,
            "default_uom": unit,
            "sale_uom": unit,
            "purchase_uom": unit,
            "list_price": wire.price(item.unit_price),
            "account_category": self._category(item.vat_ppm),
            "products": [["create", [{"suffix_code": item.code, "identifiers": [["create", [{"code": x} for x in item.barcodes]]]}]]],
        }
        if item.department:
            found = self.vendor.find("product.category", ("name", "=", item.department))
            values["categories"] = [["add", found or [self.vendor.make("product.category", {"name": item.department})]]]
        return values

    def _category(self, vat_ppm: int) -> int:
        (found,) = self.vendor.find("product.category", ("name", "=", category_name(vat_ppm)))
        return found

    def _product(self, code: str) -> int:
        found = self.vendor.find("product.product", ("code", "=", code))
        if not found:
            self._put_items(Item(code, code, 125_000, 255_000))
            found = self.vendor.find("product.product", ("code", "=", code))
        return found[0]

    def _put_stock(self, row: Stock) -> None:
        """By a move from or to the place where things get lost."""
        product = self._product(row.code)
        (store,) = self.vendor.find("stock.location", ("code", "=", "STO"))
        (lost,) = self.vendor.find("stock.location", ("type", "=", "lost_found"))
        (unit,) = self.vendor.find("product.uom", ("symbol", "=", "u"))
        moved = self.vendor.make(
            "stock.move",
            {
                "product": product,
                "unit": unit,
                "quantity": abs(row.on_hand) / 1000,
                "from_location": lost,
                "to_location": store,
                "effective_date": day_of("2024-10-01"),
            },
        )
        self.vendor.call("model.stock.move.do", [moved])
        if row.on_hand < 0:  # Tryton moves nothing by hand that is not there.
            self.books.run("UPDATE stock_move SET from_location = ?, to_location = ? WHERE id = ?", store, lost, moved)

    # People ---------------------------------------------------------------------------------------------

    def _put_customers(self, row: Customer) -> None:
        found = self.vendor.find("party.party", ("code", "=", row.code))
        if found:
            self.vendor.set("party.party", found, {"name": row.name})
            return
        values = self._party(row)
        if row.account:
            values["customer_payment_term"] = self.vendor.find("account.invoice.payment_term")[0]
        self.vendor.make("party.party", values)

    def _party(self, row: Customer | Supplier) -> dict[str, Any]:
        said = [{"type": kind, "value": value} for kind, value in (("phone", row.phone), ("email", row.email)) if value]
        street = row.address if isinstance(row, Customer) else ""
        return {
            "code": row.code,
            "name": row.name,
            "addresses": [["create", [{"street": street}]]],
            "contact_mechanisms": [["create", said]] if said else [],
        }

    def _put_suppliers(self, row: Supplier) -> None:
        party = self.vendor.make("party.party", self._party(row))
        product = self._product("mug")
        (found,) = self.vendor.call("model.product.product.read", [product], ["template"])
        company = self.vendor.context["company"]
        self.vendor.make("purchase.product_supplier", {"template": found["template"], "party": party, "company": company})

    # Sales of long ago ------------------------------------------------------------------------------------

    def _put_orders(self, row: Order) -> None:
        self._sale(row.code, "confirmed", row.customer, row.lines, comment=row.note, shipping_date=day_of(row.promised_on or ""))

    def _put_quotes(self, row: Quote) -> None:
        self._sale(row.code, "quotation", row.customer, row.lines)

    def _put_sales(self, row: PastSale) -> None:
        self._sale(row.code, "done", row.customer or "WALK-IN", row.lines, sale_date=day_of(row.day))

    def _sale(self, code: str, state: str, customer: str, lines: Sequence[OrderLine], **values: Any) -> None:
        """Entered, and put into its state and number by the file's own hand: no sequence of Tryton's gives such numbers."""
        party, address = self._buyer(customer)
        (unit,) = self.vendor.find("product.uom", ("symbol", "=", "u"))
        taxes = self.vendor.find("account.tax", ("name", "=", "VAT 25.5 %"))
        made = [
            {
                "product": self._product(one.item),
                "unit": unit,
                "quantity": one.quantity / 1000,
                "unit_price": wire.price(round(one.unit_price / 1.255)),
                "description": one.name,
                "taxes": [["add", taxes]],
            }
            for one in lines
        ]
        facts = {"party": party, "invoice_address": address, "shipment_address": address, "lines": [["create", made]]}
        sale = self.vendor.make("sale.sale", facts | {"quotation_validity": None} | values)
        self.books.run("UPDATE sale_sale SET number = ?, state = ? WHERE id = ?", code, state, sale)

    def _buyer(self, code: str) -> tuple[int, int]:
        if not self.vendor.find("party.party", ("code", "=", code)):
            self._put_customers(Customer(code, code))
        found = self.vendor.find("party.party", ("code", "=", code))
        (row,) = self.vendor.call("model.party.party.read", found, ["addresses"])
        return found[0], row["addresses"][0]

    def _put_invoices(self, row: Invoice) -> None:
        invoice = self._invoice(row.customer, row.open_minor, [], day_of(self.today()), payment_term_date=day_of(row.due_on or ""))
        self.books.run("UPDATE account_invoice SET number = ? WHERE id = ?", row.code, invoice)

    def _invoice(self, customer: str, net_minor: int, taxes: list[int], day: Any, **values: Any) -> int:
        """A posted invoice of one line."""
        party, address = self._buyer(customer)
        company = self.vendor.context["company"]
        (money,) = self.vendor.find("currency.currency", ("code", "=", "EUR"))
        (goods,) = self.vendor.call("model.product.category.read", [self._category(255_000)], ["account_revenue"])
        accounts = self.vendor.find("account.account", ("type.receivable", "=", True), ("party_required", "=", True))
        line = {
            "type": "line",
            "company": company,
            "currency": money,
            "description": "Sold at the cloud's own till",
            "quantity": 1.0,
            "unit_price": wire.minor(net_minor),
            "account": goods["account_revenue"],
            "taxes": [["add", taxes]],
        }
        facts = {
            "type": "out",
            "company": company,
            "party": party,
            "invoice_address": address,
            "account": accounts[0],
            "currency": money,
            "journal": self.vendor.find("account.journal", ("type", "=", "revenue"))[0],
            "invoice_date": day,
            "accounting_date": day,
            "lines": [["create", [line]]],
        }
        invoice = self.vendor.make("account.invoice", facts | values)
        self.vendor.call("model.account.invoice.post", [invoice])
        return invoice

    def book_invoice(self, day: Any) -> int:
        """10.00 net with VAT and without a sale, posted and paid in cash: the model of the own till's; gives its id."""
        taxes = self.vendor.find("account.tax", ("name", "=", "VAT 25.5 %"))
        invoice = self._invoice("WALK-IN", 1_000, taxes, day)
        (row,) = self.vendor.call(
            "model.account.invoice.read", [invoice], ["account", "party", "total_amount", "lines_to_pay", "move.period"]
        )
        (cash,) = self.vendor.call(
            "model.account.invoice.payment.method.search_read", [["name", "=", "Cash"]], 0, None, None, ["journal", "debit_account"]
        )
        total, none = row["total_amount"], wire.minor(0)
        due = {"account": row["account"], "party": row["party"], "credit": total, "debit": none, "invoice_payment": invoice}
        move = self.vendor.make(
            "account.move",
            {
                "journal": cash["journal"],
                "period": row["move."]["period"],
                "date": day,
                "origin": f"account.invoice,{invoice}",
                "lines": [["create", [{"account": cash["debit_account"], "debit": total, "credit": none}, due]]],
            },
        )
        self.vendor.call("model.account.move.post", [move])
        paid = self.vendor.find("account.move.line", ("move", "=", move), ("account", "=", row["account"]))
        self.vendor.wizard("account.move.reconcile_lines", "account.move.line", row["lines_to_pay"] + paid)
        return invoice
