"""Money limits as people read them: who, up to what sum for one case and in one day, and when."""

from __future__ import annotations

from collections.abc import Sequence

from tideover.plan.playbook import Limit
from tideover.words import THIN, Say, plain

RIGHTS = {
    "refund": "Refund",
    "discount": "Discount",
    "replace": "Replace an article",
    "lend": "Lend out",
    "account": "Sell on account",
    "void": "Void a sale",
    "pay-out": "Pay out of the drawer",
}
ROLES = {
    "": "everybody",
    "cashier": "every cashier",
    "helper": "every helper",
    "on-call": "the person on call",
    "manager": "every manager",
    "owner": "the owner",
}

PIECE = "pcs"  # As copies keep what is sold by the piece, whatever its cloud calls it.


def unit_text(unit: str, told: Say) -> str:
    """The unit of an item on paper: pieces in the reader's language, all others as the shop wrote them."""
    return told(PIECE) if unit == PIECE else plain(unit)


def who(limit: Limit, told: Say) -> str:
    """The person, the role, or everybody."""
    return limit.person or told(ROLES[limit.role])


def for_one_case(limit: Limit, currency: str, told: Say) -> str:
    """What one case may cost: a sum, a share, or no limit."""
    parts = []
    if limit.share_ppm is not None:
        parts.append(told.rate(limit.share_ppm))
    if limit.each_minor is not None:
        parts.append(told.money(limit.each_minor, currency))
    return " / ".join(parts) if parts else told("no limit")


def in_one_day(limit: Limit, currency: str, told: Say) -> str:
    """What a day may cost."""
    return told("no limit") if limit.day_minor is None else told.money(limit.day_minor, currency)


def limit_lines(limits: Sequence[Limit], currency: str, told: Say, most: int) -> list[tuple[str, str]]:
    """For each right its name, and at most `most` holders with their sums; the text says if there are more."""
    by_right: dict[str, list[Limit]] = {}
    for one in limits:
        by_right.setdefault(one.right, []).append(one)
    return [(told(RIGHTS[right]), _line(found, currency, told, most)) for right, found in by_right.items()]


def _line(limits: Sequence[Limit], currency: str, told: Say, most: int) -> str:
    parts = [_holder(one, currency, told) for one in limits[:most]]
    more = len(limits) - most
    return ", ".join(parts) + (f" {told('(more: grants card)')}" if more > 0 else "")


def _holder(limit: Limit, currency: str, told: Say) -> str:
    """One holder and the sums: Eero Virtanen 50.00 € (200.00 € a day)."""
    text = f"{who(limit, told)}{THIN}{for_one_case(limit, currency, told)}"  # The sum stays with the name.
    return text if limit.day_minor is None else f"{text} ({told('{sum} a day', sum=in_one_day(limit, currency, told))})"
