"""What a rehearsal's Tryton is like: its country, companies, taxes and names. Read by both sides of the process border."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tideover.rules.vat import RATES

DATABASE = "shop"
MODULES = (
    "account_invoice_stock",
    "product_price_list",
    "purchase",
    "sale",
    "sale_price_list",
    "stock",
)
# Tenders as the rehearsal's Tryton names them; "account" has no method, the invoice stays open.
METHODS = (("Cash", "cash"), ("Card", "card"), ("Transfer", "transfer"), ("Mobile", "mobile"), ("Voucher", "voucher"))
ROUNDING_ACCOUNT = ("5.9.1", "VAT rounding differences", "expense")
CASH_ROUNDING_ACCOUNT = ("5.9.2", "Cash rounding", "revenue")
PRICE_DECIMALS = 8  # Of a rehearsal's unit prices, so that its own till can book every gross amount.
WALK_IN = ("WALK-IN", "Counter sales")
# What the connector's user may do: sell, invoice and book payments, see stock and suppliers, and ship what the copies of
# yesterday did not believe to be on the shelf: it was sold. No administrator.
GROUPS = (
    "sale.group_sale",
    "account.group_account",
    "stock.group_stock",
    "stock.group_stock_force_assignment",
    "purchase.group_purchase",
)


class Shape(Struct, frozen=True):
    """All that tells one set-up from another; the key of a ready-made one."""

    country: str = "GB"
    currency: str = "GBP"
    companies: int = 1
    vat_included: bool = True  # Of the price list; unit prices in Tryton's own books are always net.
    years: tuple[int, ...] = (2010, 2011, 2025, 2026, 2027)
    price_decimal: int = 4  # Decimals of a unit price, as the administrator has set them; Tryton itself has 4.
    tax_rounding: Literal["document", "line"] = "document"
    company: str = "Corner Shop"
    user: str = "tideover"
    password: str = "rehearsal only"  # On this machine's loopback, for a day that is thrown away.
    admin_password: str = "rehearsal only, administrator"
    extra_rates_ppm: tuple[int, ...] = ()

    @property
    def rates_ppm(self) -> list[int]:
        """Every rate that the country had in those years or that was asked for."""
        known = {rate for rows in RATES.get(self.country, {}).values() for since, rate in rows}
        return sorted(known | set(self.extra_rates_ppm), reverse=True)


def tax_name(rate_ppm: int) -> str:
    """The tax of that rate."""
    return f"VAT {rate_ppm / 10_000:g} %"


def category_name(rate_ppm: int) -> str:
    """The category of the goods that bear it."""
    return f"Goods, {tax_name(rate_ppm)}"
