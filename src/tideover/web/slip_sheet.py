"""The page on which a paper slip is keyed: one form, every fault beside its field, the next number offered at once.

Works without scripts: a button brings more lines and reckons what stands there. A number that was keyed shows its entry.
"""

from __future__ import annotations

import re
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect
from msgspec.structs import replace

from tideover.errors import BadRecord, NotFound, Rejected, TideoverError
from tideover.journal.entry import UUID7
from tideover.plan.records import Person
from tideover.rules.calendar import trading_day
from tideover.rules.vat import RATES, rates_on
from tideover.trade.receipt import WORDS, money, price, quantity
from tideover.trade.slip_form import ROWS_MAX, TENDER_KINDS, TENDERS_MAX, Reckoned, Row, Typed, Wish, read_form, reckon
from tideover.trade.slip_photo import keep_photo, photo_at
from tideover.trade.terms import terms_of
from tideover.web import access
from tideover.web.house import House
from tideover.web.language import say_to
from tideover.web.pages import form_of, only_for, render, signed_form, to_sign_in
from tideover.web.slips import now_of, void_slip
from tideover.world import to_ms

Ask = Request[Any, Any, Any]
NUMBERS = {"money": money, "price": price, "quantity": quantity}  # As receipts write them.
ROWS_FIRST = 6  # Lines shown on an empty form …
ROWS_MORE = 4  # … and blank ones below those that are filled.
PEOPLE_MAX = 100  # Names offered as writers.


@get("/slips/next", guards=[access.anyone], include_in_schema=False)
async def next_slip(request: Ask) -> Response[Any]:
    """The next number, whichever that is."""
    if door := to_sign_in(request, "slips"):
        return door
    return Redirect(_next_page(request.app.state.house, ""), status_code=303)


def _next_page(house: House, after: str) -> str:
    proposed = house.counter.slips.propose(after)
    done = f"?done={after}" if after else ""
    return f"/slips/{proposed}{done}" if proposed else f"/slips{done}"


@get("/slips/{slip:str}", guards=[access.anyone], include_in_schema=False)
async def slip_page(request: Ask, slip: str) -> Response[Any]:
    """A number, as its QR code opens it: the entry it became, else the form."""
    house: House = request.app.state.house
    number, _, used, _ = house.counter.slips.find(slip)
    if door := to_sign_in(request, f"slips/{number}"):
        return door
    if used is not None:
        return _shown(request, str(number))
    if closed := only_for(request, "paper", "Key a slip", f"/slips/{number}"):
        return closed
    return _form(request, _checked(house, _empty(request, str(number))), faults={})


@get("/slips/{slip:str}/again", guards=[access.anyone], include_in_schema=False)
async def again_page(request: Ask, slip: str) -> Response[Any]:
    """The same form, blind: for the second person."""
    house: House = request.app.state.house
    number, _, used, _ = house.counter.slips.find(slip)
    if door := to_sign_in(request, f"slips/{number}"):
        return door
    if used is None or used.again is not None or used.keyed_by == access.of(request).name:
        return _shown(request, str(number))
    if closed := only_for(request, "paper", "Key a slip", f"/slips/{number}"):
        return closed
    return _form(request, _checked(house, _empty(request, str(number))), faults={}, is_again=True)


@get("/slips/{slip:str}/photo", guards=[access.staff], include_in_schema=False)
async def photo(request: Ask, slip: str) -> Response[bytes]:
    """The picture beside a keyed slip; for people of the shop, as what its bytes are, and nothing that a browser would run."""
    house: House = request.app.state.house
    _, _, used, _ = house.counter.slips.find(slip)
    content, media_type = photo_at(house.folder, used.photo if used else "")
    shown = "inline" if media_type != "image/heic" else "attachment"
    return Response(content, media_type=media_type, headers={"Content-Disposition": shown})  # The gate adds nosniff and the policy.


