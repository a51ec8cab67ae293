"""Writes records as TOML that a person can read and edit; tomllib reads back exactly what was written. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from tideover.plan.fields import name_of, required, shape_of
from tideover.words import Say

_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def file_of(kind: type[Struct], records: Iterable[Struct], about: str, said: Say) -> str:
    """One file: what it holds, which fields there are, and a table for each record; fields at their default are left out."""
    heads = [f"# {line}".rstrip() for line in (about, "", *_fields(kind, said))]
    return "\n".join([*heads, *(line for one in records for line in _table(kind, one))]) + "\n"


def _fields(kind: type[Struct], said: Say) -> Iterator[str]:
    for name, info in shape_of(kind).items():
        what = f"{_described(info, said)}, {said('needed')}" if name in required(kind) else _described(info, said)
        yield f"  {name}: {what}"


def _described(info: Any, said: Say) -> str:
    match info:
        case msgspec.inspect.UnionType():
            return _described(next(one for one in info.types if not isinstance(one, msgspec.inspect.NoneType)), said)
        case msgspec.inspect.LiteralType():
            return " | ".join(f'"{one}"' for one in info.values)
        case msgspec.inspect.IntType():
            return said("whole number")
        case msgspec.inspect.BoolType():
            return "true | false"
        case msgspec.inspect.VarTupleType(item_type=msgspec.inspect.StructType() as part):
            return "[{" + ", ".join(f'{name} = "…"' for name in shape_of(part.cls)) + "}]"
        case msgspec.inspect.VarTupleType():
            return '["…", "…"]'
        case _:
            return '"2026-11-20"' if info.pattern and "{4}-" in info.pattern else '"…"'


def _table(kind: type[Struct], record: Struct) -> Iterator[str]:
    yield ""
    yield f"[[{name_of(kind)}]]"
    for name, value in _told(record):
        yield f"{name} = {_value(value)}"


def _told(record: Struct) -> Iterator[tuple[str, Any]]:
    """Fields that say something, as plain values."""
    defaults = {one.name: one.default for one in msgspec.structs.fields(type(record)) if not one.required}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if value is not None and (name not in defaults or value != defaults[name]):
            yield name, value


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Struct):
        return "{" + ", ".join(f"{name} = {_value(inner)}" for name, inner in _told(value)) + "}"
    if value and isinstance(value[0], Struct):
        return "[\n" + "".join(f"    {_value(one)},\n" for one in value) + "]"
    return "[" + ", ".join(_value(one) for one in value) + "]"


def _text(text: str) -> str:
    """A text in quotes; one of several lines stands as several lines."""
    if "\n" in text:
        return '"""\n' + "".join(one if one == "\n" else _character(one) for one in text) + '"""'
    return '"' + "".join(map(_character, text)) + '"'


def _character(one: str) -> str:
    if one in _SHORT:
        return _SHORT[one]
    return f"\\u{ord(one):04x}" if ord(one) < 0x20 or ord(one) == 0x7F else one
