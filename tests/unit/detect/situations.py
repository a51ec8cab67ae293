"""The table of docs/algorithms/verdict.md: its short notation to looks, and its rows.

A row says what differs from a fair day of a shop whose box routes two lines, `fibre` in use and `mobile` resting:
`THING:WHAT`, `mobile/THING:WHAT`, `Name:SERVICE` for a person's report, and flags.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from tideover.detect.sight import Sights, fold
from tideover.detect.verdict import conclude
from tideover.detect.ways import NO_WAYS, OWN_NETWORK, PORTAL, PROVIDER_PAGE, PROVIDERS, Ways
from tideover.model.line import Line
from tideover.model.outage import Observation, Verdict

DOC = Path(__file__).parents[3] / "docs" / "algorithms" / "verdict.md"
START = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
WATCH_S, FAIR_S, STEP_S, LASTS_S = 5.0, 20.0, 0.5, 24.0
# Thing of the notation: service, kind, targets.
SHOP = {
    "mains": ("power", "ups", ("ups@localhost",)),
    "port": ("network", "carrier", ("lan0",)),
    "router": ("network", "link", ("the router",)),
    "tills": ("tills", "till", ("Till 1", "Till 2")),
    "printer": ("printer", "device", ("the receipt printer",)),
    "office": ("office-printer", "device", ("the office printer",)),
    "disk": ("box", "self", ("disk",)),
    "clock": ("box", "self", ("clock",)),
}
LINE = {
    "cable": ("line", "carrier", ("port",)),
    "gateway": ("line", "link", ("the router",)),
    "anchors": ("line", "anchor", ("Anchor One", "Anchor Two", "Anchor Three")),
    "six": ("line", "anchor", ("[2001:db8::1]",)),
    "theirs": ("dns", "dns", (f"{PROVIDERS} resolver",)),
    "public": ("dns", "dns", ("9.9.9.9", "1.1.1.1")),
    "page": ("line", "content", ("the page",)),
    "cloud": ("cloud", "cloud", ("the cloud",)),
    "login": ("login", "login", ("the log-in",)),
    "cards": ("cards", "card", ("the card host",)),
    "phones": ("phones", "sip", ("the exchange",)),
}
SEEN = {
    "ok": (True, ""),
    "off": (False, "no answer in 2 s"),
    "?": (None, "the driver is lost"),
    "portal": (False, f"shows {PORTAL}"),
    "provider": (False, f"shows {PROVIDER_PAGE}"),
    "lies": (False, f"answers with {OWN_NETWORK}"),
    "nameless": (False, "its name is not found"),
    "paper": (False, "it is out of paper"),
    "full": (False, "nearly full"),
    "503": (False, "answers 503"),
}
LOSSES = {"10%": 0.19, "20%": 0.36}  # Share of looks lost where each packet is, either way.
SHORT = {
    "beyond": ("anchors", "theirs", "public", "page", "cloud", "login", "cards", "phones"),  # All that lies beyond a line.
    "vendor": ("cloud", "login"),
    "hosts": ("page", "cloud", "login", "cards", "phones"),  # All that is found by its name.
    "lan": ("tills", "printer", "office"),
}
UNSEEN = ("router", "six")  # Looked at only where a row says so.


class Row(Struct, frozen=True):
    """One situation of the table."""

    name: str
    seen: tuple[str, ...]
    service: str
    state: str
    cause: str
    first: str
    step: str


def rows() -> list[Row]:
    """All rows, in the document's order."""
    lines = DOC.read_text(encoding="utf-8").splitlines()
    cells = [[one.strip().strip("`") for one in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    told = [one for one in cells if len(one) == 7 and one[0] != "situation"]
    return [Row(one[0], tuple(one[1].replace("`", "").split()), *one[2:]) for one in told]


def seen_in(tokens: tuple[str, ...]) -> tuple[tuple[Verdict, ...], Ways]:
    """The verdicts that such a situation comes to, and the lines as they stand."""
    flags = {one for one in tokens if ":" not in one}
    said = dict(pair for one in tokens if ":" in one for pair in _spelt_out(one))
    lasts_s = next((float(one.removeprefix("for=")) for one in flags if one.startswith("for=")), LASTS_S)
    ways = NO_WAYS if "one-line" in flags else _ways(flags)
    chance, sights = random.Random(7), {}
    for n in range(round((FAIR_S + lasts_s) / STEP_S)):
        second = n * STEP_S
        now = said if second >= FAIR_S else {}
        sights = _look(sights, now, flags, ways, second, chance)
    if "back" in flags:
        for n in range(8):
            sights = _look(sights, {}, flags, ways, FAIR_S + lasts_s + n * STEP_S, chance)
    at = max(one.last_at for one in sights.values() if one.last_at)
    return conclude(sights, at, WATCH_S, ways), ways


def _spelt_out(token: str) -> list[tuple[str, str]]:
    thing, what = token.split(":")
    prefix, _, name = thing.rpartition("/")
    return [(f"{prefix}/{one}" if prefix else one, what) for one in SHORT.get(name, (name,))]


def _ways(flags: set[str]) -> Ways:
    given = dict(one.split("=") for one in flags if "=" in one)
    carrier = "Telia" if "one-carrier" in flags else "Elisa"
    lines = (Line("fibre", device="wan0", carrier="Telia"), Line("mobile", device="wwan0", is_metered=True, carrier=carrier))
    used_up, throttled = (frozenset(filter(None, [given.get(one)])) for one in ("used-up", "throttled"))
    return Ways(lines, given.get("in-use", "fibre"), "armed" in flags, used_up, throttled)


def _look(sights: Sights, said: dict[str, str], flags: set[str], ways: Ways, second: float, chance: random.Random) -> Sights:
    now = START + timedelta(seconds=second)
    looks = list(_shop(said, flags, now))
    names = tuple(one.name for one in ways.lines) or ("",)
    for name in names:
        prefix = "" if name in ("", "fibre") else f"{name}/"
        looks += _line(said, flags, name, prefix, second, chance)
    for who, service in said.items():
        if who[0].isupper():
            looks.append(Observation(service, "person", who, False, now, "it does not work"))
    return fold(looks, WATCH_S, sights)


def _shop(said: dict[str, str], flags: set[str], now: datetime) -> Iterator[Observation]:
    for thing, (service, kind, targets) in SHOP.items():
        if thing in UNSEEN and thing not in said and "one-line" not in flags:
            continue
        for n, target in enumerate(targets, 1):
            what = said.get(f"{thing}-{n}", said.get(thing, "ok"))
            ok, text = SEEN[what]
            yield Observation(service, kind, target, ok, now, text)


def _line(said: dict[str, str], flags: set[str], name: str, prefix: str, second: float, chance: random.Random) -> list[Observation]:
    now, found = START + timedelta(seconds=second), []
    for thing, (service, kind, targets) in LINE.items():
        if (thing in UNSEEN and "six" not in flags) or (not name and kind in ("carrier", "link")):
            continue
        for n, target in enumerate(targets, 1):
            what = said.get(f"{prefix}{thing}-{n}", said.get(prefix + thing, "ok"))
            if what in LOSSES:
                what = "off" if chance.random() < LOSSES[what] else "ok"
            if what.startswith("each"):  # each20: twenty seconds off, twenty on.
                what = "off" if (second - FAIR_S) % (2 * float(what[4:])) < float(what[4:]) else "ok"
            ok, text = SEEN.get(what, (True, ""))
            of = (f"line-{name}" if name else "internet") if service == "line" else service
            found.append(Observation(of, kind, target, ok, now, text, 1_600 if what == "slow" else 30, name))
    return found
