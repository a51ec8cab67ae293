"""What lies beyond the shop: the way out, names, the vendor's cloud and its log-in, card host, telephone exchange. Pure.

A second line is a second vantage point: what is silent over one and answers over the other is neither the vendor's fault
nor the line's, but that of the way between; what is silent over both is the vendor's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from tideover.detect.doubt import since
from tideover.detect.group import (
    EVIDENCE_MAX,
    QUORUM,
    WORKED_AFTER_S,
    Group,
    Seen,
    gather,
    hangs_on,
    kinds_of,
    say,
    unknown,
)
from tideover.detect.naming import doubted_at, told_over
from tideover.detect.sight import Sight, fresh_s
from tideover.detect.uplink import FOREIGN, LOSSY_DOUBT, LOSSY_ROW, foreign_page, is_behind, is_lossy, without_mains
from tideover.detect.ways import OWN_NETWORK, PROVIDERS
from tideover.model.outage import SLOW_CAUSES, Kind, Verdict

Elsewhere = Literal["answers", "silent", "open", "not-known"]  # Over the other lines that work; open: a fresh look is on its way.
OPEN_S = 10.0  # So long a question about the other line may stay open; then it is not known.
MENDED_HERE = frozenset({"portal", "unpaid", "power", "our-network", "lan-switch", "box-port"})
LYING = frozenset({"dns-lies", "dns-captive"})  # Whatever answers may be somebody else.
FOUND = ("4", "5", "answers", "breaks off", "refuses")  # How the text of a failed look begins whose name was found.


class Out(Struct, frozen=True):
    """The way out as it was judged: what all further verdicts stand on."""

    seen: Seen
    internet: Verdict
    lines: Mapping[str, Verdict]  # Name of the line to its verdict.
    dns: Verdict | None = None

    @property
    def anchors(self) -> tuple[Sight, ...]:
        """Those of the way that the shop goes."""
        return self.seen.of("anchor", self.seen.ways.in_use) or self.seen.of("anchor", "")

    def by_chance(self, sights: tuple[Sight, ...]) -> bool:
        """On a line that loses looks, a few lost ones in a row of one single thing say nothing yet."""
        silent = [one for one in sights if one.state == "down"]
        if any(one.failing and one.text.startswith(FOUND) for one in silent):  # An answer, however bad, was not lost.
            return False
        return bool(silent) and is_lossy(self.anchors, LOSSY_DOUBT) and all(one.bad < LOSSY_ROW for one in silent)

    def slowed_by(self) -> str:
        """What slows the line itself; "" where nothing does."""
        if self.internet.state == "degraded" and self.internet.cause in SLOW_CAUSES - {"used-up"}:
            return self.internet.cause
        slow = sum(one.is_slow for one in self.anchors)
        return "line-slow" if slow >= min(QUORUM, max(1, len(self.anchors))) else ""


def internet(seen: Seen, reach: Group, lines: Mapping[str, Verdict], network: Verdict, power: Verdict | None) -> Verdict:
    """The way that the shop goes: the line in use where it is known, else the quorum over operators."""
    unbound = gather(seen.of("anchor", ""))
    mine = lines.get(seen.ways.in_use)
    if not lines and (foreign := foreign_page("internet", seen, "")) is not None:
        return without_mains(foreign, power)
    if mine is None or mine.state == "unknown":
        return without_mains(_by_quorum(unbound, reach, network), power)
    found = replace(mine, service="internet")
    if found.kinds == ("dns",):  # Told by a verdict of its own.
        return replace(found, state="up", cause="none")
    if found.state != "down":
        return found
    proof = [one for one in (*unbound.sights, *reach.sights) if one.answers and not one.via]
    if found.cause not in FOREIGN and any(one.last_at > found.since + timedelta(seconds=WORKED_AFTER_S) for one in proof):
        return Verdict("internet", "degraded", "anchors-silent", (*found.evidence, *say(proof))[:EVIDENCE_MAX], found.since, found.kinds)
    others = {name: one for name, one in lines.items() if name != seen.ways.in_use}
    if others and found.cause not in MENDED_HERE and all(one.state == "down" for one in others.values()):
        cause = "same-carrier" if _share_carrier(seen) else "all-lines"
        evidence = (*found.evidence, *(said for one in others.values() for said in one.evidence))
        return replace(found, cause=cause, evidence=evidence[:EVIDENCE_MAX])
    return found


def _share_carrier(seen: Seen) -> bool:
    carriers = {one.carrier.casefold() for one in seen.ways.lines}
    return len(carriers) == 1 and "" not in carriers


def _by_quorum(line: Group, reach: Group, network: Verdict) -> Verdict:
    said = say(line.sights)
    if line.state == "up":
        return Verdict("internet", "up", "none", said, line.since, ("anchor",))
    if reach.state == "up":
        if line.state == "down":
            return Verdict("internet", "degraded", "anchors-silent", (*said, "the cloud answers"), line.since, ("anchor",))
        return Verdict("internet", "up", "none", (*said, "the cloud answers"), reach.since)
    silent = len(line.sights) + (reach.state == "down")
    if line.state == "down" and silent >= QUORUM:
        cause = network.cause if network.state == "down" else "our-line"
        kinds: tuple[Kind, ...] = (*network.kinds, "anchor") if network.state == "down" else ("anchor",)
        return Verdict("internet", "down", cause, (*said, *network.evidence)[:EVIDENCE_MAX], line.since, kinds)
    if line.state == "holding":
        return Verdict("internet", "degraded", "flapping", said, line.since, ("anchor",))
    return unknown("internet", *said)


def dns(out: Out) -> Verdict | None:
    """Names: the provider's service, and public ones to compare. None where nothing looks."""
    mine = out.seen.in_use("dns")
    if not mine:
        return None
    if out.internet.state == "down":
        return hangs_on("dns", out.internet, "hangs on the internet line")
    theirs = tuple(one for one in mine if PROVIDERS in one.target)
    public = tuple(one for one in mine if one not in theirs)
    if out.by_chance(mine):
        return Verdict("dns", "degraded", "lossy", say(mine), min(one.since for one in mine if one.state == "down"), ("dns",))
    lying = [one for one in mine if one.state == "down" and OWN_NETWORK in one.text]
    if lying:
        cause = "dns-captive" if public and all(one.state == "down" for one in public) else "dns-lies"
        return Verdict("dns", "down", cause, say(mine), min(one.since for one in lying), ("dns",))
    first, second = gather(theirs, is_patient=True), gather(public, is_patient=True)
    if first.state == "up" or (not theirs and second.state == "up"):
        return Verdict("dns", "up", "none", say(mine), (first if theirs else second).since, ("dns",))
    if first.state == "down" and second.state == "up":
        return Verdict("dns", "down", "dns-provider", say(mine), first.since, ("dns",))
    if all(one.state == "down" for one in mine) and len(mine) >= QUORUM:
        cause = "dns-nowhere" if _is_nameless_everywhere(out) else "dns-all"
        return Verdict("dns", "down", cause, say(mine), max(one.since for one in mine), ("dns",))
    return unknown("dns", *say(mine))


