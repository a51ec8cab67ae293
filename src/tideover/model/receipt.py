"""A receipt as it is handed to a printer or a letter: lines of text and nothing that a device would obey."""

from __future__ import annotations

from msgspec import Struct


class Row(Struct, frozen=True):
    """One line; a printer that can shows the strong ones larger or darker."""

    text: str
    is_strong: bool = False


class Slip(Struct, frozen=True):
    """What comes out of a receipt printer in one piece."""

    rows: tuple[Row, ...]
    opens_drawer: bool = False  # Cash changes hands.


class Letter(Struct, frozen=True):
    """A receipt that goes by e-mail."""

    id: str  # The job's: the same letter sent again carries the same Message-ID.
    to: str  # One address, checked.
    subject: str
    text: str
