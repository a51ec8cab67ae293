"""Entries that left a till as a file or as QR codes, because nothing else worked any more: read here, and taken in like any others.

Reads what it understands and says what is missing; a piece that was photographed twice counts once. Takes nothing on trust: each
entry is signed by its till.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from tideover.errors import Rejected
from tideover.web.pins import SealedPin
from tideover.web.strict import BODY_BYTES_MAX, decode

TEXTS_MAX = 2_000
TEXT_MAX = 8_000_000
PART = re.compile(r"TIDE1:([0-9a-f]{8}):([1-9][0-9]{0,3})/([1-9][0-9]{0,3}):([A-Za-z0-9_-]+)", re.ASCII)


class RescuedEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry as the till signed it; both in base64."""

    signed: bytes
    signature: bytes


class Rescued(Struct, frozen=True, forbid_unknown_fields=True):
    """What a till wrote into its file."""

    tideover_rescue: Annotated[int, Meta(ge=1, le=1)]
    till: Annotated[str, Meta(max_length=40)]
    entries: Annotated[list[RescuedEntry], Meta(max_length=20_000)]
    pins: Annotated[list[SealedPin], Meta(max_length=20_000)] = []


class Missing(Struct, frozen=True):
    """Codes of one set that have not been read yet."""

    set: str
    parts: list[int]
    of: int


def read(texts: Iterable[str]) -> tuple[list[Rescued], list[Missing]]:
    """Every whole file in those texts, and of which set which codes are missing. Raises Rejected where a text is neither."""
    found: list[Rescued] = []
    sets: dict[tuple[str, int], dict[int, str]] = {}
    for text in texts:
        parts = PART.findall(text)
        if not parts and text.strip():
            found.append(_file(text.strip().encode()))
        for name, number, of, piece in parts:
            sets.setdefault((name, int(of)), {})[int(number)] = piece
    missing = []
    for (name, of), pieces in sorted(sets.items()):
        lacks = [number for number in range(1, of + 1) if number not in pieces]
        if lacks:
            missing.append(Missing(name, lacks, of))
        else:
            found.append(_file(_joined(name, [pieces[number] for number in range(1, of + 1)])))
    if not found and not missing:
        raise Rejected(why="no file and no code of a till is in it")
    return found, missing


def _joined(name: str, pieces: list[str]) -> bytes:
    try:
        text = "".join(pieces)
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), BODY_BYTES_MAX)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise Rejected(why=f"the codes {name} do not fit together: scan them again") from error
    if unpacking.unconsumed_tail or not unpacking.eof or not sha256(content).hexdigest().startswith(name):
        raise Rejected(why=f"the codes {name} do not fit together: scan them again")
    return content


def _file(content: bytes) -> Rescued:
    return decode(content, Rescued)


def packed(content: bytes, piece_length: int) -> list[str]:
    """The texts of the codes that a till shows for its file: for tests and tills that are no browser."""
    name = sha256(content).hexdigest()[:8]
    text = base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")
    pieces = [text[at : at + piece_length] for at in range(0, len(text), piece_length)]
    return [f"TIDE1:{name}:{number}/{len(pieces)}:{piece}" for number, piece in enumerate(pieces, 1)]


def file_of(till: str, entries: list[RescuedEntry], pins: list[SealedPin]) -> bytes:
    """The file a till writes."""
    return msgspec.json.encode(Rescued(1, till, entries, pins))