def _is_nameless_everywhere(out: Out) -> bool:
    """Other lines carry, and since names fell silent none was told over any of them."""
    began, in_use = doubted_at(out.seen.fresh, out.seen.ways.in_use), out.seen.ways.in_use
    others = [name for name, one in out.lines.items() if name != in_use and one.state in ("up", "degraded")]
    return bool(others) and began is not None and all(told_over(out.seen.fresh, one, began) == "silent" for one in others)


def elsewhere(out: Out, kind: Kind, service: str, doubted_at: datetime | None) -> Elsewhere:
    """Does it answer over another line that works, and that tells names? What was seen before the doubt says nothing about it."""
    nameless = {one.via for one in out.seen.of("dns") if one.state == "down" and PROVIDERS in one.target}
    others = {name for name, one in out.lines.items() if one.state in ("up", "degraded")} - {out.seen.ways.in_use}
    good = others - nameless
    looked = [one for one in out.seen.of(kind, None, service) if one.via in good]
    over = [one for one in looked if doubted_at is None or (one.last_at >= doubted_at and _lives(out, one.via, doubted_at))]
    if any(one.answers for one in over):
        return "answers"
    if over and all(one.state == "down" for one in over):
        return "silent"
    return "open" if looked and doubted_at is not None and _is_young(out, doubted_at) else "not-known"


