"""Between our gross lines and Tryton's net ones, to the cent both ways. Pure.

Tryton keeps net unit prices of four decimals, rounds each line to cents and works the VAT out of them.
A receipt's VAT is worked out of the gross sum of each rate. So a line's net amount is what the receipt's net
sum grew by at that line, and the VAT that Tryton works out of it is set to the receipt's: the books and the
receipt say the same. What a line came to at the till stands in its note; it is believed only where it fits.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from tideover.connectors.content import gross_lines
from tideover.model.money import MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE, RATE_SCALE, decimal_text, divide_rounded
from tideover.model.sale import Document, Line
from tideover.rules.vat import vat_of

NOTE = re.compile(r"Receipt line ([0-9]{1,4}): (-?[0-9]{1,13})\.([0-9]{2})\Z")
TRIES = 200  # Ways to part a line into two that are looked at.


class Part(Struct, frozen=True):
    """One line for Tryton: all of a line of ours, or a part of it."""

    line: Line
    number: int  # Of the receipt's line, from 1.
    gross_minor: int  # Of the whole line.
    quantity: int  # Thousandths.
    price: int  # Net, ten-thousandths.

    @property
    def note(self) -> str:
        return f"Receipt line {self.number}: {decimal_text(self.gross_minor, MINOR_PER_MAJOR, 2)}"


def net_lines(document: Document) -> list[tuple[Line, int, int]]:
    """Each line with its gross and its net amount; per rate the nets come to the receipt's net sum."""
    so_far: Counter[int] = Counter()
    found = []
    for line, gross in gross_lines(document.lines, document.prices_include_vat):
        net = line.amount_minor
        if document.prices_include_vat:
            before = so_far[line.vat_ppm] - vat_of(so_far[line.vat_ppm], line.vat_ppm, included=True)
            so_far[line.vat_ppm] += gross
            net = so_far[line.vat_ppm] - vat_of(so_far[line.vat_ppm], line.vat_ppm, included=True) - before
        found.append((line, gross, net))
    return found


def parts(line: Line, number: int, gross: int, net: int, step: int) -> list[Part] | None:
    """The line as Tryton takes it: prices of four decimals whose rounded amounts come to `net` exactly.

    step: the smallest quantity of its unit, in thousandths. None: no quantity to put a price on.
    """
    if line.quantity == 0:
        return None
    sign = 1 if line.quantity > 0 else -1
    price = divide_rounded(sign * net * (PRICE_SCALE // MINOR_PER_MAJOR) * QUANTITY_SCALE, abs(line.quantity))
    if amount_of(line.quantity, price) == net:
        return [Part(line, number, gross, line.quantity, price)]
    return _in_two(line, number, gross, net, step)


def _in_two(line: Line, number: int, gross: int, net: int, step: int) -> list[Part] | None:
    """So many pieces that no price of four decimals comes to the amount: some bear the next higher price."""
    if line.quantity % step:
        return None
    pieces, sign = abs(line.quantity) // step, 1 if line.quantity > 0 else -1
    whole = sign * net * (PRICE_SCALE // MINOR_PER_MAJOR) * QUANTITY_SCALE
    price, rest = divmod(whole, pieces * step)
    dearer = rest // step
    for far in range(TRIES):
        for many in {dearer + far, dearer - far}:
            if 0 < many < pieces:
                few, more = sign * (pieces - many) * step, sign * many * step
                if amount_of(few, price) + amount_of(more, price + 1) == net:
                    return [Part(line, number, gross, few, price), Part(line, number, gross, more, price + 1)]
    return None


def amount_of(quantity: int, price: int) -> int:
    """What Tryton makes of a line, in minor units.

    It rounds half to even; of our prices none ends on a half cent but by chance, and then the parts are others.
    """
    exact, unit = quantity * price, QUANTITY_SCALE * (PRICE_SCALE // MINOR_PER_MAJOR)
    low, rest = divmod(exact, unit)
    return low + (1 if 2 * rest > unit or (2 * rest == unit and low % 2) else 0)


# Back ----------------------------------------------------------------------------------------------


class Read(Struct, frozen=True):
    """A line of Tryton, read back."""

    item: str
    quantity: int
    net_minor: int
    vat_ppm: int
    note: str


def gross_of(lines: Sequence[Read], vat_minor: dict[int, int]) -> Iterator[tuple[Read, int]]:
    """Each line of the receipt with its gross amount; vat_minor: the VAT of each rate in the books.

    By the notes, where they fit the books to the cent in every rate; else each line bears its part of the VAT.
    """
    noted = _by_notes(lines)
    if noted is not None and _sums((one.vat_ppm, gross) for one, gross in noted) == _books(lines, vat_minor):
        yield from noted
        return
    nets, so_far = _sums((one.vat_ppm, one.net_minor) for one in lines), Counter[int]()
    for one in lines:
        vat, net = vat_minor.get(one.vat_ppm, 0), nets.get(one.vat_ppm, 0)
        before = _share(vat, so_far[one.vat_ppm], net)
        so_far[one.vat_ppm] += one.net_minor
        yield one, one.net_minor + _share(vat, so_far[one.vat_ppm], net) - before


def _share(vat: int, part: int, whole: int) -> int:
    """The VAT of a part of the net sum; where the sum is nothing, its own VAT at no rate: none."""
    return 0 if whole == 0 else divide_rounded(vat * part * (1 if whole > 0 else -1), abs(whole))


def _by_notes(lines: Sequence[Read]) -> list[tuple[Read, int]] | None:
    """The receipt's lines, their parts put together again; None if a line has no note of ours."""
    found: dict[int, tuple[Read, int]] = {}
    for one in lines:
        match = NOTE.fullmatch(one.note)
        if match is None:
            return None
        gross = int(match[2] + match[3])
        number = int(match[1])
        first = found.get(number)
        if first is None:
            found[number] = (one, gross)
            continue
        other = first[0]
        if (other.item, other.vat_ppm, first[1]) != (one.item, one.vat_ppm, gross):
            return None
        both = Read(one.item, other.quantity + one.quantity, other.net_minor + one.net_minor, one.vat_ppm, one.note)
        found[number] = (both, gross)
    return list(found.values())


def _sums(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    sums: Counter[int] = Counter()
    for key, minor in pairs:
        sums[key] += minor
    return dict(sums)


def _books(lines: Sequence[Read], vat_minor: dict[int, int]) -> dict[int, int]:
    nets = _sums((one.vat_ppm, one.net_minor) for one in lines)
    return {rate: net + vat_minor.get(rate, 0) for rate, net in nets.items()}


# Prices --------------------------------------------------------------------------------------------


def gross_price(net: int, vat_ppm: int) -> int:
    """The shelf price of a net one, ten-thousandths: in whole cents if its net price is this one, else to four decimals."""
    unit = PRICE_SCALE // MINOR_PER_MAJOR
    cents = divide_rounded(net * (RATE_SCALE + vat_ppm), RATE_SCALE * unit) * unit
    if divide_rounded(cents * RATE_SCALE, RATE_SCALE + vat_ppm) == net:
        return cents
    return divide_rounded(net * (RATE_SCALE + vat_ppm), RATE_SCALE)
