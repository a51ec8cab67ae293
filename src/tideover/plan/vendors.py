"""What each brand of cloud till can do by itself while its cloud is away: the third rung of the ladder.

A note is what we read in the vendor's own pages and in its users' reports, and when; it is no promise of the vendor. Where we know no
note, the mode is not counted on: unknown does not work. docs/vendors is written from here.
"""

from __future__ import annotations

import difflib
from typing import Literal

from msgspec import Struct

Mode = Literal["works", "assisted", "not"]

_READ = "2026-11-22"
_DAY_S = 86_400


class Vendor(Struct, frozen=True):
    """The note of one brand; texts in English, `words` has the Finnish."""

    key: str  # As the setting `vendor` names it.
    name: str
    mode: Mode  # works: by itself; assisted: with preparation or much left out; not: it cannot sell without its cloud.
    sells: str  # What can be sold, and what not.
    before: str = ""  # What must be done on a fair day; "" where we found nothing.
    trap: str = ""  # What loses sales; "" where we found nothing.
    lasts_s: int | None = None  # Longest time without the cloud; None: not said.
    sources: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()  # Other names that people call it by.
    read_on: str = _READ


STAY = "Do not sign out, do not delete or reset the app until every sale has been sent."

VENDORS: dict[str, Vendor] = {
    one.key: one
    for one in (
        Vendor(
            "square",
            "Square",
            "works",
            sells="Cash, and cards as far as the reader allows; no gift cards, typed card numbers or invoices.",
            before="Switch on offline payments on each device and set the limit for one payment.",
            trap=STAY,
            lasts_s=_DAY_S,
            sources=("squareup.com/help/us: 7777, 8106, 7775, 5095",),
        ),
        Vendor(
            "shopify",
            "Shopify POS",
            "works",
            sells="Cash and own payment methods, cards only where offline payments are switched on; no new items or customers.",
            before="Switch on offline payments, set their limits, and know who has the manager's PIN.",
            trap="The customer's phone or e-mail is asked for. Bring it back to the internet within a day.",
            lasts_s=_DAY_S,
            sources=("help.shopify.com: selling offline, offline checkout",),
        ),
        Vendor(
            "toast",
            "Toast",
            "works",
            sells="Orders, receipts and stored cards; no gift cards, no signing in or out, no closing of shifts.",
            before="Set up the local hub on a cable, and keep each person at one device.",
            trap="Do not press Capture while payments are being processed. Look for doubled items afterwards.",
            lasts_s=3 * _DAY_S,
            sources=("doc.toasttab.com: offline mode", "dev.toasttab.com: offline", "central.toasttab.com: 11996262, 14487965"),
        ),
        Vendor(
            "lightspeed-x",
            "Lightspeed Retail (X-Series)",
            "assisted",
            sells="New cash sales on the selling page; no gift cards or loyalty. The vendor calls it a backup, not a whole solution.",
            before="Be signed in before the outage, with the first synchronisation complete.",
            trap="Sales lie in the browser: whoever clears its cache before they are sent deletes them.",
            sources=("x-series-support.lightspeedhq.com: 25534272395163", "support.vendhq.com: 360000756136"),
            brands=("vend", "lightspeed"),
        ),
        Vendor(
            "lightspeed-s",
            "Lightspeed Retail (S-Series)",
            "works",
            sells="Registers in one network share saved sales; four registers at most are advised.",
            before="Keep all registers on the same version and near the router.",
            sources=("shopkeep-support.lightspeedhq.com: serverless sync",),
            brands=("shopkeep",),
        ),
        Vendor(
            "loyverse",
            "Loyverse",
            "works",
            sells="Sales and shifts; no refunds, no new items or customers, no stock.",
            trap=STAY,
            sources=("help.loyverse.com: offline work of POS",),
        ),
        Vendor(
            "clover",
            "Clover",
            "works",
            sells="Sales, and cards up to a limit for each and for all together.",
            before="Allow offline payments and set both limits.",
            trap="A stored card payment may be declined later; the shop bears it.",
            lasts_s=7 * _DAY_S,
            sources=("docs.clover.com: handling offline payments",),
        ),
        Vendor(
            "odoo",
            "Odoo Point of Sale",
            "assisted",
            sells="Basket, cash and payment methods without a terminal; no invoices, no new customers, no stock.",
            before="Open the session in the morning: it cannot be opened without the cloud.",
            trap="Do not close or reload the page, and do not clear the browser, until everything has been sent.",
            sources=("github.com/odoo: documentation 19792; odoo 118006, 206775, 260590, 288899, 288974",),
        ),
        Vendor(
            "erpnext",
            "ERPNext Point of Sale",
            "not",
            sells="Nothing: its own point of sale has had no offline mode since version 13.",
            sources=("github.com/frappe/erpnext: 22190, 28861, 56438",),
        ),
        Vendor(
            "pos-awesome",
            "POS Awesome (ERPNext)",
            "works",
            sells="Invoices, customers and payments without a terminal wait in the browser.",
            before="Open it once each morning with the cloud there, so that prices and customers are loaded.",
            trap="After five failed tries an invoice is put aside: look at its list when the cloud is back.",
            sources=("github.com/defendicon/POS-Awesome-V15: its source, 2026-06",),
        ),
        Vendor(
            "woocommerce-wcpos",
            "WooCommerce POS (WCPOS)",
            "not",
            sells="Looking up items and filling a basket works; paying does not.",
            sources=("docs.wcpos.com: offline",),
            brands=("wcpos", "woocommerce"),
        ),
        Vendor(
            "medusapos",
            "MedusaPOS",
            "works",
            sells="Cash and cards on a separate terminal, discounts, receipts, registers.",
            trap="One tab for each shop. Prices are up to half an hour old; the label says so.",
            sources=("MedusaPOS 0.1.0: release notes and README",),
        ),
        Vendor(
            "openbravo",
            "Openbravo Web POS",
            "works",
            sells="Made for it: the till keeps on selling, with a server in the shop where one is set up.",
            sources=("wiki.openbravo.com: Retail, Store Server",),
        ),
        Vendor(
            "dynamics",
            "Dynamics 365 Store Commerce",
            "works",
            sells="Sales, returns and shifts from a database on the till, where it was set up.",
            before="Keep the till's database under its size limit, and the app running so that it stays fresh.",
            sources=("learn.microsoft.com: Commerce, offline point of sale",),
        ),
        Vendor(
            "sumup",
            "SumUp",
            "assisted",
            sells="Card payments by contract, Visa and Mastercard; not by tapping on a phone.",
            before="Ask for it in the contract, and take one payment with the internet first.",
            sources=("developer.sumup.com: offline payments",),
        ),
        Vendor(
            "zettle",
            "Zettle",
            "not",
            sells="No card payments without the internet, as far as we found; the vendor's own page was not found.",
            sources=("trainar.ai: a third party's page",),
            brands=("izettle", "paypal zettle"),
        ),
    )
}


def vendor_of(name: str) -> Vendor | None:
    """The note for a key, a name or a brand as people write it; None where we know none."""
    wanted = " ".join(name.lower().split())
    if not wanted:
        return None
    known = (one for one in VENDORS.values() if wanted in (one.key, one.name.lower(), *one.brands))
    return next(known, None)


def no_note(name: str) -> str:
    """Why nothing is known of a brand, and which one may be meant; "" where we have its note, or none is named."""
    if not name.strip() or vendor_of(name) is not None:
        return ""
    spelt = {word: one.name for one in VENDORS.values() for word in (one.key, one.name.lower(), *one.brands)}
    found = difflib.get_close_matches(" ".join(name.lower().split())[:100], spelt, 1)
    if not found:
        return "we have no note of this brand"
    near = spelt[found[0]]
    return f"we have no note of this brand; did you mean {near}?"
