"""PNG and JPEG looked over by their own structure: size from the header, every part whole, nothing in it but the picture.

Unpacks a PNG only as far as its header allows, and keeps none of it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from msgspec import Struct

from tideover.kit.picture import BadPicture, check_size

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
PNG_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # Colour type to numbers per pixel.
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))  # x, y, step x, step y.
PIECE = 65_536
CUT_OFF = "it is cut off or damaged"

SOF = {0xC0, 0xC1, 0xC2}  # Baseline, extended, progressive; nobody saves a logo as anything else.
OTHER_SOF = {0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)}
LEFT_OUT = {0xFE, *(0xE0 + n for n in range(16) if n not in (0, 14))}  # Comment, place, thumbnail …; 0 and 14 say how colours are meant.
SCANS_MAX = 100


class Raster(Struct, frozen=True):
    """A clean picture of pixels."""

    kind: str  # As in image/png.
    content: bytes
    width: int
    height: int


def clean_png(content: bytes) -> Raster:
    """The same picture with nothing but its pixels. Raises BadPicture."""
    chunks = list(_chunks(content))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[-1][0] != b"IEND":
        raise BadPicture(CUT_OFF)
    width, height = _check_pixels(chunks[0][1], b"".join(body for kind, body in chunks if kind == b"IDAT"))
    if chunks[0][1][9] == 3 and not any(kind == b"PLTE" for kind, _ in chunks):
        raise BadPicture(CUT_OFF)
    return Raster("png", PNG + b"".join(_chunk(kind, body) for kind, body in chunks if kind in PNG_KEPT), width, height)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each part, up to its end; what stands behind that is none of the picture."""
    at = len(PNG)
    while at + 12 <= len(content):
        size, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        body = content[at + 8 : at + 8 + size]
        if len(body) != size or content[at + 8 + size : at + 12 + size] != zlib.crc32(kind + body).to_bytes(4, "big"):
            raise BadPicture(CUT_OFF)
        yield kind, body
        if kind == b"IEND":
            return
        at += 12 + size


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def _check_pixels(header: bytes, packed: bytes) -> tuple[int, int]:
    """Width and height; all rows are there, and not a byte more than the header says."""
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    depth, colour, interlace = header[8], header[9], header[12]
    check_size(width, height)
    if depth not in DEPTHS.get(colour, ()) or header[10:12] != b"\0\0" or interlace > 1:
        raise BadPicture(CUT_OFF)
    passes = ADAM7 if interlace else ((0, 0, 1, 1),)
    sizes = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in passes]
    expected = sum(rows * (1 + -(-pixels * depth * CHANNELS[colour] // 8)) for pixels, rows in sizes if pixels > 0 and rows > 0)
    if _unpacked_size(packed, expected) != expected:
        raise BadPicture(CUT_OFF)
    return width, height


def _unpacked_size(packed: bytes, expected: int) -> int:
    """How many bytes come out of it; stops just beyond what is expected."""
    unpacker, size = zlib.decompressobj(), 0
    try:
        while size <= expected and not unpacker.eof:
            piece = unpacker.decompress(packed, PIECE)
            if not piece and not unpacker.unconsumed_tail:
                break
            size, packed = size + len(piece), unpacker.unconsumed_tail
    except zlib.error as error:
        raise BadPicture(CUT_OFF) from error
    return size


def clean_jpeg(content: bytes) -> Raster:
    """The same picture without comments, place and thumbnails. Raises BadPicture."""
    kept, at, sides = [content[:2]], 2, (0, 0)
    while True:
        if content[at : at + 1] != b"\xff" or at + 4 > len(content):
            raise BadPicture(CUT_OFF)
        marker, size = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        segment = content[at : at + 2 + size]
        if marker == 0xFF:  # Filling between segments.
            at += 1
            continue
        if size < 2 or len(segment) != 2 + size or marker in OTHER_SOF:
            raise BadPicture(CUT_OFF)
        if marker in SOF:
            sides = _check_frame(segment)
        if marker == 0xDA:
            break
        if marker not in LEFT_OUT:
            kept.append(segment)
        at += 2 + size
    end = content.rfind(b"\xff\xd9")
    if not all(sides) or end <= at or content.count(b"\xff\xda", at, end) > SCANS_MAX:
        raise BadPicture(CUT_OFF)
    return Raster("jpeg", b"".join((*kept, content[at : end + 2])), *sides)


def _check_frame(segment: bytes) -> tuple[int, int]:
    """Width and height of a JPEG's frame; its colours are those of a screen."""
    if len(segment) < 10:
        raise BadPicture(CUT_OFF)
    width, height = int.from_bytes(segment[7:9], "big"), int.from_bytes(segment[5:7], "big")
    check_size(width, height)
    if segment[9] not in (1, 3):
        raise BadPicture("its colours are made for a printing house (CMYK)")
    return width, height
