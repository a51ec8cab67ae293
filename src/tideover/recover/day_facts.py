"""What the journal says of one trading day, in the shape that `reconcile` compares. Reads; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tideover.errors import Rejected
from tideover.journal.entry import Kept
from tideover.model.facts import drawer_of as whose
from tideover.recover.doubles import Ours
from tideover.recover.rows import Row
from tideover.world import from_ms

DRAWER_KINDS = ("drawer_float", "drawer_drop", "drawer_count", "batch_total", "void")


def check_day(day: str) -> None:
    """Raises Rejected for what is no day."""
    try:
        is_plain = date.fromisoformat(day).isoformat() == day
    except ValueError:
        is_plain = False
    if not is_plain:
        raise Rejected(why=f"{day!r} is not a day like 2026-11-20")


def ours_of(kept: Kept, row: Row) -> Ours:
    """One entry and where it stands; a voided one did not happen, whatever the cloud says."""
    entry = kept.entry
    is_void = row.state == "void" or row.voided == 1 or (row.voided == 2 and row.state == "settled")
    return Ours(
        id=entry.id,
        kind=entry.kind,
        day=entry.trading_day,
        at=from_ms(entry.happened_at),
        document=entry.body,
        state="void" if is_void else row.state,
        number=row.number,
        late=bool(row.late),
    )


def drawer_of(kepts: Iterable[Kept]) -> dict[str, int | None]:
    """Floats, drops, count and terminal total of a day's entries (DRAWER_KINDS), voided ones left out.

    A drawer counted again: its last count stands; several drawers (tills', or named ones) and several terminals are added up.
    """
    kepts = list(kepts)
    voided = {kept.entry.refers_to for kept in kepts if kept.entry.kind == "void"}
    floats = drops = 0
    counts: dict[str, int] = {}
    batches: dict[str, int] = {}
    for kept in kepts:
        entry = kept.entry
        if entry.id in voided:
            continue
        match entry.kind:
            case "drawer_float":
                floats += entry.body.amount_minor
            case "drawer_drop":
                drops += entry.body.amount_minor
            case "drawer_count":
                counts[whose(entry.body, entry.till)] = entry.body.counted_minor
            case "batch_total":
                batches[entry.body.terminal] = entry.body.total_minor
    return {
        "floats_minor": floats,
        "drops_minor": drops,
        "counted_minor": sum(counts.values()) if counts else None,
        "batch_minor": sum(batches.values()) if batches else None,
    }
