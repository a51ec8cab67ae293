"""The report of a rehearsal: one page with the day drawn, the table, the proof. Loads nothing from elsewhere, decides nothing."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined
from msgspec import Struct

from tideover.learn.claim import Claim
from tideover.learn.evidence import Evidence
from tideover.learn.people import Ledger
from tideover.world import from_ms

BUCKET_MIN = 5  # Minutes of one bar.
WIDTH, LEFT, RIGHT = 1000, 46, 12  # Of the drawing; the page scales it.
TOP, UPPER, GAP, LOWER, BOTTOM = 92, 190, 34, 90, 26  # Room for labels, sold, between, replayed, hours.
LABEL_LINES, LABEL_GAP, LETTER = (14, 30, 46, 62, 78), 5, 6.3  # Lines of labels; a letter is about that wide.
HOWS = ("cloud", "in_flight", "till", "slip")  # From the bottom of a bar to its top.
NAMES = {
    "cloud": "the cloud's own till",
    "in_flight": "in flight at the cut",
    "till": "Tideover's tills",
    "slip": "numbered slips",
    "replayed": "brought to the cloud afterwards",
}
STEPS = {
    "line dead": "line dead",
    "noticed": "noticed",
    "fallback": "fallback open",
    "line back": "line back",
    "recovering": "way back begins",
    "replayed": "all in the cloud",
    "closed": "outage closed",
}


class Bar(Struct, frozen=True):
    """One part of one bar, in the drawing's units."""

    x: float
    y: float
    width: float
    height: float
    how: str


class Mark(Struct, frozen=True):
    """A step of the outage on the time line."""

    x: float
    y: float  # Of its label: neighbours stand on other lines.
    label_x: float
    anchor: str  # Where the label begins or ends: start, end.
    label: str
    time: str


class Tick(Struct, frozen=True):
    at: float
    text: str


class Drawing(Struct, frozen=True):
    """One day."""

    day: str
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    hours: tuple[Tick, ...]
    upper: tuple[Tick, ...]  # Sales per minute.
    lower: tuple[Tick, ...]
    away: tuple[float, float] | None  # x and width of the time without the line.
    rows: tuple[tuple[str, ...], ...]  # The same numbers, quarter by quarter, for a table.
    height: int = TOP + UPPER + GAP + LOWER + BOTTOM
    axis: int = TOP + UPPER
    floor: int = TOP + UPPER + GAP


def draw(evidence: Evidence, claim: Claim, ledger: Ledger) -> str:
    """The whole page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["money"] = lambda minor: money(minor, evidence.input.currency)
    environment.filters["span"] = span
    template = environment.from_string(files("tideover.learn").joinpath("report.html.j2").read_text(encoding="utf-8"))
    zone = ZoneInfo(evidence.input.zone)
    days = [_drawing(day, evidence, ledger, zone) for day in evidence.input.days]
    where = claim.proof.removeprefix("broken: ").split("; ") if claim.proof != "holds" else []
    source = _source(evidence)
    left = evidence.input.unbookable_documents
    return template.render(
        claim=claim, left=left, days=days, where=where, hows=(*HOWS, "replayed"), names=NAMES, source=source, width=WIDTH
    )


def _source(evidence: Evidence) -> str:
    if not evidence.input.names:
        return "A Friday in a generated corner shop"
    return "Real invoices: " + ", ".join(name.rsplit("/", 1)[-1] for name in evidence.input.names)


def money(minor: int, currency: str) -> str:
    """1 234.50 EUR, with a real minus sign and spaces that do not break."""
    sign = "\u2212" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100:,}.{abs(minor) % 100:02d}\u00a0{currency}".replace(",", "\u202f")


def span(seconds: float) -> str:
    """Seconds as a person says them: 9 s, 2 min 5 s, 1 h 3 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 and seconds != whole else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


# The drawing ----------------------------------------------------------------------------------------


