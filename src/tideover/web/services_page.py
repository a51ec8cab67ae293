"""Each service: how it stands, since when, what that means, what to do next, what shows it, and its last week as a strip.

For whoever asks "was that only us, and how often does it happen?". Reads only; a gap is drawn as a gap.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from msgspec import Struct

from tideover.detect.record.history import Counted
from tideover.detect.record.span import VerdictSpan
from tideover.detect.record.spells import LAYERS
from tideover.detect.record.strip import Piece, absences, pieces, summed
from tideover.web import access
from tideover.web.house import House
from tideover.web.language import retold, say_to
from tideover.web.pages import render, to_sign_in
from tideover.web.service_strip import SPANS_MS, Bar, bars, ticks
from tideover.web.service_words import named, summary, told_piece
from tideover.web.status import VerdictNow, status_of
from tideover.words import Say
from tideover.world import to_ms

Ask = Request[Any, Any, Any]
PAGE = "/services"
LISTED_MAX = 40  # Outages of one service that are listed; the newest first.
UNKNOWN = VerdictNow("", "unknown", "not-known", None, (), "", "")


class ServiceStrip(Struct, frozen=True):
    """One service on the page; texts in the reader's language."""

    key: str
    name: str
    now: VerdictNow
    summary: str
    bars: tuple[Bar, ...]
    away: tuple[tuple[str, str], ...]  # Anchor and text, the newest first.
    left_out: int  # Older ones that are not listed.
    counted: tuple[Counted, ...]  # Looks of the last day.
    has_history: bool


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def services_page(request: Ask) -> Response[Any]:
    if door := to_sign_in(request, "services"):
        return door
    state = request.app.state
    house, say = state.house, say_to(request)
    window = "day" if request.query_params.get("range") == "day" else "week"
    now_ms = to_ms(house.world.now())
    from_ms = now_ms - SPANS_MS[window]
    verdicts = retold(await status_of(house, state.takings, False), say).verdicts
    facts = {
        "services": _strips(house, verdicts, from_ms, now_ms, window, say),
        "ticks": ticks(from_ms, now_ms, window, house.settings.time_zone, say),
        "window": window,
        "now": house.world.now(),
        "here": PAGE + ("?range=day" if window == "day" else ""),
    }
    return render(request, "services.html.j2", **facts)


def _strips(house: House, verdicts: tuple[VerdictNow, ...], from_ms: int, now_ms: int, window: str, say: Say) -> list[ServiceStrip]:
    history = house.watch.history
    spans: dict[str, list[VerdictSpan]] = {}
    for one in history.verdicts_since(from_ms):
        spans.setdefault(one.service, []).append(one)
    looks: dict[str, list[Counted]] = {}
    for counted in history.counted(now_ms - SPANS_MS["day"]):
        looks.setdefault(counted.service, []).append(counted)
    known = {one.service: one for one in verdicts}
    order = {service: place for place, service in enumerate(LAYERS)}
    keys = sorted({*known, *spans}, key=lambda key: (order.get(key, len(order)), key))
    return [
        _strip(key, known.get(key, UNKNOWN), pieces(spans.get(key, ()), from_ms, now_ms), looks.get(key, []), house, window, say)
        for key in keys
        if key in spans or known[key].state != "unknown"
    ]


def _strip(key: str, now: VerdictNow, strip: list[Piece], looks: list[Counted], house: House, window: str, say: Say) -> ServiceStrip:
    zone, away = house.settings.time_zone, absences(strip)
    end = strip[-1].last_ms
    listed = [(f"{key}-{n}", told_piece(one, one.last_ms >= end, zone, say)) for n, one in enumerate(away, 1)][-LISTED_MAX:]
    anchors = {anchor for anchor, _ in listed}
    drawn = [one for one in bars(strip, away, window, key, zone, say) if not one.place or one.place in anchors or window == "week"]
    return ServiceStrip(
        key=key,
        name=named(key, say),
        now=now,
        summary=summary(summed(strip), SPANS_MS[window], zone, say),
        bars=tuple(drawn),
        away=tuple(reversed(listed)),
        left_out=len(away) - len(listed),
        counted=tuple(looks),
        has_history=any(one.shade not in ("gap", "unknown") for one in strip),
    )


ROUTES = (services_page,)
