"""Reads what came out of the printer as a customer would, and compares it with what was sold. Knows nothing of jobs or states."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

TITLE = re.compile(r"^ *(KUITTI|HYVITYS)( - KOPIO)? *$")
NUMBER = re.compile(r"^Nro (\S+) ")
LAST = re.compile(r"^ +13,5 +")  # The VAT line: the receipt is whole.


def receipts_on(strips: Iterable[Iterable[str]]) -> list[tuple[str, bool, bool]]:
    """(number, is marked as a copy, is whole) of each receipt that was begun, in order."""
    found: list[tuple[str, bool, bool]] = []
    for strip in strips:
        marked = False
        for line in strip:
            if title := TITLE.match(line):
                marked = title[2] is not None
            elif number := NUMBER.match(line):
                found.append((number[1], marked, False))
            elif LAST.match(line) and found:
                found[-1] = (*found[-1][:2], True)
    return found


def faults(strips: Iterable[Iterable[str]], sold: Iterable[str], by_hand: Mapping[str, int]) -> list[str]:
    """What a shop must never see: two unmarked receipts of one sale, a sale whose customer got none, one that was never sold."""
    found, numbers = receipts_on(strips), set(sold)
    unmarked = Counter(number for number, is_copy, _ in found if not is_copy)
    whole = {number for number, _, is_whole in found if is_whole}
    return [
        *(f"{number}: {count} receipts without the mark" for number, count in unmarked.items() if count > 1),
        *(f"{number}: its customer got none" for number in sorted(numbers - whole - set(by_hand))),
        *(f"{number}: never sold" for number in sorted({one[0] for one in found} - numbers)),
    ]
