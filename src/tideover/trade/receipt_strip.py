"""What a printer puts out that is no receipt: a test strip, and the line that marks the papers of a practice box."""

from __future__ import annotations

import textwrap

from tideover.model.receipt import Row, Slip
from tideover.settings import Settings
from tideover.words import plain, say

LETTERS = "ÄÖÅ äöå € Šš Žž Üü Éé"
FIGURES = "0123456789 1 234 567,89 -12,50"


def practice_mark(settings: Settings, width: int) -> tuple[Row, ...]:
    """What no customer may take for a receipt."""
    said = say(settings.language)("PRACTICE - NOT A RECEIPT")
    return tuple(Row(line.center(width).rstrip(), is_strong=True) for line in textwrap.wrap(said, width))


def try_strip(settings: Settings, width: int) -> Slip:
    """Every letter that a shop here needs, and a rule as wide as the paper."""
    said = say(settings.language)
    rule = "".join(str(column % 10) for column in range(1, width + 1))
    texts = (settings.shop_name, said("Test of the receipt printer"), rule, LETTERS, FIGURES, said("This is not a receipt."))
    lines = [line for text in texts for line in textwrap.wrap(plain(text), width)]
    return Slip(tuple(Row(line, is_strong=number == 0) for number, line in enumerate(lines)))
