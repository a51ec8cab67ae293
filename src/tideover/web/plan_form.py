"""A record of the plan as a form, and the form as a record: what is typed stays typed until it fits.

Never guesses: what does not fit is a fault beside its field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from tideover.model.money import MINOR_PER_MAJOR, RATE_SCALE
from tideover.plan.fields import Fault, from_plain, kind_named, required
from tideover.plan.playbook_words import NAMES, key_of, word_for
from tideover.plan.records import KINDS as RECORDS
from tideover.plan.records import Record
from tideover.plan.units import SECONDS
from tideover.web.plan_labels import BY_NAME, CHANNEL, Field, Kind
from tideover.words import DECIMAL

ROWS_MAX = 20  # Channels of a party.
MINUTE_S = 60
KEY_LENGTH = 40  # Of a key that is made from a name.
BLANKS = str.maketrans("", "", " \u00a0\u202f\u2009")  # Between the thousands of a sum.
Form = Mapping[str, str]


# To be typed ------------------------------------------------------------------------------------------


def texts_of(record: Struct, kind: Kind, language: str) -> dict[str, str]:
    """Each field as it is typed; channels as rows: channels.1.address …"""
    found: dict[str, str] = {}
    for field in kind.fields:
        value = getattr(record, field.name)
        if field.shape == "channels":
            for number, one in enumerate(value, 1):
                found |= {row_name(number, part.name): getattr(one, part.name) for part in CHANNEL}
        else:
            found[field.name] = _typed(value, field, language)
    return found


def row_name(number: int, part: str) -> str:
    return f"channels.{number}.{part}"


def _typed(value: Any, field: Field, language: str) -> str:
    if value is None:
        return ""
    match field.shape:
        case "money":
            return decimal(value, MINOR_PER_MAJOR, language)
        case "share":
            return decimal(value, RATE_SCALE // 100, language)
        case "time":
            return f"{value // MINUTE_S} min" if value % MINUTE_S == 0 else f"{value} s"
        case "flag":
            return "yes" if value else ""
        case "lines":
            return "\n".join(value)
        case "words":
            return "\n".join(word_for(NAMES, one, language) for one in value)
    return str(value)


def decimal(value: int, scale: int, language: str) -> str:
    """A sum or a share with the decimal sign of that language and no blank: 1250 of 100 is 12,50."""
    whole, rest = divmod(abs(value), scale)
    digits = f"{rest:0{len(str(scale)) - 1}d}"
    shown = digits if scale == MINOR_PER_MAJOR else digits.rstrip("0")
    return f"{'-' if value < 0 else ''}{whole}{DECIMAL[language] + shown if shown else ''}"


def rows_of(texts: Form) -> int:
    """How many rows of channels hold anything."""
    numbers = (n for n in range(ROWS_MAX, 0, -1) if any(texts.get(row_name(n, part.name), "").strip() for part in CHANNEL))
    return next(numbers, 0)


# As it was typed --------------------------------------------------------------------------------------


def record_of(kind: Kind, form: Form, key: str = "", taken: Container[str] = ()) -> tuple[Record | None, list[Fault]]:
    """The record of a form, or what is wrong with it, field by field. Raises nothing.

    key: of the record that is changed; "" for a new one, which may have none of `taken`.
    """
    cls, key_name = kind_named(kind.name), RECORDS[kind_named(kind.name)][1]
    plain, faults = _plain(kind, form, required(cls))
    if key:
        plain[key_name] = key
    elif not plain.get(key_name) and kind.names_itself:
        plain[key_name] = key_from(str(plain.get(kind.names_itself, "")), kind.name, taken)
    elif plain.get(key_name) in taken:
        faults.append(Fault(key_name, "there is one of that name already; open it in the list"))
    if kind.name == "grant" and not plain.get("person") and not plain.get("role"):
        faults.append(Fault("person", "name a person or a role: without either nobody may"))
    named = {one.field for one in faults}
    may_be_empty = {"person"} if kind.name == "grant" else ()  # Then the role says who.
    empty = (name for name in required(cls) if plain.get(name) in (None, "") and name not in may_be_empty)
    faults += [Fault(name, "it is missing") for name in empty if name not in named]
    named = {one.field for one in faults}
    record, more = from_plain(cls, plain)
    faults += [one for one in more if one.field not in named]
    return (None if faults else record), faults


def _plain(kind: Kind, form: Form, needed: Container[str]) -> tuple[dict[str, Any], list[Fault]]:
    plain: dict[str, Any] = {}
    faults = []
    for field in kind.fields:
        text = form.get(field.name, "").replace("\r\n", "\n").strip()
        try:
            if field.shape == "channels":
                plain[field.name] = list(_channels(form))
            elif text or field.name in needed:
                plain[field.name] = _read(text, field)
        except ValueError as error:
            faults.append(Fault(field.name, str(error)))
    return plain, faults


def _channels(form: Form) -> Iterator[dict[str, str]]:
    for number in range(1, ROWS_MAX + 1):
        parts = {part.name: form.get(row_name(number, part.name), "").strip() for part in CHANNEL}
        if any(parts.values()):
            if not parts["address"]:
                raise ValueError("a row without a number, mail or page reaches nobody")
            yield {name: text for name, text in parts.items() if text}


def _read(text: str, field: Field) -> Any:
    """A typed text as the record's plain value; raises ValueError in plain words."""
    reads: dict[str, Callable[[str], Any]] = {
        "money": lambda text: _scaled(text, 2, "it must be a sum, written like 50.00"),
        "share": lambda text: _scaled(text.removesuffix("%"), 4, "it must be a share, written like 10%"),
        "time": _seconds,
        "number": _number,
        "flag": bool,
        "lines": lambda text: _lines(text, str),
        "words": lambda text: _lines(text, key_of),
    }
    return reads.get(field.shape, str)(text)


