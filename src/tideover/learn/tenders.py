"""How each document of a rehearsal is paid: a file of invoices does not say, so it is made up from the seed, and named so.

Never decides what is sold; only cash is rounded, and only where the country rounds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from msgspec import structs

from tideover.learn.input import InputDocument, InputTender
from tideover.model.sale import TenderKind
from tideover.world import World

CASH_MINOR_MAX = 20_000  # Nobody counts out more than 200 in coins and notes at a counter.
Habit = Literal["corner", "wholesale"]
SPLIT = "split"  # Half in cash, the rest by card.
# Shares in per cent of who pays how; a corner shop's shape, and a wholesaler's.
SHARES: dict[str, tuple[tuple[str, int], ...]] = {
    "corner": (("card", 68), ("cash", 23), ("mobile", 4), ("account", 2), (SPLIT, 3)),
    "wholesale": (("card", 46), ("cash", 18), ("account", 20), ("transfer", 12), (SPLIT, 4)),
}
CASH_STEP_MINOR = {"FI": 5, "AU": 5, "GB": 1}  # Smallest sum that coins can pay.


def pay_all(documents: Sequence[InputDocument], country: str, habit: Habit, world: World) -> tuple[InputDocument, ...]:
    """The documents with tenders; those that have some already keep them."""
    step = CASH_STEP_MINOR[country]
    return tuple(document if document.tenders else pay(document, _choose(document, habit, world), step) for document in documents)


def pay(document: InputDocument, how: str, step_minor: int) -> InputDocument:
    """The document paid in one way; `split` is half in cash, the rest by card."""
    total = document.total_minor
    if total == 0:
        return document
    if how == SPLIT:
        cash, _ = _coins(total // 2, step_minor)
        parts: list[tuple[TenderKind, int]] = [("cash", cash), ("card", total - cash)]
        rounding = 0
    elif how == "cash":
        cash, rounding = _coins(total, step_minor)
        parts = [("cash", cash)]
    else:
        parts, rounding = [(how, total)], 0
    tenders = tuple(InputTender(kind, amount) for kind, amount in parts if amount)
    return structs.replace(document, tenders=tenders, rounding_minor=rounding)


def _coins(minor: int, step: int) -> tuple[int, int]:
    """(what coins can pay, the rest), half away from zero; in decimal, apart from the arithmetic that is tested."""
    paid = int((Decimal(minor) / step).quantize(Decimal(1), rounding=ROUND_HALF_UP)) * step
    return paid, minor - paid


def _choose(document: InputDocument, habit: Habit, world: World) -> str:
    ways = SHARES[habit]
    how = world.chance.choices([name for name, _ in ways], [share for _, share in ways])[0]
    if how in ("account", "transfer") and document.customer is None:
        return "card"
    if how in ("cash", SPLIT) and abs(document.total_minor) > CASH_MINOR_MAX:
        return "card"
    if how == SPLIT and abs(document.total_minor) < 1_000:
        return "card"
    return how
