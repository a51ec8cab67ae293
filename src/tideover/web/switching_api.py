"""Lines and calls that can be moved, for programs: how they stand, and the acts a person may do."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get, post
from msgspec import Meta, Struct, to_builtins

from tideover.activate.mover import Mover, Trialled
from tideover.activate.switch_log import Act
from tideover.activate.switch_words import in_words
from tideover.activate.switching import SwitchNow
from tideover.errors import NotFound, Rejected, WrongState
from tideover.web import access
from tideover.web.language import retold, say_to
from tideover.world import to_ms

Ask = Request[Any, Any, Any]
ACTS_SHOWN = 50
TARGET_MAX = 100
SPAN_S_MAX = 60


class Wish(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done with a switch."""

    target: Annotated[str, Meta(max_length=TARGET_MAX)] = ""  # A line, or a number; for `engage` and `prove`.
    why: Annotated[str, Meta(max_length=200)] = ""


class Span(Struct, frozen=True, forbid_unknown_fields=True):
    """A trial."""

    span_s: Annotated[int, Meta(ge=0, le=SPAN_S_MAX)] = 20  # So long the shop stays on the other line.


class LineShown(Struct, frozen=True):
    """One line."""

    name: str
    state: str  # up, degraded, down, unknown
    since: int | None  # UTC ms.
    is_in_use: bool
    is_metered: bool
    carrier: str
    percent: int | None  # Of its allowance; null: without end, or nothing counts.
    text: str  # What is used and when it ends; "" where nothing counts.
    proven_at: int | None  # UTC ms; null: never.
    works: bool | None
    bytes_per_s: int | None
    proof: str


class ActShown(Struct, frozen=True):
    """One line of the log."""

    at: int  # UTC ms.
    switch: str
    what: str
    by: str  # "" where it moved by itself.
    text: str
    why: str
    read_back: str


class SwitchShown(Struct, frozen=True):
    """One switch."""

    name: str
    can_act: bool
    why_not: str
    is_armed: bool
    armed_by: str  # Whose word counts; "" where nobody said anything.
    armed_at: int | None
    in_use: str
    engaged: str
    text: str


class SwitchingNow(Struct, frozen=True):
    """Everything that can be moved."""

    switches: tuple[SwitchShown, ...]
    lines: tuple[LineShown, ...]
    word: str  # stay, engage, back, advise, nowhere
    target: str
    why: str
    acts: tuple[ActShown, ...]  # Newest first.


def mover_of(request: Ask) -> Mover:
    return request.app.state.house.mover


def switching_now(mover: Mover) -> SwitchingNow:
    decision = mover.decision
    return SwitchingNow(
        switches=tuple(_switch(one) for one in mover.switching.states()),
        lines=lines_shown(mover),
        word=decision.word,
        target=decision.target,
        why=decision.why,
        acts=tuple(_act(one) for one in acts(mover)),
    )


def acts(mover: Mover) -> list[Act]:
    """The last ones, newest first."""
    return list(reversed(mover.switching.log.acts))[:ACTS_SHOWN]


def lines_shown(mover: Mover) -> tuple[LineShown, ...]:
    found = []
    for line, now in zip(mover.lines, mover.lines_now(), strict=True):
        proof, speed = mover.proofs.newest(line.name), mover.proofs.speed(line.name)
        found.append(
            LineShown(
                name=line.name,
                state=now.state,
                since=None if now.since is None else to_ms(now.since),
                is_in_use=line.name == mover.in_use,
                is_metered=line.is_metered,
                carrier=line.carrier,
                percent=mover.allowances.percent(line.name),
                text=mover.allowances.in_words(line.name),
                proven_at=None if proof is None else to_ms(proof.at),
                works=None if proof is None else proof.body.works,
                bytes_per_s=None if speed is None else speed.body.bytes_per_s,
                proof="" if proof is None else proof.body.text,
            )
        )
    return tuple(found)


def _switch(one: SwitchNow) -> SwitchShown:
    by, at = (one.armed.by, to_ms(one.armed.at)) if one.armed else ("", None)
    return SwitchShown(one.name, one.can_act, one.why_not, one.is_armed, by, at, one.in_use, one.engaged, one.text)


def _act(one: Act) -> ActShown:
    return ActShown(to_ms(one.at), one.body.switch, one.body.what, one.by, in_words(one), one.body.why, one.body.read_back)


async def carry_out(mover: Mover, name: str, what: str, by: str, target: str = "", why: str = "") -> None:
    """One act of a person. Raises NotFound; WrongState where the switch did not do it, with its reason."""
    switching = mover.switching
    switching.switch(name)
    match what:
        case "arm" | "disarm":
            await switching.arm(name, what == "arm", by, why)
            return
        case "prove":
            await mover.proofs.prove(mover.target(target), by, measures=True)
            return
        case "engage":
            if not target:
                raise Rejected(why="say where it is to go")
            answer = await switching.engage(name, target, by, why or "a person's wish", is_back=mover.is_usual(target))
        case "restore":
            answer = await switching.restore(name, by, why or "a person's wish")
        case _:
            raise NotFound(what="button", id=what[:40])
    if answer.word != "done":
        raise WrongState(what="Moving it", why=answer.why or "it does not answer")


@get("/switching", guards=[access.staff], summary="Lines and calls that can be moved, and what was done", sync_to_thread=False)
def look(request: Ask) -> SwitchingNow:
    return retold(switching_now(mover_of(request)), say_to(request))


@post("/switching/{name:str}/{what:str}", guards=[access.staff], status_code=200, summary="Arm, disarm, engage, restore or prove")
async def act(request: Ask, name: str, what: str, data: Wish) -> SwitchingNow:
    """Answers when it is done and read back."""
    caller = access.of(request)
    access.check_right(request, caller)
    mover = mover_of(request)
    await carry_out(mover, name, what, caller.name, data.target.strip(), data.why)
    return retold(switching_now(mover), say_to(request))


@post(
    "/rehearsal/link",
    guards=[access.staff],
    status_code=200,
    summary="Take the line in use for dead, go to the other one, prove it, come back",
)
async def rehearse_link(request: Ask, data: Span) -> dict[str, Any]:
    """Answers when the shop is back, with the figures."""
    caller = access.of(request)
    access.check_right(request, caller)
    found: Trialled = await mover_of(request).try_out(caller.name, data.span_s)
    return to_builtins(retold(found, say_to(request)))


ROUTES = (look, act, rehearse_link)
