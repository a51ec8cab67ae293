"""The grants card: who may refund, discount, replace or lend up to what sum, so that nobody has to ring for a small one.

Says what the plan allows on the day of printing; beside it stands room to write down each use while the screens are away.
"""

from __future__ import annotations

from typing import Any

from tideover.kit.matter import Matter
from tideover.kit.sheet import Lack, Sheet
from tideover.kit.sums import RIGHTS, for_one_case, in_one_day, who
from tideover.plan.playbook import Limit, for_everyone, limits, people_who
from tideover.words import Say, say

ALWAYS = ("refund", "discount", "replace", "lend")  # Shown also where nobody may: then the one who decides is asked.
DECIDERS_MAX = 3
USES_MIN, USES_ON_A_PAGE = 8, 20  # Empty lines to write on: what the sums leave of a page.


def sheets(matter: Matter, language: str) -> list[Sheet | Lack]:
    """One sheet; more pages where there are many grants."""
    told = say(language)
    found = limits((*for_everyone(matter.settings), *matter.grants), RIGHTS, matter.today.isoformat())  # type: ignore[arg-type]
    groups = [_group(right, [one for one in found if one.right == right], matter, told) for right in RIGHTS]
    shown = [one for one in groups if one["rows"] or one["right"] in ALWAYS]
    rows = sum(len(one["rows"]) for one in shown)
    return [
        Sheet(
            kind="grants",
            name="grants",
            title=told("Who may do what without asking"),
            template="grants_card.typ",
            data={
                "title": told("You may do this without asking"),
                "hint": told("Up to these sums you decide yourself, at once, for the customer in front of you. Write down each use."),
                "groups": shown,
                "above": _above(matter, told),
                "uses": max(USES_MIN, USES_ON_A_PAGE - rows - len(shown)),
                "words": {
                    "who": told("Who"),
                    "case": told("One case"),
                    "day": told("In one day"),
                    "when": told("When"),
                    "nobody": told("Nobody alone: ask first."),
                    "above": told("More than that? Ask"),
                    "used": told("Used today"),
                    "time": told("Time"),
                    "what": told("What for"),
                    "sum": told("Sum"),
                    "slip": told("Slip or receipt"),
                },
            },
            language=told.language,
            rows=rows,
            destroy_by=min((one.until_day for one in found if one.until_day), default=""),
        )
    ]


def _group(right: str, found: list[Limit], matter: Matter, told: Say) -> dict[str, Any]:
    currency = matter.settings.currency
    rows = [
        {"who": who(one, told), "case": for_one_case(one, currency, told), "day": in_one_day(one, currency, told), "when": _when(one, told)}
        for one in found
    ]
    return {"right": right, "label": told(RIGHTS[right]), "rows": rows}


def _when(limit: Limit, told: Say) -> str:
    parts = [told("only in an outage") if limit.only_in_outage else told("any day")]
    if limit.from_day:
        parts.append(told("from {day}", day=told.day(limit.from_day)))
    if limit.until_day:
        parts.append(told("until {day}", day=told.day(limit.until_day)))
    return ", ".join(parts)


def _above(matter: Matter, told: Say) -> list[dict[str, str]]:
    deciders = people_who(matter.people, ("decide", "manager", "owner"))[:DECIDERS_MAX]
    return [{"name": one.name, "phone": one.phone} for one in deciders]
