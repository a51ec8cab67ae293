"""Any cloud without an interface: copies from its exports, booking through a person, the read-back from its day report.

Sending answers `silent`, because a person sends. Asking answers from the day report, and only
from one made after the question came up: an older one proves nothing about what was keyed since.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tideover.connectors.assisted import contacts, day_report, keying
from tideover.connectors.assisted.columns import ColumnMap, Guess, guess_columns
from tideover.connectors.assisted.folder import Folder, Found
from tideover.connectors.assisted.looking import Looked, corrected, guessed, look_closely
from tideover.connectors.assisted.promises import manifest
from tideover.connectors.assisted.records import Reading, read_records
from tideover.connectors.assisted.row import unreadable
from tideover.connectors.assisted.table import read_table
from tideover.errors import CloudSilent, ExportNeeded, FileUnreadable, Misconfigured
from tideover.model.answer import Answer, CloudDocument
from tideover.model.item import Dataset
from tideover.model.money import MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE, sum_text
from tideover.model.outage import Observation
from tideover.model.sale import Document
from tideover.ports import PAGE_ROWS_MAX, Booking, Page
from tideover.rules.pricing import gross_sum
from tideover.settings import Settings
from tideover.world import World, to_ms

if TYPE_CHECKING:
    import httpx

    from tideover.secret import Secrets

WHO = "The cloud"
END = "end"
SMALL_BYTES_MAX = 100_000  # About 1,500 items: read in some 50 ms.
DAYS_KEPT = 40  # Day reports held in memory; older ones are read again from their files.


class AssistedCloud:
    """Source and Sink over a folder of exports and a person's hands."""

    manifest = manifest

    def __init__(self, folder: Folder, settings: Settings, world: World) -> None:
        self.folder, self._settings, self._world = folder, settings, world
        self._readings: dict[Dataset, tuple[str, Reading]] = {}
        self._days: dict[str, tuple[str, datetime, list[CloudDocument]]] = {}
        self._asked: dict[tuple[str, ...], datetime] = {}  # Question to when it came up: a report must be newer.
        self._shown: dict[str, datetime] = {}  # Day to when its last screen was shown.
        self._listeners: list[Callable[[], None]] = []

    def on_new_file(self, call: Callable[[], None]) -> None:
        """`call` hears of each file taken in: what waits for a report can be asked again at once."""
        self._listeners.append(call)

    # Copies -------------------------------------------------------------------------------------------

    async def pull(self, dataset: Dataset, cursor: str | None, whole: bool = False) -> Page:
        """The newest export, page by page; nothing while it is the one that was read already."""
        found, mark, reading = await self._read(dataset)
        before, _, at = (cursor or "").partition(":")
        if before == mark and at == END and not whole:
            return Page(rows=(), cursor=f"{mark}:{END}", more=False, as_of_ms=to_ms(found.as_of))
        if at not in ("", END) and before != mark:
            raise CloudSilent(who=WHO, why=f"the export of {dataset} was replaced while it was read")
        start = int(at) if at not in ("", END) and at.isdigit() else 0
        rows = reading.records[start : start + PAGE_ROWS_MAX]
        following = start + len(rows)
        more = following < len(reading.records)
        return Page(
            rows=rows,
            cursor=f"{mark}:{following if more else END}",
            more=more,
            unread=reading.unread if start == 0 else (),
            faults=reading.faults if start == 0 else (),
            whole=True,
            as_of_ms=to_ms(found.as_of),
        )

    async def _read(self, dataset: Dataset) -> tuple[Found, str, Reading]:
        """The newest export, a mark of its content and map, and what it holds."""
        try:
            found = self.folder.newest(dataset, self._world.now())
            if found is None:
                raise ExportNeeded(who=WHO, why=f"there is no export of {dataset}", next=self._how_to_export(dataset))
            remembered = self.folder.maps().get(dataset)
            kept = self._readings.get(dataset)
            if kept is None or remembered is None or kept[0] != mark_of(found, remembered):
                reading = await _parsed(dataset, found, remembered)
                kept = (mark_of(found, reading.map), reading)
                self._readings[dataset] = kept
            if remembered is None:
                # From now on a column that goes missing is noticed.
                self.folder.remember(dataset, kept[1].map)
        except FileUnreadable as error:
            raise ExportNeeded(who=WHO, why=error.message.rstrip("."), next=error.hint) from error
        return found, *kept

    def _how_to_export(self, dataset: Dataset) -> str:
        if self.folder.path is None:
            return "Run 'tideover connect assisted' and name a folder for the cloud's exports."
        return f"Export the {dataset} in the cloud and put the file into {self.folder.path} as {dataset}.csv."

    async def count(self, dataset: Dataset) -> int | None:
        """A file does not say what it left out."""
        return None

    def look_at(self, kind: str, name: str, content: bytes) -> Guess:
        """What a screen shows of a new file: which column would be read as what. Raises FileUnreadable."""
        return guess_columns(kind, read_table(name, content, kind).headings)

    def take_export(self, dataset: Dataset, content: bytes, chosen: ColumnMap | None = None, as_of: datetime | None = None) -> Reading:
        """Read an uploaded export, then keep it and its column map; raises FileUnreadable and keeps neither."""
        remembered = chosen or self.folder.maps().get(dataset)
        reading = read_records(dataset, read_table(f"The export of {dataset}", content, dataset), remembered)
        self.keep_export(dataset, content, reading, as_of)
        return reading

    def look_closely(self, dataset: Dataset, name: str, content: bytes, chosen: ColumnMap | None = None) -> Looked:
        """An export read under a map (None: the guessed one), with a few rows to show; nothing is kept. Raises FileUnreadable."""
        return look_closely(dataset, read_table(name, content, dataset), chosen)

    def correct(self, dataset: Dataset, name: str, content: bytes, columns: Mapping[str, str], constants: Mapping[str, str]) -> ColumnMap:
        """The guessed column map with a person's words in it. Raises FileUnreadable."""
        table = read_table(name, content, dataset)
        return corrected(dataset, table, guessed(dataset, table), columns, constants)

    def sort_contacts(self, name: str, content: bytes) -> dict[str, bytes]:
        """An address book taken apart: customers, suppliers, "staff". Raises FileUnreadable."""
        return contacts.sorted_out(name, content)

    def people_in(self, name: str, content: bytes) -> list[tuple[str, str, str]]:
        """Name, phone and mail of each of the staff. Raises FileUnreadable."""
        return contacts.people_in(name, content)

    def keep_export(self, dataset: Dataset, content: bytes, reading: Reading, as_of: datetime | None = None) -> None:
        """Keep an export that was read, and its column map: the copies take it at their next pull."""
        self.folder.remember(dataset, reading.map)
        found = self.folder.put(dataset, content, as_of or self._world.now())
        self._readings[dataset] = (mark_of(found, reading.map), reading)
        self._tell()

    # The read-back ------------------------------------------------------------------------------------

    def import_day_report(
        self, day: str, report: bytes | None, lines: bytes | None = None, as_of: datetime | None = None
    ) -> list[CloudDocument]:
        """Read and keep a day report, its lines, or both; raises FileUnreadable and keeps nothing.

        report: None for lines of the report that was given before. A new report without lines sets the older lines aside.
        as_of: when the cloud made it; None: now.
        """
        now = self._world.now()
        at = min(as_of or now, now)
        kept, old_lines = self._kept(day_report.REPORT, day), self._kept(day_report.LINES, day)
        if report is None and kept is None:
            raise unreadable(f"The lines of {day}", "its day report was not given yet", "Upload the day report first.")
        body = report if report is not None else kept.content if kept else b""
        documents = self._documents(day, body, lines)
        if report is not None:
            self.folder.put(f"{day_report.REPORT}-{day}", report, at)
        if lines is not None:
            self.folder.put(f"{day_report.LINES}-{day}", lines, at)
        elif report is not None and old_lines is not None:
            self.folder.set_aside(old_lines.name)
        self._days.pop(day, None)
        self._tell()
        return documents

    def _kept(self, kind: str, day: str) -> Found | None:
        return self.folder.named(f"{kind}-{day}", self._world.now())

    def _documents(self, day: str, report: bytes, lines: bytes | None) -> list[CloudDocument]:
        settings = self._settings
        return day_report.read_day_report(day, report, lines, settings.time_zone, settings.day_turns_at, self.folder.maps())

    def _day(self, day: str) -> tuple[datetime, list[CloudDocument]] | None:
        """The last report of that day and how new it is; None if there is none. Raises FileUnreadable."""
        report, lines = self._kept(day_report.REPORT, day), self._kept(day_report.LINES, day)
        if report is None:
            return None
        mark = report.digest + (lines.digest if lines else "")
        kept = self._days.get(day)
        if kept is None or kept[0] != mark or kept[1] != report.as_of:
            kept = (mark, report.as_of, self._documents(day, report.content, lines.content if lines else None))
            self._days[day] = kept
            while len(self._days) > DAYS_KEPT:
                self._days.pop(next(iter(self._days)))
        return kept[1], kept[2]

    async def day(self, trading_day: str) -> Sequence[CloudDocument]:
        """The documents of the last day report; raises ExportNeeded if there is none, or a sale was keyed after it."""
        advice = f"Make the day report of {trading_day} in the cloud and upload it on the page 'keying'."
        try:
            found = self._day(trading_day)
        except FileUnreadable as error:
            raise ExportNeeded(who=WHO, why=error.message.rstrip("."), next=error.hint) from error
        if found is None:
            raise ExportNeeded(who=WHO, why=f"there is no day report of {trading_day}", next=advice)
        shown = self._shown.get(trading_day)
        if shown is not None and found[0] < shown:
            raise ExportNeeded(who=WHO, why=f"the day report of {trading_day} is older than the last sale keyed", next=advice)
        return found[1]

    # Booking ------------------------------------------------------------------------------------------

    def screen(self, booking: Booking) -> keying.Screen:
        """What the person keys; from now on only a newer report proves anything about this entry."""
        now = self._world.now()
        self._shown[booking.trading_day] = now
        doubted = self._asked.pop(("entry", booking.entry), None) is not None
        sign = "," if self._settings.language == "fi" else "."
        return keying.screen(booking, self._settings.time_zone, sign, doubted)

    async def send(self, booking: Booking) -> Answer:
        """A person sends; whether it was done is asked."""
        self._shown[booking.trading_day] = self._world.now()
        self._asked.pop(("entry", booking.entry), None)
        return Answer("silent", reason="a person keys it")

    async def ask(self, booking: Booking) -> Answer:
        """From a day report made after this question first came up; a sale that an older one shows is there all the same."""
        report, why = self._report(booking.trading_day)
        mine = [one for one in report[1] if one.entry == booking.entry] if report else []
        final = [one for one in mine if one.state == "final"]
        if len(final) == 1 and not difference(booking, final[0]):
            self._asked.pop(("entry", booking.entry), None)
            return Answer("exists", number=final[0].number, total_minor=final[0].total_minor)
        if elsewhere := self._on_another_day(booking):
            return elsewhere
        if not self._is_new_enough(("entry", booking.entry), report):
            return Answer("silent", reason=why or f"a day report of {booking.trading_day} made after the keying is needed")
        return _answer(booking, mine)

    def _on_another_day(self, booking: Booking) -> Answer | None:
        """It was keyed, but under another accounting date: a person moves it there, or here."""
        for day, (_, _, documents) in self._days.items():
            for one in documents:
                if day != booking.trading_day and one.entry == booking.entry and one.state == "final":
                    return Answer("differs", number=one.number, reason=f"{one.number} was keyed under {day}", cause="other-day")
        return None

    async def find_in_flight(self, trading_day: str, reference: str, total_minor: int) -> Answer:
        """The cloud's own till booked it if a final document without our id has its number and sum."""
        report, why = self._report(trading_day)
        fresh = self._is_new_enough(("in-flight", trading_day, reference, str(total_minor)), report)
        rows = report[1] if report else []
        candidates = [one for one in rows if one.entry is None and one.state == "final" and one.total_minor == total_minor]
        by_reference = [one for one in candidates if reference and reference in (one.reference, one.number)]
        if len(by_reference) == 1:
            return Answer("exists", number=by_reference[0].number, total_minor=total_minor)
        if not fresh:
            return Answer("silent", reason=why or f"a day report of {trading_day} made after the cut is needed")
        if by_reference or (not reference and candidates):
            return Answer("silent", reason=f"{len(candidates)} of that sum on that day; a person must say whether it is one of them")
        return Answer("absent")

    async def renew_login(self) -> bool:
        """There is no log-in of ours: the person has their own."""
        return True

    def _report(self, day: str) -> tuple[tuple[datetime, list[CloudDocument]] | None, str]:
        """The last report, or why it cannot be read."""
        try:
            return self._day(day), ""
        except (FileUnreadable, Misconfigured) as error:
            return None, error.message

    def _is_new_enough(self, question: tuple[str, ...], report: tuple[datetime, list[CloudDocument]] | None) -> bool:
        """True if the report was made after the question first came up; the first time it comes up, it is noted."""
        since = self._asked.setdefault(question, self._world.now())
        return report is not None and report[0] >= since

    def _tell(self) -> None:
        for call in self._listeners:
            call()


