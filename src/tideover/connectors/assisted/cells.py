"""Reads one cell as what its field is: a code, a price, a date. Pure; what cannot be read says why in words."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from typing import Literal

from tideover.connectors.assisted.numbers import DecimalSign, scaled
from tideover.connectors.assisted.row import Cell
from tideover.model.money import MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE, RATE_SCALE
from tideover.model.sale import NAME_LENGTH_MAX

PPM_PER_PERCENT = RATE_SCALE // 100
TEXT_LENGTH_MAX = 1_000

YES = frozenset({"yes", "y", "true", "1", "x", "kyllä", "k", "on", "ja", "tosi"})
NO = frozenset({"", "no", "n", "false", "0", "ei", "e", "nej", "epätosi", "-"})

_QUOTED = re.compile(r'="([^"]*)"')  # Excel's way of keeping 00123 from becoming 123.
_SHORTENED = re.compile(r"[0-9][.,]?[0-9]*E\+?[0-9]+", re.IGNORECASE)
_ERROR_VALUE = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|ARVO!|VIITTAUS!|PUUTTUU!|NIMI\?)", re.IGNORECASE)
_DATE = re.compile(r"(\d{1,4})[-./](\d{1,2})[-./](\d{2,4})(?:[ T]\d{1,2}[:.]\d{2}.*)?")
_TIME = re.compile(r"(?:.*[ T])?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?")


class Unread(ValueError):
    """A cell that cannot be read; its text says why."""


def text_of(cell: Cell) -> str:
    """What the cell says, without the marks by which spreadsheets protect texts; raises Unread for formulas and error values."""
    if isinstance(cell, Decimal):
        return format(cell.normalize() if cell != cell.to_integral_value() else cell.quantize(Decimal(1)), "f")
    text = cell.replace("\u00a0", " ").strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return quoted.group(1).strip()
    if text.startswith("="):
        raise Unread(f"{text[:40]!r} is a formula, not a value: export values")
    if _ERROR_VALUE.fullmatch(text):
        raise Unread(f"{text!r} is a spreadsheet's error, not a value")
    if text[:1] == "'" and (text[1:2] in ("=", "+", "-", "@") or text[1:].isdigit()):
        text = text[1:]
    return " ".join(text.split())[:TEXT_LENGTH_MAX]


def code_of(cell: Cell) -> str:
    """A code or barcode as text; one that Excel shortened to 6.4E+12 is lost and said so."""
    text = text_of(cell)
    if _SHORTENED.fullmatch(text) and ("+" in text or "." in text or "," in text):
        raise Unread(f"{text!r} was shortened by a spreadsheet: export with this column as text")
    if len(text) > NAME_LENGTH_MAX:
        raise Unread(f"a code of {len(text)} characters")
    return text


def barcodes_of(cell: Cell) -> tuple[str, ...]:
    """One or several, parted by | ; , or blanks."""
    return tuple(dict.fromkeys(code_of(part) for part in re.split(r"[|;,\s]+", code_of(cell)) if part))


def number_of(cell: Cell, kind: str, sign: DecimalSign) -> int:
    """A price, sum, quantity or percentage in its unit: 1/10,000, cents, thousandths, millionths."""
    value: Cell = cell if isinstance(cell, Decimal) else text_of(cell)
    scale = {"price": PRICE_SCALE, "money": MINOR_PER_MAJOR, "quantity": QUANTITY_SCALE, "percent": PPM_PER_PERCENT}[kind]
    found = scaled(value, sign, scale)
    if found is None:
        raise Unread(f"{str(cell)[:40]!r} is not a number")
    if kind == "percent" and not 0 <= found <= RATE_SCALE:
        raise Unread(f"{str(cell)[:40]!r} is not a percentage")
    return found


def date_of(cell: Cell, order: Literal["dmy", "mdy"]) -> str:
    """YYYY-MM-DD from 2026-11-20, 20.11.2026, 20/11/2026; a time behind it is left out."""
    text = text_of(cell)
    match = _DATE.fullmatch(text)
    if match is None:
        raise Unread(f"{text[:40]!r} is not a date")
    first, second, third = (int(part) for part in match.groups())
    if len(match.group(1)) == 4:
        year, month, day = first, second, third
    else:
        year = third if third >= 100 else 2000 + third
        swapped = order == "mdy" and "/" in text
        day, month = (second, first) if swapped else (first, second)
    try:
        return date(year, month, day).isoformat()
    except ValueError as error:
        raise Unread(f"{text[:40]!r} is not a day of the calendar") from error


def time_of(cell: Cell) -> time:
    """14:30, 14.30.05 or the time behind a date."""
    text = text_of(cell)
    match = _TIME.fullmatch(text)
    try:
        if match is not None:
            return time(*(int(part or 0) for part in match.groups()))
    except ValueError:
        pass
    raise Unread(f"{text[:40]!r} is not a time of day")


def flag_of(cell: Cell) -> bool:
    text = text_of(cell).casefold()
    if text in YES:
        return True
    if text in NO:
        return False
    raise Unread(f"{text[:40]!r} is neither yes nor no")
