"""Reads what was given to `tideover start` before anything is written: each file looked at, each column known."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import cast

from msgspec import Struct

from tideover.connectors.assisted.contacts import STAFF, people_in, sorted_out
from tideover.connectors.assisted.looking import Looked, corrected, guessed, look_closely
from tideover.connectors.assisted.row import unreadable
from tideover.connectors.assisted.table import FILE_BYTES_MAX, read_table
from tideover.errors import FileUnreadable
from tideover.model.item import Dataset
from tideover.plan.answers import Answers
from tideover.web.starting import Given, vat_for
from tideover.world import from_ms, real_world

WORDS = {"vat_percent": "VAT per cent", "unit_price": "price"}


class Bundle(Struct, frozen=True):
    """Everything that was given."""

    parts: tuple[Given, ...] = ()
    staff: tuple[tuple[str, str, str], ...] = ()  # Name, phone, mail.


def read_files(files: dict[str, Path | None], answers: Answers, columns: dict[str, str], vat: str | None) -> Bundle:
    """Raises FileUnreadable, naming the column and how to say another one."""
    parts: list[Given] = []
    staff: list[tuple[str, str, str]] = []
    for kind, path in files.items():
        if path is None:
            continue
        content, as_of = _content(path)
        sorts = sorted_out(path.name, content) if kind == "contacts" else {kind: content}
        for dataset, rows in sorts.items():
            if dataset == STAFF:
                staff += people_in(path.name, rows)
            else:
                looked = _looked(cast(Dataset, dataset), path.name, rows, answers, columns if kind == "items" else {}, vat)
                parts.append(Given(cast(Dataset, dataset), path.name, rows, looked, as_of))
    return Bundle(tuple(parts), tuple(staff))


def _content(path: Path) -> tuple[bytes, datetime]:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise unreadable(path.name, f"it is larger than {FILE_BYTES_MAX // 2**20} MB", "Export fewer columns or only the items in use.")
        now = real_world().now()
        return path.read_bytes(), min(from_ms(path.stat().st_mtime_ns // 1_000_000), now)
    except OSError as error:
        raise FileUnreadable(file=path, why=error.strerror, next="Look at the path, and whether this user may read it.") from error


def _looked(dataset: Dataset, name: str, content: bytes, answers: Answers, columns: dict[str, str], vat: str | None) -> Looked:
    table = read_table(name, content, dataset)
    found = corrected(dataset, table, guessed(dataset, table), columns, {})
    if dataset == "items" and "vat_percent" not in found.columns:
        rate = vat or vat_for(answers.of("shop.country") or "FI", real_world().now().date())
        found = corrected(dataset, table, found, {}, {"vat_percent": rate} if rate else {})
    looked = look_closely(dataset, table, found)
    if looked.missing:
        what = ", ".join(WORDS.get(one, one.replace("_", " ")) for one in looked.missing)
        how = " ".join(f'--column {one}="HEADING"' for one in looked.missing)
        next = f"Say which column it is: {how}. The file has: {', '.join(table.headings[:30])}."
        raise unreadable(name, f"no column holds the {what}", next)
    if not looked.count:
        raise unreadable(name, "it has headings, but no row below them")
    return looked
