"""An SVG is a program in disguise: only drawing is let through, and only as much as a page can bear.

Known drawing elements, references within the file, no document type with entities, no pictures inside, no effects. Refuses,
never repairs; the text that comes back is the text that was given.
"""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from tideover.kit.picture import BadPicture

SVG = "http://www.w3.org/2000/svg"
DRAWN = frozenset(
    {
        "svg", "g", "defs", "symbol", "use", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
        "title", "desc", "metadata", "style", "linearGradient", "radialGradient", "stop", "clipPath",
    }
)  # fmt: skip
SILENT = (  # Notes that drawing programs leave for themselves.
    "http://www.inkscape.org/namespaces/inkscape", "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd", "http://creativecommons.org/ns#",
    "http://web.resource.org/cc/", "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://purl.org/dc/elements/1.1/",
    "http://www.serif.com/", "http://www.bohemiancoding.com/sketch/ns", "http://www.vectornator.io",
)  # fmt: skip
ELEMENTS_MAX = 10_000
DRAWN_MAX = 20_000  # With everything that is used again counted each time.
DEPTH_MAX = 60
RATIO_MAX = 50
OUTSIDE = re.compile(r"url\(\s*['\"]?\s*(?!#)|@import|@font-face|\\|expression\(|javascript:|data:", re.IGNORECASE)
NUMBER = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e[-+]?\d+)?)", re.IGNORECASE)


def checked_svg(content: bytes) -> str:
    """The drawing as it came. Raises BadPicture."""
    try:
        text = content.decode("utf-8-sig")
    except ValueError as error:
        raise BadPicture("its text is not UTF-8") from error
    reader = _Reader()
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise BadPicture("it is cut off or damaged") from error
    reader.check_whole()
    return text


class _Reader:
    """Walks through the elements as they come."""

    def __init__(self) -> None:
        self.parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = self._doctype, self._entity
        parser.ProcessingInstructionHandler = self._instruction
        parser.CharacterDataHandler = self._text
        parser.buffer_text = True
        self._open: list[tuple[str, int]] = []  # Name and own number of each element that is open.
        self._children: list[list[int]] = []
        self._uses: dict[int, str] = {}  # Element to the id that it draws again.
        self._ids: dict[str, int] = {}
        self._style: list[str] = []  # All that style elements say; their text comes in pieces.

    def _doctype(self, _name: str, _system: str | None, _public: str | None, has_more: int) -> None:
        if has_more:
            raise BadPicture("it declares entities")

    def _entity(self, *_declared: Any) -> None:
        raise BadPicture("it declares entities")

    def _instruction(self, _target: str, _text: str) -> None:
        raise BadPicture("it fetches a style from elsewhere")

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        space, _, name = full_name.rpartition(" ")
        if not self._open and (space, name) != (SVG, "svg"):
            raise BadPicture("it is no SVG")
        if name not in DRAWN if space == SVG else not space.startswith(SILENT):
            raise BadPicture(f"it holds more than a drawing ({name[:40]})")
        number = len(self._children)
        if number >= ELEMENTS_MAX or len(self._open) >= DEPTH_MAX:
            raise BadPicture("it has too many parts")
        if not self._open:
            _check_sides(attributes)
        else:
            self._children[self._open[-1][1]].append(number)
        self._children.append([])
        self._open.append((name, number))
        for full, value in attributes.items():
            space, _, key = full.rpartition(" ")
            if not space.startswith(SILENT):
                self._attribute(key, value, number)

    def _attribute(self, name: str, value: str, number: int) -> None:
        if name.lower().startswith("on"):
            raise BadPicture("it holds a script")
        if name.lower() in ("href", "src", "base") or "href" in name.lower():
            if not value.startswith("#"):
                raise BadPicture("it points to something outside of itself")
            if self._open[-1][0] == "use":
                self._uses[number] = value[1:]
        elif OUTSIDE.search(value):
            raise BadPicture("it points to something outside of itself")
        if name == "id":
            self._ids.setdefault(value, number)

    def _text(self, text: str) -> None:
        if self._open and self._open[-1][0] == "style":
            self._style.append(text)

    def _end(self, _name: str) -> None:
        self._open.pop()
        if OUTSIDE.search("".join(self._style)):
            raise BadPicture("it points to something outside of itself")

    def check_whole(self) -> None:
        """What is used again and again is counted as often; a ring of uses never ends."""
        counted: dict[int, int] = {}
        if self._count(0, counted, 0) > DRAWN_MAX:
            raise BadPicture("it has too many parts")

    def _count(self, number: int, counted: dict[int, int], depth: int) -> int:
        if depth > 2 * DEPTH_MAX:
            raise BadPicture("it has too many parts")
        if number not in counted:
            parts = list(self._children[number])
            if (used := self._ids.get(self._uses.get(number, ""))) is not None:
                parts.append(used)
            counted[number] = 1 + sum(self._count(one, counted, depth + 1) for one in parts)
        return counted[number]


def _check_sides(attributes: dict[str, str]) -> None:
    """A drawing says how large it is, and is neither a hair nor a sky."""
    box = attributes.get("viewBox", "").replace(",", " ").split()
    sides = box[2:] if len(box) == 4 else [attributes.get("width", ""), attributes.get("height", "")]
    found = [NUMBER.match(side) for side in sides]
    sizes = [float(one[1]) for one in found if one]
    if len(sizes) != 2 or not all(1e-3 < size < 1e6 for size in sizes) or max(sizes) > RATIO_MAX * min(sizes):
        raise BadPicture("it does not say how large it is")
