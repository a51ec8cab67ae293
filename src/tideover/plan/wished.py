"""A change of the plan as it is asked for, from a page, a command or a program: checked whole, then done whole or not at all."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from tideover.errors import BadRecord, NotFound, WrongState
from tideover.plan.fields import BY_NAME, Fault, from_plain, from_texts, key_of, kind_named, name_of, shape_of, to_texts, told
from tideover.plan.history import Version
from tideover.plan.records import KINDS, Record
from tideover.plan.store import Plan
from tideover.plan.units import in_units

CHANGES_MAX = 20_000  # Of one request; a whole plan that is brought back from its folder.
KindName = Annotated[str, Meta(max_length=20)]
KeyText = Annotated[str, Meta(max_length=200)]


class Put(Struct, frozen=True, forbid_unknown_fields=True):
    """A record to be kept."""

    kind: KindName
    record: dict[str, Any]  # Its fields.


class Gone(Struct, frozen=True, forbid_unknown_fields=True):
    """A record to be removed."""

    kind: KindName
    key: KeyText


class Wished(Struct, frozen=True, forbid_unknown_fields=True):
    """What shall be changed, all of it or nothing."""

    put: Annotated[tuple[Put, ...], Meta(max_length=CHANGES_MAX)] = ()
    remove: Annotated[tuple[Gone, ...], Meta(max_length=CHANGES_MAX)] = ()
    expects: Annotated[str, Meta(max_length=20)] | None = None  # Revision that was looked at; None: any.
    by: KeyText = ""  # Who wishes it, where the caller may say so.


class Held(Struct, frozen=True):
    """A record as it stands."""

    kind: str
    key: str
    record: dict[str, Any]


class Change(Struct, frozen=True):
    """One change of the plan, for a list of them."""

    change: int
    kind: str
    key: str
    version: int
    changed_at: int  # UTC ms.
    changed_by: str
    undoes: int | None
    record: dict[str, Any] | None  # None: removed.


class Changed(Struct, frozen=True):
    """What became of a wish."""

    revision: str
    kept: int
    removed: int


def held(record: Struct) -> Held:
    """A record for others to read."""
    return Held(name_of(type(record)), key_of(record), msgspec.to_builtins(record))


def listed(plan: Plan, kind: str = "", text: str = "") -> list[Held]:
    """Records of one kind or all, in the order of the kinds; with a text only those that it finds. Raises BadRecord (no such kind)."""
    kinds = [kind_named(kind)] if kind else list(KINDS)
    if text:
        return [held(one.record) for one in plan.search(text) if BY_NAME[one.kind] in kinds]
    return [held(one) for each in kinds for one in plan.all(each)]


def changes(plan: Plan, kind: str = "", key: str = "", limit: int = 100) -> list[Change]:
    """The last changes of a record or of the whole plan, newest first. Raises BadRecord, NotFound."""
    if not kind:
        return [_change(one) for one in plan.changes(limit)]
    found = plan.history(kind_named(kind), key)
    if not found:
        raise NotFound(what=kind, id=key[:100])
    return [_change(one) for one in reversed(found[-limit:])]


def _change(one: Version) -> Change:
    record = None if one.record is None else msgspec.to_builtins(one.record)
    return Change(one.change, one.kind, one.key, one.version, one.changed_at, one.changed_by, one.undoes, record)


def records_of(wished: Wished) -> list[Record]:
    """The records to be kept. Raises BadRecord with every fault, each with its record."""
    records, faults = [], []
    for one in wished.put:
        record, found = from_plain(kind_named(one.kind), one.record)
        key = one.record.get(KINDS[BY_NAME[one.kind]][1], "")
        faults += [Fault(f"{one.kind} {key} {fault.field}".strip()[:200], fault.why) for fault in found]
        if record is not None:
            records.append(record)
    if faults:
        raise BadRecord(what="plan", why=told(faults))
    return records


def do(plan: Plan, wished: Wished, by: str) -> Changed:
    """Change the plan as wished. Raises BadRecord, PadOverlaps, NotFound, WrongState (it was changed meanwhile)."""
    if wished.expects is not None and wished.expects != plan.revision():
        raise WrongState(what="Changing the plan", why="somebody has changed it meanwhile; look at it again")
    records = records_of(wished)
    plan.change(records, [(kind_named(one.kind), one.key) for one in wished.remove], by)
    return Changed(plan.revision(), len(records), len(wished.remove))


def edited(plan: Plan, kind_name: str, key: str, typed: dict[str, str]) -> tuple[Record | None, list[Fault]]:
    """The record of that key with some fields typed anew, a new one if there is none; or what is wrong with it.

    A name with + or - at its end adds to a list or takes from it; short names stand for sums and times (plan/units.py).
    Raises BadRecord for a kind that is none.
    """
    kind = kind_named(kind_name)
    before = plan.get(kind, key)
    texts: dict[str, str] = {} if before is not None else {KINDS[kind][1]: key}
    faults: list[Fault] = []
    for name, text in typed.items():
        try:
            field, value = in_units(kind, name.rstrip("+-"), text)
            standing = texts.get(field) or ("" if before is None else to_texts(before).get(field, ""))
            texts[field] = _joined(kind, standing, field, value, name[-1:]) if name[-1:] in ("+", "-") else value
        except ValueError as error:
            faults.append(Fault(name, str(error)))
    record, more = from_texts(kind, before, texts)
    if record is not None and key_of(record) != key:
        faults.append(Fault(KINDS[kind][1], "a record keeps its key; make a new one and remove the old one"))
    return (None if faults else record), [*faults, *more]


def _joined(kind: type[Struct], standing: str, field: str, text: str, sign: str) -> str:
    """A list as it is typed, with one part more or less; a part of several fields goes by its first one."""
    info = shape_of(kind).get(field)
    if not isinstance(info, msgspec.inspect.VarTupleType):
        raise ValueError("only a list takes + and -")
    is_lines = isinstance(info.item_type, msgspec.inspect.StructType)
    parts = [one.strip() for one in (standing.splitlines() if is_lines else standing.split(",")) if one.strip()]
    kept = [one for one in parts if sign == "+" or (one.partition("|")[0] if is_lines else one).strip() != text.strip()]
    return ("\n" if is_lines else ", ").join([*kept, text] if sign == "+" else kept)
