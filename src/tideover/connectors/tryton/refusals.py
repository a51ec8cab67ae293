"""Why Tryton said no: found by looking, not by its words, which follow the user's language and the shop's own modules."""

from __future__ import annotations

from tideover.connectors.tryton import wire
from tideover.connectors.tryton.find import Finder
from tideover.connectors.tryton.house import House
from tideover.connectors.tryton.orders import Refused
from tideover.model.answer import Answer
from tideover.ports import Booking

REASON_MAX = 700


async def refusal_of(trouble: wire.Trouble, booking: Booking, finder: Finder, house: House) -> Answer:
    """The answer to a no that stayed a no. Raises Silent."""
    said = trouble.text[:REASON_MAX] or "Tryton refused it and gave no reason."
    try:
        await finder.period(booking.trading_day, house)
        await finder.products(booking)
        await finder.party(booking, house)
    except Refused as known:
        return Answer("refused", reason=f"{known.reason} (Tryton: {said})", cause=known.cause)
    text = said.casefold()
    if "account" in text and any(word in text for word in ("missing", "no account", "default account", "configure", "revenue")):
        hint = "Set it in Tryton (Financial > Configuration > Configuration, or at the item's account category), then send on."
        return Answer("refused", reason=f"{said} {hint}", cause="account-missing")
    return Answer("refused", reason=said, cause="unknown")