async def _parsed(dataset: Dataset, found: Found, remembered: ColumnMap | None) -> Reading:
    """Large files are read beside the loop, so that no till waits for them."""

    def work() -> Reading:
        return read_records(dataset, read_table(found.name, found.content, dataset), remembered)

    return work() if len(found.content) <= SMALL_BYTES_MAX else await asyncio.to_thread(work)


def mark_of(found: Found, chosen: ColumnMap) -> str:
    """Changes with the file and with its map: the same file is read again under another map."""
    return f"{found.digest}-{hashlib.sha256(msgspec.json.encode(chosen, order='sorted')).hexdigest()[:12]}"


def difference(booking: Booking, one: CloudDocument) -> str:
    """Why the cloud's document is not this booking; "" if it is. Lines and tenders are compared where the report has them."""
    document = booking.document
    ours = gross_sum(document)
    if abs(one.total_minor - ours) > _roundable(document):
        return f"{one.number} comes to {sum_text(one.total_minor)}, the sale to {sum_text(ours)}"
    if one.kind != booking.kind:
        return f"{one.number} is a {one.kind}, not a {booking.kind}"
    paid = [(tender.kind, tender.amount_minor) for tender in document.tenders] + [("rounding", document.rounding_minor)]
    if one.payments and _summed(paid) != _summed((payment.tender, payment.amount_minor) for payment in one.payments):
        return f"{one.number} was paid in another way than the sale"
    if not one.lines or not document.prices_include_vat or any(line.item == "" for line in document.lines):
        return ""  # Net lines and free lines are keyed in the cloud's own way; the total has been compared.
    sold = _summed((line.item, line.quantity) for line in document.lines)
    return "" if sold == _summed((line.item, line.quantity) for line in one.lines) else f"{one.number} has other items than the sale"


