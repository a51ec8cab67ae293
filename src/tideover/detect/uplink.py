"""One line to the internet: does it carry, and if not, where it ends. Cable, its router, the provider, its log-in page.

Every anchor at once must be silent for some rounds before a line is down: chance takes one, seldom all. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from tideover.detect.group import (
    EVIDENCE_MAX,
    QUORUM,
    STATES,
    WORKED_AFTER_S,
    Group,
    Seen,
    fell_with,
    gather,
    hangs_on,
    kinds_of,
    say,
    unknown,
)
from tideover.detect.naming import doubted_at, may_tell
from tideover.detect.sight import LINE_DOWN_AFTER, PAST_KEPT, PAST_LOOKS, Sight
from tideover.detect.ways import OWN_NETWORK, PORTAL, PROVIDER_PAGE, PROVIDERS, service_of
from tideover.model.line import Line
from tideover.model.outage import Kind, State, Verdict

ROUNDS = LINE_DOWN_AFTER["anchor"][0]  # In which all anchors were silent at once.
LOSSY_SHARE = 0.10  # Of the last looks at each of two anchors: from here on a line loses too much.
LEAVES = 0.5  # Below this part of that share it loses too much no more.
STEP_BACK = 10  # Each of so many last looks is compared, and of those before them every so manieth.
LOSSY_DOUBT = 0.05  # From here on, what fails alone may fail by chance.
LOSSY_LOOKS = 16  # Fewer looks tell no share.
LOSSY_ROW = 12  # Bad looks in a row of one single thing, on a line that loses many, until that is no chance any more.
POWER_GRACE_S = 60.0  # A line that fell this long before the mains did so for a reason of its own.
NAMES_AFTER_S = 0.2  # A name that was told so long after the fall was asked for after it.
NAMES_ROW = 6  # Bad looks in a row at a name service: a single packet is lost more often than a connection.
OVER: tuple[Kind, ...] = ("cloud", "card", "login")  # What else proves that a line carries connections.
VERIFIED: tuple[Kind, ...] = ("cloud", "login")  # Their certificate is verified: no foreign page answers for them, as it does for TCP.
FOREIGN = frozenset({"portal", "unpaid"})


def is_behind(line: Line | None, seen: Seen) -> bool:
    """The line is reached through the shop's own network; a box that routes has a port of its own for each."""
    if line is None or not line.device:
        return True
    return any(one.target == line.device for one in seen.of("carrier", "") if one.service == "network")


def judge(line: Line, seen: Seen, power: Verdict | None, network: Verdict) -> Verdict:
    """What that line's looks mean."""
    found = _bare(line, seen)
    if found.state == "down" and network.state == "down" and is_behind(line, seen):
        return hangs_on(found.service, network, "hangs on the shop's own network")
    is_spare = line.name != seen.ways.in_use and "anchor" in found.kinds and found.state in ("up", "degraded")
    if is_spare and may_tell(seen.fresh, line.name, doubted_at(seen.fresh, seen.ways.in_use), seen.newest_at):
        return replace(found, kinds=(*found.kinds, "dns"))  # Whoever finds no names where he is may move there.
    return without_mains(found, power)


def without_mains(found: Verdict, power: Verdict | None) -> Verdict:
    """What died with the mains is the mains' fault."""
    if found.state == "down" and power is not None and power.state == "down" and fell_with(found, power, POWER_GRACE_S):
        return Verdict(found.service, "down", "power", (*power.evidence, *found.evidence), found.since, (*found.kinds, "ups"))
    return found


def _bare(line: Line, seen: Seen) -> Verdict:
    name, service = line.name, service_of(line.name)
    cable = [one for one in seen.of("carrier", name) if one.failing]
    if cable:
        return Verdict(service, "down", "line-cable", say(cable), min(one.turned_at for one in cable), ("carrier",))
    anchors = seen.of("anchor", name)
    said = say(anchors)
    beyond = tuple(one for kind in OVER for one in seen.of(kind, name))
    since = _silent_since(anchors)
    if (foreign := foreign_page(service, seen, name)) is not None:
        return replace(foreign, evidence=(*foreign.evidence, *said)[:EVIDENCE_MAX])
    if since is not None and len(anchors) + sum(one.state == "down" for one in beyond) >= QUORUM:
        if _worked_since(beyond, since, WORKED_AFTER_S):
            return Verdict(service, "degraded", "anchors-silent", (*said, *say(beyond)), since, ("anchor",))
        return _dead(service, name, seen, anchors, since)
    return _alive(line, seen, anchors)


def carries(anchors: Sequence[Sight]) -> State:
    """What the anchors of one line alone say: `down`, `degraded` while it is lossy or held, `up`, or not known."""
    if _silent_since(anchors) is not None:
        return "down"
    return "degraded" if is_lossy(anchors) else STATES[gather(anchors, is_patient=True).state]


def _silent_since(anchors: Sequence[Sight]) -> datetime | None:
    """All of them are down, and at the same time; one lucky answer of one of them changes nothing."""
    if not anchors or any(one.state != "down" for one in anchors):
        return None
    lucky = sum(one.good > 0 for one in anchors)
    if lucky > 1 or lucky == len(anchors) or any(one.bad < ROUNDS for one in anchors if one.bad):
        return None
    return max(one.turned_at if one.bad else one.since for one in anchors)


