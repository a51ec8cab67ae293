"""Where the shop's calls go, as the journal tells it: diverted by hand or by the box, and taken off again. Pure.

No number stands in the journal; which phone rang is told in words.
"""

from __future__ import annotations

import re

from tideover.activate.switching import HEALED_THERE
from tideover.journal.entry import Entry
from tideover.model.switching import Switched

CARD = "calls"  # Name of the guided card among the switches: a person dials.
LEFT_ON = {CARD: "diversion", "pbx": "diversion/pbx", "modem": "diversion/modem"}  # What is left on; by hand, as playbooks call it.
OFF = frozenset({"restored", "rolled-back"})
DIGITS_MAX = 4  # A row of more is a number; an extension or a year is none.


def moved(entry: Entry) -> tuple[str, bool] | None:
    """What the entry switched on or off; None where it moved no calls. What failed on the way over may stand: a person looks."""
    body = entry.body
    if not isinstance(body, Switched) or body.switch not in LEFT_ON:
        return None
    is_over = bool(body.target) and (body.what in ("engaged", "failed") or (body.what == "healed" and body.why == HEALED_THERE))
    if not is_over and body.what not in OFF and body.what != "healed":
        return None
    return LEFT_ON[body.switch], is_over


def holds_number(text: str) -> bool:
    """True for a text that names a telephone number: such a one does not go into the journal."""
    return any(len(re.sub(r"\D", "", one)) > DIGITS_MAX for one in re.findall(r"[\d+][\d ()/.-]*", text))
