#!/usr/bin/env python3
"""One form or card, warm: ours, ReportLab's bare canvas with the same texts, and ours in a press that has just been opened.

Every form, card, script and list of one page of the generated shop, in both languages. Each has been pressed before, as in the box's own
process, and its values differ from then (another shop's name in each page's head), so that no page is merely remembered. The unit is work
of the processor, which a busy machine does not change much. The limit is the same texts as plain lines: the same engine, warm, untagged.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any

from figures.shape import Check, Figure, main, median
from msgspec.structs import replace

from tideover.commands.kit import sample_matter
from tideover.kit.make import every_sheet
from tideover.kit.press import Press
from tideover.kit.sheet import KINDS, Sheet

MS_MAX = 50.0
MANY_PAGES = (
    "plan",
    "slips",
    "open-orders",
    "price-list",
    "change-sheet",
    "pocket-kit",
)  # Measured elsewhere, or as long as the shop is large.
PATH = re.compile(r"M[\d.-]")  # "M4,4h7v1" and not "Monday".
TODAY = datetime(2026, 11, 21, tzinfo=UTC)
BARE = """#let lines = json(bytes(sys.inputs.values))
#set page(paper: "a4", margin: 14mm)
#set text(font: "Source Sans Pro", size: 8pt)
#lines.join(linebreak())
"""


def papers() -> list[Sheet]:
    kinds = [one for one in KINDS if one not in MANY_PAGES]
    found = [every_sheet(sample_matter(language), (language,), kinds) for language in ("en", "fi")]
    return [sheet for sheets in found for sheet in sheets if isinstance(sheet, Sheet)]


def work_ms(call: Callable[[], Any]) -> float:
    before = process_time()
    call()
    return (process_time() - before) * 1000


def texts(value: Any) -> Iterator[str]:
    """Everything on a sheet that is to be read."""
    if isinstance(value, str) and not PATH.match(value):  # A code is drawn; its path is no text.
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


def canvas(lines: list[str]) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    paper = Canvas(out, pageCompression=1)
    paper.setFont("sans", 8)
    for number, line in enumerate(lines):
        paper.drawString(40, 800 - 9 * number, line)
    paper.save()
    return out.getvalue()


def measure(quick: bool, say: Callable[[str], None]) -> Figure:
    import typst
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    times, sheets = (3 if quick else 15), papers()
    with tempfile.TemporaryDirectory(prefix="tideover-bench-") as name:
        fonts = Path(name) / "fonts"
        press = Press(fonts)
        registerFont(TTFont("sans", fonts / "SourceSansPro-Regular.ttf"))
        (Path(name) / "bare.typ").write_text(BARE, encoding="utf-8")
        bare = typst.Compiler(Path(name) / "bare.typ", root=name, font_paths=[fonts], ignore_system_fonts=True)
        say(f"{len(sheets)} forms and cards, {times} times …")
        before = [press.pdf(one, TODAY) for one in sheets]
        ours: dict[str, list[float]] = {one.artefact: [] for one in sheets}
        plain: list[float] = []
        drawn: list[float] = []
        for turn in range(times):
            for one in sheets:
                other = replace(one, shop=f"Kauppa {turn}")
                ours[one.artefact].append(work_ms(lambda other=other: press.pdf(other, TODAY)))
        for one in sheets:
            lines = list(texts(one.data))
            drawn.append(work_ms(lambda lines=lines: canvas(lines)))
            given = {"values": json.dumps(lines)}
            plain.append(work_ms(lambda given=given: bare.compile(format="pdf", pdf_tags=False, sys_inputs=given)))
        again = [press.pdf(one, TODAY) for one in sheets]
        opened = [work_ms(lambda one=one: Press(fonts).pdf(one, TODAY)) for one in sheets[:: len(sheets) // (4 if quick else 12)]]
    each = {name: median(taken) for name, taken in ours.items()}
    every = [one for taken in ours.values() for one in taken]
    slowest = max(each, key=each.__getitem__)
    say(f"most work: {slowest}")
    return Figure(
        name="form",
        n=len(sheets),
        unit="ms of one core",
        ours=median(each.values()),
        peers={"ReportLab canvas, the same texts, untagged": median(drawn), "ours, in a press just opened": median(opened)},
        limit=median(plain),
        checks=(
            Check("the form or card with the most work, ms", each[slowest], "<=", MS_MAX),
            Check("of all pressings, share within 50 ms", sum(one <= MS_MAX for one in every) / len(every), ">=", 0.99),
            Check("same input, same bytes, share", sum(a == b for a, b in zip(before, again, strict=True)) / len(sheets), "==", 1),
        ),
    )


if __name__ == "__main__":
    main(__doc__ or "", measure)