def _roundable(document: Document) -> int:
    """Minor units by which a cloud that rounds in another way may be off: one per line whose product is no whole cent."""
    whole_cent = PRICE_SCALE * QUANTITY_SCALE // MINOR_PER_MAJOR
    return sum(not document.prices_include_vat or line.quantity * line.unit_price % whole_cent != 0 for line in document.lines)


def _summed(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Sums by name, zeros left out: two lines of one item are the same as one."""
    sums: dict[str, int] = {}
    for name, amount in parts:
        sums[name] = sums.get(name, 0) + amount
    return {name: amount for name, amount in sums.items() if amount}


def _answer(booking: Booking, mine: list[CloudDocument]) -> Answer:
    """What a report that is new enough says: the final ones first, then drafts; a void alone is for a person."""
    by_state = {state: [one for one in mine if one.state == state] for state in ("final", "draft", "void")}
    final, drafts = by_state["final"], by_state["draft"]
    if len(final) > 1:
        why = f"it was keyed {len(final)} times: {' and '.join(one.number for one in final)}; void all but one"
        return Answer("differs", number=final[0].number, reason=why, cause="doubled")
    if final:
        one = final[0]
        return Answer("differs", number=one.number, reason=difference(booking, one), total_minor=one.total_minor)
    if drafts:
        return Answer("partial", number=drafts[0].number, reason="draft", total_minor=drafts[0].total_minor)
    if by_state["void"]:
        one = by_state["void"][0]
        return Answer("differs", number=one.number, reason=f"{one.number} was voided there", cause="voided", total_minor=one.total_minor)
    return Answer("absent")


def connect(
    settings: Settings, secrets: Secrets, world: World, client: httpx.AsyncClient, hear: Callable[[Observation], None]
) -> AssistedCloud:
    """The cloud whose exports are put into the folder `cloud_url`; raises Misconfigured if that is not a full path.

    Without a folder (nothing is connected yet) there are no copies, and a person may still key what waits.
    """
    if not settings.cloud_url:
        return AssistedCloud(Folder(None), settings, world)
    folder = Path(settings.cloud_url)
    if not folder.is_absolute() or (folder.exists() and not folder.is_dir()):
        why = f"{settings.cloud_url!r} is not the full path of a folder for the cloud's exports"
        raise Misconfigured(setting="cloud_url", why=why, file="tideover.toml")
    return AssistedCloud(Folder(folder), settings, world)
