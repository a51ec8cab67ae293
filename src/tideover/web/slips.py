"""Paper into the journal: each numbered slip once, its pads and the log; and the drawer's facts, told at the box."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.params import Parameter
from msgspec import Meta, Struct

from tideover.errors import NotFound, Rejected
from tideover.model.money import INT_MAX, Minor
from tideover.model.sale import Document, Name
from tideover.rules.calendar import trading_day
from tideover.trade.slip_pads import Unexplained
from tideover.trade.slip_total import Paper
from tideover.web import access
from tideover.web.house import House
from tideover.web.language import retold, say_to

Ask = Request[Any, Any, Any]
Text = Annotated[str, Meta(max_length=1_000)]
Day = Annotated[str, Parameter(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Slip = Annotated[str, Meta(min_length=1, max_length=20)]
DayText = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class PaperSlip(Struct, frozen=True, forbid_unknown_fields=True):
    """A slip as it was written by hand."""

    slip: Slip  # Its printed number.
    kind: Literal["sale", "refund"]
    happened_at_ms: Annotated[int, Meta(ge=0, le=INT_MAX)]
    document: Document
    refers_to: Annotated[str, Meta(max_length=40)] | None = None
    paper: Paper = Paper()  # Who wrote it, the written total, a picture.


class KeptSlip(Struct, frozen=True):
    """The entry that the slip became, and what was noticed."""

    id: str
    number: str
    answer: str
    head: str
    notices: tuple[str, ...]


class Spoiled(Struct, frozen=True, forbid_unknown_fields=True):
    """A slip that is no sale."""

    state: Literal["void", "missing", "sought"]
    why: Text = ""
    owner: Name = ""  # Who answers for a missing one, or looks for it.


class SlipNow(Struct, frozen=True):
    """What a number is."""

    slip: str
    state: Literal["used", "void", "missing", "sought", "open"]  # open: nobody has said anything about it yet.
    pad: str | None  # None: on no pad that was handed out.
    entry: str | None = None
    kind: str | None = None
    trading_day: str | None = None
    sum_minor: int | None = None
    written_minor: int | None = None
    writer: str = ""
    keyed_by: str = ""
    photo: str = ""
    keyed_again: bool | None = None  # True: a second person read the same; False: otherwise; None: nobody did.
    owner: str = ""
    why: str = ""


class Why(Struct, frozen=True, forbid_unknown_fields=True):
    """A reason."""

    why: Annotated[str, Meta(min_length=1, max_length=1_000)]


class Compared(Struct, frozen=True):
    """What a second keying showed."""

    agrees: bool
    faults: tuple[str, ...]  # Where the two differ.


class PadAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """The next numbers of a series, to hand out."""

    series: Annotated[str, Meta(pattern=r"^[A-Z]{1,4}$")]
    count: Annotated[int, Meta(ge=1, le=1_000)] = 50
    to: Name = ""
    place: Name = ""


class PadIssued(Struct, frozen=True):
    pad: str
    first: str
    last: str


class PadRead(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody holds the pad."""

    next_unused: Annotated[int, Meta(ge=1, le=1_000_000)]  # The first blank number; one past the last where none is left.


