"""A receipt as a PDF for a printer that takes pages: the same lines in the same columns, on A5. Computes nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tideover.drivers.escpos import spaced
from tideover.errors import BadRecord
from tideover.model.receipt import Slip

PAGE = Path(__file__).with_name("receipt_page.typ")  # Lines are data, never read as markup.


def pdf(slip: Slip) -> bytes:
    """Raises BadRecord."""
    import typst  # 30 ms, and only where a receipt goes to the office printer.

    rows = [{"text": spaced(row.text.rstrip()), "is_strong": row.is_strong} for row in slip.rows]
    values = {"rows": msgspec.json.encode(rows).decode()}
    try:
        return typst.compile(PAGE.read_bytes(), sys_inputs=values, ignore_system_fonts=True, format="pdf")
    except RuntimeError as error:  # typst's own error: a value of a wrong shape.
        raise BadRecord(what="receipt", why=str(error)[:300]) from error
