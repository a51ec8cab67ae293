"""What is read in the pocket kit: the plan, cards, scripts and contacts as titles, paragraphs and lists. Pure; texts only.

A block is a list: what it is ("head", "text", "list": texts follow; "steps": {lines, calls}; "calls": channels) and what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from tideover.kit import scripts
from tideover.kit.cards import KINDS, ready_of
from tideover.kit.matter import Matter
from tideover.kit.sheet import Sheet
from tideover.kit.sums import RIGHTS, limit_lines
from tideover.plan.playbook import Ready, ReadyStep, ReadyWay, limits, playbooks
from tideover.plan.playbook_words import NAMES, word_for
from tideover.words import Say, plain, say

Block = list[Any]
Paper = dict[str, Any]  # {"title": …, "blocks": [Block, …]}

MINUTE_S = 60
LIMITS_MAX = 5  # Holders of one right on a card.


def paper(title: str, blocks: Iterable[Block]) -> Paper:
    return {"title": plain(title), "blocks": [[kind, *texts] for kind, *texts in blocks if texts]}


def cards_of(matter: Matter, language: str) -> list[Paper]:
    """Every card as the printed one says it: what to say, who decides, the steps."""
    told = say(language)
    return [_card(ready_of(matter, playbook), matter, told) for playbook in playbooks(matter.playbooks, language).values()]


def _card(ready: Ready, matter: Matter, told: Say) -> Paper:
    sums = [": ".join(one) for one in limit_lines(ready.limits, matter.settings.currency, told, LIMITS_MAX)]
    return paper(ready.title, [
        ["head", told("Say this first, to the customer")], ["list", *ready.says],
        ["steps", *(_step(one, told) for one in ready.steps)],
        *([["head", told("Decides")], ["calls", *(_channel(one.phone, one.name) for one in ready.deciders)]] if ready.deciders else []),
        *([["head", told("Without asking anybody")], ["list", *sums]] if sums else []),
        *([["head", told("The way back")], ["list", *ready.back]] if ready.back else []),
    ])  # fmt: skip


def _step(step: ReadyStep, told: Say) -> dict[str, Any]:
    """What to do, then what else if that does not work; whoever is called can be tapped."""
    texts = [_way(way, told) for way in step.ways]
    otherwise = told("If that does not work:")
    called = [call for way in step.ways for call in way.calls if call.number]
    calls = [_channel(one.number, " · ".join(filter(None, (one.name, one.hours)))) for one in called]
    return {"lines": [texts[0], *(f"{otherwise} {text}" for text in texts[1:])], "calls": calls}


def _way(way: ReadyWay, told: Say) -> str:
    minutes = f" ({told('{n} min', n=way.minutes)})" if way.minutes is not None else ""
    return plain(f"{told(KINDS[way.kind])}: {way.text}{minutes}")


def scripts_of(matter: Matter, language: str) -> list[Paper]:
    """What to say to customers and suppliers; the signs are for the door."""
    said = (one.data for one in scripts.sheets(matter, language) if isinstance(one, Sheet) and "parts" in one.data)
    return [paper(data["title"], [block for part in data["parts"] for block in _spoken(part)]) for data in said]


def _spoken(part: dict[str, Any]) -> Iterator[Block]:
    yield ["head", part["label"]]
    yield ["list", *part["said"]]
    if part["note"]:
        yield ["text", part["note"]]


def contacts_of(matter: Matter, said: Say) -> list[dict[str, Any]]:
    """Groups of people and parties with the ways to reach them; who cannot be reached is not in it."""
    groups = [
        (said("People"), [_entry(one.name, _word(one.role, said), _phones(one)) for one in matter.people]),
        (said("Who helps and delivers"), [_entry(one.name, _of_party(one, said), _channels(one)) for one in matter.parties]),
        (said("Suppliers"), [_entry(one.name, one.our_account, _phones(one)) for one in matter.suppliers]),
    ]
    reached = ((title, [row for row in rows if row["channels"]]) for title, rows in groups)
    return [{"title": title, "rows": rows} for title, rows in reached if rows]


def _entry(name: str, note: str, channels: Iterable[tuple[str, str]]) -> dict[str, Any]:
    reached = [_channel(address, purpose) for address, purpose in channels if address.strip()]
    return {"name": plain(name), "note": plain(note), "channels": reached}


def _channel(address: str, note: str) -> dict[str, str]:
    bare = plain(address)
    is_phone = re.fullmatch(r"[+\d][\d\s()/.#*+-]{2,}", bare) is not None
    kind = "tel" if is_phone else "mail" if re.fullmatch(r"[^@\s]+@[^@\s]+", bare) else "text"
    return {"kind": kind, "text": bare, "note": plain(note)}


def _phones(one: Any) -> Iterator[tuple[str, str]]:
    yield one.phone, ""
    for other in getattr(one, "other_phones", ()):
        yield other, ""
    yield one.email, ""


def _of_party(one: Any, said: Say) -> str:
    return " · ".join(text for text in (_word(one.role, said), one.account) if text)


def _channels(one: Any) -> Iterator[tuple[str, str]]:
    for channel in one.channels:
        yield channel.address, " · ".join(text for text in (channel.use_for, channel.hours, channel.cost) if text)


def plan_of(matter: Matter, said: Say) -> list[Paper]:
    """Services, things and who may decide what."""
    names = {one.key: one.name for one in matter.parties}
    services = [_service(one, names, said) for one in matter.services]
    papers = [
        paper(said("What the shop needs"), [block for blocks in services for block in blocks]),
        paper(said("Things and where they are"), [["list", *(_thing(one, said) for one in matter.things)]]),
        paper(said("Who may decide what"), [["list", *_grants(matter, said)]]),
    ]
    return [one for one in papers if one["blocks"]]


def _service(one: Any, names: dict[str, str], said: Say) -> list[Block]:
    facts = [said("Without it: {n} min at most.", n=one.tolerable_s // MINUTE_S)]
    if one.supplier:
        facts.append(said("Call {who}.", who=names.get(one.supplier, one.supplier)))
    if one.owner:
        facts.append(said("Looked after by {who}.", who=one.owner))
    return [["head", plain(one.name)], ["text", plain(" ".join((*facts, one.manual_way)))]]


def _word(key: str, said: Say) -> str:
    """A role, an ability or a right as people say it."""
    return word_for(NAMES, key, said.language)


def _thing(one: Any, said: Say) -> str:
    able = f" ({', '.join(_word(word, said) for word in one.can)})" if one.can else ""
    holder = said("with {who}", who=one.holder) if one.holder else ""
    where = ", ".join(text for text in (one.place or one.home, holder) if text)
    return plain(f"{one.name}{able}{' – ' if where else ''}{where}")


def _grants(matter: Matter, said: Say) -> list[str]:
    """Who may do what alone, up to which sum."""
    found = limits(matter.grants, RIGHTS, matter.today.isoformat())
    return [plain(": ".join(one)) for one in limit_lines(found, matter.settings.currency, said, LIMITS_MAX)]
