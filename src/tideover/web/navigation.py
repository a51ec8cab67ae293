"""Where a person can go from every page: only what that person may use, with how much waits there."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from msgspec import Struct

from tideover.web import access, rights
from tideover.web.plan_api import checks_of
from tideover.web.status import as_far_as_read


class Link(Struct, frozen=True):
    """One place."""

    href: str
    text: str
    count: int = 0  # What waits there; 0 shows nothing.


def links(connection: ASGIConnection[Any, Any, Any, Any]) -> tuple[Link, ...]:
    """For signed-in people; nobody else is shown any."""
    caller = access.of(connection)
    if caller.kind != "staff":
        return ()
    house = connection.app.state.house
    checks = Link("/checks", "Checks", asked(connection))
    found = [Link("/", "Now"), Link("/run", "Playbooks"), Link("/slips", "Slips"), Link("/plan", "Plan"), checks, Link("/kit", "Kit")]
    if house.settings.phone_kind or house.settings.divert_to:
        found.append(Link("/calls", "Calls"))
    if house.receipts.is_set_up:
        found.append(Link("/receipts", "Receipts", len(as_far_as_read(house, house.receipts.waiting) or ())))
    if house.mover.lines or house.mover.switching.names():
        found.append(Link("/switching", "Switching"))
    found.append(Link("/practice", "Practice") if house.practising is not None else Link("/rehearsal", "Rehearsal"))
    if rights.may(house.plan, caller.name, "start"):
        found.append(Link("/start", "Start"))
    if rights.may(house.plan, caller.name, "close-day"):
        found.append(Link("/day", "Day"))
    if house.cloud.manifest.hands == "person":
        found.append(Link("/keying", "Keying"))
    troubles = as_far_as_read(house, house.notices.troubles) if rights.may(house.plan, caller.name, "notices") else 0
    if troubles:  # While nothing is wrong with them the wall leads there: a phone's bar is full.
        found.append(Link("/notices", "Notices", troubles))
    return (*found, Link("/tills", "Tills"), Link("/notes", "Log"))


def asked(connection: ASGIConnection[Any, Any, Any, Any]) -> int:
    """How many checks somebody is asked for today; 0 where the journal is damaged, which every page says already."""
    found = as_far_as_read(connection.app.state.house, checks_of(connection).due) or ()
    return sum(bool(one.asked) for one in found)
