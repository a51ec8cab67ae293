"""Who knows what is truly broken, and says whether a verdict blamed something healthy or advised what cannot work.

Reads the world of `faults.py` and the words of the advice; knows nothing of how a verdict is reached.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from tideover.model.outage import Verdict
from unit.detect.faults import Shop

Claim = Callable[[Shop, str], bool]


def carries(shop: Shop, line: str) -> bool:
    """That line truly brings the shop to the internet, however badly."""
    return shop.passes(line)


def suffers(shop: Shop, line: str, *faults: str) -> bool:
    return any(f"{one}:{line}" in shop.broken for one in faults)


def blames() -> dict[str, Claim]:
    """For each cause: is what it says truly so? The second value is the line that the verdict speaks of."""
    one_line: Claim = lambda shop, line: shop.shape == "behind"  # noqa: E731
    return {
        "power": lambda shop, line: "mains" in shop.broken,
        "line-cable": lambda shop, line: not shop.cable(line),
        "line-router": lambda shop, line: not shop.router(line),
        "our-line": lambda shop, line: shop.router(line) and not carries(shop, line),
        "line-tcp": lambda shop, line: suffers(shop, line, "tcp"),
        "portal": lambda shop, line: suffers(shop, line, "portal"),
        "unpaid": lambda shop, line: suffers(shop, line, "unpaid"),
        "lossy": lambda shop, line: suffers(shop, line, "loss10", "loss20"),
        "flapping": lambda shop, line: suffers(shop, line, "loss10", "loss20"),
        "line-slow": lambda shop, line: suffers(shop, line, "slow", "throttled"),
        "throttled": lambda shop, line: suffers(shop, line, "throttled"),
        "used-up": lambda shop, line: suffers(shop, line, "used-up"),
        "all-lines": lambda shop, line: not any(carries(shop, one) for one in shop.lines),
        "same-carrier": lambda shop, line: shop.one_carrier and not any(carries(shop, one) for one in shop.lines),
        "way-between": lambda shop, line: carries(shop, line) and "cloud" not in shop.broken and suffers(shop, line, "way-cloud"),
        "beyond-our-line": lambda shop, line: carries(shop, line) and ("cloud" in shop.broken or suffers(shop, line, "way-cloud")),
        "no-way": lambda shop, line: not any(shop.reaches(one, "cloud") for one in shop.lines),
        "their-cloud": lambda shop, line: "cloud" in shop.broken or (one_line(shop, line) and suffers(shop, line, "way-cloud")),
        "their-slow": lambda shop, line: "cloud-slow" in shop.broken,
        "their-login": lambda shop, line: "login" in shop.broken,
        "their-cards": lambda shop, line: "cards" in shop.broken or suffers(shop, line, "way-cards"),
        "their-phones": lambda shop, line: "phones" in shop.broken or suffers(shop, line, "way-phones"),
        "cards-way": lambda shop, line: "cards" not in shop.broken and suffers(shop, line, "way-cards"),
        "phones-way": lambda shop, line: "phones" not in shop.broken and suffers(shop, line, "way-phones"),
        "dns-provider": lambda shop, line: suffers(shop, line, "names"),
        "dns-all": lambda shop, line: suffers(shop, line, "names") and "names-public" in shop.broken,
        "dns-nowhere": lambda shop, line: "names-public" in shop.broken and all(suffers(shop, one, "names", "lies") for one in shop.lines),
        "dns-captive": lambda shop, line: suffers(shop, line, "lies") and "names-public" in shop.broken,
        "dns-lies": lambda shop, line: suffers(shop, line, "lies"),
        "our-network": lambda shop, line: not shop.router("fibre"),
        "lan-switch": lambda shop, line: not shop.lan(),
        "box-port": lambda shop, line: not shop.port_has_signal(),
        "tills-silent": lambda shop, line: all(shop.thing(one) for one in ("till:1", "till:2")) and shop.lan(),
        "till-silent": lambda shop, line: any(shop.thing(one) for one in ("till:1", "till:2")),
        "our-printer": lambda shop, line: bool({"printer", "paper"} & shop.broken) or not shop.has_current("printer"),
        "our-office-printer": lambda shop, line: "office-printer" in shop.broken or not shop.has_current("office-printer"),
        "anchors-silent": lambda shop, line: False,
        "none": lambda shop, line: True,
        "not-known": lambda shop, line: True,
    }


BLAMES = blames()
# Words that say or ask something of the world. All others only ask people to serve on, wait or call.
STEPS: tuple[tuple[str, Claim], ...] = (
    (r"Push the cable in", lambda shop, line: not shop.cable(line) or not shop.port_has_signal()),
    (r"Look whether the router has power", lambda shop, line: not shop.router("fibre") or not shop.router(line)),
    (r"(Restart the router once|Restart its router once)", lambda shop, line: bool(shop.broken)),
    (r"Restart each router once", lambda shop, line: not any(carries(shop, one) for one in shop.lines)),
    (r"log in or accept", lambda shop, line: suffers(shop, line, "portal")),
    (r"about the bill", lambda shop, line: suffers(shop, line, "unpaid")),
    (r"enters? a public name server", lambda shop, line: shop.passes(line, udp=True) and "names-public" not in shop.broken),
    (r"no name is found there, either", lambda shop, line: all(shop.names(one) for one in shop.lines)),
    (r"Pull its plug", lambda shop, line: bool({"switch", "switch-hung"} & shop.broken)),
    (r"current from a battery", lambda shop, line: "mains" in shop.broken),
    (r"cable between the battery", lambda shop, line: "ups-cable" in shop.broken),
    (r"Nothing hurts now", lambda shop, line: carries(shop, shop.in_use)),
    (r"Restarting anything here does not help", lambda shop, line: carries(shop, line) or "cloud" in shop.broken),
    (r"Our own line works", lambda shop, line: carries(shop, line)),
)
MOVES = re.compile(r"(?:Move the shop|It is moved) to (\w+)")


def is_broken(shop: Shop, service: str) -> bool:
    """Whether that service truly fails the shop as it stands."""
    line = shop.in_use
    truths = {
        "power": "mains" in shop.broken,
        "network": not shop.lan() or (shop.shape != "routes" and not shop.router("fibre")),
        "internet": not carries(shop, line),
        "dns": bool(shop.names(line)),
        "tills": any(shop.thing(one) for one in ("till:1", "till:2")),
        "printer": bool(shop.thing("printer")),
        "office-printer": bool(shop.thing("office-printer")),
    }
    if service in truths:
        return truths[service]
    if service.startswith("line-"):
        return not carries(shop, service.removeprefix("line-"))
    return service in ("cloud", "login", "cards", "phones") and not shop.reaches(line, service)


def wrongs(shop: Shop, verdict: Verdict, words: str) -> Iterable[str]:
    """What is wrong with that verdict and its words (meaning and step); nothing where all of it is so."""
    line = verdict.service.removeprefix("line-") if verdict.service.startswith("line-") else shop.in_use
    if verdict.state in ("down", "degraded"):
        if not BLAMES[verdict.cause](shop, line):
            yield f"{verdict.service}: {verdict.cause} is not so"
        for told, can_work in STEPS:
            if re.search(told, words) and not can_work(shop, line):
                yield f"{verdict.service}: '{told}' cannot work"
        if (moved := MOVES.search(words)) is not None:
            yield from _of_move(shop, verdict, moved[1])
    if verdict.state == "down" and not is_broken(shop, verdict.service):
        yield f"{verdict.service}: it works, and is said to be down"
    if verdict.state == "up" and is_broken(shop, verdict.service):
        yield f"{verdict.service}: it is broken, and is said to work"


def _of_move(shop: Shop, verdict: Verdict, target: str) -> Iterable[str]:
    if target == shop.in_use or not carries(shop, target) or suffers(shop, target, "used-up"):
        yield f"{verdict.service}: {target} helps nobody"
    elif verdict.service in ("dns", "internet", shop.in_use) and shop.names(target):
        yield f"{verdict.service}: no name is found over {target}"
    elif verdict.service in ("cloud", "cards", "phones") and not shop.reaches(target, verdict.service):
        yield f"{verdict.service}: it is not reached over {target} either"
