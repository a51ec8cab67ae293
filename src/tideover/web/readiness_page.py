"""How ready the shop is, measure by measure, and the calendar of what is due. No score: what is not known is not ready."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from litestar import Request, Response, get

from tideover.errors import NotAllowed
from tideover.learn.calendar_feed import Day, calendar
from tideover.learn.keeping import CHECK
from tideover.learn.readiness import Facts, Measure, Rung, as_plain, measures, unready
from tideover.model.facts import OutageStep
from tideover.rules.calendar import local_date
from tideover.web import access
from tideover.web.acknowledge_page import known_texts
from tideover.web.house import House
from tideover.web.language import say_to
from tideover.web.pages import render, to_sign_in
from tideover.web.plan_api import checks_of
from tideover.web.status import as_far_as_read
from tideover.words import Say, say

Ask = Request[Any, Any, Any]
LAST_OF_THE_CLOUD = 3  # Rungs above our own till.
PAGE = "/readiness"
OUTAGES_READ = 2_000
DAYS_MAX = 200


def readiness(request: Ask, told: Say) -> list[Measure]:
    """The measures, now. Raises Damaged."""
    house: House = request.app.state.house
    log, checks = house.rehearsals.log, checks_of(request)
    account = as_far_as_read(house, house.counter.slips.account)
    facts = Facts(
        today=checks.today,
        people=house.plan.people(),
        texts=known_texts(house, told.language),
        acks=log.acks(),
        past=log.past(),
        gaps=log.gaps(),
        checks=checks.due(),
        tolerable_s=house.plan.tolerable_s("cloud"),
        papers=len(house.keep.copies()),
        papers_stale=len(house.keep.stale()),
        slips_unexplained=None if account is None else len(account.unexplained),
        declared_s=list(_declared(house)),
        rungs=tuple(_rungs(house)),
    )
    return measures(facts, told)


def _rungs(house: House) -> Iterator[Rung]:
    """The ladder between the usual till and our own, each rung with the shop's day of its last proof."""
    for one in house.fallback.status().rungs:
        if 1 <= one.number <= LAST_OF_THE_CLOUD:
            on = "" if one.proven_at is None else local_date(one.proven_at, house.settings.time_zone).isoformat()
            yield Rung(one.number, one.works, one.why, on)


def _declared(house: House) -> Iterator[tuple[str, int]]:
    """Day and seconds from the first evidence to the open fallback, of each real outage."""
    seen = set()
    for kept in house.journal.read(kinds=("outage",), limit=OUTAGES_READ):
        body = kept.entry.body
        if isinstance(body, OutageStep) and body.phase == "fallback" and body.outage not in seen:
            seen.add(body.outage)
            yield kept.entry.trading_day, max(0, kept.entry.happened_at - body.since) // 1000


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def readiness_page(request: Ask) -> Response[Any]:
    if door := to_sign_in(request, "readiness"):
        return door
    found = readiness(request, say_to(request))
    return render(request, "readiness.html.j2", measures=found, unready=unready(found), here=PAGE)


@get("/readiness", guards=[access.staff], summary="How ready the shop is, measure by measure; no score")
async def look(request: Ask) -> list[dict[str, Any]]:
    return [dict(one) for one in as_plain(readiness(request, say_to(request)))]


# The calendar -------------------------------------------------------------------------------------


def days_of(request: Ask, told: Say, with_words: bool) -> list[Day]:
    """Every day on which something is due; with_words: what it is, for whoever may know."""
    found: list[Day] = []
    for one in checks_of(request).due()[:DAYS_MAX]:
        is_rehearsal = one.check.key == CHECK
        title = told("Rehearse a failure") if is_rehearsal else told("Checks of plan B are due")
        if with_words and not is_rehearsal:
            title = told.told(one.check.what)
        text = told.told(one.check.loss) if with_words else ""
        uid = f"check-{one.check.key}" if with_words else "rehearsal" if is_rehearsal else f"checks-{one.due_on}"
        found.append(Day(uid, one.due_on, title, text, alarm=is_rehearsal))
    return list({one.uid: one for one in found}.values())


def _answer(request: Ask, with_words: bool, language: str | None = None) -> Response[bytes]:
    house: House = request.app.state.house
    told = say(language) if language else say_to(request)
    name = f"{house.settings.shop_name}: {told('plan B')}" if with_words else told("Plan B: what is due")
    body = calendar(name, days_of(request, told, with_words), house.world.now())
    kept = {"Content-Disposition": 'attachment; filename="plan-b.ics"'} if with_words else {}
    return Response(body, media_type="text/calendar; charset=utf-8", headers=kept)


@get("/calendar.ics", guards=[access.anyone], include_in_schema=False)
async def feed(request: Ask) -> Response[bytes]:
    """Days without a name, for calendars in the shop's own network: a phone's calendar cannot sign in."""
    if not is_near(request.client.host if request.client else ""):
        raise NotAllowed(who="Whoever calls", why="the calendar is read in the shop's own network")
    return _answer(request, with_words=False, language=request.app.state.house.settings.language)


@get("/calendar/mine.ics", guards=[access.anyone], include_in_schema=False)
async def mine(request: Ask) -> Response[Any]:
    """The same with what is due, as a file, for people of the shop."""
    if door := to_sign_in(request, "rehearsal"):
        return door
    return _answer(request, with_words=True)


def is_near(host: str) -> bool:
    """An address of the shop's own network, or this machine."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host == "localhost"
    return address.is_private or address.is_loopback or address.is_link_local


ROUTES = (readiness_page, feed, mine)
API_ROUTES = (look,)
