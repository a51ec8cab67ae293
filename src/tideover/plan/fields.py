"""What the fields of a plan's record may hold: read from typed texts or plain values, with every fault at once, in plain words.

Never guesses what was meant, never drops a field that it does not know.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from tideover.errors import BadRecord
from tideover.model.money import INT_MAX
from tideover.plan.records import KINDS, PlaybookText, Record

BY_NAME: dict[str, type[Struct]] = {name: kind for kind, (name, _) in KINDS.items()}
DAY_FIELDS = frozenset({"first_on", "from_day", "until_day", "issued_on"})
YES, NO = frozenset({"yes", "true", "on", "1", "kyllä"}), frozenset({"no", "false", "off", "0", "ei"})
FORMS = {  # Pattern of a field to what it asks for.
    r"^\d{4}-\d{2}-\d{2}$": "it must be a day, written like 2026-11-20",
    r"^[A-Z]{1,4}$": "it must be one to four capital letters",
    r"^[a-z0-9][a-z0-9-]{0,79}\.[a-z]{2}$": "it must look like internet-down.fi: small letters, digits and hyphens, a dot, the language",
}
FAULTS_NAMED_MAX = 20  # In one sentence; a page or a file shows each beside its field.


class Fault(Struct, frozen=True):
    """What is wrong with one field."""

    field: str
    why: str


def kind_named(name: str) -> type[Struct]:
    """The record class of a kind: "person", "thing" … Raises BadRecord, naming them."""
    if name not in BY_NAME:
        raise BadRecord(what="kind of record", why=f"{name[:40]!r} is none; it may be {', '.join(BY_NAME)}")
    return BY_NAME[name]


def name_of(kind: type[Struct]) -> str:
    """The kind as it is written in files and commands."""
    return KINDS[kind][0]


def key_of(record: Struct) -> str:
    """What a record is called among those of its kind."""
    return getattr(record, KINDS[type(record)][1])


@cache
def shape_of(kind: type[Struct]) -> dict[str, Any]:
    """Each field's msgspec type by name, in the order of the class."""
    return {one.encode_name: msgspec.inspect.type_info(one.type) for one in msgspec.structs.fields(kind)}


@cache
def required(kind: type[Struct]) -> tuple[str, ...]:
    """Fields without a default."""
    return tuple(one.name for one in msgspec.structs.fields(kind) if one.required)


# From plain values --------------------------------------------------------------------------------


def from_plain(kind: type[Struct], plain: Mapping[str, Any]) -> tuple[Record | None, list[Fault]]:
    """The record, or None and what is wrong with it, field by field. Takes what TOML and JSON give; raises nothing."""
    faults = list(_faults(kind, plain))
    if faults:
        return None, faults
    try:
        record = msgspec.convert(dict(plain), kind, strict=True)
    except msgspec.ValidationError as error:  # What the words below do not know.
        return None, [Fault("", str(error))]
    return record, []


def _faults(kind: type[Struct], plain: Mapping[str, Any]) -> Iterator[Fault]:
    shape = shape_of(kind)
    for name, value in plain.items():
        if name not in shape:
            yield Fault(str(name)[:100], _unknown(str(name), shape))
        elif why := _wrong(shape[name], value):
            yield Fault(name, why)
        elif name in DAY_FIELDS and value is not None and not _is_day(value):
            yield Fault(name, "there is no such day")
    for name in required(kind):
        if name not in plain:
            yield Fault(name, "it is missing")


def _unknown(name: str, shape: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name[:100], shape, n=1)
    return f"there is no such field; did you mean {near[0]}?" if near else f"there is no such field; there are {', '.join(shape)}"


def _wrong(info: Any, value: Any) -> str | None:
    """Why the value does not fit, or None."""
    kinds: dict[type, Callable[[Any, Any], str | None]] = {
        msgspec.inspect.StrType: _wrong_text,
        msgspec.inspect.IntType: _wrong_number,
        msgspec.inspect.VarTupleType: _wrong_list,
        msgspec.inspect.UnionType: _wrong_union,
        msgspec.inspect.LiteralType: _wrong_word,
        msgspec.inspect.BoolType: lambda _, given: None if isinstance(given, bool) else "it must be true or false",
        msgspec.inspect.StructType: _wrong_part,
        msgspec.inspect.NoneType: lambda _, given: None if given is None else "it must be left out",
    }
    return kinds[type(info)](info, value)


def _wrong_text(info: Any, value: Any) -> str | None:
    if not isinstance(value, str):
        return "it must be a text"
    if info.max_length is not None and len(value) > info.max_length:
        return f"it is longer than {info.max_length} characters"
    if info.min_length and len(value) < info.min_length:
        return "it must not be empty"
    if info.pattern and not re.fullmatch(info.pattern, value, re.ASCII):
        return FORMS[info.pattern]
    return None if _is_text(value) else "it holds half a character or a NUL"


