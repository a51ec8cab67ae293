"""Names lines and phones that one carrier bears: they fail together, so one is no spare of the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from tideover.copies.fold import fold
from tideover.plan.records import Thing


class SharedCarrier(Struct, frozen=True):
    """A carrier that bears more than one of our lines."""

    carrier: str  # As the first of them writes it.
    things: tuple[str, ...]  # Names, by key.
    text: str


def shared_carriers(things: Iterable[Thing]) -> list[SharedCarrier]:
    """Each carrier with two things or more, by name; however its name is written."""
    by_name: dict[str, list[Thing]] = {}
    for thing in sorted(things, key=lambda one: one.key):
        if carrier := fold(thing.carrier):
            by_name.setdefault(carrier, []).append(thing)
    return [_shared(borne) for _, borne in sorted(by_name.items()) if len(borne) > 1]


def _shared(borne: list[Thing]) -> SharedCarrier:
    names = tuple(one.name for one in borne)
    return SharedCarrier(borne[0].carrier, names, f"{', '.join(names)}: all with {borne[0].carrier}, so they fail together.")
