"""Why Tryton said no: found by looking, not by its words, which follow the user's language and the shop's own modules."""

from __future__ import annotations

from collections.abc import Mapping

from tideover.connectors.tryton import wire
from tideover.connectors.tryton.accounts import WHERE, want_accounts
from tideover.connectors.tryton.find import Finder
from tideover.connectors.tryton.house import House
from tideover.connectors.tryton.link import Link, Said
from tideover.connectors.tryton.orders import Product, Refused
from tideover.model.answer import Answer
from tideover.ports import Booking

REASON_MAX = 700


async def refusal_of(trouble: wire.Trouble, booking: Booking, link: Link, finder: Finder, house: House) -> Answer:
    """The answer to a no that stayed a no. Raises Silent."""
    said = trouble.text[:REASON_MAX] or "Tryton refused it and gave no reason."
    try:
        await finder.period(booking.trading_day, house)
        products = await finder.products(booking)
        party, _ = await finder.party(booking, house)
        await _look_at_accounts(link, booking, party, products, house)
    except Refused as known:
        return Answer("refused", reason=f"{known.reason} (Tryton: {said})", cause=known.cause)
    text = said.casefold()
    # Only where the look found nothing: another account than those, or one that we may not see.
    if "account" in text and any(word in text for word in ("missing", "no account", "default account", "configure", "revenue")):
        return Answer("refused", reason=f"{said} {WHERE}", cause="account-missing")
    return Answer("refused", reason=said, cause="unknown")


async def _look_at_accounts(link: Link, booking: Booking, party: int, products: Mapping[str, Product], house: House) -> None:
    """Raises Refused if one is missing, Silent; a user who may not see them finds out nothing."""
    try:
        await want_accounts(link, booking, party, products, house)
    except Said:
        return
