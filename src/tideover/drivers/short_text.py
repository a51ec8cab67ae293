"""A text message as a mobile network takes it (3GPP TS 23.040, 23.038): every letter arrives as it was written. Pure.

A text of the old alphabet (ä, ö and å are in it) takes 160 signs, any other 70. A longer one goes in up to three parts, which a telephone
shows as one; what is longer still is cut, and says so.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from tideover.words import plain

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
BEYOND = {"^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65}
ESCAPE = 0x1B
SEPTETS_MAX, SEPTETS_OF_PART = 160, 153
UNITS_MAX, UNITS_OF_PART = 70, 67  # Of UTF-16.
PARTS_MAX = 3
CUT = ".."

SUBMIT, IS_PART = 0x11, 0x40  # SMS-SUBMIT with a relative time of validity; a header stands before the text.
HEADER_SEPTETS = 7  # Six octets, filled up to whole septets.
A_DAY = 0xA7  # What cannot be delivered within a day is old news.
SEVEN_BIT, UCS2 = 0x00, 0x08
INTERNATIONAL, NATIONAL = 0x91, 0x81


class Pdu(Struct, frozen=True):
    """What follows AT+CMGS."""

    text: str  # Hexadecimal, the service centre's empty address in front.
    length: int  # Octets, without that address.


def parts_of(number: str, text: str, reference: int) -> tuple[Pdu, ...]:
    """One message, or the parts of it. number: digits, with + where it is international; reference: what the parts have in common."""
    text = plain(text)
    is_basic = all(one in BASIC or one in BEYOND for one in text)
    size, whole, each = (_septets_of, SEPTETS_MAX, SEPTETS_OF_PART) if is_basic else (_units_of, UNITS_MAX, UNITS_OF_PART)
    pieces = [text] if sum(map(size, text)) <= whole else _split(text, size, each)
    headers = [b""] if len(pieces) == 1 else [bytes([5, 0, 3, reference % 256, len(pieces), place]) for place in range(1, len(pieces) + 1)]
    return tuple(_pdu(number, piece, header, is_basic) for piece, header in zip(pieces, headers, strict=True))


def _pdu(number: str, text: str, header: bytes, is_basic: bool) -> Pdu:
    digits = number.removeprefix("+")
    address = bytes([len(digits), INTERNATIONAL if number.startswith("+") else NATIONAL]) + _swapped(digits)
    if is_basic:
        septets = [0] * (HEADER_SEPTETS if header else 0) + _septets(text)
        body = bytes([len(septets)]) + header + _packed(septets)[len(header) :]
    else:
        units = header + text.encode("utf-16-be")
        body = bytes([len(units)]) + units
    first = SUBMIT | (IS_PART if header else 0)
    octets = bytes([first, 0]) + address + bytes([0, SEVEN_BIT if is_basic else UCS2, A_DAY]) + body
    return Pdu("00" + octets.hex().upper(), len(octets))


def _septets(text: str) -> list[int]:
    return [one for sign in text for one in ((BASIC.index(sign),) if sign in BASIC else (ESCAPE, BEYOND[sign]))]


def _septets_of(sign: str) -> int:
    return 1 if sign in BASIC else 2


def _units_of(sign: str) -> int:
    """A sign beyond the first plane takes two units and is never torn."""
    return len(sign.encode("utf-16-be")) // 2


def _split(text: str, size: Callable[[str], int], each: int) -> list[str]:
    """Parts of at most `each`; the last one says so where more was to come."""
    pieces, left = [""], each
    for sign in text:
        if size(sign) > left:
            if len(pieces) == PARTS_MAX:
                return [*pieces[:-1], _cut(pieces[-1], size, each - sum(map(size, CUT)))]
            pieces, left = [*pieces, ""], each
        pieces[-1] += sign
        left -= size(sign)
    return pieces


def _cut(piece: str, size: Callable[[str], int], most: int) -> str:
    while sum(map(size, piece)) > most:
        piece = piece[:-1]
    return piece.rstrip() + CUT


def _packed(septets: list[int]) -> bytes:
    """Eight septets in seven octets, the first in the lowest bits."""
    whole = sum(one << (7 * place) for place, one in enumerate(septets))
    return whole.to_bytes((len(septets) * 7 + 7) // 8, "little")


def _swapped(digits: str) -> bytes:
    """Two digits to an octet, the first in its low half; F fills up."""
    padded = digits + "F" * (len(digits) % 2)
    return bytes(int(padded[at + 1] + padded[at], 16) for at in range(0, len(padded), 2))
