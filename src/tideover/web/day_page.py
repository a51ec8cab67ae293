"""The page that closes a trading day: count blind, then see. Works without scripts.

Shows nothing that is expected before it was counted. What is open is named, and the day may be closed all the same;
only an unexplained slip keeps it open, and what was typed stays in its fields.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect

from tideover.errors import Rejected, TideoverError, WrongState
from tideover.rules.calendar import trading_day
from tideover.trade.typed import day_of, minor_of
from tideover.web import access
from tideover.web.house import House
from tideover.web.pages import form_of, render, signed_form, to_sign_in

Ask = Request[Any, Any, Any]
PAGE = "/day"
DAYS_MAX = 14  # Open days that are named at once; the oldest first.
ITEMS_MAX = 50  # Open things that are named at once; all of them are counted.
THE_BOX = "the drawer at the box"
COUNTED_MEANWHILE = "a drawer was counted by itself while this page was open: it is named below, count the others without it"
NO_CASH = "the cash that was counted is missing: a sum like 1240,50"
NO_CARD = "the total of the card terminal's slip is missing: a sum like 3310,00, or 0"


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def day_page(request: Ask) -> Response[Any]:
    if door := to_sign_in(request, "day"):
        return door
    await request.app.state.house.outbox.take_up()  # What came in this very moment counts for its day.
    return show(request)


def show(request: Ask, fault: TideoverError | None = None, **typed: str) -> Response[str]:
    """How the day stands, as far as may be told before it is counted."""
    house = request.app.state.house
    today = today_of(house)
    waiting = house.outbox.rows.open_days()[:DAYS_MAX]
    day = typed.get("day") or day_of(request.query_params.get("day", "")[:20]) or next(iter(waiting), today)
    closed = house.close.closed(day)
    items = [] if closed is None else _open_of(house, day)
    facts = {
        "day": day,
        "today": today,
        "others": [one for one in sorted({*waiting, today}) if one != day],
        "closed": closed,
        "counted": counted_elsewhere(house, day),
        "uncounted": uncounted(house, day),
        "was_unread": closed is not None and house.close.was_unread(day),
        "items": items[:ITEMS_MAX],
        "open_count": len(items),
        "fault": fault,
        "typed": typed,
        "here": PAGE,
    }
    return render(request, "day.html.j2", 200 if fault is None else fault.status, **facts)


def today_of(house: House) -> str:
    settings = house.settings
    return trading_day(house.world.now(), settings.time_zone, settings.day_turns_at)


def counted_elsewhere(house: House, day: str) -> dict[str, str]:
    """Drawers that were counted by themselves, by id, with their names: whoever counted them here again would add them twice."""
    names = _names(house)
    drawers = [one for one in house.counter.drawers(day) if one.counted_minor is not None and one.till != house.journal.box]
    return {one.till: names.get(one.till, one.till) for one in drawers}


def uncounted(house: House, day: str) -> list[str]:
    """Names of the drawers that cash went into or out of and that nobody has counted; no sums."""
    names = {**_names(house), house.journal.box: THE_BOX}
    moved = [one for one in house.counter.drawers(day) if one.float_minor or one.cash_minor or one.dropped_minor]
    return [names.get(one.till, one.till) for one in moved if one.counted_minor is None]


def _names(house: House) -> dict[str, str]:
    return {one["till"]: one["name"] for one in house.journal.tills() if not one["is_box"]}


def _open_of(house: House, day: str) -> list[Any]:
    """Findings of that day that nobody has explained, and what is still on its way or not accounted for."""
    found = [one.entry.body for one in house.close.findings() if getattr(one.entry.body, "day", "") == day]
    return [*found, *house.close.left_open(day)]


@post("/day/close", guards=[access.person], include_in_schema=False, status_code=200)
async def close(request: Ask) -> Response[Any]:
    """What was counted is written down, and the day is closed."""
    caller, form = await signed_form(request), await form_of(request)
    typed = {name: form.get(name, "").strip()[:40] for name in ("cash", "card")}
    house, day = request.app.state.house, day_of(form.get("day", "")[:20])
    try:
        if day is None:
            raise Rejected(why="the day is missing")
        await house.close.close(day, caller.name, count=partial(_count, house, day, typed, form.get("counted", ""), caller.name))
    except TideoverError as error:
        return show(request, error, day=day or "", **typed)
    return Redirect(f"{PAGE}?day={day}", status_code=303)


async def _count(house: House, day: str, typed: dict[str, str], shown: str, by: str) -> list[str]:
    """Nothing is written unless all of it is right; returns it. Raises Rejected, WrongState (another drawer was counted meanwhile)."""
    elsewhere, missing = counted_elsewhere(house, day), uncounted(house, day)
    if shown != ",".join(elsewhere):
        typed["cash"] = ""  # It may hold what was counted elsewhere by now.
        raise WrongState(what="Closing the day", why=COUNTED_MEANWHILE)
    cash, card = minor_of(typed["cash"]), minor_of(typed["card"])
    if not typed["cash"] and elsewhere and missing:
        raise Rejected(why=f"cash went into or out of drawers that are not counted: {', '.join(missing)}")
    if cash is None and (typed["cash"] or not elsewhere):
        raise Rejected(why=NO_CASH)
    if card is None:
        raise Rejected(why=NO_CARD)
    written = [] if cash is None else [(await house.counter.count_drawer(cash, by, day)).id]
    return [*written, (await house.counter.batch_total(house.settings.card_host or "card terminal", card, by, day)).id]


ROUTES = (day_page, close)