def _doubted_at(out: Out, kind: Kind, group: Group) -> datetime | None:
    """Since when it is asked for over the other lines, too: what was seen there since then counts."""
    return since(kind, out.seen.fresh, out.seen.ways.in_use) or group.doubted_at


def _lives(out: Out, via: str, doubted_at: datetime) -> bool:
    """That line itself was seen to carry since then."""
    anchors = out.seen.of("anchor", via)
    return not anchors or any(one.last_at >= doubted_at for one in anchors)


def _is_young(out: Out, doubted_at: datetime) -> bool:
    return out.seen.newest_at is not None and out.seen.newest_at - doubted_at <= timedelta(seconds=OPEN_S)


def remote(out: Out, service: str, kind: Kind, cause: str, way: str) -> Verdict | None:
    """Card host, telephone exchange: one thing beyond, reached over the line in use and perhaps over another. None: no look."""
    looks = out.seen.of(kind, None, service)
    if not looks:
        return None
    mine = out.seen.in_use(kind, service)
    group, evidence = gather(mine, is_patient=True), say(looks)
    other = elsewhere(out, kind, service, _doubted_at(out, kind, group))
    is_cut = out.internet.state == "down"
    if group.state == "up" and not _died_after(out.internet, group) and out.internet.cause not in FOREIGN:
        return Verdict(service, "up", "none", evidence, group.since, (kind,))
    if is_cut:  # What is silent over the other line, too, may be away, or the way to it from there is.
        return hangs_on(service, out.internet, "hangs on the internet line")
    if group.state == "down" and other != "silent" and out.by_chance(mine):
        return Verdict(service, "degraded", "lossy", evidence, group.since, (kind,))
    if group.state == "holding":
        return Verdict(service, "degraded", "flapping", evidence, group.since, (kind,))
    if group.state == "unknown" or other == "open" or _fell_with_line(out.internet, group):
        return unknown(service, *evidence)
    if other != "silent" and _by_name(out, mine):
        return hangs_on(service, out.dns or out.internet, "hangs on the name service")
    return Verdict(service, "down", way if other == "answers" else cause, evidence, group.since, (kind,))


def _by_name(out: Out, mine: tuple[Sight, ...]) -> bool:
    """Names are not told, and that is all that fails: whatever answered, however badly, was found."""
    if out.dns is None or out.dns.state != "down":
        return False
    return any(out.dns.cause in LYING or not one.text.startswith(FOUND) for one in mine if one.failing)


def _was_found(sights: tuple[Sight, ...]) -> bool:
    return any(one.failing and one.text.startswith(FOUND) for one in sights)


def _fell_with_line(internet: Verdict, group: Group) -> bool:
    """It fell before the line came back, and no look that was begun since then says that it is silent still: nobody is blamed yet."""
    is_back = internet.since is not None and (internet.state == "up" or internet.cause == "flapping")
    if not is_back or group.state != "down" or group.since is None or group.since >= internet.since:
        return False
    return not any(one.failing and one.began_at is not None and one.began_at > internet.since for one in group.sights)


def _died_after(internet: Verdict, group: Group) -> bool:
    """It answered last before the line fell, so that says nothing about now."""
    if internet.state != "down" or internet.since is None or group.last_good_at is None:
        return False
    return group.last_good_at <= internet.since + timedelta(seconds=WORKED_AFTER_S)


def cloud(out: Out, reach: Group, network: Verdict) -> Verdict:
    """The vendor's cloud as the shop can reach it."""
    said, line = say(reach.sights), out.internet
    other = elsewhere(out, "cloud", "cloud", _doubted_at(out, "cloud", reach))
    # Without named lines, silence of the line is told from its anchors alone, and an answer of the cloud clears it.
    is_cut = bool(out.lines) and _died_after(line, reach)
    if reach.state == "up" and not is_cut:
        return _reached(out, reach, said)
    if reach.state == "holding" and not is_cut:
        return Verdict("cloud", "degraded", "flapping", said, reach.since, ("cloud",))
    if out.lines and line.state != "down" and reach.state == "down" and other != "silent" and out.by_chance(reach.sights):
        return Verdict("cloud", "degraded", "lossy", said, reach.since, ("cloud",))
    if line.state != "down" and (reach.state == "unknown" or other == "open" or _fell_with_line(line, reach)):
        return unknown("cloud", *said)
    starts = [at for at in (None if is_cut else reach.since, line.since if line.state == "down" else None) if at is not None]
    earliest = min(starts) - timedelta(seconds=fresh_s("cloud", out.seen.watch_s))
    agreeing = _agreeing(out, earliest, network)
    evidence = (*said, *_over_others(out), *(line.evidence if line.state in ("down", "up", "degraded") else ()))
    since = min([*starts, *(one.turned_at for one in agreeing if one.turned_at >= earliest)])
    kinds = kinds_of(agreeing) or line.kinds
    return Verdict("cloud", "down", _whose(out, reach, other), evidence[:EVIDENCE_MAX], since, kinds)


