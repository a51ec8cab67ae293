"""What the sights mean: which service failed, on whose side, and what proves it.

The lowest broken layer, proven by the highest that still works: no operator's anchor answers and the
shop's router does -> our line; anchors answer and the cloud does not -> their cloud. Too little or too old
evidence is `unknown`, never `up`. Pure; never acts, never looks. docs/algorithms/verdict.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from tideover.detect import expiry
from tideover.detect.sight import Sight, Sights, SightState, fold, fresh_s, is_fresh
from tideover.model.outage import Kind, Observation, State, Verdict

SERVICES = ("internet", "cloud", "login", "network", "box")  # Always judged, in this order.
QUORUM = 2  # Targets of different operators that must be silent before our line is blamed.
EVIDENCE_MAX = 8  # Sentences per verdict.
STATES: dict[SightState, State] = {"up": "up", "down": "down", "holding": "degraded", "unknown": "unknown"}


class Group(Struct, frozen=True):
    """Several sights of one layer, taken together."""

    state: SightState = "unknown"
    since: datetime | None = None  # First look of what lasts now.
    sights: tuple[Sight, ...] = ()


def verdicts(looks: Iterable[Observation], now: datetime, watch_s: float) -> tuple[Verdict, ...]:
    """All looks, in order, to verdicts; the box keeps the folded sights instead of all looks."""
    return conclude(fold(looks, watch_s), now, watch_s)


def conclude(sights: Sights, now: datetime, watch_s: float) -> tuple[Verdict, ...]:
    """One verdict per service of SERVICES, then one per device, then one per further service that a person reported."""
    fresh = [one for one in sights.values() if is_fresh(one, now, watch_s)]
    link, line = _group(fresh, "link"), _group(fresh, "anchor")
    probe = _group(fresh, "cloud")
    calls = tuple(one for one in fresh if (one.service, one.kind) == ("cloud", "call"))
    reach = _reach(probe, calls)
    network = _network(link, line, reach)
    internet = _internet(line, reach, network)
    cloud = _cloud(reach, internet, network, fresh, watch_s)
    found = {"internet": internet, "cloud": cloud, "login": _login(fresh, cloud), "network": network, "box": _box(fresh)}
    found |= {service: _device(service, fresh) for service in dict.fromkeys(one.service for one in fresh if one.kind == "device")}
    ends = expiry.verdict_of(fresh)
    if ends is not None:
        found[ends.service] = ends
    for report in fresh:
        if report.kind == "person" and report.failing:
            found[report.service] = _with_report(found.get(report.service) or _unknown(report.service), report)
    return tuple(found.values())


def _group(fresh: list[Sight], kind: Kind) -> Group:
    """Up if one surely answers; down if all are silent; holding if some answer but none is trusted."""
    mine = tuple(one for one in fresh if one.kind == kind)
    sure = [one.since for one in mine if one.state == "up" and not one.failing]
    if sure:
        return Group("up", min(sure), mine)
    if mine and all(one.state == "down" for one in mine):
        return Group("down", min(one.since for one in mine), mine)
    if any(one.state == "holding" for one in mine):
        return Group("holding", min(one.since for one in mine if one.since), mine)
    return Group("unknown", None, mine)


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


def _network(link: Group, line: Group, reach: Group) -> Verdict:
    """The shop's own cables and router: broken only if nothing beyond answers either."""
    if link.state == "down" and "up" in (line.state, reach.state):
        return Verdict("network", "up", "none", (*_say(link.sights), "what lies beyond answers, so the network works"), None)
    if link.state == "down":
        return Verdict("network", "down", "our-network", _say(link.sights), link.since, ("link",))
    return _plain("network", link, "our-network")


def _internet(line: Group, reach: Group, network: Verdict) -> Verdict:
    """Our line, by a quorum over operators."""
    said = _say(line.sights)
    if line.state == "up":
        return Verdict("internet", "up", "none", said, line.since, ("anchor",))
    if reach.state == "up":
        if line.state == "down":
            return Verdict("internet", "degraded", "anchors-silent", (*said, "the cloud answers"), line.since, ("anchor",))
        return Verdict("internet", "up", "none", (*said, "the cloud answers"), reach.since)
    silent = len(line.sights) + (reach.state == "down")
    if line.state == "down" and silent >= QUORUM:
        cause = "our-network" if network.state == "down" else "our-line"
        kinds: tuple[Kind, ...] = ("link", "anchor") if network.state == "down" else ("anchor",)
        return Verdict("internet", "down", cause, (*said, *network.evidence)[:EVIDENCE_MAX], line.since, kinds)
    if line.state == "holding":
        return Verdict("internet", "degraded", "flapping", said, line.since, ("anchor",))
    return replace(_unknown("internet"), evidence=said)


