"""The guided card for the phones: which code is dialled or which page is opened for the shop's kind of line, step by step, and back.

What was diverted before is asked first and put back afterwards. No step erases all diversions at once: the voicemail is one of them.
Pure.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote, urlsplit

from msgspec import Struct

from tideover.plan.records import Check
from tideover.rules.phone import dialled
from tideover.settings import Settings

Kind = Literal["mobile", "fixed", "sip-portal", "pbx"]
KINDS: dict[Kind, str] = {
    "mobile": "A mobile phone, or a box with a SIM card",
    "fixed": "A fixed line",
    "sip-portal": "Internet phones; the carrier has a page for them",
    "pbx": "A telephone system of our own",
}

CHECK = "calls/armed"  # Key of the check that the diversion is set up at the carrier.
PERIOD_DAYS, GRACE_DAYS = 90, 14
ABROAD = {"AU": "0011"}  # What is dialled before an international number; elsewhere 00.
COUNTRIES = {"FI": "358", "GB": "44", "AU": "61"}
NO_REPLY_S = 20  # About four rings; networks take 5 to 30 in steps of 5.
VOICE = 11  # Of a no-reply diversion: voice calls alone.

ASK = "Ask what is diverted now, and write it down."
ASK_AGAIN = "Ask again. The phone must show the number that takes the calls."
DIVERT = "Divert all calls."
OLD_BACK = "Put the old diversion back."
TEST = "Ring the shop's number from another phone. Somebody answers where the calls go now."
NEVER = "Never dial ##002#. It erases every diversion, the voicemail's too, and nobody knows afterwards what was there."
BY_ITSELF = "Best is what nobody has to do: set up beforehand, the carrier diverts by itself when the shop cannot be reached."


class Step(Struct, frozen=True):
    """One thing to do."""

    text: str
    code: str = ""  # What is dialled.
    href: str = ""  # The same for a telephone to dial, or a page to open.
    note: str = ""  # What to know about it.


class Card(Struct, frozen=True):
    """All of it for one kind of line."""

    kind: Kind
    go: tuple[Step, ...]
    back: tuple[Step, ...]
    beforehand: tuple[Step, ...]  # So that nothing has to be dialled on the day.
    has_codes: bool


def card_of(kind: Kind, to: str, before: str = "", portal: str = "", country: str = "FI") -> Card:
    """The card.

    to: the number that takes the calls, "" where none is known. before: what was diverted before, "" for nothing.
    portal: the carrier's page; anything but http(s) is left out.
    """
    page = portal if urlsplit(portal).scheme in ("http", "https") else ""
    match kind:
        case "mobile":
            return _mobile(dialled(to), _back(before, dialled(before), "**21*{}#", "#21#"))
        case "fixed":
            return _fixed(_from_here(to, country), _back(before, _from_here(before, country), "*21*{}#", "#21#"), page)
        case "sip-portal":
            return _portal(before, page)
        case _:
            return _own_system(_from_here(to, country), _back(before, _from_here(before, country), "*72{}", "*73"), page)


def _back(before: str, number: str, form: str, off: str) -> Step:
    """What was there before is put back; where nothing was, the diversion is taken off."""
    if not before.strip():
        return _dial("Take the diversion off.", off)
    return _dial(OLD_BACK, form.format(number)) if number else Step(OLD_BACK)


def _mobile(to: str, back: Step) -> Card:
    asked = _dial(ASK, "*#21#", "A number, or that nothing is diverted: it is put back afterwards.")
    beforehand = (
        _dial("Ask first what stands there; often it is the voicemail. Write it down.", "*#62#"),
        _dial("Divert when the phone cannot be reached: switched off, broken, without network.", _to("**62*{}#", to)),
        _dial("If you like, also when nobody answers for 20 seconds.", _to(f"**61*{{}}*{VOICE}*{NO_REPLY_S}#", to), _INSTEAD),
        _dial("Ask again: it shows the number.", "*#62#"),
    )
    go = (asked, _dial(DIVERT, _to("**21*{}#", to), "On the shop's phone, with its SIM card."), _dial(ASK_AGAIN, "*#21#"), Step(TEST))
    return Card("mobile", go, (back, _dial("Ask again: it shows what was there before.", "*#21#"), _RINGS_HERE), beforehand, True)


def _fixed(to: str, back: Step, page: str) -> Card:
    asked = _dial(ASK, "*#21#", "A number or a sentence. A line without a dial tone takes no code: ring the carrier, or use its page.")
    go = (asked, _dial(DIVERT, _to("*21*{}#", to), "On the shop's phone."), _dial(ASK_AGAIN, "*#21#"), Step(TEST))
    beforehand = (Step("Ask the carrier to divert the calls by itself when the line is dead, and to which number.", "", page),)
    return Card("fixed", go, (back, _dial("Ask again: it shows what was there before.", "*#21#"), _RINGS_HERE), beforehand, True)


def _portal(before: str, page: str) -> Card:
    opened = Step("Open the carrier's page on any device with a line, a mobile will do, and log in.", "", page, "" if page else _NO_PAGE)
    go = (
        opened,
        Step("Find where calls are diverted or forwarded. Write down what stands there."),
        Step("Divert all calls to the number above, and save it."),
        Step(TEST),
    )
    old = Step("Put back what stood there before, and save it.") if before.strip() else Step("Take the diversion off, and save it.")
    beforehand = (Step("On the same page: divert when the phones cannot be reached (not registered), to the number above.", "", page),)
    return Card("sip-portal", go, (opened, old, _RINGS_HERE), beforehand, False)


def _own_system(to: str, back: Step, page: str) -> Card:
    opened = Step("Open the telephone system's page, and log in.", "", page, "" if page else _NO_PAGE)
    go = (
        opened,
        Step("Find the shop's extension and its call forwarding. Write down what stands there."),
        _dial("Divert all calls: there, or on the shop's phone.", _to("*72{}", to), _THEIR_OWN),
        Step(TEST),
    )
    beforehand = (
        Step("A telephone system without a line cannot divert. Ask the carrier to do it by itself when the system is away.", "", page),
    )
    return Card("pbx", go, (back, _RINGS_HERE), beforehand, True)


_NO_PAGE = "Which page that is stands on the carrier's bill; set it under 'phone_portal'."
_INSTEAD = "This stands in the place of the voicemail then."
_THEIR_OWN = "*72 and *73 are FreePBX; others have codes of their own."
_RINGS_HERE = Step("Ring the shop's number from another phone. It rings in the shop again.")


def _to(form: str, number: str) -> str:
    """The code with its number; without one there is nothing to dial."""
    return form.format(number) if number else form.format("…")


def _dial(text: str, code: str, note: str = "") -> Step:
    return Step(text, code, "" if "…" in code else tel(code), note)


def tel(code: str) -> str:
    """For a telephone to dial: # would end an address, so it is written %23 (RFC 3966)."""
    return "tel:" + quote(code, safe="*+")


def _from_here(number: str, country: str) -> str:
    """As a fixed line dials it: without +."""
    number = dialled(number)
    if not number.startswith("+"):
        return number
    own = COUNTRIES.get(country, "")
    if own and number.startswith(f"+{own}"):
        return "0" + number.removeprefix(f"+{own}")
    return ABROAD.get(country, "00") + number.removeprefix("+")


def armed_checks(settings: Settings, first: str, second: str = "") -> list[Check]:
    """The check that the carrier diverts by itself; none where the shop does not say what its phones are."""
    if not settings.phone_kind:
        return []
    what = "Look whether the carrier diverts the shop's calls by itself when the phones are dead; the page 'Calls' says how."
    loss = "Without it the phones stay silent until somebody finds the code, and customers take a shop that does not answer for closed."
    return [Check(CHECK, what, "", loss, PERIOD_DAYS, GRACE_DAYS, None, first, second)]
