"""Which line a router uses, and which metrics would make it use another. Pure.

A router takes the default route with the lowest metric. Only metrics are changed: interfaces stay up, addresses stay, and the router
can undo it by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tideover.model.line import Line

ROOM = 10  # How far other lines step back where none is free before them.
METRIC_MAX = 2**31 - 1
NAME_MAX, INTERFACES_MAX = 32, 64  # What a router tells beyond that stands in no sentence of ours.
INTERFACE = re.compile(r"[A-Za-z0-9_]{1,32}")

Metrics = dict[str, int | None]  # Interface to its metric as it is written; None: none is.


def interfaces_of(lines: Sequence[Line]) -> dict[str, tuple[str, ...]]:
    """Each line's interfaces at the router; a line whose name can be none of the router's is not the router's."""
    found = {one.name: tuple((one.interface or one.name).split(",")) for one in lines}
    return {name: names for name, names in found.items() if all(INTERFACE.fullmatch(each) for each in names)}


def metrics_in(values: Any, names: Sequence[str]) -> Metrics:
    """The metrics as the router's settings (uci, package `network`) have them; an interface that it does not have is left out."""
    sections = values if isinstance(values, Mapping) else {}
    return {name: _number(sections[name].get("metric")) for name in names if isinstance(sections.get(name), Mapping)}


def _number(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and int(text) <= METRIC_MAX else None


def _dumped(dump: Any) -> Iterator[Mapping[str, Any]]:
    listed = dump.get("interface") if isinstance(dump, Mapping) else None
    yield from (one for one in (listed[:INTERFACES_MAX] if isinstance(listed, list) else []) if isinstance(one, Mapping))


def ways_out(dump: Any) -> dict[str, int]:
    """Interfaces that are up and have a default route, with the metric that counts."""
    found = {}
    for one in _dumped(dump):
        routes = one.get("route")
        for route in routes if isinstance(routes, list) else []:
            if one.get("up") is True and isinstance(route, Mapping) and route.get("mask") == 0 and not route.get("table"):
                metric = route.get("metric", one.get("metric", 0))
                name = one.get("interface")
                if isinstance(metric, int) and isinstance(name, str) and len(name) <= NAME_MAX and name.isprintable():
                    found[name] = min(metric, found.get(name, METRIC_MAX))
    return found


def live_metrics(dump: Any) -> dict[str, int]:
    """The metric of each interface as the router works with it now."""
    return {str(one.get("interface")): one["metric"] for one in _dumped(dump) if isinstance(one.get("metric"), int)}


def in_use(dump: Any, lines: Mapping[str, Sequence[str]]) -> str:
    """The line whose default route counts; an interface's own name where it is no line of ours; "" where there is no way out."""
    ways = ways_out(dump)
    if not ways:
        return ""
    first = min(ways, key=lambda name: ways[name])
    return next((line for line, names in lines.items() if first in names), first)


def wanted(target: str, lines: Mapping[str, Sequence[str]], now: Metrics) -> Metrics:
    """The fewest changes after which the target's metric is the lowest of all."""
    own = [name for name in lines[target] if name in now]
    others = {name: metric or 0 for name, metric in now.items() if name not in own}
    low = min(others.values(), default=METRIC_MAX)
    if all(0 < (now[name] or 0) < low for name in own):
        return {}
    if low > 1:
        return dict.fromkeys(own, min(low - 1, ROOM))
    return {**{name: metric + ROOM for name, metric in others.items()}, **dict.fromkeys(own, 1)}
