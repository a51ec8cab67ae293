"""One check for each phone number of the plan: it is proven by calling, never by editing. Pure.

A number stands in no key and no subject, for those stand in the journal. A number that changes is another check, and unproven.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from tideover.plan.fields import key_of, name_of
from tideover.plan.records import Check, Party, Person

PERIOD_DAYS, GRACE_DAYS = 30, 7
PREFIX = "number/"  # Of the keys of these checks.
_NUMBER = re.compile(r"\+?\d[\d ()/.-]{4,}", re.ASCII)  # Longer than an emergency number: that one is not called to try it.

Tag = Callable[[type[Struct], str, str], str]  # Kind, key, number to a short secret name: `Plan.tag`.


def is_number(address: str) -> bool:
    """True for what a telephone dials."""
    return _NUMBER.fullmatch(address.strip()) is not None


def dialled(address: str) -> str:
    """What the telephone is given: writing a number otherwise does not make it another one."""
    return re.sub(r"[^\d+]", "", address)


def numbers_of(record: Person | Party) -> list[str]:
    """Each number of a person or a party once, as it is written."""
    written = (record.phone, *record.other_phones) if isinstance(record, Person) else (one.address for one in record.channels)
    found = {dialled(one): one.strip() for one in reversed([*written]) if is_number(one)}
    return list(reversed(found.values()))


def number_key(record: Person | Party, number: str, tag: Tag) -> str:
    """The key of the check of that number."""
    return PREFIX + tag(type(record), key_of(record), dialled(number))


def contact_checks(
    records: Iterable[Person | Party], tag: Tag, first: str, second: str = "", since: Mapping[tuple[str, str], str] | None = None
) -> Iterator[Check]:
    """A monthly check of each number.

    first, second: who is asked. since: kind and key of a record to the day (YYYY-MM-DD) on which it was last changed.
    """
    for record in records:
        kind, key = name_of(type(record)), key_of(record)
        for number in numbers_of(record):
            yield Check(
                key=number_key(record, number, tag),
                what=f"Call {number}: does {key if isinstance(record, Person) else record.name} answer?",
                subject=f"{kind}/{key}",
                loss="On the day a wrong number is found out by the one who needs it.",
                period_days=PERIOD_DAYS,
                grace_days=GRACE_DAYS,
                first_on=(since or {}).get((kind, key)),
                first_person=first,
                second_person=second,
            )
