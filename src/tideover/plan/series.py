"""Which letters stand before the numbers of which paper, so that no two papers of a shop ever carry one number.

Slips have the series that the owner chose (A, B, one for each till). Blank forms have two letters of their own: a single
O or I would be read as a digit. Never hands out a number: that is a pad (`Plan.issue_pad`), for slips and forms alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from tideover.plan.records import Pad

Form = Literal["quote", "order", "picking-list", "delivery-docket", "invoice", "purchase-order", "receipt", "refund"]
FORMS: tuple[Form, ...] = Form.__args__  # type: ignore[attr-defined]

SERIES: Mapping[Form, str] = MappingProxyType(
    {
        "quote": "QT",
        "order": "OR",
        "picking-list": "PK",
        "delivery-docket": "DD",
        "invoice": "IN",
        "purchase-order": "PO",
        "receipt": "RC",
        "refund": "RF",
    }
)
FORM_OF: Mapping[str, Form] = MappingProxyType({series: form for form, series in SERIES.items()})
OF_TRADE = frozenset({"receipt", "refund"})  # Forms that are a sale by themselves; all others only lead to one.


def is_for_slips(pad: Pad) -> bool:
    """A pad of sales slips, not of one of the forms."""
    return pad.series not in FORM_OF


def form_named(series: str) -> str:
    """What a form of that series is called, in English; "" for slips."""
    return FORM_OF[series].replace("-", " ") if series in FORM_OF else ""


def is_of_trade(series: str) -> bool:
    """Papers of that series are sales or refunds: each is keyed in, and the day cannot close before each is explained."""
    return FORM_OF.get(series, "receipt") in OF_TRADE
