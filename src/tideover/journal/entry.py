"""The format of an entry: which kinds there are, and the exact bytes that are signed.

The signed part is RFC 8785 canonical JSON of ten keys (docs/contracts.md). Old versions are
read for ever: each has an upcaster here and a frozen example under tests/vectors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from tideover.errors import BadRecord
from tideover.model import facts, run, switching
from tideover.model.money import INT_MAX
from tideover.model.sale import Document

SIGNED_BYTES_MAX = 2**20  # 5,000 lines of a document come to about 0.8 MB.

BODIES: dict[tuple[str, int], type[Struct]] = {
    ("sale", 1): Document,
    ("refund", 1): Document,
    ("void", 1): facts.Void,
    ("enrol", 1): facts.Enrol,
    ("revoke", 1): facts.Revoke,
    ("loss_accepted", 1): facts.LossAccepted,
    ("drawer_float", 1): facts.DrawerMove,
    ("drawer_drop", 1): facts.DrawerMove,
    ("drawer_count", 1): facts.DrawerCount,
    ("batch_total", 1): facts.BatchTotal,
    ("slip_void", 1): facts.SlipVoid,
    ("outage", 1): facts.OutageStep,
    ("rung", 1): facts.RungChange,
    ("in_flight", 1): facts.InFlight,
    ("in_flight_settled", 1): facts.InFlightSettled,
    ("answer", 1): facts.CloudAnswer,
    ("parked", 1): facts.Parked,
    ("solved", 1): facts.Solved,
    ("finding", 1): facts.FindingRaised,
    ("finding_closed", 1): facts.FindingClosed,
    ("late_settled", 1): facts.LateSettled,
    ("till_closed", 1): facts.TillClosed,
    ("close", 1): facts.DayClosed,
    ("plan_changed", 1): facts.PlanChanged,
    ("checked", 1): facts.Checked,
    ("check_asked", 1): facts.CheckAsked,
    ("printed", 1): facts.Printed,
    ("copy_placed", 1): facts.CopyPlaced,
    ("copy_ended", 1): facts.CopyEnded,
    ("pad_counted", 1): facts.PadCounted,
    ("slip_keyed", 1): facts.SlipKeyed,
    ("slip_keyed_again", 1): facts.SlipKeyedAgain,
    ("note", 1): facts.LogNote,
    ("quote", 1): facts.Quoted,
    ("receipt", 1): facts.ReceiptGiven,
    ("run", 1): run.RunStarted,
    ("run_step", 1): run.RunStep,
    ("run_ended", 1): run.RunEnded,
    ("handed_over", 1): run.HandedOver,
    ("word_expected", 1): run.WordExpected,
    ("party_told", 1): run.PartyTold,
    ("rehearsed", 1): run.Rehearsed,
    ("acknowledged", 1): run.Acknowledged,
    ("practice_finding", 1): run.PracticeFinding,
    ("practice_finding_closed", 1): run.PracticeFindingClosed,
    ("armed", 1): switching.Armed,
    ("switched", 1): switching.Switched,
    ("line_proved", 1): switching.LineProved,
    ("device_proved", 1): switching.DeviceProved,
    ("power", 1): switching.PowerChanged,
    ("call_tested", 1): switching.CallTested,
    ("service_away", 1): switching.ServiceAway,
    ("service_back", 1): switching.ServiceBack,
    ("erased", 1): facts.Erased,
    ("loop_died", 1): facts.SupervisorNote,
}

# What turns a body of an older version into one of the version after it; pure, kept for ever.
# The newest version of a kind is the one without a step here.
UPCASTS: dict[tuple[str, int], Callable[[Any], Struct]] = {}
VERSIONS: dict[str, int] = {kind: version for kind, version in sorted(BODIES) if (kind, version) not in UPCASTS}

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z"
UUID7 = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z"


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """The signed part of an entry, decoded. All ten keys are always present in the bytes."""

    id: Annotated[str, Meta(pattern=UUID7)]
    kind: str
    version: int
    till: Annotated[str, Meta(pattern=UUID)]
    till_seq: Annotated[int, Meta(ge=1, le=INT_MAX)]
    happened_at: Annotated[int, Meta(ge=0, le=INT_MAX)]  # UTC ms, the device's clock.
    trading_day: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
    operator: Annotated[str, Meta(max_length=200)] | None
    refers_to: Annotated[str, Meta(pattern=UUID7)] | None
    body: Any  # A Struct of BODIES once decoded by `decode`.


class Fact(Struct, frozen=True):
    """What the box itself writes down; the journal makes the entry of it."""

    kind: str
    body: Struct
    refers_to: str | None = None
    operator: str | None = None
    happened_at: datetime | None = None  # Aware, UTC; None: now.
    trading_day: str | None = None  # None: the day of `happened_at`.
    id: str | None = None  # One that was stored before; None: a new one.


class Kept(Struct, frozen=True):
    """An entry as it stands in the journal."""

    seq: int
    entry: Entry
    recorded_at: int  # UTC ms, the box's clock.
    signed: bytes
    signature: bytes
    prev: bytes
    hash: bytes


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of plain dicts, lists, strings, integers, booleans and null.

    Raises BadRecord for floats, integers beyond ±(2^53−1), lone surrogates and keys outside ASCII.
    """
    _check(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadRecord(what="entry", why="a text holds half a character (lone surrogate)") from error


def _check(value: Any) -> None:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return
    if isinstance(value, int):
        if abs(value) > INT_MAX:
            raise BadRecord(what="entry", why=f"{value} is larger than 2^53−1")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise BadRecord(what="entry", why=f"the key {key!r} is not plain ASCII")
            _check(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner)
    else:
        raise BadRecord(what="entry", why=f"{type(value).__name__} is not allowed, only text and whole numbers")


def encode(entry: Entry) -> bytes:
    """The signed bytes of an entry whose body is a Struct of its kind."""
    return canonical(msgspec.to_builtins(entry))


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRecord(what="entry", why="a key stands in it twice")
    return found


def _no_float(text: str) -> Any:
    raise BadRecord(what="entry", why=f"{text} is not a whole number")


def decode(signed: bytes) -> Entry:
    """The entry in its signed bytes, its body as the newest version's Struct.

    Raises BadRecord: unknown kind or version, wrong shape, bytes that are not canonical.
    """
    if len(signed) > SIGNED_BYTES_MAX:
        raise BadRecord(what="entry", why=f"it is longer than {SIGNED_BYTES_MAX} bytes")
    if (quick := _document(signed)) is not None:
        return quick
    try:
        plain = _plain(signed)
        entry = msgspec.convert(plain, Entry, strict=True)
        date.fromisoformat(entry.trading_day)  # The pattern lets 2026-13-45 through.
        return msgspec.structs.replace(entry, body=read_body(entry.kind, entry.version, entry.body))
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        raise BadRecord(what="entry", why=str(error)) from error


def _plain(signed: bytes) -> Any:
    """The bytes' content, known to be canonical; raises BadRecord, ValueError or DecodeError."""
    plain = json.loads(
        signed.decode("utf-8"), object_pairs_hook=_no_twice, parse_float=_no_float, parse_constant=_no_float
    )
    if canonical(plain) != signed:
        raise BadRecord(what="entry", why="its bytes are not in canonical order")
    return plain


class _Document(Struct, frozen=True, forbid_unknown_fields=True):
    """An entry that holds a document, read in one go; the fields are those of Entry."""

    id: Annotated[str, Meta(pattern=UUID7)]
    kind: Literal["sale", "refund"]
    version: Literal[1]
    till: Annotated[str, Meta(pattern=UUID)]
    till_seq: Annotated[int, Meta(ge=1, le=INT_MAX)]
    happened_at: Annotated[int, Meta(ge=0, le=INT_MAX)]
    trading_day: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
    operator: Annotated[str, Meta(max_length=200)] | None
    refers_to: Annotated[str, Meta(pattern=UUID7)] | None
    body: Document


_read_document = msgspec.json.Decoder(_Document).decode
_write_document = msgspec.json.Encoder(order="sorted").encode


def _document(signed: bytes) -> Entry | None:
    """Sales come in bulk, so theirs is a quicker way to the same answer; None: not so, or not sure, and the long way says.

    It holds because every key of a document is a field's name, so plain ASCII, and every number in it is whole and has limits
    of its own: bytes that are written from what was read are canonical. Tests prove it, and compare the two ways.
    """
    try:
        read = _read_document(signed)
        if _write_document(read) != signed:
            return None
        date.fromisoformat(read.trading_day)  # The pattern lets 2026-13-45 through.
    except (ValueError, msgspec.DecodeError, RecursionError):
        return None
    return _entry_of(read)


def _entry_of(read: _Document) -> Entry:
    return Entry(
        read.id, read.kind, read.version, read.till, read.till_seq,
        read.happened_at, read.trading_day, read.operator, read.refers_to, read.body,
    )  # fmt: skip


def read_body(
    kind: str,
    version: int,
    body: Any,
    shapes: Mapping[tuple[str, int], type[Struct]] = BODIES,
    steps: Mapping[tuple[str, int], Callable[[Any], Struct]] = UPCASTS,
) -> Struct:
    """A body checked against its own version's shape, then brought to the newest. Raises BadRecord, ValidationError."""
    shape = shapes.get((kind, version))
    if shape is None:
        raise BadRecord(what="entry", why=f"kind {kind!r} version {version} is not known here")
    record = msgspec.convert(body, shape, strict=True)
    while (kind, version) in steps:
        record = steps[kind, version](record)
        version += 1
    return record


def read_kept(signed: bytes) -> Entry:
    """The entry in bytes that `decode` has passed before; several times quicker."""
    if b'"kind":"sale"' in signed:
        with suppress(msgspec.DecodeError):  # Another kind that holds such a text, or a version of later.
            return _entry_of(_read_document(signed))
    entry = _READER.decode(signed)
    return msgspec.structs.replace(entry, body=read_body(entry.kind, entry.version, entry.body))


_READER = msgspec.json.Decoder(Entry)


def is_uuid7(text: str) -> bool:
    return re.match(UUID7, text) is not None
