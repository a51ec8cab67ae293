"""The few commands of ESC/POS that a receipt needs, as bytes; and what a printer's answers mean. Pure: no port, no clock.

Epson's names and values (ESC/POS command reference); other makers follow them as far as their profile says. Text goes through
`plain` first and through a code page then, so that no name of a customer or an item can cut paper or open a drawer.
"""

from __future__ import annotations

import unicodedata

from msgspec import Struct

from tideover.model.receipt import Slip
from tideover.words import plain

START = b"\x1b@"  # ESC @: forget what the job before left behind.
STRONG, NORMAL = b"\x1bE\x01", b"\x1bE\x00"  # ESC E n: emphasised.
DRAWER = b"\x1bp\x00\x19\xfa"  # ESC p 0: pin 2, 50 ms on, 500 ms off.
CUT = b"\x1dVB\x00"  # GS V 66 0: feed to the knife and cut, leaving a point.
NO_KNIFE = b"\n" * 4  # Far enough to tear it off.
PAPER_ASKED = b"\x1dr\x01"  # GS r 1: answered only when everything before it has been worked through.
PROCESS_ID = b"\x1d(H\x06\x0000"  # GS ( H, function 48, and four signs: sent back when all before it is printed.
PROCESS_ANSWER = b"7\x22"  # How that answer begins; the four signs and a NUL follow.
ID_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# DLE EOT n is answered at once, even by a printer that cannot print: one byte each.
REALTIME = b"\x10\x04"
OFFLINE, CAUSE, PAPER = 1, 2, 4
ASKED = (OFFLINE, CAUSE, PAPER)
FIXED_MASK, FIXED_BITS = 0x93, 0x12  # In each of these answers bits 1 and 4 are set, 0 and 7 are not.
PAPER_MASK = 0x90  # In the answer to GS r bits 4 and 7 are not set: so the two are told apart.
COVER_OPEN, PAPER_ENDED, FAILED = 0x04, 0x20, 0x40  # Of CAUSE.
PAPER_LOW, PAPER_OUT, IS_OFFLINE = 0x0C, 0x60, 0x08


class Profile(Struct, frozen=True):
    """What a make of printer can do."""

    name: str
    width: int  # Characters of font A on one line.
    codec: str  # Python's name of the code page …
    page: int  # … and the printer's number of it, for ESC t.
    has_status: bool  # Answers DLE EOT.
    confirms: str  # "id": GS ( H; "paper": GS r; "": never says that it is done.
    has_knife: bool = True
    has_drawer: bool = True


PROFILES: dict[str, Profile] = {
    one.name: one
    for one in (
        Profile("epson-80", 48, "cp1252", 16, True, "id"),  # TM-T20II/III, TM-T88V/VI, TM-m30 on 80 mm paper.
        Profile("epson-80-42", 42, "cp1252", 16, True, "id"),  # The same with 42 columns, TM-T88III/IV.
        Profile("epson-58", 35, "cp1252", 16, True, "id"),  # TM-m30 and TM-T20 on 58 mm paper.
        Profile("generic-80", 48, "cp858", 19, True, "paper"),  # Most others that call themselves ESC/POS.
        Profile("generic-58", 32, "cp858", 19, True, "paper", has_knife=False),
        Profile("blind-80", 42, "cp858", 19, False, ""),  # A printer, or a line to it, that says nothing back.
        Profile("blind-58", 32, "cp858", 19, False, "", has_knife=False),
    )
}
DEFAULT = "generic-80"

# Signs that Finnish, Swedish and English texts use and an old code page lacks.
INSTEAD = str.maketrans(
    {"–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": ".", "×": "x", "•": "*", "\u00a0": " ", "\u202f": " "}
)  # fmt: skip


def encoded(text: str, codec: str) -> bytes:
    """The text in that code page without anything that a printer would obey; a letter that it lacks loses its accent, or becomes "?"."""
    return b"".join(_sign(one, codec) for one in spaced(text))


def spaced(text: str) -> str:
    """`plain`, but spaces stay as many as they were: they are what puts sums under each other."""
    return " ".join(plain(part) for part in text.split(" "))


def _sign(one: str, codec: str) -> bytes:
    """One byte, so that no line grows wider than it was laid out; none for a loose accent."""
    if unicodedata.combining(one):
        return b""
    for form in (one, one.translate(INSTEAD), _bare(one)):
        try:
            found = form.encode(codec)
        except UnicodeEncodeError:
            continue
        if found and found[0] >= 0x20 and found[0] != 0x7F:
            return found[:1]
    return b"?"


def _bare(one: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", one) if not unicodedata.combining(part))


def document(slip: Slip, profile: Profile, id: str) -> bytes:
    """All bytes of one job; id: four signs that the printer sends back, where it can."""
    parts = [START, b"\x1bt" + bytes([profile.page])]
    if slip.opens_drawer and profile.has_drawer:
        parts.append(DRAWER)
    for row in slip.rows:
        line = encoded(row.text.rstrip(), profile.codec) + b"\n"
        parts.append(STRONG + line + NORMAL if row.is_strong else line)
    parts.append(CUT if profile.has_knife else NO_KNIFE)
    parts.append({"id": PROCESS_ID + id.encode("ascii"), "paper": PAPER_ASKED}.get(profile.confirms, b""))
    return b"".join(parts)


def id_of(number: int) -> str:
    """Four signs of a running number."""
    base = len(ID_SIGNS)
    return "".join(ID_SIGNS[number // base**place % base] for place in range(4))


def is_done(said: bytes, profile: Profile, id: str) -> bool:
    """True if what the printer said holds its word that this job is done."""
    if profile.confirms == "id":
        return PROCESS_ANSWER + id.encode("ascii") + b"\0" in said
    return profile.confirms == "paper" and any(not byte & PAPER_MASK for byte in said)


def is_status(byte: int) -> bool:
    """True for an answer to DLE EOT; anything else is not a receipt printer's."""
    return byte & FIXED_MASK == FIXED_BITS


def trouble_of(offline: int, cause: int, paper: int) -> str:
    """Why it cannot print, in words; "" where it can. A roll that is nearly out still prints."""
    if paper & PAPER_OUT or cause & PAPER_ENDED:
        return "it is out of paper"
    if cause & COVER_OPEN:
        return "its cover is open"
    if cause & FAILED:
        return "it reports an error: switch it off and on, and look for jammed paper"
    return "it is paused: press its feed button" if offline & IS_OFFLINE else ""


def is_low(paper: int) -> bool:
    """True when the roll is nearly out."""
    return bool(paper & PAPER_LOW)
