"""The trial: unplug the internet, sell something, plug it in again; the page shows what was seen, and says what was not.

Watching the line knocks at three public addresses; that begins only when a person says so.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect

from tideover.web import access, starting
from tideover.web.beginning import Trial
from tideover.web.pages import form_of, only_for, render, signed_form

Ask = Request[Any, Any, Any]
ANCHORS = ("1.1.1.1:443", "9.9.9.9:443", "8.8.8.8:443")  # Cloudflare, Quad9, Google: three operators, meant to be asked by everybody.
LOOK_AGAIN_S = 3  # The page shows itself anew so often while a trial runs.


@get("/start/try", guards=[access.anyone], include_in_schema=False)
async def try_page(request: Ask) -> Response[Any]:
    if access.of(request).kind != "staff" or only_for(request, "start", "Try your plan B", "/start/try"):
        return Redirect("/start", status_code=303)
    house, trial = request.app.state.house, _trial(request)
    states = {one.service: one.state for one in house.watch.verdicts()}
    pads = house.plan.pads()
    facts = {
        "trial": trial,
        "sees_line": trial.sees_line,
        "line": states.get("internet", "unknown"),
        "lost": trial.first("lost"),
        "back": trial.first("back"),
        "sales": trial.sales(),
        "slip": f"{pads[0].series}-{pads[0].first:04d}" if pads else "",
        "anchors": ANCHORS,
        "again_s": LOOK_AGAIN_S,
        "here": "/start/try",
    }
    return render(request, "start_try.html.j2", **facts)


def _trial(request: Ask) -> Trial:
    return request.app.state.beginning.trial


@post("/start/try", guards=[access.person], include_in_schema=False, status_code=200)
async def press(request: Ask) -> Response[Any]:
    """Watch the line from now on, begin the trial, or end it."""
    await signed_form(request)
    house, how = request.app.state.house, (await form_of(request)).get("how", "")
    if how == "watch" and not house.settings.anchors:
        starting.settle_settings(house, {"anchors": list(ANCHORS)})
        house.bells["anew"].ring()
    elif how == "begin":
        _trial(request).begin()
    elif how == "end":
        _trial(request).begun_at = None
    return Redirect("/start/try", status_code=303)


ROUTES = (try_page, press)
