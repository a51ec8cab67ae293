"""What is reckoned of a text's width is never less than the font needs, and lines are broken where a reader expects it."""

from __future__ import annotations

import random

import pytest
from reportlab.pdfbase.ttfonts import TTFont

from tideover.kit.press import lay_fonts
from tideover.kit.text_width import LINES_MAX, width_pt, wrapped

SIZE = 8.0
LETTERS = "".join(map(chr, range(32, 127))) + "äöåÄÖÅšžŠŽ€éüñçøØæÆłŁđßœ–…·×½°²³čćřůÿŵ"


@pytest.fixture(scope="module")
def advances(tmp_path_factory: pytest.TempPathFactory) -> dict[int, float]:
    fonts = lay_fonts(tmp_path_factory.mktemp("fonts"))
    return dict(TTFont("sans", fonts / "SourceSansPro-Regular.ttf").face.charWidths)


def test_no_letter_is_reckoned_narrower_than_it_is(advances: dict[int, float]) -> None:
    """Nor much wider where it is a common one."""
    for character in LETTERS:
        real, ours = advances[ord(character)] * SIZE / 1000, width_pt(character, SIZE)
        assert real <= ours, character
        assert not character.isascii() or ours <= real * 1.02, character


def test_every_letter_of_the_font_is_known_or_taken_as_wide(advances: dict[int, float]) -> None:
    """Greek and Cyrillic too."""
    too_wide = [chr(code) for code, real in advances.items() if chr(code).isalpha() and real * SIZE / 1000 > width_pt(chr(code), SIZE)]
    assert [] == [character for character in too_wide if ord(character) < 0x0530]


def test_lines_fit_and_nothing_of_a_name_is_lost() -> None:
    """However long its words are, as long as it has four lines."""
    chance = random.Random(3)
    for _ in range(300):
        text = " ".join("x" * chance.randrange(1, 30) for _ in range(chance.randrange(1, 5)))
        lines = wrapped(text, 100, SIZE)
        assert all(width_pt(line, SIZE) <= 100 for line in lines) and len(lines) <= LINES_MAX
        if not lines[-1].endswith("…"):
            assert text.replace(" ", "") == "".join(lines).replace(" ", "")


def test_a_number_stays_with_its_unit() -> None:
    """No line that says only "g"."""
    assert ["Saimaa pakaste hammastahna", "182 g"] == wrapped("Saimaa pakaste hammastahna 182 g", 105, SIZE)


def test_what_is_too_long_for_four_lines_ends_with_dots() -> None:
    """A name of nine hundred letters is no reason to fill a page."""
    lines = wrapped("W" * 900, 100, SIZE)
    assert LINES_MAX == len(lines) and lines[-1].endswith("…")
