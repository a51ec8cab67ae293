"""A small world of one shop and everything between it and its cloud: things break in it, and looks see what they would see.

It knows cables, current and names, and nothing of verdicts: `oracle.py` judges from this world what was said about it.
A shop is of one of three shapes: the box routes two lines; it stands behind the shop's router; or that, with a stick of its own.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tideover.detect.ways import NO_WAYS, OWN_NETWORK, PORTAL, PROVIDER_PAGE, PROVIDERS, Ways
from tideover.model.line import Line
from tideover.model.outage import Observation

START = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
WATCH_S = 5.0
STEP_S = 0.5
SHAPES = ("routes", "behind", "stick")
ANCHORS = ("Anchor One", "Anchor Two", "Anchor Three")
PUBLIC = ("9.9.9.9", "1.1.1.1")
NO_NAME, NOT_RIGHT, SILENT = "its name is not found", "its certificate is not right", "no answer in 2 s"
DARK = ("switch", "router:fibre", "printer", "office-printer")  # Dead without mains, unless a battery is there.
LATE_S = 6.0  # Faults come within so many seconds of each other.
NOISE = 0.004  # A look that is lost on a fair line.

# What may break. After the colon: the line; `fibre` is the usual one.
FAULTS = (
    *("mains", "ups-cable", "switch", "box-cable", "router:fibre", "router-hung:fibre", "cable:fibre", "provider:fibre"),
    *("provider:mobile", "cable:mobile", "tcp:fibre", "portal:fibre", "unpaid:fibre", "loss10:fibre", "loss20:fibre", "slow:fibre"),
    *("names:fibre", "names:mobile", "lies:fibre", "names-public", "anchor:0", "anchor:1"),
    *("way-cloud:fibre", "way-cards:fibre", "way-phones:fibre"),
    *("cloud", "cloud-slow", "login", "cards", "phones", "printer", "paper", "office-printer", "till:1", "till:2", "switch-hung"),
    *("used-up:mobile", "throttled:fibre"),
)


@dataclass
class Shop:
    """One shop: its shape, what broke, and which line it uses."""

    shape: str
    in_use: str = "fibre"
    is_armed: bool = False
    one_carrier: bool = False
    batteries: frozenset[str] = frozenset()  # What stands on a battery beside the box.
    broken: set[str] = field(default_factory=set)

    @property
    def lines(self) -> tuple[str, ...]:
        return ("fibre",) if self.shape == "behind" else ("fibre", "mobile")

    def ways(self) -> Ways:
        """As the box knows its lines."""
        if self.shape == "behind":
            return NO_WAYS
        carriers = ("Telia", "Telia") if self.one_carrier else ("Telia", "Elisa")
        fibre = Line("fibre", device="wan0" if self.shape == "routes" else "", carrier=carriers[0])
        mobile = Line("mobile", device="wwan0", is_metered=True, carrier=carriers[1])
        flags = [frozenset(one.split(":")[1] for one in self.broken if one.startswith(f"{flag}:")) for flag in ("used-up", "throttled")]
        return Ways((fibre, mobile), self.in_use, self.is_armed, *flags)

    # What works -------------------------------------------------------------------------------------

    def has_current(self, thing: str) -> bool:
        return "mains" not in self.broken or thing in self.batteries or thing not in DARK

    def is_on(self, thing: str) -> bool:
        """It stands there with current and is not broken."""
        return thing not in self.broken and self.has_current(thing)

    def port_has_signal(self) -> bool:
        """The box's own cable to the shop's network."""
        return "box-cable" not in self.broken and self.is_on("switch")

    def lan(self) -> bool:
        return self.port_has_signal() and "switch-hung" not in self.broken

    def is_shared(self, line: str) -> bool:
        """The line ends at a router of the shop's network, whose cable to the provider the box does not see."""
        return line == "fibre" and self.shape != "routes"

    def cable(self, line: str) -> bool:
        """The line's cable says that something is at its other end."""
        return f"cable:{line}" not in self.broken and self.is_on(f"router:{line}")

    def router(self, line: str) -> bool:
        if f"router-hung:{line}" in self.broken or not self.is_on(f"router:{line}"):
            return False
        return self.lan() if self.is_shared(line) else self.cable(line)

    def passes(self, line: str, udp: bool = False) -> bool:
        """Packets go out there and answers come in, and they are the real ones."""
        if not self.router(line) or {f"provider:{line}", f"cable:{line}"} & self.broken:
            return False
        stopped = {f"portal:{line}", f"unpaid:{line}"} | (set() if udp else {f"tcp:{line}"})
        return not stopped & self.broken

    def names(self, line: str) -> str:
        """Why names are not told on that line; "" where they are."""
        if not self.passes(line, udp=True) or f"names:{line}" in self.broken:
            return NO_NAME
        return NOT_RIGHT if f"lies:{line}" in self.broken else ""

    def why_not(self, line: str, thing: str) -> str:
        """Why that thing beyond is not reached over the line; "" where it is."""
        if not self.passes(line, udp=thing == "phones"):
            return SILENT
        if why := self.names(line):
            return why if thing == "cloud" else SILENT  # Some give up before the name service does.
        host = "cloud" if thing == "login" else thing
        if f"way-{host}:{line}" in self.broken or host in self.broken:
            return SILENT
        return "503" if thing in self.broken else ""

    def reaches(self, line: str, thing: str) -> bool:
        return not self.why_not(line, thing)

    def thing(self, name: str) -> str:
        """Why a thing of the shop's network does not serve; "" where it does."""
        if not self.lan() or not self.is_on(name):
            return SILENT
        return "it is out of paper" if name == "printer" and "paper" in self.broken else ""


