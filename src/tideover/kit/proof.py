"""When a thing, a number or a person was last seen to work, in words that tell a proof from a claim. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from tideover.kit.matter import Matter, Seen
from tideover.plan.records import Check
from tideover.words import THIN, Say

UNBROKEN_MAX = 24  # Characters: such a number fits into each column that shows one.


def last_seen(matter: Matter, subject: str) -> Seen | None:
    """The best that is known of all checks of that subject ("thing/stick", "party/line"); None: nothing."""
    return newest(matter.seen.get(check.key) for check in matter.checks if check.subject == subject)


def newest(answers: Iterable[Seen | None]) -> Seen | None:
    """What counts of several answers: the newest that saw it work or fail; where nobody saw anything, the newest claim."""
    return max(
        (one for one in answers if one is not None), key=lambda one: (one.standing == "proof" or not one.works, one.on), default=None
    )


def in_words(said: Say, seen: Seen | None) -> str:
    """What is known, with its day."""
    if seen is None:
        return said("never tried")
    day = said.day(seen.on)
    if not seen.works:
        return said("did not work {day}", day=day)
    return said("proven {day}", day=day) if seen.standing == "proof" else said("only said {day}", day=day)


def due_on(check: Check, seen: Seen | None) -> str:
    """The day by which it is to be looked at again, YYYY-MM-DD; "" for at once.

    Does not depend on today: paper does not change overnight.
    """
    if seen is not None and not seen.works:
        return ""
    if seen is None or seen.standing == "claim":  # What was only said puts nothing off.
        return check.first_on or ""
    return (date.fromisoformat(seen.on) + timedelta(days=check.period_days)).isoformat()


def clipped(text: str, length: int) -> str:
    """As much of a text as fits, cut between words, with a sign that there was more."""
    if len(text) <= length:
        return text
    kept = text[: length - 1]
    return (kept.rpartition(" ")[0] if " " in kept[length // 2 :] else kept).rstrip(" ,;.") + "…"


def unbroken(number: str) -> str:
    """An account number that is read out stays on one line; one as long as a text may break."""
    return number.replace(" ", THIN) if len(number) <= UNBROKEN_MAX else number
