"""Bodies of the journal's entries about what failed and came back, and about what was moved: lines, calls, power."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Name = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=1_000)]
Millis = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Seconds = Annotated[int, Meta(ge=0, le=2**31)]


class Armed(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `armed`: somebody allowed a switch to move by itself, or took that back; the newest word counts."""

    switch: Name  # "lines", "router", "pbx", "modem" …
    is_on: bool
    why: Text = ""


class Switched(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `switched`: what a switch did, and what it read back afterwards."""

    switch: Name
    what: Literal["began", "engaged", "restored", "rolled-back", "refused", "failed", "healed"]
    before: Name  # What was in use: a line, a number; "" for nothing.
    target: Name
    why: Text
    read_back: Text = ""  # What the thing itself says now.
    took_ms: Millis = 0


class LineProved(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `line_proved`: a line carried, or did not carry, what a shop needs."""

    line: Name
    works: bool
    bytes_per_s: Millis | None = None  # None: not measured.
    text: Text = ""


class DeviceProved(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `device_proved`: a spare device opened the spare page and somebody tried it."""

    thing: Name  # Thing.key of the plan, or the name that was typed.
    works: bool
    browser: Name = ""  # Name and version, as it says of itself.
    system: Name = ""
    cloud_page: bool = False  # The cloud till's log-in page opened there.
    printed: bool = False  # A page came out of a printer.
    note: Text = ""


class PowerChanged(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `power`: what the battery's monitor said, when it changed."""

    state: Literal["mains", "battery", "low", "stopping", "unknown"]
    text: Text = ""
    left_s: Millis | None = None  # What the battery still gives; None: it does not say.


class CallTested(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `call_tested`: somebody rang the shop's number while it was diverted, or before."""

    works: bool
    answered_by: Name = ""
    rings_at: Name = ""  # Which phone rang, in words; never a number.
    note: Text = ""


class ServiceAway(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `service_away`: a service that worked does not; its id is the entry's."""

    service: Name
    cause: Name
    since: Millis  # First evidence, UTC ms.
    noticed_by: Name = ""  # A person's name where a person was first; "" for the box.


class ServiceBack(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `service_back`: the one of `refers_to` works again."""

    service: Name
    at: Millis  # First good look of the row that counts, UTC ms.
    lasted_s: Seconds
    unseen_s: Seconds | UnsetType = UNSET  # So long of it nobody looked: the box was off.
