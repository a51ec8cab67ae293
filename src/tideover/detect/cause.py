"""What each cause means to the person at the counter, and the one thing to do next.

English is the source; `words` translates these texts at the edge. Nothing is decided here.
"""

from __future__ import annotations

from msgspec import Struct

from tideover.model.outage import Verdict


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
}


def explain(verdict: Verdict) -> Cause:
    """Meaning and next step of a verdict; an unnamed cause gets the honest 'we cannot tell'."""
    return SPECIAL.get((verdict.service, verdict.state, verdict.cause)) or CAUSES.get(verdict.cause, NOT_KNOWN)
