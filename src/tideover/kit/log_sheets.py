"""Log sheets: numbered lines for what happened when, by whom and for what sum. Keyed in the morning after, sheet by sheet."""

from __future__ import annotations

from tideover.kit.matter import Matter
from tideover.kit.sheet import Lack, Sheet
from tideover.words import say

SHEETS = 4  # A day of paper fills two; a pad for the drawer has twice that.
LINES = 22  # On one page, high enough for a pen.


def sheets(matter: Matter, language: str) -> list[Sheet | Lack]:
    """Four numbered pages in one file; a number that was keyed in is not printed again, nor one of the other language's."""
    said = say(language)
    first = matter.log_sheets_keyed + (1 if language == matter.settings.language else SHEETS + 1)
    data = {
        "numbers": [f"L-{number:04d}" for number in range(first, first + SHEETS)],
        "lines": LINES,
        "words": {
            "how": said("One line for whatever nobody will remember tomorrow: a promise, a call, a reading, money in or out."),
            "later": said("Key it in the morning after under its sheet number; both times are kept."),
            "sheet": said("Sheet"),
            "day": said("Day"),
            "kept-by": said("Kept by"),
            "number": said("No."),
            "time": said("Time"),
            "who": said("Who"),
            "what": said("What happened"),
            "sum": said("Sum {unit}", unit=matter.settings.currency),
            "keyed": said("Keyed in by, on"),
        },
    }
    title = said("Log sheet")
    return [
        Sheet(
            kind="log-sheet", name="log-sheets", title=title, template="log_sheets.typ", data=data, language=language, rows=SHEETS * LINES
        )
    ]
