"""What tests of papers share: one press for all of them, and PDFs read back as a person's reader does."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pypdfium2
import pytest

from tideover.kit.press import Press

AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="session")
def press(tmp_path_factory):
    """With fonts laid out once."""
    return Press(tmp_path_factory.mktemp("fonts"))


@pytest.fixture
def pages_of(press):
    """The text of each page of a sheet, as pressed."""

    def read(sheet):
        return texts_of(press.pdf(sheet, AT))

    return read


def texts_of(pdf: bytes) -> list[str]:
    """The text of each page."""
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        texts = []
        for page in document:
            with closing(page), closing(page.get_textpage()) as text:
                texts.append(" ".join(text.get_text_range().split()))
        return texts
