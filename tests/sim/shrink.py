"""Makes a failing script small: takes away one thing after another while the same checker still finds a fault."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import fields, replace

from sim.checkers import faults_of
from sim.script import Event, Script
from sim.shop import played

TRIES_MAX = 400  # Shops played to shrink one; most need fewer than a hundred.
DEFAULTS = Script(seed=0)
Faults = Callable[[Script], list[str]]


def play(script: Script) -> list[str]:
    """Every fault of this shop; a simulation that falls over is one."""
    try:
        with played(script) as shop:
            return faults_of(shop)
    except Exception as error:  # Whatever it is, it is what the seed found.
        where = traceback.extract_tb(error.__traceback__)[-1]
        return [f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})"]


def names(faults: list[str]) -> set[str]:
    """Which checkers found them."""
    return {fault.partition(":")[0] for fault in faults}


def shrink(script: Script, faults: Faults = play) -> Script:
    """The smallest script found in which one of the same checkers still finds a fault."""
    wanted, tries = names(faults(script)), 0
    assert wanted, "nothing is wrong with this script"
    smaller = True
    while smaller and tries < TRIES_MAX:
        smaller = False
        for candidate in _smaller(script):
            tries += 1
            if names(faults(candidate)) & wanted:
                script, smaller = candidate, True
                break
    return script


def _smaller(script: Script) -> Iterator[Script]:
    """Scripts with one thing less, the biggest things first."""
    for n in range(len(script.events)):
        yield replace(script, events=script.events[:n] + script.events[n + 1 :])
    for field in fields(Script):
        now, calm = getattr(script, field.name), getattr(DEFAULTS, field.name)
        if field.name not in ("seed", "events", "tills", "trading_s", "wrong_s") and now != calm:
            yield replace(script, **{field.name: calm})
    if script.tills > 1:
        wrong_s = (*script.wrong_s[: script.tills - 1], *script.wrong_s[-1:])
        yield replace(script, tills=script.tills - 1, wrong_s=wrong_s)
    if any(script.wrong_s):
        for n, wrong_s in enumerate(script.wrong_s):
            if wrong_s:
                yield replace(script, wrong_s=tuple(0.0 if k == n else one for k, one in enumerate(script.wrong_s)))
    for name in ("mischief", "lan"):
        chances = getattr(script, name)
        for field in fields(chances):
            if getattr(chances, field.name):
                yield replace(script, **{name: replace(chances, **{field.name: 0.0})})
    if script.trading_s > 400:
        yield replace(script, trading_s=round(script.trading_s * 0.7, 1), events=tuple(_sooner(script.events)))


def _sooner(events: tuple[Event, ...]) -> Iterator[Event]:
    for one in events:
        yield replace(one, at_s=round(one.at_s * 0.7, 1), span_s=round(one.span_s * 0.7, 1))


def as_test(script: Script, faults: list[str]) -> str:
    """What to paste into kept.py."""
    name = faults[0].partition(":")[0].replace("_", " ")
    return f'    # {faults[0][:120]}\n    "{name} (seed {script.seed})": {said(script)},'


def said(record: Any) -> str:
    """A record as Python writes it, without what is as always."""
    if isinstance(record, tuple):
        return f"({''.join(f'{said(one)}, ' for one in record)})".replace(", )", ",)" if len(record) == 1 else ")")
    if not isinstance(record, Struct):
        return repr(record)
    told = [one for one in fields(type(record)) if one.required or getattr(record, one.name) != one.default]
    return f"{type(record).__name__}({', '.join(f'{one.name}={said(getattr(record, one.name))}' for one in told)})"