class _Frame:
    """Where an instant stands on the paper."""

    def __init__(self, first_ms: int, last_ms: int) -> None:
        bucket = BUCKET_MIN * 60_000
        self.first_ms = first_ms // 3_600_000 * 3_600_000
        self.last_ms = max(-(-last_ms // 3_600_000) * 3_600_000, self.first_ms + 3_600_000)
        self.per_ms = (WIDTH - LEFT - RIGHT) / (self.last_ms - self.first_ms)
        self.buckets = (self.last_ms - self.first_ms) // bucket

    def x(self, ms: int) -> float:
        return round(LEFT + (min(max(ms, self.first_ms), self.last_ms) - self.first_ms) * self.per_ms, 1)

    def bucket(self, ms: int) -> int:
        return min(max((ms - self.first_ms) // (BUCKET_MIN * 60_000), 0), self.buckets - 1)


def _drawing(day: str, evidence: Evidence, ledger: Ledger, zone: ZoneInfo) -> Drawing:
    def of_day(ms: int) -> bool:
        return (from_ms(ms).astimezone(zone).replace(tzinfo=None) - _TURN).date().isoformat() == day

    sold = [(ms, how) for ms, how in ledger.sold_ms if of_day(ms)]
    replayed = [ms for ms in ledger.booked_ms if of_day(ms)]
    steps = [(ms, name) for ms, name in ledger.steps if of_day(ms)]
    instants = [ms for ms, _ in sold] + replayed + [ms for ms, _ in steps]
    frame = _Frame(min(instants), max(instants) + 1)
    counts = {how: [0] * frame.buckets for how in (*HOWS, "replayed")}
    for ms, how in [*sold, *((ms, "replayed") for ms in replayed)]:
        counts[how][frame.bucket(ms)] += 1
    top = max(1, *(sum(counts[how][place] for how in HOWS) for place in range(frame.buckets)))
    low = max(1, *counts["replayed"])
    when = {name: ms for ms, name in reversed(steps)}
    away = None
    if "line dead" in when and "line back" in when:
        away = (frame.x(when["line dead"]), round(frame.x(when["line back"]) - frame.x(when["line dead"]), 1))
    return Drawing(
        day=day,
        bars=tuple(_bars(frame, counts, top, low)),
        marks=_marks(frame, steps, zone),
        hours=tuple(_hours(frame, zone)),
        upper=_ticks(top, TOP + UPPER, -UPPER),
        lower=_ticks(low, TOP + UPPER + GAP, LOWER),
        away=away,
        rows=tuple(_rows(frame, counts, zone)),
    )


_TURN = datetime(2000, 1, 1, 4) - datetime(2000, 1, 1)  # The trading day turns at four.


def _bars(frame: _Frame, counts: dict[str, list[int]], top: int, low: int) -> list[Bar]:
    step = (WIDTH - LEFT - RIGHT) / frame.buckets
    bars: list[Bar] = []
    for place in range(frame.buckets):
        x, y = round(LEFT + place * step, 1), float(TOP + UPPER)
        for how in HOWS:
            height = round(counts[how][place] / top * UPPER, 1)
            if height:
                y = round(y - height, 1)
                bars.append(Bar(x, y, round(max(step - 1, 0.8), 1), height, how))
        height = round(counts["replayed"][place] / low * LOWER, 1)
        if height:
            bars.append(Bar(x, float(TOP + UPPER + GAP), round(max(step - 1, 0.8), 1), height, "replayed"))
    return bars


def _marks(frame: _Frame, steps: list[tuple[int, str]], zone: ZoneInfo) -> tuple[Mark, ...]:
    """Each label on the highest line on which it touches no other, so that steps seconds apart can be read."""
    taken: list[tuple[float, float, float]] = []
    marks: list[Mark] = []
    for ms, name in steps:
        x, label, time = frame.x(ms), STEPS.get(name, name), f"{from_ms(ms).astimezone(zone):%H:%M:%S}"
        room = (len(label) + len(time) + 1) * LETTER + 2 * LABEL_GAP
        places = [(y, side) for y in LABEL_LINES for side in ("start", "end") if _fits(x, room, side)]
        y, side = next((one for one in places if not _touches(taken, x, room, *one)), places[-1])
        taken.append((y, *_reach(x, room, side)))
        marks.append(Mark(x, y, x + (LABEL_GAP if side == "start" else -LABEL_GAP), side, label, time))
    return tuple(marks)


def _reach(x: float, room: float, side: str) -> tuple[float, float]:
    return (x, x + room) if side == "start" else (x - room, x)


def _fits(x: float, room: float, side: str) -> bool:
    left, right = _reach(x, room, side)
    return left >= 0 and right <= WIDTH


def _touches(taken: list[tuple[float, float, float]], x: float, room: float, y: float, side: str) -> bool:
    left, right = _reach(x, room, side)
    return any(line == y and left < end and start < right for line, start, end in taken)


def _hours(frame: _Frame, zone: ZoneInfo) -> list[Tick]:
    every = 1 if frame.last_ms - frame.first_ms <= 14 * 3_600_000 else 2
    hours = range(frame.first_ms, frame.last_ms + 1, 3_600_000 * every)
    return [Tick(frame.x(ms), f"{from_ms(ms).astimezone(zone):%H:%M}") for ms in hours]


def _ticks(most: int, zero: int, room: int) -> tuple[Tick, ...]:
    """Nothing, half and most, as sales per minute."""
    return tuple(Tick(round(zero + room * part, 1), f"{most * part / BUCKET_MIN:.1f}".removesuffix(".0")) for part in (0, 0.5, 1))


def _rows(frame: _Frame, counts: dict[str, list[int]], zone: ZoneInfo) -> list[tuple[str, ...]]:
    """Half-hours with anything in them."""
    per = 30 // BUCKET_MIN
    rows: list[tuple[str, ...]] = []
    for start in range(0, frame.buckets, per):
        numbers = [sum(counts[how][start : start + per]) for how in (*HOWS, "replayed")]
        if any(numbers):
            at = from_ms(frame.first_ms + start * BUCKET_MIN * 60_000).astimezone(zone)
            rows.append((f"{at:%H:%M}", *(str(number) if number else "–" for number in numbers)))
    return rows
