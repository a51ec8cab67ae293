"""The record of each vendor: outages with who noticed and what was promised, how much of the time it worked; as a file, too.

A person may write a remark to an outage, which stands beside what the box saw and never in its place.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from tideover.detect.cause import CAUSES
from tideover.errors import NotFound, Rejected, TideoverError
from tideover.journal.entry import Kept
from tideover.learn.contract import Contract, contracts
from tideover.learn.vendor_record import KINDS, Absence, Promise, Share, VendorRecord, Watched, absences, records, suppliers
from tideover.model.facts import LogNote
from tideover.model.line import lines_of
from tideover.plan.records import Party, Service
from tideover.web import access
from tideover.web.contract_words import MonthRow, contract_lines, mended, month_rows
from tideover.web.house import House
from tideover.web.language import say_to
from tideover.web.pages import form_of, render, signed_form, to_sign_in
from tideover.web.plan_rows import address_of
from tideover.web.service_words import dated, long, name_of, named, until
from tideover.words import Say, plain
from tideover.world import to_ms

Ask = Request[Any, Any, Any]
PAGE = "/vendors"
DAYS = (30, 90)
READ_ROWS = 1_000
LISTED_MAX = 50  # Outages of one vendor on the page; the file holds all.
TEXT_MAX = 1_000
FORMULA = ("=", "+", "-", "@")  # A spreadsheet would reckon with a cell that begins so.
OUTCOMES = {
    "kept": "The word came in time.",
    "late": "The word came late: {when}.",
    "never": "No word came.",
    "open": "It is not due yet.",
    "back": "It worked again before that.",
}


class Outage(Struct, frozen=True):
    """One outage on the page; texts in the reader's language."""

    id: str
    title: str
    lasted: str
    cause: str
    noticed: str
    mended: str  # Whether it was in time by the contract; "" where nothing is promised.
    promises: tuple[str, ...]
    remarks: tuple[tuple[str, str, str], ...]  # When, who, what.


class ShareRow(Struct, frozen=True):
    """How much of the time something worked."""

    title: str
    works: str
    seen: str


class Vendor(Struct, frozen=True):
    """One vendor on the page."""

    place: str
    name: str
    plan: str  # Page of the plan, or "".
    file: str
    services: str
    promises: str  # How many were kept, or "".
    shares: tuple[ShareRow, ...]
    contracts: tuple[tuple[str, str], ...]  # What is promised, and the page of the plan where it stands.
    months: tuple[MonthRow, ...]
    outages: tuple[Outage, ...]
    left_out: int


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def vendors_page(request: Ask) -> Response[Any]:
    if door := to_sign_in(request, "vendors"):
        return door
    return show(request)


def show(request: Ask, fault: TideoverError | None = None, typed: dict[str, str] | None = None) -> Response[Any]:
    """The page; with what went wrong at the last button. Raises Damaged."""
    house, say = request.app.state.house, say_to(request)
    seen = seen_by(house)
    vendors = [_vendor(number, one, seen, house, say) for number, one in enumerate(seen.records, 1)]
    status = 200 if fault is None else fault.status
    return render(request, "vendors.html.j2", status, vendors=vendors, fault=fault, typed=typed or {}, here=PAGE)


class Seen(Struct, frozen=True):
    """What the pages and the file are made from."""

    records: list[VendorRecord]
    contracts: dict[str, Contract]
    watched: dict[str, list[Watched]]
    now_ms: int


def seen_by(house: House) -> Seen:
    """The records, of whatever stands in journal, plan and settings. Raises Damaged, Misconfigured."""
    now_ms, services, lines = to_ms(house.world.now()), house.plan.all(Service), lines_of(house.settings.lines)
    owners = suppliers(services, house.plan.all(Party), lines, house.settings.vendor)
    watched: dict[str, list[Watched]] = {}
    for one in house.watch.history.verdicts_since(now_ms - max(DAYS) * 86_400_000):
        if one.state != "unknown":  # Nobody could tell: a gap.
            watched.setdefault(one.service, []).append(Watched(one.first_ms, one.last_ms, one.state != "down"))
    found = records(owners, absences(list(_read(house)), owners, now_ms), watched, now_ms, DAYS)
    return Seen(found, contracts(services, lines), watched, now_ms)


def _read(house: House) -> Iterable[Kept]:
    after = 0
    while kepts := house.journal.read(after=after, kinds=KINDS, limit=READ_ROWS):
        yield from kepts
        after = kepts[-1].seq


# As people read it ------------------------------------------------------------------------------------


def _vendor(number: int, record: VendorRecord, seen: Seen, house: House, say: Say) -> Vendor:
    zone, kept = house.settings.time_zone, sum(one.outcome == "kept" for one in record.promises)
    many = len(record.promises)
    return Vendor(
        place=f"vendor-{number}",
        name=record.name,
        plan=address_of("party", record.key) if record.key else "",
        file=f"{PAGE}/record.csv?{urlencode({'vendor': record.key or record.name})}",
        services=", ".join(name_of(one, say) for one in record.services),
        promises=say("Words promised: {n}; in time: {n2}.", n=many, n2=kept) if many else "",
        shares=tuple(_share(one, say) for one in _telling(record.shares)),
        contracts=contract_lines(record.services, seen.contracts, house.plan.all(Service), say),
        months=tuple(month_rows(record, seen.contracts, seen.watched, zone, max(DAYS), seen.now_ms, say)),
        outages=tuple(_outage(one, seen, zone, say) for one in record.absences[:LISTED_MAX]),
        left_out=max(0, len(record.absences) - LISTED_MAX),
    )