class Looks:
    """Makes the looks that probes would make at this moment."""

    def __init__(self, shop: Shop, chance: random.Random) -> None:
        self.shop, self.chance = shop, chance

    def at(self, second: float) -> list[Observation]:
        now = START + timedelta(seconds=second)
        found = list(self._premises(now)) if second % 1 == 0 else []
        for line in self.shop.lines:
            found += self._line(line, now, second)
        return found

    def _premises(self, now: datetime) -> Iterator[Observation]:
        shop = self.shop
        ups = None if "ups-cable" in shop.broken else "mains" not in shop.broken
        yield Observation("power", "ups", "ups", ups, now, "the driver is lost" if ups is None else "")
        yield Observation("network", "carrier", "lan0", shop.port_has_signal(), now)
        if shop.shape != "routes":
            yield Observation("network", "link", "the router", shop.router("fibre"), now)
        for name in ("till:1", "till:2"):
            yield Observation("tills", "till", name, not shop.thing(name), now)
        for name in ("printer", "office-printer"):
            why = shop.thing(name)
            yield Observation(name, "device", name, not why, now, why)
        yield Observation("box", "self", "disk", True, now)

    def _line(self, line: str, now: datetime, second: float) -> Iterator[Observation]:
        shop, named = self.shop, self.shop.shape != "behind"
        via, service = (line, f"line-{line}") if named else ("", "internet")
        # The shop's own router is looked at as `link` of the network.
        if named and not shop.is_shared(line):
            yield Observation(service, "carrier", f"{line}0", shop.cable(line), now, via=via)
            yield self._link(line, service, now)
        for n, name in enumerate(ANCHORS):
            why = "" if shop.passes(line) and f"anchor:{n}" not in shop.broken else self._dead(line)
            yield self._look(line, service, "anchor", name, why, now, via)
        if second % 1:
            return
        yield self._content(line, service, now, via)
        for target, why in self._names(line):
            yield self._look(line, "dns", "dns", target, why, now, via)
        for kind, thing in (("cloud", "cloud"), ("login", "login"), ("card", "cards"), ("sip", "phones")):
            yield self._look(line, thing, kind, f"the {thing}", shop.why_not(line, thing), now, via)
        if named and line == shop.in_use:  # What goes whichever way the machine takes.
            for n, name in enumerate(ANCHORS):
                why = "" if shop.passes(line) and f"anchor:{n}" not in shop.broken else SILENT
                yield self._look(line, "internet", "anchor", name, why, now, "")
            yield self._look(line, "cloud", "cloud", "the cloud", shop.why_not(line, "cloud"), now, "")

    def _link(self, line: str, service: str, now: datetime) -> Observation:
        return Observation(service, "link", "the router", self.shop.router(line), now, via=line)

    def _dead(self, line: str) -> str:
        return NOT_RIGHT if f"portal:{line}" in self.shop.broken and self.shop.router(line) else SILENT

    def _names(self, line: str) -> Iterator[tuple[str, str]]:
        shop = self.shop
        why = shop.names(line)
        yield f"{PROVIDERS} resolver", f"answers with {OWN_NETWORK}" if why == NOT_RIGHT else why and SILENT
        for target in PUBLIC:
            yield target, "" if shop.passes(line, udp=True) and "names-public" not in shop.broken else SILENT

    def _content(self, line: str, service: str, now: datetime, via: str) -> Observation:
        shop = self.shop
        foreign = {"portal": PORTAL, "unpaid": PROVIDER_PAGE}
        page = next((text for fault, text in foreign.items() if f"{fault}:{line}" in shop.broken), "")
        passes = shop.router(line) and not {f"provider:{line}", f"cable:{line}", f"tcp:{line}"} & shop.broken
        if page and passes:
            return self._look(line, service, "content", "the page", f"shows {page}", now, via)
        return self._look(line, service, "content", "the page", "" if passes and not shop.names(line) else SILENT, now, via)

    def _look(self, line: str, service: str, kind: str, target: str, why: str, now: datetime, via: str) -> Observation:
        shop = self.shop
        share = max([NOISE, *(share for fault, share in (("loss10", 0.19), ("loss20", 0.36)) if f"{fault}:{line}" in shop.broken)])
        if via == "" or kind in ("cloud", "login", "card", "content"):
            share *= share  # These wait for two seconds: what is lost is sent once more.
        if not why and self.chance.random() < share:
            why = SILENT
        slow = f"slow:{line}" in shop.broken or f"throttled:{line}" in shop.broken or (kind == "cloud" and "cloud-slow" in shop.broken)
        took_ms = (1_300 if slow else 40) * (0.8 + 0.4 * self.chance.random())
        return Observation(service, kind, target, not why, now, why, None if why else round(took_ms), via)


def shop_of(chance: random.Random) -> Shop:
    """A shop by chance."""
    shape = chance.choice(SHAPES)
    in_use = "mobile" if shape != "behind" and chance.random() < 0.2 else "fibre"
    batteries = frozenset(one for one in DARK[:2] if chance.random() < 0.4)
    return Shop(shape, in_use, chance.random() < 0.5, chance.random() < 0.2, batteries)


def may_break(shop: Shop) -> list[str]:
    """What can break in that shop."""
    missing = {"routes": (), "behind": ("mobile", "throttled", "used-up"), "stick": ()}[shop.shape]
    return [one for one in FAULTS if not any(word in one for word in missing)]


def plan_of(shop: Shop, chance: random.Random, count: int) -> list[tuple[float, str]]:
    """When what breaks."""
    chosen = chance.sample(may_break(shop), count)
    return sorted((round(chance.random() * LATE_S / STEP_S) * STEP_S, one) for one in chosen)
