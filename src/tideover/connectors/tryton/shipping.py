"""Takes the goods of a sale off the shelf in Tryton, or puts them back, on the trading day.

Goods that Tryton believes are not there are shipped all the same: the customer has them.
"""

from __future__ import annotations

from tideover.connectors.tryton import wire
from tideover.connectors.tryton.documents import Sale
from tideover.connectors.tryton.link import Link, Said
from tideover.connectors.tryton.orders import Refused

OUT = "model.stock.shipment.out"
BACK = "model.stock.shipment.out.return"
STEPS_OUT = {"draft": "wait", "waiting": "assign_force", "assigned": "pick", "picked": "pack", "packed": "do", "shipped": "do"}
AFTER = {"wait": "waiting", "assign_force": "assigned", "pick": "picked", "pack": "packed", "do": "done"}


async def ship(link: Link, sale: Sale, day: str) -> None:
    """Every shipment of the sale, from the state in which it stands. Raises Refused, Said, Silent."""
    for one in sale.shipments:
        if one.state not in ("done", "cancelled"):
            await _ship_out(link, one.id, one.state, day)
    for one in sale.returns:
        if one.state not in ("done", "cancelled"):
            await _take_back(link, one.id, one.state, day)


async def _ship_out(link: Link, shipment: int, state: str, day: str) -> None:
    await link.tell(f"{OUT}.write", [shipment], {"effective_date": wire.day(day)}, shape=object)
    while state in STEPS_OUT:
        step = STEPS_OUT[state]
        try:
            await link.tell(f"{OUT}.{step}", [shipment], shape=object)
        except Said as no:
            if step == "pick":  # A warehouse without a place for goods on their way out: nothing is to be picked.
                state = "picked"
                continue
            if step == "assign_force" and "not allowed" in no.trouble.text:
                reason = (
                    f"Tryton does not let {link.login.user!r} ship goods that it believes are not on the shelf. "
                    "Put the user into the group 'Stock Force Assignment' there, then send on."
                )
                raise Refused("no-right", reason) from no
            raise
        state = AFTER[step]


async def _take_back(link: Link, shipment: int, state: str, day: str) -> None:
    if state == "draft":
        await link.tell(f"{BACK}.write", [shipment], {"effective_date": wire.day(day)}, shape=object)
        await link.tell(f"{BACK}.receive", [shipment], shape=object)
        found = await link.tell(f"{BACK}.read", [shipment], ["state"], shape=list[dict[str, object]])
        state = str(found[0].get("state")) if found else ""
    if state == "received":
        await link.tell(f"{BACK}.do", [shipment], shape=object)
