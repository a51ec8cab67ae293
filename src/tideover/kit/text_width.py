"""How wide a text of the kit's font comes out, so that a list knows its rows before it is pressed. Never too narrow.

The numbers are the advances of Source Sans Pro Regular in thousandths of its size; a test holds them against the font.
"""

from __future__ import annotations

import re
import unicodedata

# From the blank (32) to the tilde (126).
ASCII = (
    200, 289, 425, 497, 497, 824, 609, 249, 303, 303, 418, 497, 249, 311, 249, 350, 497, 497, 497, 497, 497, 497, 497, 497, 497, 497, 249,
    249, 497, 497, 497, 425, 847, 544, 588, 571, 615, 527, 494, 617, 652, 263, 480, 579, 486, 727, 647, 664, 566, 664, 569, 534, 536, 645,
    515, 786, 513, 476, 539, 303, 350, 303, 497, 500, 542, 504, 553, 456, 555, 496, 292, 504, 544, 246, 247, 495, 255, 829, 547, 542, 555,
    555, 347, 419, 338, 544, 467, 718, 446, 467, 425, 303, 241, 303, 497,
)  # fmt: skip
OTHERS = {"€": 497, "£": 497, "–": 480, "…": 948, "·": 249, "×": 497, "½": 808, "¼": 781, "¾": 796, "°": 331, "²": 367, "³": 367, "ß": 576}
WIDEST = 1_000  # Of any letter that is not named here: never too narrow for Greek and Cyrillic.
ACCENT = 20  # A few letters with an accent are so much wider than without.
SAFE = 1.01
LINES_MAX = 4
MORE = "…"
WORDS = re.compile(r"\d\S* \S{1,3}(?!\S)|\S+")  # A number stays with its unit.


class _Widths(dict[str, int]):
    def __missing__(self, character: str) -> int:
        parts = unicodedata.normalize("NFD", character)
        known = len(parts) > 1 and parts[0].isascii() and parts[0].isprintable()
        width = self[character] = self[parts[0]] + ACCENT if known else WIDEST
        return width


WIDTHS = _Widths({chr(32 + place): width for place, width in enumerate(ASCII)}, **OTHERS)
_width_of = WIDTHS.__getitem__


def width_pt(text: str, size_pt: float) -> float:
    """The width of one line, in points."""
    return sum(map(_width_of, text)) * size_pt * SAFE / 1000


def wrapped(text: str, room_pt: float, size_pt: float) -> list[str]:
    """The text in lines that fit; what does not fit on LINES_MAX lines ends with "…"."""
    if width_pt(text, size_pt) <= room_pt:
        return [text]
    lines, line = [], ""
    for word in WORDS.findall(text):
        longer = f"{line} {word}" if line else word
        if width_pt(longer, size_pt) <= room_pt:
            line = longer
            continue
        if line:
            lines.append(line)
        *pieces, line = _pieces(word, room_pt, size_pt)
        lines += pieces
        if len(lines) > LINES_MAX:
            break
    lines.append(line)
    if len(lines) > LINES_MAX:
        lines = [*lines[: LINES_MAX - 1], _shortened(lines[LINES_MAX - 1], room_pt, size_pt)]
    return lines


def _pieces(word: str, room_pt: float, size_pt: float) -> list[str]:
    """A word in pieces that fit: most are one."""
    pieces, start = [], 0
    for end in range(1, len(word) + 1):
        if end - start > 1 and width_pt(word[start:end], size_pt) > room_pt:
            pieces.append(word[start : end - 1])
            start = end - 1
            if len(pieces) > LINES_MAX:
                break
    return [*pieces, word[start:end]]


def _shortened(line: str, room_pt: float, size_pt: float) -> str:
    while line and width_pt(line + MORE, size_pt) > room_pt:
        line = line[:-1]
    return line + MORE
