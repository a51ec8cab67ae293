"""How a sum is paid: tenders, cash rounding and change. Cash is rounded, nothing else is."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from tideover.errors import BadRecord, UnbalancedDocument
from tideover.model.money import Minor, sum_text
from tideover.model.sale import Name, Tender, TenderKind
from tideover.rules.cash import round_cash


class Pay(Struct, frozen=True, forbid_unknown_fields=True):
    """One wish of how (a part of) a sum is paid."""

    kind: TenderKind
    amount_minor: Minor | None = None  # None: whatever is left; at most one of them.
    reference: Name | None = None
    given_minor: Minor | None = None  # Cash handed over.


class Paid(Struct, frozen=True):
    """The sum, paid: Σ tenders + rounding = the sum."""

    tenders: tuple[Tender, ...]
    rounding_minor: int = 0
    change_minor: int = 0


def pay(total_minor: int, wishes: Sequence[Pay], step_minor: int) -> Paid:
    """Pay the sum by the wishes, in their order.

    Raises BadRecord (two open amounts, too little cash given), UnbalancedDocument (the amounts do not make the sum).
    """
    rest = total_minor - sum(wish.amount_minor or 0 for wish in wishes)
    still_open = [wish for wish in wishes if wish.amount_minor is None]
    if len(still_open) > 1:
        raise BadRecord(what="payment", why="only one tender may take what is left")
    left, rounding = _share_rest(total_minor, rest, wishes, still_open, step_minor)
    tenders, change = [], 0
    for wish in wishes:
        amount = left if wish.amount_minor is None else wish.amount_minor
        if wish.given_minor is not None:
            if wish.given_minor < amount:
                raise BadRecord(what="payment", why=f"{sum_text(wish.given_minor)} was given for {sum_text(amount)}")
            change += wish.given_minor - amount
        tenders.append(Tender(wish.kind, amount, wish.reference, wish.given_minor))
    return Paid(tuple(tenders), rounding, change)


def _share_rest(total: int, rest: int, wishes: Sequence[Pay], still_open: Sequence[Pay], step: int) -> tuple[int, int]:
    """(what the open tender takes, cash rounding)."""
    if still_open:
        return round_cash(rest, step) if still_open[0].kind == "cash" else (rest, 0)
    if rest == 0:
        return 0, 0
    cash = sum(wish.amount_minor or 0 for wish in wishes if wish.kind == "cash")
    if any(wish.kind == "cash" for wish in wishes) and round_cash(cash + rest, step) == (cash, rest):
        return 0, rest
    raise UnbalancedDocument(lines_minor=total, paid_minor=total - rest)


def pay_exchange(refund_minor: int, sale_minor: int, wishes: Sequence[Pay], step_minor: int) -> tuple[Paid, Paid]:
    """(the refund's payment, the sale's) of an exchange: only the difference moves.

    refund_minor ≤ 0 ≤ sale_minor. The rest cancels out under the kind of tender that the difference is paid with, so
    that drawer and terminal see what really moved.
    """
    net = sale_minor + refund_minor
    kind = wishes[0].kind if wishes else "cash"
    moved = pay(net, wishes, step_minor) if net or wishes else Paid(())
    both = min(-refund_minor, sale_minor)  # What is given back and taken again in one breath.
    taken = Tender(kind, both, "exchange")
    given = Tender(kind, -both, "exchange")
    if net >= 0:
        return Paid((given,)), Paid((taken, *moved.tenders), moved.rounding_minor, moved.change_minor)
    return Paid((given, *moved.tenders), moved.rounding_minor, moved.change_minor), Paid((taken,))
