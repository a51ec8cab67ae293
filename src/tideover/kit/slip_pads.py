"""Pads of numbered slips on paper: a cover that says how, then one A4 per number with the customer's and the shop's half.

A pad's numbers are the plan's (`Plan.issue_pad`); this prints them and hands out none. The same pad is the same paper, so
whoever prints it twice holds the same numbers twice: the cover says so, and keying refuses the second one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from tideover.kit import qr, two_up
from tideover.kit.matter import Matter
from tideover.kit.particulars import lacks, particulars
from tideover.kit.sheet import Kind, Lack, Sheet
from tideover.plan.records import Pad
from tideover.plan.series import is_for_slips
from tideover.words import Say, say

KIND: Kind = "slips"
BOOKLET_MAX = 100  # Numbers in one paper; ten times as many fill the press's memory.


def sheets(matter: Matter, language: str) -> list[Sheet | Lack]:
    """One paper per pad of slips, several for a large one, and what is missing."""
    pads = [pad for pad in matter.pads if is_for_slips(pad)]
    if not pads:
        why = "There is no pad of slips with blank numbers. Hand one out on the page Slips, and it is printed with its numbers."
        return [Lack(KIND, why)]
    good, twice = apart(pads)
    made: list[Sheet | Lack] = [_sheet(booklet, matter, language) for pad in good for booklet in booklets(pad)]
    return [*made, *(doubled(KIND, pad) for pad in twice), *lacks(particulars(matter), KIND)]


def apart(pads: Iterable[Pad]) -> tuple[list[Pad], list[Pad]]:
    """Pads whose numbers stand on no pad before them, by series and number; and those that would print a number again."""
    good: list[Pad] = []
    twice: list[Pad] = []
    for pad in sorted(pads, key=lambda one: (one.series, one.first, one.last)):
        last = good[-1] if good else None
        (twice if last and last.series == pad.series and pad.first <= last.last else good).append(pad)
    return good, twice


def booklets(pad: Pad) -> list[Pad]:
    """A large pad as papers that a printer, and the press, can hold; each has a cover of its own."""
    firsts = range(pad.first, pad.last + 1, BOOKLET_MAX)
    return [replace(pad, key=number_of(pad, first), first=first, last=min(first + BOOKLET_MAX - 1, pad.last)) for first in firsts]


def doubled(kind: Kind, pad: Pad) -> Lack:
    """Why a pad is not printed."""
    first, last = number_of(pad, pad.first), number_of(pad, pad.last)
    return Lack(kind, f"Pad {first} to {last} holds numbers of another pad and was not printed: no number twice.")


def numbers(pad: Pad) -> list[str]:
    """Every number of a pad, as printed."""
    return [number_of(pad, number) for number in range(pad.first, pad.last + 1)]


def number_of(pad: Pad, number: int) -> str:
    """As trade/slip.py reads it back."""
    return f"{pad.series}-{number:04d}"


def _sheet(pad: Pad, matter: Matter, language: str) -> Sheet:
    said, found = say(language), particulars(matter)
    title = said("Slips {first} to {last}", first=number_of(pad, pad.first), last=number_of(pad, pad.last))
    content = two_up.halves(matter, said, numbers(pad), two_up.sale_words(found, said, said("RECEIPT")))
    return Sheet(
        kind=KIND,
        name=f"slips-{pad.key}",
        title=title,
        template=two_up.TEMPLATE,
        data=content | {"cover": _cover(pad, matter, said, title)},
        language=language,
        rows=pad.last - pad.first + 1,
    )


def _cover(pad: Pad, matter: Matter, said: Say, title: str) -> dict[str, Any]:
    count = pad.last - pad.first + 1
    return {
        "title": title,
        "count": said("{n} slips, each number once", n=count),
        "fields": [
            {"label": said("Handed to"), "value": pad.issued_to},
            {"label": said("Lies at"), "value": pad.place},
            {"label": said("Handed out on"), "value": said.day(pad.issued_on or "")},
        ],
        "how": {"title": said("How to write a slip"), "steps": [said(step) for step in STEPS]},
        "duties": {"title": said("What the law asks here"), "lines": [said(duty) for duty in matter.law.duties]},
        "handed": {"title": said("Who had the pad"), "heads": [said(head) for head in ("Name", "Day", "From no.", "To no.")]},
        "counted": _counted(count, said),
        "keyed": _where_keyed(matter, said),
    }


STEPS = (
    "Take the lowest number. Cut along the line, or fold and tear.",
    "Carbon paper between the halves writes both at once. Without it write both.",
    "One line for each thing: how many, what, VAT %, price, sum. Add up; tick how it was paid.",
    "Card: write the number of the terminal's own slip. On account: name and phone.",
    "The customer gets the left half. The right half goes into the drawer, in order.",
    "Spoilt? Write VOID across both halves and keep them. Never throw a number away.",
    "Print this pad once only. When it is used up, hand out a new one.",
)


def _counted(count: int, said: Say) -> dict[str, Any]:
    rows = [said(row) for row in ("Used", "Void", "Unused", "Missing")]
    return {
        "title": said("At the end of the day"),
        "rows": [*rows, said("Together: must be {n}", n=count), said("Sum of the used ones")],
        "note": said("A missing number needs a name: who had it last?"),
    }


def _where_keyed(matter: Matter, said: Say) -> str:
    address = qr.text_for(matter.settings, "").rstrip("/")
    if address:
        return said("Keyed in afterwards at {address}, or scan a slip's code with a phone on the shop's network.", address=address)
    return said("Keyed in afterwards at the box, on the page Slips.")
