"""A receipt as a PDF for a printer that takes pages: the same lines in the same columns, on A5. Computes nothing."""

from __future__ import annotations

import msgspec

from tideover.drivers.escpos import spaced
from tideover.errors import BadRecord
from tideover.model.receipt import Slip

# Lines are data, never read as markup. The letters are those that the typst library brings, not the machine's.
PAGE = """
#let rows = json(bytes(sys.inputs.rows))
#set page(paper: "a5", margin: (x: 14mm, y: 14mm))
#set text(font: "DejaVu Sans Mono", size: 10pt, hyphenate: false)
#set par(leading: 4.2pt, spacing: 4.2pt)
#for row in rows [#text(weight: if row.is_strong { "bold" } else { "regular" }, raw(row.text + " ")) \\ ]
"""


def pdf(slip: Slip) -> bytes:
    """Raises BadRecord."""
    import typst  # 30 ms, and only where a receipt goes to the office printer.

    rows = [{"text": spaced(row.text.rstrip()), "is_strong": row.is_strong} for row in slip.rows]
    values = {"rows": msgspec.json.encode(rows).decode()}
    try:
        return typst.compile(PAGE.encode(), sys_inputs=values, ignore_system_fonts=True, format="pdf")
    except RuntimeError as error:  # typst's own error: a value of a wrong shape.
        raise BadRecord(what="receipt", why=str(error)[:300]) from error