def _worked_since(sights: Sequence[Sight], since: datetime, after_s: float) -> bool:
    at = Group(sights=tuple(one for one in sights if one.answers)).last_good_at
    return at is not None and at > since + timedelta(seconds=after_s)


def foreign_page(service: str, seen: Seen, via: str) -> Verdict | None:
    """Somebody else's page where the real one should be; what is surely reached beyond it says that only the page has moved."""
    beyond = tuple(one for kind in VERIFIED for one in seen.of(kind, via))
    for one in seen.of("content", via):
        if one.state != "down" or one.turned_at is None or not (PORTAL in one.text or PROVIDER_PAGE in one.text):
            continue
        looked = [look for look in beyond if look.last_at is not None and look.last_at >= one.turned_at]
        if bool(looked) == bool(beyond) and not any(look.good for look in looked):
            cause = "portal" if PORTAL in one.text else "unpaid"
            return Verdict(service, "down", cause, say((one,)), one.turned_at, ("content",))
    return None


def _dead(service: str, name: str, seen: Seen, anchors: Sequence[Sight], since: datetime) -> Verdict:
    """Nothing beyond answers: where does it end?"""
    said = say(anchors)
    single = [*(one for one in seen.of("dns", name) if PROVIDERS not in one.target), *seen.of("sip", name)]
    if _worked_since(single, since, NAMES_AFTER_S):  # Single packets come through, connections do not.
        return Verdict(service, "down", "line-tcp", (*say(single), *said), since, ("anchor",))
    link = gather(seen.of("link", name))
    if link.state == "down":
        return Verdict(service, "down", "line-router", (*say(link.sights), *said), min(since, link.since), ("link", "anchor"))
    return Verdict(service, "down", "our-line", (*said, *say(link.sights)), since, ("anchor",))


def _alive(line: Line, seen: Seen, anchors: Sequence[Sight]) -> Verdict:
    """Something answers, or too little is known."""
    service, name, group, said = service_of(line.name), line.name, gather(anchors, is_patient=True), say(anchors)
    since = group.since
    if line.name in seen.ways.used_up:
        return Verdict(service, "degraded", "used-up", ("its allowance is used up", *said), since, ())
    if is_lossy(anchors):
        return Verdict(service, "degraded", "lossy", said, min(one.turned_at for one in anchors), ("anchor",))
    if group.state == "down":  # Silent, but not at once, or below the quorum.
        return unknown(service, *said)
    if group.state == "holding":
        return Verdict(service, "degraded", "flapping", said, since, ("anchor",))
    if group.state != "up":
        link = gather(seen.of("link", name))
        return unknown(service, *said, *say(link.sights))
    told = seen.of("dns", name)
    names = [one for one in told if PROVIDERS in one.target and one.state == "down" and one.bad >= NAMES_ROW]
    if names:
        silent = "dns-all" if all(one.state == "down" for one in told) else "dns-provider"
        cause = "dns-lies" if any(OWN_NETWORK in one.text for one in names) else silent
        return Verdict(service, "degraded", cause, (*say(names), *said), min(one.since for one in names), ("dns",))
    if name in seen.ways.throttled:
        return Verdict(service, "degraded", "throttled", ("its provider lets little through", *said), since, ("anchor",))
    slow = [one for one in anchors if one.is_slow]
    if len(slow) >= min(QUORUM, len(anchors)):
        return Verdict(service, "degraded", "line-slow", say(slow), min(one.turned_at for one in slow), ("anchor",))
    return Verdict(service, "up", "none", said, since, kinds_of(anchors))


def is_lossy(anchors: Sequence[Sight], share: float = LOSSY_SHARE) -> bool:
    """Looks are lost here and there, at more than one anchor, and never for long at all of them at once.

    Once so many were lost it stays lossy until clearly fewer are: the wall does not blink.
    """
    if _loses(anchors, share, 0):
        return True
    lately = (*range(1, STEP_BACK), *range(STEP_BACK, PAST_KEPT - PAST_LOOKS, STEP_BACK))
    return _loses(anchors, share * LEAVES, 0) and any(_loses(anchors, share, n) for n in lately)


def _loses(anchors: Sequence[Sight], share: float, back: int) -> bool:
    """That share of PAST_LOOKS looks, as it stood so many looks ago; right after the start as many must be lost as on any other day."""
    mine = [one for one in anchors if one.seen >= LOSSY_LOOKS and one.bad < LOSSY_ROW]
    now = back or min((one.bad for one in mine), default=0)  # All are silent for so many looks: that may become a fall, and is left out.
    whole = (1 << PAST_LOOKS) - 1
    lost = [(one.past >> now & whole).bit_count() for one in mine if one.seen >= now + LOSSY_LOOKS]
    shares = sorted((count / PAST_LOOKS for count in lost), reverse=True)
    if not shares or len(shares) < min(QUORUM, len(anchors)) or shares[min(QUORUM, len(shares)) - 1] < share:
        return False
    together = whole
    for one in mine:
        together &= one.past >> back
    return not any(together >> n & (1 << ROUNDS) - 1 == (1 << ROUNDS) - 1 for n in range(PAST_LOOKS))
