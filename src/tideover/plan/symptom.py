"""Which playbook fits: by the cause that the box found, or by what people say that they see. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from tideover.plan.playbook import Playbook

OF_CAUSE = {
    "our-line": "internet-down",
    "our-network": "internet-down",
    "anchors-silent": "internet-down",
    "their-cloud": "cloud-down",
    "their-login": "login-broken",
    "flapping": "line-unsteady",
    "lossy": "line-unsteady",
    "power": "power-cut",
    **dict.fromkeys(("dns-provider", "dns-all", "dns-nowhere", "dns-lies", "dns-captive"), "internet-down"),
    **dict.fromkeys(("way-between", "all-lines", "same-carrier"), "internet-down"),
    **dict.fromkeys(("line-cable", "line-router", "line-tcp", "line-slow", "portal", "unpaid", "throttled", "used-up"), "internet-down"),
    "their-slow": "cloud-down",
}
OF_SERVICE = {
    "internet": "internet-down",
    "network": "internet-down",
    "dns": "internet-down",
    "cloud": "cloud-down",
    "login": "login-broken",
    "crm": "crm-down",
    "cards": "cards-down",
    "power": "power-cut",
    "phones": "phones-dead",
    "tills": "till-pc-dead",
    "printer": "printer-dead",
    "water": "premises-closed",
    "premises": "premises-closed",
}
WHEN_UNKNOWN = "cloud-down"  # Its second step tells whose fault it is.
TITLE_WEIGHT, SIGN_WEIGHT, TEXT_WEIGHT = 9, 4, 1
STEM = 5  # Finnish words end in many ways: so many letters of a word are enough.


def playbook_for(cause: str, service: str = "cloud") -> str:
    """The key of the starter playbook for a verdict's cause, else for its service."""
    return OF_CAUSE.get(cause) or OF_SERVICE.get(service, WHEN_UNKNOWN)


class Fit(Struct, frozen=True):
    """A playbook that was found, and the line that says why."""

    key: str
    playbook: Playbook
    sign: str  # "" where only a step said it.


def fitting(found: Mapping[str, Playbook], text: str) -> list[Fit]:
    """The playbooks in which all the words stand, the best first; without words all of them, in their order."""
    words = [_stem(one) for one in text.casefold().split()]
    ranked = []
    for place, (key, one) in enumerate(found.items()):
        points = [_points(one, word) for word in words]
        if all(points):
            sign = max(one.signs, key=lambda line: sum(word in line.casefold() for word in words)) if words else ""
            is_said = any(word in sign.casefold() for word in words)
            ranked.append((-sum(points), place, Fit(key, one, sign if is_said else "")))
    return [fit for _, _, fit in sorted(ranked, key=lambda one: one[:2])]


def _stem(word: str) -> str:
    return word if len(word) <= STEM else word[: max(STEM, len(word) - 3)]


def _points(one: Playbook, word: str) -> int:
    steps = (way.text for step in one.steps for way in step.ways)
    weighed = ((TITLE_WEIGHT, (one.title,)), (SIGN_WEIGHT, one.signs), (TEXT_WEIGHT, (*one.says, *steps)))
    return sum(weight for weight, lines in weighed if any(word in line.casefold() for line in lines))
