"""The list for calling suppliers when papers may look different for a while: each call gets its tick, its hour and its answer."""

from __future__ import annotations

from tideover.kit.contacts import supplier_rows
from tideover.kit.matter import Matter
from tideover.kit.proof import clipped
from tideover.kit.sheet import Lack, Sheet
from tideover.words import say

SPARE = 4  # Empty rows for whoever is not in the plan.
NUMBERS, NAME, ACCOUNT = 2, 60, 30


def sheets(matter: Matter, language: str) -> list[Sheet | Lack]:
    """The list; a lack where nobody is known who delivers."""
    said = say(language)
    suppliers = supplier_rows(matter)
    if not suppliers:
        return [Lack("supplier-calls", "no supplier is known yet: add one to the plan, or bring an export of the suppliers")]
    first = sum(is_told for *_, is_told in suppliers)
    rows = [
        {"name": clipped(name, NAME), "numbers": [clipped(one, NAME) for one in numbers[:NUMBERS]], "account": clipped(account, ACCOUNT)}
        for name, numbers, account, _ in suppliers
    ]
    words = {
        "say": said(
            "Say: “This is {shop}. Our system is down, so our orders come by phone and our papers are written by hand today.”",
            shop=matter.settings.shop_name,
        ),
        "ask": said(
            "“Please go by this call and note our order number. Is anything for us on its way today? Who is on duty, at which number?”"
        ),
        "first": said("To be told first"),
        "rest": said("Whoever is expected today or tomorrow"),
        "told": said("Told"),
        "supplier": said("Supplier"),
        "account": said("our number"),
        "when": said("Day, time"),
        "by": said("By"),
        "answer": said("Answer, promised, number"),
    }
    return [
        Sheet(
            kind="supplier-calls",
            name="supplier-calls",
            title=said("Calls to suppliers"),
            template="supplier_calls.typ",
            data={"rows": rows, "first": first, "spare": SPARE, "words": words},
            language=language,
            rows=len(rows),
            as_of=matter.as_of.get("suppliers", "") if matter.suppliers else "",
        )
    ]
