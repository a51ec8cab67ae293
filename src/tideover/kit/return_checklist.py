"""The return checklist: what is done, ticked and signed before an outage is over. Lays out the playbook `return`; decides nothing."""

from __future__ import annotations

from tideover.kit.cards import boxes, ready_of, step_values
from tideover.kit.matter import Matter
from tideover.kit.sheet import Lack, Sheet
from tideover.plan.playbook import CHECKLIST, playbooks
from tideover.words import say


def sheets(matter: Matter, language: str) -> list[Sheet | Lack]:
    """One sheet, two pages at most where the shop has written more of its own."""
    told = say(language)
    ready = ready_of(matter, playbooks(matter.playbooks, language)[CHECKLIST])
    decides = next(iter(boxes(ready, matter, told)))
    return [
        Sheet(
            kind="return-checklist",
            name="return-checklist",
            title=ready.title,
            template="return_checklist.typ",
            data={
                "title": ready.title,
                "says": ready.says,
                "decides": decides,
                "steps": [step_values(one, told) for one in ready.steps],
                "back": ready.back,
                "words": {
                    "say": told("Say to the customer"),
                    "what": told("What"),
                    "who": told("Who"),
                    "time": told("Time"),
                    "began": told("The outage began"),
                    "ended": told("It works again since"),
                    "signed": told("Signed: it is over"),
                },
            },
            language=told.language,
            revision=f"{ready.revision} / {matter.revision}" if matter.revision else ready.revision,
            rows=len(ready.steps),
            pages_max=1,
        )
    ]