def _cloud(reach: Group, internet: Verdict, network: Verdict, fresh: list[Sight], watch_s: float) -> Verdict:
    """The vendor's cloud as the shop can reach it."""
    said = _say(reach.sights)
    if reach.state == "up":
        return Verdict("cloud", "up", "none", said, reach.since, _kinds(one for one in reach.sights if not one.failing))
    if reach.state == "holding":
        return Verdict("cloud", "degraded", "flapping", said, reach.since, ("cloud",))
    if reach.state == "unknown" and internet.state != "down":
        return replace(_unknown("cloud"), evidence=said)
    starts = [at for at in (reach.since, internet.since if internet.state == "down" else None) if at is not None]
    earliest = min(starts) - timedelta(seconds=fresh_s("cloud", watch_s))
    agreeing = _agreeing(fresh, earliest, internet, network)
    evidence = (*said, *(internet.evidence if internet.state in ("down", "up") else ()))
    since = min([*starts, *(one.turned_at for one in agreeing if one.turned_at >= earliest)])
    return Verdict("cloud", "down", _whose(internet), evidence[:EVIDENCE_MAX], since, _kinds(agreeing))


def _whose(internet: Verdict) -> str:
    """On whose side the cloud is lost."""
    if internet.state == "down":
        return internet.cause
    return "their-cloud" if internet.state == "up" else "not-known"


def _agreeing(fresh: list[Sight], earliest: datetime, internet: Verdict, network: Verdict) -> list[Sight]:
    """The sights that failed since then and have not worked again: each kind of them is a kind of evidence."""
    kinds: set[Kind] = {"cloud", "call"}
    if internet.state == "down":
        kinds.add("anchor")
    if network.state == "down":
        kinds.add("link")
    bad = [one for one in fresh if one.failing or one.state == "down"]
    return [one for one in bad if one.kind in kinds and one.service != "login" and one.last_at >= earliest]


def _login(fresh: list[Sight], cloud: Verdict) -> Verdict:
    """The vendor's log-in; with the cloud away nothing can be said about it."""
    mine = tuple(one for one in fresh if one.service == "login" and one.kind != "person")
    if cloud.state != "up":
        return replace(_unknown("login"), evidence=("the cloud is not reached, so its log-in is not known",))
    if mine and all(one.state == "down" for one in mine):
        return Verdict("login", "down", "their-login", _say(mine), min(one.since for one in mine), _kinds(mine))
    good = [one for one in mine if one.state == "up" and not one.failing]
    if good:
        return Verdict("login", "up", "none", _say(mine), min(one.since for one in good), _kinds(good))
    return replace(_unknown("login"), evidence=_say(mine))


def _box(fresh: list[Sight]) -> Verdict:
    """This machine itself: disk and clock."""
    mine = tuple(one for one in fresh if (one.service, one.kind) == ("box", "self"))
    bad = [one for one in mine if one.failing]
    if bad:
        first = min(bad, key=lambda one: one.turned_at)
        return Verdict("box", "degraded", f"box-{first.target}", _say(bad), first.turned_at, ("self",))
    if mine:
        return Verdict("box", "up", "none", _say(mine), min(one.since for one in mine), ("self",))
    return _unknown("box")


def _device(service: str, fresh: list[Sight]) -> Verdict:
    """A thing of the shop that can be asked itself, like the receipt printer: its own word, and what came of using it."""
    mine = tuple(one for one in fresh if (one.service, one.kind) == (service, "device"))
    bad = [one for one in mine if one.state == "down"]
    if bad:
        return Verdict(service, "down", f"our-{service}", _say(bad), min(one.since for one in bad), ("device",))
    return _plain(service, Group(mine[0].state, mine[0].since, mine), f"our-{service}")


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


def _plain(service: str, group: Group, cause: str) -> Verdict:
    state = STATES[group.state]
    why = {"up": "none", "down": cause, "degraded": "flapping", "unknown": "not-known"}[state]
    return Verdict(service, state, why, _say(group.sights), group.since, _kinds(group.sights))


def _unknown(service: str) -> Verdict:
    return Verdict(service, "unknown", "not-known", (), None)


def _kinds(sights: Iterable[Sight]) -> tuple[Kind, ...]:
    return tuple(dict.fromkeys(one.kind for one in sights))


def _say(sights: Iterable[Sight]) -> tuple[str, ...]:
    """What was seen, one short sentence per thing; never a secret."""
    return tuple(
        f"{one.target}: {one.text or ('no answer' if one.failing else 'answers')}"
        + (f" ({one.bad} times in a row)" if one.bad > 1 else "")
        for one in sights
    )[:EVIDENCE_MAX]
