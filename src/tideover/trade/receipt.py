"""A receipt as lines of plain text for paper of any width; what stands on it is `receipt_parts`' word.

Nothing is cut: what does not fit beside a sum is wrapped above it. A second print says that it is a copy.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime

from tideover.model.receipt import Row
from tideover.model.sale import Document
from tideover.settings import Settings
from tideover.trade.receipt_parts import WORDS, Part, Receipt, money, parts_of, price, quantity
from tideover.trade.terms import Kind

__all__ = ["WIDTH", "WORDS", "money", "price", "quantity", "receipt", "receipt_rows"]

WIDTH = 42  # Characters on 80 mm paper in font A; 32 on 58 mm.
WIDTH_MIN = 24
LEFT_MIN = 8  # Less room than this beside a sum makes words unreadable.
RATE_WIDTH = 6  # "25.5" and room.
STRONG = frozenset({"name", "title", "total"})


def receipt(
    document: Document,
    kind: Kind,
    settings: Settings,
    happened_at: datetime,
    *,
    operator: str = "",
    is_copy: bool = False,
    in_outage: bool = False,
    width: int = WIDTH,
) -> str:
    """The receipt's lines, each at most `width` characters, ending with a newline."""
    rows = receipt_rows(
        document, kind, settings, happened_at, operator=operator, is_copy=is_copy, in_outage=in_outage, width=width
    )  # fmt: skip
    return "\n".join(row.text for row in rows) + "\n"


def receipt_rows(
    document: Document,
    kind: Kind,
    settings: Settings,
    happened_at: datetime,
    *,
    operator: str = "",
    is_copy: bool = False,
    in_outage: bool = False,
    width: int = WIDTH,
) -> tuple[Row, ...]:
    """The same lines for a printer: the shop's name, what it is and the total are strong."""
    made = Receipt(kind, document, happened_at, operator, is_copy, in_outage)
    return laid_out(parts_of(made, settings), width)


def laid_out(parts: Sequence[Part], width: int = WIDTH) -> tuple[Row, ...]:
    """The parts as lines of at most that width."""
    paper = _Paper(max(width, WIDTH_MIN))
    taxes = [part.cells for part in parts if part.cells]
    for part in parts:
        if not part.cells:
            paper.put(part)
        elif part.style == "tax-head":
            paper.taxes(taxes)
    return tuple(paper.rows)


class _Paper:
    """Collects lines of a fixed width."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows: list[Row] = []

    def put(self, part: Part) -> None:
        is_strong = part.style in STRONG
        if part.style == "rule":
            self._add(["-" * self.width])
        elif part.style in ("name", "middle", "title", "mark"):
            self._add([line.center(self.width).rstrip() for line in textwrap.wrap(part.left, self.width)], is_strong)
        elif part.right is not None:
            self.pair(part.left, part.right, is_strong)
        elif part.style == "detail":
            self._add(textwrap.wrap(part.left, self.width, initial_indent="  ", subsequent_indent="  "))
        else:
            self._add(textwrap.wrap(part.left, self.width))

    def pair(self, left: str, right: str, is_strong: bool = False) -> None:
        """Left and right on one line, the left one wrapped; a wide right one gets a line of its own. None is cut."""
        room = self.width - len(right) - 1
        if room < LEFT_MIN:
            self._add([*textwrap.wrap(left, self.width), right.rjust(self.width)], is_strong)
            return
        *above, last = textwrap.wrap(left, room) or [""]
        self._add([*above, f"{last:<{room}} {right}"], is_strong)

    def taxes(self, rows: Sequence[Sequence[str]]) -> None:
        """A table where the paper is wide enough for every sum, else one sum to a line."""
        head, *rates = rows
        share = (self.width - RATE_WIDTH) // 3
        if all(len(cell) < share for row in rows for cell in row[1:]):
            self._add([row[0].rjust(RATE_WIDTH) + "".join(cell.rjust(share) for cell in row[1:]) for row in rows])
            return
        for row in rates:
            self._add(textwrap.wrap(f"{head[0]} {row[0]}", self.width))
            for word, cell in zip(head[1:], row[1:], strict=True):
                self.pair(word, cell)

    def _add(self, lines: Sequence[str], is_strong: bool = False) -> None:
        self.rows += [Row(line, is_strong) for line in lines]
