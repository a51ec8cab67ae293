"""What stands in the shop itself: mains, cables and switch, router, tills, printers, this machine. Pure.

Looking at these goes on whatever the internet does.
"""

from __future__ import annotations

from datetime import timedelta

from tideover.detect.group import Group, Seen, gather, hangs_on, kinds_of, plain, say, unknown
from tideover.detect.sight import Sight
from tideover.detect.uplink import is_behind
from tideover.model.outage import Verdict

LAN_QUORUM = 3  # Things of the shop's network that must be silent together before what lies between them is blamed.
OWN_WORDS = ("it ", "its ")  # A device that begins so was asked and answered: it is reached, whatever ails it.
UNREACHED = ("it does not answer", "it cannot be reached", "it is not plugged in", "its name is not found")  # … but these words are ours.
SAME_FALL_S = 60.0  # What fell so close to the network fell with it.


def power(seen: Seen) -> Verdict | None:
    """The mains, as the battery's monitor says; what it does not know for sure is unknown. None where nothing looks."""
    mine = seen.of("ups")
    if not mine:
        return None
    on_battery = [one for one in mine if one.state == "down"]
    if on_battery:
        return Verdict("power", "down", "power", say(on_battery), min(one.since for one in on_battery), ("ups",))
    if all(one.answers for one in mine):
        return Verdict("power", "up", "none", say(mine), min(one.since for one in mine), ("ups",))
    return unknown("power", *say(mine))


def network(seen: Seen, line: Group, reach: Group) -> Verdict:
    """The shop's own cables and router: broken only if nothing beyond answers either."""
    link = gather(seen.of("link", "", "network"))
    things = seen.of("till") + tuple(one for one in seen.of("device") if one.service != "box")
    heard = tuple(one for one in things if is_reached(one))
    port = [one for one in seen.of("carrier", "") if one.service == "network" and one.failing]
    proven = "up" in (line.state, reach.state) and _goes_through(seen)
    if port and not any(one.last_at > max(dead.last_at for dead in port) for one in (*heard, *link.sights) if one.good):
        return Verdict("network", "down", "box-port", say(port), min(one.turned_at for one in port), ("carrier",))
    if link.state == "down" and proven:
        return Verdict("network", "up", "none", (*say(link.sights), "what lies beyond answers, so the network works"), None)
    silent = tuple(one for one in (*link.sights, *things) if one.state == "down" and one not in heard)
    if link.state in ("down", "unknown") and not heard and len(silent) >= LAN_QUORUM and not proven and _all_fell(silent, link, things):
        return Verdict("network", "down", "lan-switch", say(silent), max(one.since for one in silent), kinds_of(silent))
    if link.state == "down":
        return Verdict("network", "down", "our-network", say((*link.sights, *heard)), link.since, ("link",))
    if not link.sights and heard:
        return Verdict("network", "up", "none", say(heard), min(one.since for one in heard if one.since), kinds_of(heard))
    return plain("network", link, "our-network")


def _all_fell(silent: tuple[Sight, ...], link: Group, things: tuple[Sight, ...]) -> bool:
    """Everything that we know of in the shop's network is silent."""
    known = [one for one in (*link.sights, *things) if one.state != "unknown"]
    return len(silent) == len(known)


def _goes_through(seen: Seen) -> bool:
    """What is reached beyond came through the shop's own network, and not through a port of this machine's own."""
    ways = seen.ways
    return is_behind(ways.named(ways.in_use), seen) if ways.in_use else not any(one.device for one in ways.lines)


def is_reached(sight: Sight) -> bool:
    """It answers, or it said itself what ails it."""
    own = sight.kind == "device" and sight.text.startswith(OWN_WORDS) and not sight.text.startswith(UNREACHED)
    return sight.answers or own


def device(service: str, seen: Seen, lan: Verdict) -> Verdict:
    """A thing of the shop that can be asked itself, like the receipt printer: its own word, and what came of using it."""
    mine = seen.of("device", None, service)
    bad = [one for one in mine if one.state == "down"]
    if bad and not any(is_reached(one) for one in bad) and _fell_with(lan, bad):
        return hangs_on(service, lan, "hangs on the shop's own network")
    if bad:
        return Verdict(service, "down", f"our-{service}", say(bad), min(one.since for one in bad), ("device",))
    return plain(service, Group(mine[0].state, mine[0].since, mine), f"our-{service}")


def _fell_with(lan: Verdict, bad: list[Sight]) -> bool:
    if lan.state != "down" or lan.cause not in ("box-port", "lan-switch", "power"):
        return False
    return lan.since is None or all(one.since >= lan.since - timedelta(seconds=SAME_FALL_S) for one in bad)


def tills(seen: Seen, lan: Verdict) -> Verdict | None:
    """When the tills were last heard. None where nothing listens."""
    mine = seen.of("till")
    if not mine:
        return None
    silent = [one for one in mine if one.state == "down"]
    if not silent:
        good = [one for one in mine if one.answers]
        if not good:
            return unknown("tills", *say(mine))
        return Verdict("tills", "up", "none", say(good), min(one.since for one in good), ("till",))
    if _fell_with(lan, silent):
        return hangs_on("tills", lan, "hangs on the shop's own network")
    state, cause = ("down", "tills-silent") if len(silent) == len(mine) else ("degraded", "till-silent")
    return Verdict("tills", state, cause, say(silent), min(one.since for one in silent), ("till",))


def box(seen: Seen) -> Verdict:
    """This machine itself: disk and clock."""
    mine = seen.of("self", None, "box")
    bad = [one for one in mine if one.failing]
    if bad:
        first = min(bad, key=lambda one: one.turned_at)
        return Verdict("box", "degraded", f"box-{first.target}", say(bad), first.turned_at, ("self",))
    if mine:
        return Verdict("box", "up", "none", say(mine), min(one.since for one in mine), ("self",))
    return unknown("box")
