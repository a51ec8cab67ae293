"""A paper whose shop's half and customer's half stand side by side: what is on each, for slips, receipts and refunds.

Both halves have the same boxes at the same place, so carbon paper between them writes both at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tideover.kit import qr
from tideover.kit.matter import Matter
from tideover.kit.particulars import TAXED, Particulars, particulars, shown
from tideover.words import SIGNS, Say

TEMPLATE = "slip.typ"
VAT_COLUMNS = 3


def halves(matter: Matter, said: Say, numbers: Sequence[str], words: dict[str, Any]) -> dict[str, Any]:
    """The values of a paper with these numbers; one without a number where there is none.

    words: `name`, `fields`, `below`, `signs`, `total`, `how`, `tenders`, `feet` (of the customer's and the shop's half).
    """
    found = particulars(matter)
    feet, shop = words["feet"], shown(found, matter, said)
    shop["rate_heads"] = shop["rate_heads"][:VAT_COLUMNS]  # Half a page is too narrow for more; what is left out is in the total.
    return {
        "words": {"number": said("Number"), "how": words["how"], "amount": said("Amount"), "number_of_it": said("Its number")},
        "shop": shop,
        "sign": SIGNS.get(found.currency, found.currency),
        "name": words["name"],
        "fields": words["fields"],
        "columns": columns(found, said),
        "below": words["below"],
        "signs": words["signs"],
        "total": words["total"],
        "tenders": words["tenders"],
        "copies": [{"label": said("Customer's copy"), "foot": feet[0]}, {"label": said("Shop's copy"), "foot": feet[1]}],
        "slips": [{"number": number, "qr": qr.picture(qr.text_for(matter.settings, number))} for number in numbers]
        or [{"number": "", "qr": None}],
    }


def columns(found: Particulars, said: Say) -> list[dict[str, Any]]:
    """What stands in one line: how many, what, which VAT, what each costs, what all cost."""
    return [
        column(said("Qty"), 13),
        column(said("What"), 0),
        column(said(f"{found.tax} %"), 13),
        column(said("Each"), 19, right=True),
        column(sum_label(found, said), 25, right=True),
    ]


def sum_label(found: Particulars, said: Say) -> str:
    """The head of the column of sums; it says so where VAT comes on top."""
    word = "Sum" if found.prices_include_vat else TAXED[found.tax][0]
    return f"{said(word)} {SIGNS.get(found.currency, found.currency)}"


def column(label: str, width: int, *, right: bool = False) -> dict[str, Any]:
    """One column; its width in mm, 0 for what is left."""
    return {"label": label, "width": width, "right": right}


def sale_words(found: Particulars, said: Say, name: str) -> dict[str, Any]:
    """A sale: how it was paid, and who bought if not with cash."""
    return {
        "name": name,
        "fields": [{"label": said("Date")}, {"label": said("Time")}, {"label": said("Served by")}],
        "below": [{"label": said("Customer: name, phone (on account, delivery)")}],
        "total": said("TOTAL with VAT" if found.tax == "VAT" else "TOTAL with GST"),
        "signs": [],
        "how": said("How paid"),
        "tenders": [
            {"label": said("Cash"), "hint": ""},
            {"label": said("Card"), "hint": said("Terminal slip")},
            {"label": said("Mobile"), "hint": said("Reference")},
            {"label": said("On account"), "hint": said("Account")},
        ],
        "feet": [
            said("Your receipt. Keep it for exchanges and warranty."),
            said("Keyed in afterwards:") + " ______________ " + said("by") + " ______________ " + said("day") + " ____________",
        ],
    }


def refund_words(found: Particulars, said: Say, name: str) -> dict[str, Any]:
    """A refund: of which sale, why, by whose leave, and how the money went back."""
    words = sale_words(found, said, name)
    return words | {
        "fields": [
            *words["fields"],
            {"label": said("Receipt taken back: number")},
            {"label": said("Day of that sale")},
            {"label": said("Why")},
        ],
        "below": [{"label": said("Customer: name, phone")}],
        "signs": [{"label": said("Customer's signature: money received")}, {"label": said("Allowed by")}],
        "total": said("PAID BACK in all, with VAT" if found.tax == "VAT" else "PAID BACK in all, with GST"),
        "how": said("How paid back"),
    }
