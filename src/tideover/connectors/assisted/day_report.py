"""Reads the cloud's day report (and its lines) as documents: the read-back where nothing can be asked.

All or nothing: a report with one row that cannot be read proves nothing and is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

from tideover.connectors.assisted.cells import Unread
from tideover.connectors.assisted.columns import ColumnMap, map_for
from tideover.connectors.assisted.records import Rows
from tideover.connectors.assisted.row import unreadable
from tideover.connectors.assisted.table import read_table
from tideover.journal.entry import is_uuid7
from tideover.model.answer import CloudDocument, CloudLine, CloudPayment
from tideover.model.money import sum_text
from tideover.model.sale import TenderKind

REPORT, LINES = "day-report", "day-lines"
TENDERS: tuple[str, ...] = (*get_args(TenderKind), "rounding")

STATES = {
    "final": ("final", "", "paid", "closed", "completed", "ok", "valmis", "maksettu", "suljettu", "hyväksytty", "betald", "klar"),
    "draft": ("draft", "open", "parked", "unfinished", "luonnos", "kesken", "avoin", "utkast", "öppen"),
    "void": ("void", "voided", "cancelled", "canceled", "deleted", "mitätöity", "peruttu", "poistettu", "makulerad"),
}
KINDS = {
    "sale": ("sale", "receipt", "invoice", "myynti", "kuitti", "lasku", "försäljning", "kvitto"),
    "refund": ("refund", "return", "credit", "credit note", "palautus", "hyvitys", "hyvityslasku", "retur", "kredit"),
}


def read_day_report(
    day: str,
    report: bytes,
    lines: bytes | None,
    zone: str,
    turns_at: str,
    maps: dict[str, ColumnMap],
) -> list[CloudDocument]:
    """The documents of that accounting day, in the report's order.

    Raises FileUnreadable: another day's rows, a number that stands twice, lines of unknown documents, cells that cannot be read.
    """
    name = f"The day report of {day}"
    heads = _rows(REPORT, name, report, maps)
    of_lines = _lines_by_number(f"The lines of {day}", lines, maps)
    found: list[CloudDocument] = []
    for number, one in heads:
        if one["day"] != day:
            raise unreadable(name, f"row {number} is of {one['day']}", f"Make the report for {day} alone and upload it again.")
        found.append(_document(name, number, one, of_lines.pop(one["number"], []), zone, turns_at))
    numbers = [one.number for one in found]
    if len(set(numbers)) != len(numbers):
        twice = sorted({one for one in numbers if numbers.count(one) > 1})
        advice = "Export one row per document; the lines go into a report of their own."
        raise unreadable(name, f"the number {twice[0]!r} stands in it twice", advice)
    if of_lines:
        why = f"it holds lines of {next(iter(of_lines))!r}, which the day report does not have"
        raise unreadable(f"The lines of {day}", why, "Make both reports at the same time and upload them again.")
    return found


def _rows(kind: str, name: str, content: bytes, maps: dict[str, ColumnMap]) -> list[tuple[int, dict[str, Any]]]:
    table = read_table(name, content, kind)
    rows = Rows(kind, table, map_for(kind, table, maps.get(kind)))
    try:
        return [(row.number, rows.read(row)) for row in table.rows]
    except Unread as why:
        raise unreadable(name, str(why).removesuffix(".")) from why


def _lines_by_number(name: str, content: bytes | None, maps: dict[str, ColumnMap]) -> dict[str, list[CloudLine]]:
    found: dict[str, list[CloudLine]] = {}
    for _, one in _rows(LINES, name, content, maps) if content is not None else ():
        line = CloudLine(item=one.get("item", ""), quantity=one["quantity"], amount_minor=one["amount"], vat_ppm=one["vat_percent"])
        found.setdefault(one["number"], []).append(line)
    return found


def _document(name: str, row: int, one: dict[str, Any], lines: Sequence[CloudLine], zone: str, turns_at: str) -> CloudDocument:
    total = one["total"]
    kind = _word(name, row, "kind", one.get("kind", "sale" if total >= 0 else "refund"), KINDS)
    state = _word(name, row, "state", one.get("state", ""), STATES)
    if lines and sum(line.amount_minor for line in lines) != total:
        of_lines = sum_text(sum(line.amount_minor for line in lines))
        why = f"the lines of {one['number']!r} come to {of_lines}, its total is {sum_text(total)}"
        raise unreadable(name, why, "Make both reports at the same time and upload them again.")
    return CloudDocument(
        number=one["number"],
        entry=_entry(one.get("our_reference", "")),
        day=one["day"],
        kind=kind,  # type: ignore[arg-type]
        state=state,  # type: ignore[arg-type]
        total_minor=total,
        lines=tuple(lines),
        payments=tuple(CloudPayment(tender=tender, amount_minor=one[tender]) for tender in TENDERS if one.get(tender)),  # type: ignore[arg-type]
        at=_instant(one["day"], one.get("time"), zone, turns_at),
        reference=one.get("reference", ""),
    )


def _entry(reference: str) -> str | None:
    """Our entry id as it was pasted; capitals that a screen makes of it do not matter. Any other text there is not ours."""
    bare = reference.strip().lower()
    return bare if is_uuid7(bare) else None


def _word(name: str, row: int, column: str, text: str, known: dict[str, tuple[str, ...]]) -> str:
    word = text.strip().casefold()
    found = next((one for one, words in known.items() if word in words), None)
    if found is None:
        raise unreadable(name, f"row {row}: {text[:40]!r} is no known {column}", f"Known are: {', '.join(known)}. Tell the person on call.")
    return found


def _instant(day: str, at: time | None, zone: str, turns_at: str) -> datetime | None:
    """A time before the trading day turns is of the night after it."""
    if at is None:
        return None
    turn = time.fromisoformat(turns_at)
    on = date.fromisoformat(day) + timedelta(days=1 if at < turn else 0)
    return datetime.combine(on, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)