@post("/slips/key", guards=[access.person], include_in_schema=False, status_code=200)
async def key(request: Ask) -> Response[Any]:
    """The form's buttons: save and open the next, more lines, or only reckon."""
    caller = await signed_form(request)
    house, form = request.app.state.house, await form_of(request)
    typed, faults = read_form(form), {}
    try:
        typed = replace(typed, photo=await _picture(request, house) or _known_photo(house, typed.photo))
    except TideoverError as error:
        faults["picture"] = " ".join(say_to(request).error(error))
    seen, is_again = _checked(house, typed), form.get("again") == "yes"
    if form.get("do") != "save":
        return _form(request, seen, faults=_asked_so_far(seen, faults), rows=ROWS_MORE * 2, form=form, is_again=is_again)
    faults |= seen.faults
    if faults or seen.document is None:
        return _form(request, seen, faults=faults, form=form, is_again=is_again)
    try:
        return await _save(request, house, seen, form, caller.name, is_again)
    except TideoverError as error:
        return _form(request, seen, faults={}, error=error, form=form, is_again=is_again)


@post("/slips/{slip:str}/undo", guards=[access.person], include_in_schema=False, status_code=200)
async def undo(request: Ask, slip: str) -> Response[Any]:
    """The button 'keyed wrongly': the entry is void, and the paper is open again."""
    caller, form = await signed_form(request), await form_of(request)
    try:
        await void_slip(request.app.state.house, slip, form.get("why", "").strip()[:1_000], caller.name)
    except NotFound:
        raise
    except TideoverError as error:
        return _shown(request, str(request.app.state.house.counter.slips.find(slip)[0]), error)
    return Redirect(f"/slips/{slip}", status_code=303)


async def _save(request: Ask, house: House, seen: Reckoned, form: dict[str, str], name: str, is_again: bool) -> Response[Any]:
    desk, typed = house.counter.slips, seen.typed
    slip = str(desk.find(typed.slip)[0])
    if is_again:
        found = await desk.key_again(slip, typed.kind, seen.happened_at_ms, seen.document, operator=name, paper=seen.paper)
        return Redirect(f"/slips/{slip}?{'differs' if found else 'agrees'}=yes", status_code=303)
    document, refers_to = _taken_back(house, seen)
    id = form.get("id", "") if re.fullmatch(UUID7, form.get("id", "")) else None
    await desk.key(
        slip, typed.kind, seen.happened_at_ms, document, operator=name, refers_to=refers_to, paper=seen.paper, id=id
    )  # fmt: skip
    return Redirect(_next_page(house, slip), status_code=303)


def _taken_back(house: House, seen: Reckoned) -> tuple[Any, str | None]:
    """A refund names its sale: an entry if it was on a slip of ours, else the number that the customer's receipt shows."""
    document, original = seen.document, seen.typed.original
    if seen.typed.kind != "refund" or not original:
        return document, None
    try:
        used = house.counter.slips.find(original)[2]
    except BadRecord:
        used = None
    return (document, used.entry) if used and used.kind == "sale" else (replace(document, original=original), None)


def _checked(house: House, typed: Typed) -> Reckoned:
    as_of = house.copies.state("items").as_of
    as_of_ms = None if as_of is None else to_ms(as_of)
    return reckon(typed, terms_of(house.settings), house.copies, house.world.now(), house.settings.time_zone, as_of_ms)


def _asked_so_far(seen: Reckoned, faults: dict[str, str]) -> dict[str, str]:
    """What is wrong with what was typed; what is still empty is no fault before somebody saves."""
    kinds = ("what-", "quantity-", "price-", "vat-", "amount-", "paid-")
    return faults | {name: text for name, text in seen.faults.items() if name.startswith(kinds) and seen.typed.rows}


async def _picture(request: Ask, house: House) -> str:
    """The hash of the picture that came with the form; "" if none did. Raises BadRecord, TooBig."""
    found = (await request.form()).get("picture")
    content = await found.read() if isinstance(found, UploadFile) else b""
    return keep_photo(house.folder, content) if content else ""


def _known_photo(house: House, name: str) -> str:
    """A picture that an earlier sending of the same form brought."""
    if name:
        photo_at(house.folder, name)
    return name