def _wrong_number(info: Any, value: Any) -> str | None:
    low = info.ge if info.ge is not None else -INT_MAX
    high = info.le if info.le is not None else INT_MAX
    if isinstance(value, bool) or not isinstance(value, int):
        return "it must be a whole number"
    return None if low <= value <= high else f"it must be between {low} and {high}"


def _wrong_word(info: Any, value: Any) -> str | None:
    return None if isinstance(value, str) and value in info.values else f"it must be one of {', '.join(map(str, info.values))}"


def _wrong_list(info: Any, value: Any) -> str | None:
    if not isinstance(value, list | tuple):
        return "it must be a list"
    if info.max_length is not None and len(value) > info.max_length:
        return f"it has more than {info.max_length} parts"
    for number, one in enumerate(value, 1):
        if why := _wrong(info.item_type, one):
            return f"part {number}: {why}"
    return None


def _wrong_union(info: Any, value: Any) -> str | None:
    """Ours are all of one kind or nothing."""
    [inner] = [one for one in info.types if not isinstance(one, msgspec.inspect.NoneType)]
    return None if value is None else _wrong(inner, value)


def _wrong_part(info: Any, value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return "it must be a table of fields"
    found = next(_faults(info.cls, value), None)
    return None if found is None else f"{found.field}: {found.why}"


def _is_text(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= one <= "\udfff" for one in value)


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


# From what a person typed -------------------------------------------------------------------------


def from_texts(kind: type[Struct], before: Record | None, typed: Mapping[str, str]) -> tuple[Record | None, list[Fault]]:
    """The record with these fields set, the others as before; a list is typed with commas, an empty text is the default.

    Raises nothing: what does not fit is a fault of its field.
    """
    plain = {} if before is None else msgspec.to_builtins(before)
    shape, faults = shape_of(kind), []
    for name, text in typed.items():
        if name not in shape:
            faults.append(Fault(name[:100], _unknown(name, shape)))
        elif text.strip() == "" and name not in required(kind):
            plain.pop(name, None)
        else:
            try:
                plain[name] = _read(shape[name], text)
            except ValueError as error:
                faults.append(Fault(name, str(error)))
                plain.pop(name, None)
    record, more = from_plain(kind, plain)
    named = {one.field for one in faults}
    faults += [one for one in more if one.field not in named]
    return (None if faults else record), faults


def _read(info: Any, text: str) -> Any:
    """A typed text as the plain value of that type; raises ValueError in plain words."""
    match info:
        case msgspec.inspect.UnionType():
            return _read(next(one for one in info.types if not isinstance(one, msgspec.inspect.NoneType)), text)
        case msgspec.inspect.IntType():
            if not re.fullmatch(r"-?\d{1,16}", text.strip(), re.ASCII):
                raise ValueError("it must be a whole number")
            return int(text)
        case msgspec.inspect.BoolType():
            word = text.strip().casefold()
            if word not in YES | NO:
                raise ValueError("it must be yes or no")
            return word in YES
        case msgspec.inspect.VarTupleType(item_type=msgspec.inspect.StructType() as part):
            return [_read_part(part.cls, line) for line in text.splitlines() if line.strip()]
        case msgspec.inspect.VarTupleType():
            return [one.strip() for one in text.split(",") if one.strip()]
        case _:
            return text.replace("\r\n", "\n").strip()


def _read_part(kind: type[Struct], line: str) -> dict[str, str]:
    """One line of a list of parts: the fields in their order, between bars: "+358 800 1234 | faults | Mon-Fri 8-16"."""
    names, texts = list(shape_of(kind)), [one.strip() for one in line.split("|")]
    if len(texts) > len(names):
        raise ValueError(f"a line has at most {len(names)} parts: {' | '.join(names)}")
    return {name: text for name, text in zip(names, texts, strict=False) if text}


def to_texts(record: Struct) -> dict[str, str]:
    """Each field as `from_texts` reads it."""
    return {name: _typed(value) for name, value in msgspec.to_builtins(record).items()}


def _typed(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], dict):
            return "\n".join(" | ".join(map(str, one.values())).rstrip(" |") for one in value)
        return ", ".join(value)
    return str(value)


# Before a record is kept --------------------------------------------------------------------------


def checked(record: Record) -> Record:
    """The record, known to have its shape; line ends of a text file of ours are \\n. Raises BadRecord with every fault."""
    if isinstance(record, PlaybookText) and isinstance(record.text, str):
        record = msgspec.structs.replace(record, text=record.text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    found, faults = from_plain(type(record), msgspec.to_builtins(record))
    if found is None:
        raise BadRecord(what=name_of(type(record)), why=told(faults))
    return found


def told(faults: list[Fault]) -> str:
    """Every fault in one line."""
    return "; ".join(f"{one.field}: {one.why}" if one.field else one.why for one in faults[:FAULTS_NAMED_MAX])
