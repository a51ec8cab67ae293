"""The page of lines and calls that can be moved: what is in use, what may move by itself, the last proofs, what was done.

Arming and taking it back stand here and nowhere else. Works without scripts; decides nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from msgspec import Struct

from tideover.activate.allowance import NOT_A_BILL, SLOW_BYTES_PER_S
from tideover.activate.line_proofs import megabits
from tideover.activate.mover import Mover
from tideover.activate.switch_words import TITLES, in_words
from tideover.activate.switching import LINES
from tideover.errors import TideoverError
from tideover.plan.carriers import shared_carriers
from tideover.web import access, rights
from tideover.web.pages import form_of, pressed, render, signed_form, to_sign_in
from tideover.web.switching_api import TARGET_MAX, LineShown, acts, carry_out, lines_shown, mover_of

Ask = Request[Any, Any, Any]
PAGE = "/switching"
LOG_SHOWN = 20
WHAT_IT_DOES = {
    "lines": "Moves this machine, and all that goes through it, to the line that carries, and back when the usual one has been clean.",
    "router": "Asks the shop's router to use the line that carries, and to go back when the usual one has been clean.",
    "pbx": "Sends the shop's calls to another number, and takes that back.",
    "modem": "Sends the shop's calls to another number in the mobile network, and puts back what was there.",
}
LINE_STATES = {"up": "works", "degraded": "works in part", "down": "dead", "unknown": "not known"}


class Head(Struct, frozen=True):
    """What a person reads first."""

    tone: str
    text: str
    line: str
    next: str
    why: str = ""


@get(PAGE, guards=[access.anyone], include_in_schema=False)
async def switching_page(request: Ask) -> Response[Any]:
    return to_sign_in(request, "switching") or show(request)


def show(request: Ask, fault: TideoverError | None = None) -> Response[Any]:
    """The page, with what went wrong at the last button."""
    mover, house = mover_of(request), request.app.state.house
    now = house.world.now()
    facts = {
        "head": head(mover),
        "lines": lines_shown(mover),
        "switches": mover.switching.states(),
        "driver": mover.driver.name if mover.driver else "",
        "can_prove": mover.proofs.can_prove,
        "counted": mover.allowances.is_counted,
        "not_a_bill": NOT_A_BILL,
        "trial_ends": None if mover.trial is None else mover.trial.began_at + timedelta(seconds=mover.trial.span_s),
        "trialled": mover.trialled,
        "acts": acts(mover)[:LOG_SHOWN],
        "in_words": in_words,
        "speed": speed,
        "divert_to": house.settings.divert_to,
        "titles": TITLES,
        "does": WHAT_IT_DOES,
        "states": LINE_STATES,
        "line_switches": LINES,
        "holders": rights.holders(house.plan, "switch"),
        "shared": [one.text for one in shared_carriers((), mover.lines)],
        "now": now,
        "fault": fault,
        "here": PAGE,
    }
    return render(request, "switching.html.j2", 200 if fault is None else fault.status, **facts)


def speed(line: LineShown) -> str:
    """How fast it was when it was last measured."""
    if line.bytes_per_s is None:
        return ""
    is_enough = line.bytes_per_s >= SLOW_BYTES_PER_S
    fast = megabits(line.bytes_per_s)
    return f"{fast} Mbit/s: enough for the cloud till." if is_enough else f"{fast} Mbit/s: too slow for the cloud till, which needs 1."


def head(mover: Mover) -> Head:
    """One state, one next step."""
    decision, in_use = mover.decision, mover.in_use
    if not mover.lines:
        return Head(
            "watch",
            "No line is named in the settings.",
            "",
            "Name the shop's lines under 'lines' in tideover.toml; docs/settings.md shows how.",
        )
    if mover.trial is not None:
        return Head(
            "watch",
            "The other line is being tried; the shop comes back by itself.",
            "",
            "Sell as always, and watch whether a till notices.",
        )
    if decision.word == "advise":
        return Head(
            "act",
            "Move to {line} by hand.",
            decision.target,
            "At the router: pull the cable of the dead line or choose the other one.",
            decision.why,
        )
    if decision.word == "nowhere":
        return Head(
            "act", "No line works now.", "", "Sell on Tideover's till or on slips. Nothing is moved until a line answers.", decision.why
        )
    if not in_use:
        return Head("watch", "Which line is in use is not known.", "", "Look at the router whether the usual line is plugged in.")
    if mover.is_usual(in_use):
        return Head("calm", "The shop is on {line}, as always.", in_use, "Nothing is to be done.", decision.why)
    return Head(
        "watch",
        "The shop is on {line}.",
        in_use,
        "It goes back by itself where that was allowed; else press the button below.",
        decision.why,
    )


@post("/switching/{name:str}/{what:str}", guards=[access.person], include_in_schema=False, status_code=200)
async def press(request: Ask, name: str, what: str) -> Response[Any]:
    """Allow, forbid, use a line, lead back, prove, try."""
    caller, form = await signed_form(request), await form_of(request)
    mover = mover_of(request)
    return await pressed(request, _done(mover, name, what, caller.name, form), show, PAGE)


async def _done(mover: Mover, name: str, what: str, by: str, form: dict[str, str]) -> None:
    if what == "try":
        mover.begin_trial(by)
        return
    await carry_out(mover, name, what, by, form.get("target", "").strip()[:TARGET_MAX], form.get("why", "")[:200])


ROUTES = (switching_page, press)