def _lines(text: str, read: Callable[[str], str]) -> list[str]:
    return [read(line.strip()) for line in text.splitlines() if line.strip()]


def _number(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise ValueError("it must be a whole number")
    return int(text)


def _scaled(text: str, digits: int, why: str) -> int:
    found = re.fullmatch(rf"(\d{{1,12}})(?:[.,](\d{{1,{digits}}}))?", text.strip(" €£$").translate(BLANKS), re.ASCII)
    if found is None:
        raise ValueError(why)
    return int(found[1] + (found[2] or "").ljust(digits, "0"))


def _seconds(text: str) -> int:
    """30 min, 2 h, 90 s; a number alone is minutes."""
    found = re.fullmatch(r"(\d{1,7})\s*(s|min|h|d|pv|t)?", text, re.ASCII)
    if found is None:
        raise ValueError("it must be a time, written like 30min or 2h")
    unit = {None: "min", "pv": "d", "t": "h"}.get(found[2], found[2])
    return int(found[1]) * SECONDS[unit or "min"]


def key_from(text: str, otherwise: str, taken: Container[str]) -> str:
    """A short name of plain letters: 'Spare laptop' is spare-laptop; with a number behind it where that is taken."""
    bare = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", bare)[:KEY_LENGTH].strip("-") or otherwise
    return next(key for n in range(1, 1_000_000) if (key := stem if n == 1 else f"{stem}-{n}") not in taken)


# What changed -----------------------------------------------------------------------------------------


class Changed(Struct, frozen=True):
    """One field before and after."""

    label: str
    before: str
    after: str


def changed_fields(before: Struct | None, after: Struct | None, language: str) -> list[Changed]:
    """Fields whose text differs, with their labels; [] for a kind that has no form."""
    named = next((type(one) for one in (after, before) if one is not None), None)
    kind = None if named is None else BY_NAME.get(RECORDS[named][0])
    if kind is None:
        return []
    old, new = (_shown(one, kind, language) for one in (before, after))
    labels = {field.name: field.label for field in kind.fields}
    return [Changed(labels[name], old.get(name, ""), new.get(name, "")) for name in labels if old.get(name, "") != new.get(name, "")]


def _shown(record: Struct | None, kind: Kind, language: str) -> dict[str, str]:
    """The texts as a person compares them: lists in one line, choices in words."""
    if record is None:
        return {}
    texts = texts_of(record, kind, language)
    for field in kind.fields:
        if field.shape == "channels":
            parts = (msgspec.structs.asdict(one).values() for one in getattr(record, field.name))
            texts[field.name] = "; ".join(" ".join(text for text in one if text) for one in parts)
    return {name: ", ".join(text.split("\n")) for name, text in texts.items()}