def _telling(shares: Iterable[Share]) -> list[Share]:
    """Without those of longer spans that saw no more than the shorter one."""
    found: list[Share] = []
    for one in shares:
        if one.seen_ms and not any(other.service == one.service and other.seen_ms == one.seen_ms for other in found):
            found.append(one)
    return found


def _share(one: Share, say: Say) -> ShareRow:
    title = say("{what}, {n} days", what=name_of(one.service, say), n=one.days)
    works = f"{say.number(one.works_ppm or 0, 10_000, 2)}\N{NO-BREAK SPACE}%"
    if one.unseen_ms <= one.days * 86_400_000 // 200:
        return ShareRow(title, works, "")
    return ShareRow(title, works, say("of the {time} in which somebody looked", time=long(one.seen_ms, say)))


def _outage(one: Absence, seen: Seen, zone: str, say: Say) -> Outage:
    lasted = say("It is away still.") if one.lasted_s is None else long(one.lasted_s * 1000, say)
    if one.unseen_s:
        lasted = f"{lasted}; {say('nobody looked for {time} of it', time=long(one.unseen_s * 1000, say))}"
    ended = f" – {until(one.since_ms, one.until_ms, zone, say)}" if one.until_ms else ""
    return Outage(
        id=one.id,
        title=f"{named(one.service, say)} · {dated(one.since_ms, zone, say)}{ended}",
        lasted=lasted,
        cause=say(CAUSES[one.cause].meaning) if one.cause in CAUSES else "",
        noticed=say("Noticed by {who}.", who=one.noticed_by) if one.noticed_by else say("Noticed by the box."),
        mended=mended(one, seen.contracts.get(one.service), seen.watched.get(one.service, ()), seen.now_ms, say),
        promises=tuple(_promise(word, zone, say) for word in one.promises),
        remarks=tuple((dated(word.at_ms, zone, say), word.who, word.text) for word in one.remarks),
    )


def _promise(one: Promise, zone: str, say: Say) -> str:
    said = say("{who} promised a word by {when}.", who=one.whom, when=dated(one.by_ms, zone, say))
    came = dated(one.came_ms, zone, say) if one.came_ms is not None else ""
    return f"{said} {say(OUTCOMES[one.outcome], when=came)}"


# The file ---------------------------------------------------------------------------------------------


@get(f"{PAGE}/record.csv", guards=[access.staff], include_in_schema=False, sync_to_thread=False)
def record_csv(request: Ask) -> Response[bytes]:
    """All outages of one vendor, for a spreadsheet."""
    house, say = request.app.state.house, say_to(request)
    wanted = request.query_params.get("vendor", "")
    seen = seen_by(house)
    record = next((one for one in seen.records if wanted in (one.key or one.name, one.name)), None)
    if record is None:
        raise NotFound(what="vendor", id=wanted[:100])
    headers = {"Content-Disposition": 'attachment; filename="vendor-record.csv"', "Cache-Control": "no-store"}
    return Response(_csv(record, seen, house.settings.time_zone, say), media_type="text/csv; charset=utf-8", headers=headers)


def _csv(record: VendorRecord, seen: Seen, zone: str, say: Say) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    seen_titles = ("Service", "Began", "Ended", "Seconds", "Seconds not seen", "Cause", "Noticed by")
    titles = (*seen_titles, "Words promised", "Remarks", "Promise of the contract")
    writer.writerow([say(one) for one in titles])
    for one in record.absences:
        told = _outage(one, seen, zone, say)
        began, ended = (dated(ms, zone, say) if ms else "" for ms in (one.since_ms, one.until_ms))
        remarks = "; ".join(f"{at} {who}: {text}" for at, who, text in told.remarks)
        cells = (name_of(one.service, say), began, ended, one.lasted_s, one.unseen_s, told.cause, one.noticed_by)
        writer.writerow([_cell(cell) for cell in (*cells, " ".join(told.promises), remarks, told.mended)])
    for row in month_rows(record, seen.contracts, seen.watched, zone, max(DAYS), seen.now_ms, say):
        writer.writerow([_cell(cell) for cell in (row.title, "", "", "", "", "", "", "", row.works, row.says)])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    text = "" if value is None else plain(str(value))
    return f"'{text}" if text.startswith(FORMULA) else text


# Remarks ----------------------------------------------------------------------------------------------


@post(f"{PAGE}/remark", guards=[access.person], include_in_schema=False, status_code=200)
async def remark(request: Ask) -> Response[Any]:
    """What a person has to say to an outage."""
    caller, form = await signed_form(request), await form_of(request)
    try:
        await _remark(request.app.state.house, form, caller.name)
    except TideoverError as error:
        return show(request, error, form)
    return Redirect(f"{PAGE}#{form['id']}", status_code=303)


async def _remark(house: House, form: dict[str, str], by: str) -> None:
    text, id = form.get("text", "").strip(), form.get("id", "")[:40]
    if not text:
        raise Rejected(why="there is nothing to write down")
    if len(text) > TEXT_MAX:
        raise Rejected(why="the text is too long")
    kept = house.journal.find(id)
    if kept is None or kept.entry.kind != "service_away":
        raise NotFound(what="outage", id=id)
    await house.journal.record("note", LogNote(text), refers_to=id, operator=by)


ROUTES = (vendors_page, record_csv, remark)