class NoteTyped(Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the log."""

    text: Annotated[str, Meta(min_length=1, max_length=1_000)]
    happened_at_ms: Annotated[int, Meta(ge=0, le=INT_MAX)]
    writer: Name = ""
    sheet: Name = ""
    time_is_estimated: bool = False


class NoteKept(Struct, frozen=True):
    id: str
    happened_at_ms: int
    text: str
    writer: str
    sheet: str
    keyed_by: str
    time_is_estimated: bool


class Pads(Struct, frozen=True):
    """What became of every slip that was handed out."""

    pads: tuple[Any, ...]  # series, from, to, issued, used, void, unused, missing, sum_minor.
    skipped: tuple[str, ...]  # Numbers that somebody has to say something about before the day closes.
    unexplained: tuple[Unexplained, ...] = ()  # The same, with the reason.
    to_count: tuple[str, ...] = ()  # Pads that somebody has to hold and read before the outage closes.


class DrawerFact(Struct, frozen=True, forbid_unknown_fields=True):
    """Money moved or counted; a count is blind, what was expected is shown afterwards."""

    what: Literal["float", "drop", "count", "batch"]
    amount_minor: Minor
    note: Annotated[str, Meta(max_length=1_000)] = ""
    terminal: Name = "card terminal"  # For batch: whose total it is.
    day: DayText | None = None  # For count and batch: the trading day, else today's.
    drawer: Name = ""  # Which one: a till's name or id, or any other name; else the one beside the box.


class Written(Struct, frozen=True):
    id: str
    answer: str
    head: str


@post("/slips", guards=[access.staff], status_code=201, summary="Key a paper slip in")
async def key_slip(request: Ask, data: PaperSlip) -> KeptSlip:
    house: House = request.app.state.house
    name = access.of(request).name
    kept = await house.counter.key_slip(
        data.slip, data.kind, data.happened_at_ms, data.document, operator=name, refers_to=data.refers_to, paper=data.paper
    )
    return KeptSlip(kept.id, kept.number, kept.answer, kept.head, tuple(say_to(request).told(one.text) for one in kept.notices))


@post("/slips/{slip:str}/spoil", guards=[access.staff], status_code=200, summary="Say that a slip is void or missing")
async def spoil(request: Ask, slip: str, data: Spoiled) -> Written:
    house: House = request.app.state.house
    return _written(await house.counter.spoil_slip(slip, data.state, data.why, access.of(request).name, data.owner))


@get("/slips/{slip:str}", guards=[access.staff], summary="What became of one slip", sync_to_thread=False)
def slip_now(request: Ask, slip: str) -> SlipNow:
    return retold(now_of(request.app.state.house, slip), say_to(request))


def now_of(house: House, slip: str) -> SlipNow:
    """One number as it stands. Raises BadRecord, Rejected (a form's)."""
    number, pad, used, said = house.counter.slips.find(slip)
    key = pad.key if pad else None
    if used is None:
        state, owner, why = (said.state, said.owner, said.why) if said else ("open", "", "")
        return SlipNow(str(number), state, key, owner=owner, why=why)
    return SlipNow(
        slip=str(number),
        state="used",
        pad=key,
        entry=used.entry,
        kind=used.kind,
        trading_day=used.trading_day,
        sum_minor=used.gross_minor,
        written_minor=used.written_minor,
        writer=used.writer,
        keyed_by=used.keyed_by,
        photo=used.photo,
        keyed_again=used.again,
    )


@post("/slips/{slip:str}/again", guards=[access.staff], status_code=200, summary="Key a slip a second time, to compare")
async def key_again(request: Ask, slip: str, data: PaperSlip) -> Compared:
    desk = request.app.state.house.counter.slips
    name = access.of(request).name
    found = await desk.key_again(slip, data.kind, data.happened_at_ms, data.document, operator=name, paper=data.paper)
    return Compared(not found, tuple(say_to(request).told(one) for one in found))


@post("/slips/{slip:str}/undo", guards=[access.staff], status_code=200, summary="Void a slip that was keyed wrongly")
async def undo(request: Ask, slip: str, data: Why) -> Written:
    return _written(await void_slip(request.app.state.house, slip, data.why, access.of(request).name))


async def void_slip(house: House, slip: str, why: str, by: str) -> Any:
    """Raises NotFound (it is not keyed), Rejected (without a word), WrongState (the cloud has it)."""
    number, _, used, _ = house.counter.slips.find(slip)
    if used is None:
        raise NotFound(what="keyed slip", id=number)
    if not why.strip():
        raise Rejected(why="say what was wrong")
    return await house.counter.void(used.entry, why, by)


@post("/pads", guards=[access.staff], status_code=201, summary="Hand out the next numbers of a series")
async def issue_pad(request: Ask, data: PadAsked) -> PadIssued:
    return issue(request.app.state.house, data, access.of(request).name)


def issue(house: House, asked: PadAsked, by: str) -> PadIssued:
    """The pad, of slips or of a form, handed out today."""
    settings = house.settings
    day = trading_day(house.world.now(), settings.time_zone, settings.day_turns_at)
    pad = house.plan.issue_pad(asked.series, asked.count, by, place=asked.place, issued_to=asked.to, day=day)
    return PadIssued(pad.key, f"{pad.series}-{pad.first:04d}", f"{pad.series}-{pad.last:04d}")


@post("/pads/{pad:str}/count", guards=[access.staff], status_code=200, summary="Say which number of a pad is the first blank one")
async def count_pad(request: Ask, pad: str, data: PadRead) -> Written:
    return _written(await request.app.state.house.counter.slips.count_pad(pad, data.next_unused, access.of(request).name))


@post("/notes", guards=[access.staff], status_code=201, summary="Write a line of the log")
async def write_note(request: Ask, data: NoteTyped) -> Written:
    desk, name = request.app.state.house.counter.slips, access.of(request).name
    more = {"writer": data.writer, "sheet": data.sheet, "time_is_estimated": data.time_is_estimated}
    return _written(await desk.note(data.text, data.happened_at_ms, operator=name, **more))


@get("/notes", guards=[access.staff], summary="The log of a trading day, as it happened", sync_to_thread=False)
def notes(state: State, day: Day) -> list[NoteKept]:
    return notes_of(state.house, day)


def notes_of(house: House, day: str) -> list[NoteKept]:
    """The log of a trading day, in order."""
    found = []
    for kept in house.counter.slips.notes(day):
        body, keyed_by = kept.entry.body, kept.entry.operator or ""
        writer = body.writer if isinstance(body.writer, str) else keyed_by
        is_estimated = body.time_is_estimated is True
        found.append(NoteKept(kept.entry.id, kept.entry.happened_at, body.text, writer, body.sheet, keyed_by, is_estimated))
    return found


@get("/slips", guards=[access.staff], summary="Pads of slips, and which numbers are unaccounted for", sync_to_thread=False)
def slips(request: Ask, state: State) -> Pads:
    account = state.house.counter.slips.account()
    pads = Pads(account.states, tuple(one.slip for one in account.unexplained), account.unexplained, account.to_count)
    return retold(pads, say_to(request))


@post("/drawer", guards=[access.staff], status_code=201, summary="Float, drop, blind count, card terminal's total")
async def drawer(request: Ask, data: DrawerFact) -> Written:
    counter, name = request.app.state.house.counter, access.of(request).name
    if data.what == "float":
        return _written(await counter.put_float(data.amount_minor, name, data.note, data.drawer))
    if data.what == "drop":
        return _written(await counter.drop(data.amount_minor, name, data.note, data.drawer))
    if data.what == "count":
        return _written(await counter.count_drawer(data.amount_minor, name, data.day, data.drawer))
    return _written(await counter.batch_total(data.terminal, data.amount_minor, name, data.day))


def _written(appended: Any) -> Written:
    return Written(appended.id, appended.answer, appended.head)


ROUTES = (key_slip, spoil, undo, slip_now, key_again, slips, issue_pad, count_pad, write_note, notes, drawer)
