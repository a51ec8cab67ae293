"""Names lines and phones that one carrier bears: they fail together, so one is no spare of the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from tideover.copies.fold import fold
from tideover.model.line import Line
from tideover.plan.records import Thing


class SharedCarrier(Struct, frozen=True):
    """A carrier that bears more than one of our lines."""

    carrier: str  # As the first of them writes it.
    things: tuple[str, ...]  # Names, by key.
    text: str


def shared_carriers(things: Iterable[Thing], lines: Iterable[Line] = ()) -> list[SharedCarrier]:
    """Each carrier that bears two lines of the settings or things of the plan, by name, however its name is written.

    A thing that is called as a line is that line.
    """
    lines = tuple(lines)
    known = {fold(one.name) for one in lines}
    borne = [(one.name, one.carrier) for one in lines]
    of_plan = [one for one in sorted(things, key=lambda one: one.key) if not {fold(one.key), fold(one.name)} & known]
    borne += [(one.name, one.carrier) for one in of_plan]
    by_name: dict[str, list[tuple[str, str]]] = {}
    for name, carrier in borne:
        if folded := fold(carrier):
            by_name.setdefault(folded, []).append((name, carrier))
    return [_shared(found) for _, found in sorted(by_name.items()) if len(found) > 1]


def _shared(borne: list[tuple[str, str]]) -> SharedCarrier:
    names, carrier = tuple(name for name, _ in borne), borne[0][1]
    return SharedCarrier(carrier, names, f"{', '.join(names)}: all with {carrier}, so they fail together.")
