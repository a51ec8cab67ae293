"""What the sights mean: which service failed, on whose side, and what proves it.

The lowest broken layer, proven by the highest that still works: no operator's anchor answers and the
shop's router does -> our line; anchors answer and the cloud does not -> their cloud. Too little or too old
evidence is `unknown`, never `up`. Pure; never acts, never looks. docs/algorithms/verdict.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from msgspec.structs import replace

from tideover.detect import beyond, premises, uplink
from tideover.detect.beyond import Out
from tideover.detect.doubt import FAR
from tideover.detect.group import EVIDENCE_MAX, Group, Seen, gather, unknown
from tideover.detect.looks import expiry
from tideover.detect.sight import PACE_FRESH_S_MAX, Sight, Sights, fold, is_fresh
from tideover.detect.ways import NO_WAYS, SERVICE_OF_LINE, Ways, service_of
from tideover.model.outage import NAMELESS_CAUSES, Observation, Verdict

SERVICES = ("internet", "cloud", "login", "network", "box")  # Always judged, in this order.
# What is told first, as what stands later hangs on what stands earlier, or hurts less.
LAYERS = (*("power", "network", "internet", "dns", "cloud", "login", "cards", "phones", "tills", "printer", "office-printer", "box"),)


class Judged(Protocol):
    """A verdict, or what a page makes of one."""

    @property
    def service(self) -> str: ...
    @property
    def state(self) -> str: ...


V = TypeVar("V", bound=Judged)
SPENT = NAMELESS_CAUSES | {"flapping", "used-up", "anchors-silent"}  # No line to move to.


def verdicts(looks: Iterable[Observation], now: datetime, watch_s: float, ways: Ways = NO_WAYS) -> tuple[Verdict, ...]:
    """All looks, in order, to verdicts; the box keeps the folded sights instead of all looks."""
    return conclude(fold(looks, watch_s), now, watch_s, ways)


def conclude(sights: Sights, now: datetime, watch_s: float, ways: Ways = NO_WAYS) -> tuple[Verdict, ...]:
    """One verdict per service of SERVICES, then of what else is looked at, each line's, and of what a person reported."""
    seen = Seen(tuple(one for one in sights.values() if _speaks(one, now, watch_s, ways)), ways, watch_s)
    reach = _reach(gather(seen.in_use("cloud", "cloud"), is_patient=bool(ways.lines)), seen.of("call", None, "cloud"))
    power = premises.power(seen)
    lan = premises.network(seen, gather(seen.of("anchor", "")), reach)
    network = uplink.without_mains(lan, power)
    lines = {one.name: uplink.judge(one, seen, power, network) for one in ways.lines if _is_looked_at(one.name, seen)}
    out = Out(seen, beyond.internet(seen, reach, lines, network, power), lines)
    out = replace(out, dns=beyond.dns(out))
    cloud = beyond.cloud(out, reach, network)
    found = {"internet": out.internet, "cloud": cloud, "login": beyond.login(out, cloud), "network": network, "box": premises.box(seen)}
    further = (
        power,
        out.dns,
        beyond.remote(out, "cards", "card", "their-cards", "cards-way"),
        beyond.remote(out, "phones", "sip", "their-phones", "phones-way"),
        premises.tills(seen, network),
        *(premises.device(one, seen, network) for one in dict.fromkeys(one.service for one in seen.of("device"))),
        *lines.values(),
        expiry.verdict_of(list(seen.fresh)),
    )
    found |= {one.service: one for one in further if one is not None}
    for report in seen.of("person"):
        if report.failing:
            found[report.service] = _with_report(found.get(report.service) or unknown(report.service), report)
    return tuple(found.values())


def _speaks(sight: Sight, now: datetime, watch_s: float, ways: Ways) -> bool:
    """It says something about now; a metered line is looked at rarely, and its looks count for longer; in use, those beyond.

    What is bound to no line goes over the one in use, and is looked at there as rarely.
    """
    line = ways.named(sight.via or ways.in_use)
    is_rare = line is not None and line.is_metered and (sight.kind in FAR or (bool(sight.via) and line.name != ways.in_use))
    return is_fresh(sight, now, watch_s, PACE_FRESH_S_MAX if is_rare else 0.0)


def _is_looked_at(line: str, seen: Seen) -> bool:
    return any(one.via == line for one in seen.fresh)


def every(found: Iterable[Verdict], ways: Ways = NO_WAYS) -> tuple[Verdict, ...]:
    """The same with every service that has a name, in the order of the layers; what nothing looks at is unknown."""
    known = {one.service: one for one in found}
    names = (*(one for one in LAYERS if one != "office-printer"), *(service_of(one.name) for one in ways.lines))
    return tuple(known.get(one) or unknown(one) for one in dict.fromkeys((*names, *known)))


def lead(found: Iterable[V]) -> V | None:
    """The one that is told first: the lowest layer that is down, else the lowest that works in part; None on a fair day."""
    known = {one.service: one for one in found}
    lines = [one for one in known.values() if one.service.startswith(SERVICE_OF_LINE)]
    layers = [known[one] for one in LAYERS if one in known]
    order = layers + [one for one in known.values() if one not in layers and one not in lines]
    for some in (order, lines):  # A line that rests hurts nobody yet.
        for state in ("down", "degraded"):
            found_one = next((one for one in some if one.state == state), None)
            if found_one is not None:
                return found_one
    return None


def standby(found: Iterable[Verdict], ways: Ways, needs_names: bool = False) -> str:
    """Name of the other line to move to, the best first; "" where none is known to carry. needs_names: and to tell names now."""
    known = {one.service: one for one in found}
    others = [one for one in ways.lines if one.name != (ways.in_use or next((line.name for line in ways.lines), ""))]
    for states in (("up",), ("degraded",)):
        for line in others:
            one = known.get(service_of(line.name))
            if one is None or (needs_names and "dns" not in one.kinds):
                continue
            if one.state in states and one.cause not in SPENT and line.name not in ways.used_up:
                return line.name
    return ""


def _reach(probe: Group, calls: tuple[Sight, ...]) -> Group:
    """Probe and real calls to one; a call that worked since the probe fell outranks it."""
    worked = [one for one in calls if not one.failing and one.state == "up"]
    both = probe.sights + calls
    if probe.state == "down":
        if any(one.last_at > probe.since for one in worked):
            return Group("up", max(one.last_at for one in worked), both)
        return Group("down", probe.since, both)
    failed = [one for one in calls if one.state == "down" and one.failing]
    if failed and not worked:
        return Group("down", min(one.since for one in failed), both)
    if probe.state == "unknown" and worked:
        return Group("up", min(one.since for one in worked), both)
    return Group(probe.state, probe.since, both)


def _with_report(verdict: Verdict, report: Sight) -> Verdict:
    """A person's word is a kind of evidence of its own; against our own looks it makes `degraded`, not `down`."""
    evidence = (f"{report.target} says: {report.text}", *verdict.evidence)[:EVIDENCE_MAX]
    kinds = (*verdict.kinds, "person") if verdict.state in ("down", "degraded") else ("person",)
    if verdict.state == "unknown":
        return Verdict(verdict.service, "down", "told-by-person", evidence, report.turned_at, kinds)
    if verdict.state == "up":
        return Verdict(verdict.service, "degraded", "told-by-person", evidence, report.turned_at, kinds)
    since = min(verdict.since or report.turned_at, report.turned_at)
    return replace(verdict, evidence=evidence, since=since, kinds=tuple(dict.fromkeys(kinds)))