def _empty(request: Ask, slip: str) -> Typed:
    """A new form: day and writer are those of the slip that this person keyed last."""
    house, name = request.app.state.house, access.of(request).name
    settings = house.settings
    mine = [one for one in house.counter.slips.log().used.values() if one.keyed_by == name]
    last = max(mine, key=lambda one: one.seq, default=None)
    today = trading_day(house.world.now(), settings.time_zone, settings.day_turns_at)
    return Typed(slip=slip, day=last.trading_day if last else today, writer=last.writer if last else "", tenders=(Wish("cash"),))


# Showing --------------------------------------------------------------------------------------------


def _form(
    request: Ask,
    seen: Reckoned,
    *,
    faults: dict[str, str],
    rows: int = ROWS_MORE,
    error: TideoverError | None = None,
    form: dict[str, str] | None = None,
    is_again: bool = False,
) -> Response[Any]:
    house, typed = request.app.state.house, seen.typed
    say = say_to(request)
    blank = max(ROWS_FIRST - len(typed.rows), rows)
    shown = (*typed.rows, *([Row()] * min(blank, ROWS_MAX - len(typed.rows))))
    first = now_of(house, typed.slip) if error is not None and error.code == "slip-used" else None
    facts = {
        "typed": replace(typed, rows=shown, tenders=(*typed.tenders, *([Wish()] * (TENDERS_MAX - len(typed.tenders))))),
        "seen": seen,
        "id": (form or {}).get("id") or house.world.new_id(),
        "faults": {name: say.told(text) for name, text in faults.items()},
        "fault": error,
        "first": first,
        "is_again": is_again,
        "done": just_done(request, house),
        "writers": [one.name for one in house.plan.all(Person)[:PEOPLE_MAX]],
        "tender_names": [(kind, WORDS[kind]) for kind in TENDER_KINDS],
        "rates": _rates(house, typed.day),
        "rows_max": ROWS_MAX,
        "here": f"/slips/{typed.slip}{'/again' if is_again else ''}" if re.fullmatch(r"[A-Z]+-\d+", typed.slip) else "/slips",
    }
    status = error.status if error is not None else (400 if faults and form and form.get("do") == "save" else 200)
    return render(request, "slip.html.j2", status, **NUMBERS, **facts)


def _rates(house: House, day: str) -> list[str]:
    """The rates in force that day, in percent, the usual one first."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) or house.settings.country not in RATES:
        return []
    try:
        return [f"{rate / 10_000:g}" for rate in dict.fromkeys(rates_on(house.settings.country, day).values())]
    except Rejected:
        return []  # A day before the tables begin.


def just_done(request: Ask, house: House) -> Any:
    """The slip that was saved just now, for one line above the form."""
    text = request.query_params.get("done", "")
    if not re.fullmatch(r"[A-Z]{1,4}-[0-9]{4,6}", text):
        return None
    now = now_of(house, text)
    return now if now.state == "used" else None


def _shown(request: Ask, slip: str, fault: TideoverError | None = None) -> Response[Any]:
    house: House = request.app.state.house
    now = now_of(house, slip)
    kept = house.journal.find(now.entry or "")
    if kept is None:
        raise Rejected(why="the entry is not there")
    findings = [one for one in house.close.findings() if one.entry.refers_to == now.entry]
    is_twice = house.settings.slips_keyed_twice
    facts = {
        "slip": now,
        "entry": kept.entry,
        "document": kept.entry.body,
        "paper": [one.entry.body for one in house.journal.referring(kept.entry.id, kinds=("slip_keyed",))],
        "tender_names": WORDS,
        "findings": findings,
        "may_again": is_twice and now.keyed_again is None and now.keyed_by != access.of(request).name,
        "said": next((word for word in ("agrees", "differs") if request.query_params.get(word)), ""),
        "proposed": house.counter.slips.propose(slip),
        "here": f"/slips/{slip}",
        "fault": fault,
    }
    return render(request, "slip_kept.html.j2", 200 if fault is None else fault.status, **NUMBERS, **facts)


ROUTES = (next_slip, slip_page, again_page, photo, key, undo)
