"""What each cause means to the person at the counter, and the one thing to do next.

English is the source; `words` translates these texts at the edge. What can be done depends on what still works: a line
that carries is moved to, a line that does not is mended. Decides nothing about causes; acts on nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from tideover.detect.verdict import standby
from tideover.detect.ways import NO_WAYS, SERVICE_OF_LINE, Ways
from tideover.model.outage import NAMELESS_CAUSES, Verdict


class Cause(Struct, frozen=True):
    """One cause in two sentences."""

    meaning: str
    next_step: str


NONE = Cause("It works.", "Nothing to do.")
NOT_KNOWN = Cause("We cannot tell yet.", "Carry on as usual. Look here again in a minute.")

CAUSES: dict[str, Cause] = {
    "none": NONE,
    "not-known": NOT_KNOWN,
    "our-line": Cause(
        "Our internet line is down: our router answers, nothing beyond it does.",
        "Keep serving. Do not restart the router more than once. Somebody who may decide confirms the outage here.",
    ),
    "our-network": Cause(
        "Our own network is down: the router does not answer.",
        "Look whether the router has power and its lights are on, and whether the cable is in. Then confirm here.",
    ),
    "their-cloud": Cause(
        "The cloud of our till is away. Our own line works.",
        "Restarting anything here does not help. Keep serving, and confirm the outage here.",
    ),
    "their-login": Cause(
        "The cloud answers, but nobody can log in.",
        "Do not log out anywhere. Tills that are logged in may go on. Confirm the outage here if they stop too.",
    ),
    "flapping": Cause(
        "The line comes and goes.",
        "It is watched and must hold for a while before we trust it. Do not switch back and forth by hand.",
    ),
    "anchors-silent": Cause(
        "The cloud answers, but none of the internet addresses that we compare with does.",
        "Carry on. Tell the person who looks after the network: a filter may block them.",
    ),
    "told-by-person": Cause(
        "Somebody here says that it does not work.",
        "Ask them what they see. Confirm the outage here, or say that it works again.",
    ),
    "our-printer": Cause(
        "The receipt printer does not print.",
        "Look at its paper, its cover and its cable. Receipts that did not come out wait on the page 'Receipts'.",
    ),
    "power": Cause(
        "The mains are off: what has no battery is dark.",
        "Save what is open. Look whether only we are dark: the fuses first, then the street. Sell on with cash and slips.",
    ),
    "line-cable": Cause(
        "The cable of this line carries nothing: it is out, or what it goes to has no current.",
        "Push the cable in at both ends, and look whether the box that it goes to has its lights on.",
    ),
    "line-router": Cause(
        "The router of this line does not answer.",
        "Look whether the router has power and its lights are on. Restart it once; then call its provider.",
    ),
    "line-tcp": Cause(
        "This line lets names through and nothing else.",
        "Restart its router once. If that does not help, tell the provider: names are found, connections are not.",
    ),
    "portal": Cause(
        "The network wants a log-in before it lets anything through.",
        "Open any page in a browser on this line, and log in or accept the terms there.",
    ),
    "unpaid": Cause(
        "The provider shows a page of its own instead of the internet, as it does when a bill is not paid.",
        "Read that page in a browser, and call the provider about the bill.",
    ),
    "lossy": Cause(
        "The line loses much of what is sent: it works in part.",
        "Press once and wait. Stop big downloads on this line. Tell the provider if it lasts for an hour.",
    ),
    "line-slow": Cause(
        "The line is far slower than usual.",
        "Press once and wait. Stop videos, updates and copies that use this line.",
    ),
    "used-up": Cause(
        "The allowance of this line is used up.",
        "Keep this line for the cloud till and cards: stop videos, updates and copies. Its provider sells more.",
    ),
    "throttled": Cause(
        "The provider of this line lets little through.",
        "Keep this line for the cloud till and cards: stop videos, updates and copies.",
    ),
    "all-lines": Cause(
        "No line carries anything, neither the usual one nor the other.",
        "Keep serving without the cloud, and confirm the outage here. Restart each router once, not more.",
    ),
    "same-carrier": Cause(
        "All our lines are down, and one carrier runs them all.",
        "Keep serving without the cloud, and confirm the outage here. A phone of another carrier can lend its line.",
    ),
    "way-between": Cause(
        "The cloud of our till works, but the way from our line to it is broken.",
        "Restarting anything here does not help. Tell the provider of the line, keep serving, and confirm the outage here.",
    ),
    "beyond-our-line": Cause(
        "Our own line works, but the cloud of our till is not reached over it. Only another line could tell whose fault it is.",
        "Restarting anything here does not help. Keep serving, and confirm the outage here.",
    ),
    "no-way": Cause(
        "The cloud of our till is reached over no line: the one in use is down, and over the other it does not answer.",
        "Keep serving without the cloud, and confirm the outage here.",
    ),
    "their-slow": Cause(
        "The cloud of our till answers far more slowly than usual. Our own line is as quick as ever.",
        "Press once and wait. Restarting anything here does not help.",
    ),
    "dns-provider": Cause(
        "The provider's name service does not answer; a public one does.",
        "Whoever looks after the network enters a public name server in the router. What is open stays open.",
    ),
    "dns-all": Cause(
        "No name service answers, though the line works.",
        "Restart the router once. What is open stays open: do not close it.",
    ),
    "dns-nowhere": Cause(
        "Our lines work, but no name service answers over any of them.",
        "Keep serving, and close nothing that is open. Another line does not help: no name is found there, either. Call the provider.",
    ),
    "dns-lies": Cause(
        "The name service gives false answers: they lead into the network itself.",
        "Open any page in a browser: if the network wants a log-in, log in. Else enter a public name server in the router.",
    ),
    "dns-captive": Cause(
        "The name service gives false answers, and no other one is reached: the network keeps us in.",
        "Open any page in a browser: if the network wants a log-in, log in. Else call its provider.",
    ),
    "their-cards": Cause(
        "The service of the card terminal is away. Our own line works.",
        "Restarting the terminal does not help. Take the other ways to pay: the playbook 'cards' names them.",
    ),
    "cards-way": Cause(
        "The card service works, but the way from our line to it is broken.",
        "Let the card terminal use its own mobile network if it has one, or take the other ways to pay.",
    ),
    "their-phones": Cause(
        "The telephone exchange does not answer. Our own line works.",
        "Divert the shop's number to a mobile phone: the page 'Calls' says how.",
    ),
    "phones-way": Cause(
        "The telephone exchange works, but the way from our line to it is broken.",
        "Divert the shop's number to a mobile phone: the page 'Calls' says how.",
    ),
    "lan-switch": Cause(
        "The shop's own network is silent: router, tills and printers do not answer, though the cable of this box is in.",
        "Look at the switch that all cables go to. Pull its plug, wait ten seconds, and plug it in again.",
    ),
    "box-port": Cause(
        "This box is cut off from the shop's network: its cable carries nothing.",
        "Push the cable in at this machine and at its other end, and look whether the switch there has its lights on.",
    ),
    "tills-silent": Cause(
        "No till was heard lately.",
        "Look whether the tills are on and in the shop's network. They sell on by themselves and send later.",
    ),
    "till-silent": Cause(
        "One of the tills was not heard lately.",
        "Look whether that till is on and in the shop's network. It sells on by itself and sends later.",
    ),
    "our-office-printer": Cause(
        "The office printer does not print.",
        "Look at its paper, its current and its cable. Until then receipts go by mail or by hand.",
    ),
    "box-disk": Cause(
        "The disk of this machine is nearly full.",
        "Free space today. Sales are still recorded; write numbered slips if a till says that they are not.",
    ),
    "box-clock": Cause(
        "The clock of this machine is wrong.",
        "Set date and time of this machine. Sales keep the time of their own till.",
    ),
    "certificate-30": Cause(
        "The certificate of the box ends soon.",
        "Renew it this month: 'tideover tls renew', or bring the new one of your own name.",
    ),
    "certificate-14": Cause(
        "The certificate of the box ends soon.",
        "Renew it this week: 'tideover tls renew', or bring the new one of your own name.",
    ),
    "certificate-7": Cause(
        "The certificate of the box ends soon.",
        "Renew it today: 'tideover tls renew', or bring the new one of your own name.",
    ),
    "certificate-0": Cause(
        "The certificate of the box has ended: tills go on selling, and new devices do not get in.",
        "Renew it today: 'tideover tls renew', or bring the new one of your own name.",
    ),
    "box-store": Cause(
        "This machine cannot write down what it sees.",
        "Look at its disk. Write numbered slips if a till says that a sale was not recorded.",
    ),
}

CLOUD_UP = Cause("The cloud of our till works.", "Nothing to do.")
CLOUD_DOWN = Cause(
    "The cloud of our till is not reached. Whose fault it is cannot be told.",
    "Keep serving, and confirm the outage here. Internet addresses to compare with can be set under 'anchors'.",
)
SPECIAL: dict[tuple[str, str, str], Cause] = {
    ("cloud", "up", "none"): CLOUD_UP,
    ("cloud", "down", "not-known"): CLOUD_DOWN,
    ("internet", "down", "power"): Cause(
        "The internet line went when the mains did.",
        "Give the router and the box on the wall current from a battery, or wait for the light. Do not call the provider first.",
    ),
    ("network", "down", "power"): Cause(
        "The shop's own network went when the mains did.",
        "Give the switch and the router current from a battery, or sell on each till by itself until the light is back.",
    ),
}
POWER_UNKNOWN = Cause(
    "Whether the mains are on is not known: what watches the battery says nothing sure.",
    "Look at the cable between the battery and this machine.",
)
HANGS = Cause("It hangs on something else that is down, so nothing can be said about it.", "See to what it hangs on first.")
HANGS_ON = "hangs on "  # How the evidence of such a verdict begins.
MOVING = "It is moved to {line} without you. Keep serving, and look here again in a minute."
MOVE = "Move the shop to {line}: the page 'Switching' says how. Keep serving meanwhile."
ASKED = "Keep serving, and close nothing that is open. Whether another line helps is not known yet: look here again in a minute."
RESTING = Cause(
    "The line {line} is down. The shop goes over {other} now.",
    "Nothing hurts now. Tell the provider of {line}, so that it is there when it is needed.",
)
# Against these another line helps; against the others of the same service something here must be done.
MOVED_FROM = frozenset(
    (
        *("our-line", "line-cable", "line-router", "line-tcp", "portal", "unpaid", "lossy", "line-slow", "used-up", "throttled"),
        *("way-between", "cards-way", "phones-way", *NAMELESS_CAUSES),
    )
)
MILD = frozenset({"lossy", "line-slow"})  # Not worth a line that costs by the byte.
MOVED_FROM_LINE = MOVED_FROM | {"flapping", "power"}  # The same words of the way out itself.


def explain(verdict: Verdict, found: Iterable[Verdict] = (), ways: Ways = NO_WAYS) -> Cause:
    """Meaning and next step of a verdict among all that was found; an unnamed cause gets the honest 'we cannot tell'."""
    every = tuple(found)
    known = {one.service: one for one in every}
    line = verdict.service.removeprefix(SERVICE_OF_LINE) if verdict.service.startswith(SERVICE_OF_LINE) else ""
    if verdict.state == "unknown" and verdict.evidence:
        if verdict.evidence[0].startswith(HANGS_ON):
            return HANGS
        if verdict.service == "power":
            return POWER_UNKNOWN
    is_cut = known.get("internet", verdict).state == "down"
    if line and verdict.state == "down" and ways.in_use not in ("", line) and not is_cut:
        names = {"line": line, "other": ways.in_use}
        return Cause(RESTING.meaning.format(**names), RESTING.next_step.format(**names))
    key = "internet" if line else verdict.service
    is_nameless = verdict.cause in NAMELESS_CAUSES
    names = known.get("dns")
    of_all = ("dns-nowhere", "dns-captive") if line in ("", ways.in_use) else ("dns-nowhere",)  # A line that rests is kept in by nobody.
    cause = names.cause if is_nameless and names is not None and names.cause in of_all else verdict.cause
    said = SPECIAL.get((key, verdict.state, cause)) or CAUSES.get(cause, NOT_KNOWN)
    is_out = key == "internet" or (verdict.service == "cloud" and known.get("internet", verdict).cause == verdict.cause)
    helps = cause in (MOVED_FROM_LINE if is_out and verdict.service != "network" else MOVED_FROM) and verdict.state in ("down", "degraded")
    other = standby(every, ways, is_nameless) if helps else ""
    target = ways.named(other)
    if target is None and helps and cause == "dns-all" and standby(every, ways):
        return Cause(said.meaning, ASKED)
    if target is None or (target.is_metered and verdict.cause in MILD):
        return said
    return Cause(said.meaning, (MOVING if ways.is_armed and is_cut else MOVE).format(line=other))
