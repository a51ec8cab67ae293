"""A text message as a mobile network takes it (3GPP TS 23.040, 23.038): every letter arrives as it was written. Pure.

A text of the old alphabet (ä, ö and å are in it) takes 160 signs, any other 70; what is longer is cut.
"""

from __future__ import annotations

from msgspec import Struct

from tideover.words import plain

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
BEYOND = {"^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65}
ESCAPE = 0x1B
SEPTETS_MAX = 160
UNITS_MAX = 70  # Of UTF-16.
CUT = ".."

SUBMIT = 0x11  # SMS-SUBMIT with a relative time of validity.
A_DAY = 0xA7  # What cannot be delivered within a day is old news.
SEVEN_BIT, UCS2 = 0x00, 0x08
INTERNATIONAL, NATIONAL = 0x91, 0x81


class Pdu(Struct, frozen=True):
    """What follows AT+CMGS."""

    text: str  # Hexadecimal, the service centre's empty address in front.
    length: int  # Octets, without that address.


def pdu(number: str, text: str) -> Pdu:
    """number: digits, with + where it is international."""
    digits = number.removeprefix("+")
    address = bytes([len(digits), INTERNATIONAL if number.startswith("+") else NATIONAL]) + _swapped(digits)
    text = plain(text)
    if all(one in BASIC or one in BEYOND for one in text):
        septets = _septets(_cut_septets(text))
        coding, body = SEVEN_BIT, bytes([len(septets)]) + _packed(septets)
    else:
        units = _cut_units(text).encode("utf-16-be")
        coding, body = UCS2, bytes([len(units)]) + units
    octets = bytes([SUBMIT, 0]) + address + bytes([0, coding, A_DAY]) + body
    return Pdu("00" + octets.hex().upper(), len(octets))


def _septets(text: str) -> list[int]:
    return [one for sign in text for one in ((BASIC.index(sign),) if sign in BASIC else (ESCAPE, BEYOND[sign]))]


def _cut_septets(text: str) -> str:
    if len(_septets(text)) <= SEPTETS_MAX:
        return text
    while len(_septets(text)) > SEPTETS_MAX - len(CUT):
        text = text[:-1]
    return text.rstrip() + CUT


def _cut_units(text: str) -> str:
    """A sign beyond the first plane takes two units and is never torn."""
    if len(text.encode("utf-16-be")) <= 2 * UNITS_MAX:
        return text
    while len(text.encode("utf-16-be")) > 2 * (UNITS_MAX - len(CUT)):
        text = text[:-1]
    return text.rstrip() + CUT


def _packed(septets: list[int]) -> bytes:
    """Eight septets in seven octets, the first in the lowest bits."""
    whole = sum(one << (7 * place) for place, one in enumerate(septets))
    return whole.to_bytes((len(septets) * 7 + 7) // 8, "little")


def _swapped(digits: str) -> bytes:
    """Two digits to an octet, the first in its low half; F fills up."""
    padded = digits + "F" * (len(digits) % 2)
    return bytes(int(padded[at + 1] + padded[at], 16) for at in range(0, len(padded), 2))