def _reached(out: Out, reach: Group, said: tuple[str, ...]) -> Verdict:
    good = tuple(one for one in reach.sights if not one.failing)
    doors = [one for one in good if one.kind == "cloud"]
    doors = [one for one in doors if one.via] or doors  # Those are asked anew while it is slow; the others come at their own pace.
    slow = [one for one in doors if one.is_slow]
    if slow and len(slow) == len(doors):
        return Verdict("cloud", "degraded", out.slowed_by() or "their-slow", say(slow), min(one.turned_at for one in slow), ("cloud",))
    return Verdict("cloud", "up", "none", said, reach.since, kinds_of(good))


def _over_others(out: Out) -> tuple[str, ...]:
    return say(one for one in out.seen.of("cloud", None, "cloud") if one.via not in ("", out.seen.ways.in_use))


def _whose(out: Out, reach: Group, other: Elsewhere) -> str:
    """On whose side the cloud is lost."""
    line = out.internet
    if line.state == "down":
        return "no-way" if other == "silent" else line.cause
    if other == "silent":  # Two lines that work see it silent.
        return "their-cloud"
    if other == "answers" and not _by_name(out, reach.sights):
        return "way-between"
    if _by_name(out, reach.sights):
        return out.dns.cause
    if line.state not in ("up", "degraded") or (out.dns is not None and out.dns.cause == "lossy" and not _was_found(reach.sights)):
        return "not-known"  # On a line that loses much, its name may not have been found.
    if line.state == "degraded" and line.cause not in SLOW_CAUSES:
        return "not-known" if not out.lines else line.cause
    return "beyond-our-line" if len(out.lines) > 1 else "their-cloud"


def _agreeing(out: Out, earliest: datetime, network: Verdict) -> list[Sight]:
    """The sights that failed since then and have not worked again: each kind of them is a kind of evidence."""
    kinds: set[Kind] = {"cloud", "call"}
    if out.internet.state == "down":
        kinds |= {"anchor", "carrier", "content"}
    line = out.seen.ways.named(out.seen.ways.in_use)
    if network.state == "down" and is_behind(line, out.seen):
        kinds |= {"link", "carrier"}
    bad = [one for one in out.seen.fresh if (one.failing or one.state == "down") and one.via in ("", out.seen.ways.in_use)]
    return [one for one in bad if one.kind in kinds and one.service != "login" and one.last_at >= earliest]


def login(out: Out, cloud: Verdict) -> Verdict:
    """The vendor's log-in; with the cloud away nothing can be said about it."""
    looks = tuple(one for one in out.seen.fresh if one.service == "login" and one.kind != "person")
    mine = (*out.seen.in_use("login", "login"), *(one for one in looks if one.kind != "login" and not one.via))
    if cloud.state != "up" and not (cloud.state == "degraded" and cloud.cause != "flapping"):
        return unknown("login", "the cloud is not reached, so its log-in is not known")
    if mine and all(one.state == "down" for one in mine):
        if out.by_chance(mine):
            return Verdict("login", "degraded", "lossy", say(mine), min(one.since for one in mine), kinds_of(mine))
        if _by_name(out, mine):
            return hangs_on("login", out.dns, "hangs on the name service")
        return Verdict("login", "down", "their-login", say(mine), min(one.since for one in mine), kinds_of(mine))
    good = [one for one in mine if one.state == "up" and (one.answers or one.kind == "login")]
    if good:
        return Verdict("login", "up", "none", say(mine), min(one.since for one in good), kinds_of(good))
    return unknown("login", *say(mine))
