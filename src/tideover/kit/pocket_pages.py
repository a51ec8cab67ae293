"""What is read in the pocket kit: the plan, cards, scripts and contacts as titles, paragraphs and lists. Pure; texts only.

A block is a list: what it is ("head", "text", "steps", "list") and its texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from tideover.kit.matter import Matter
from tideover.plan.playbook_words import NAMES, word_for
from tideover.words import Say, plain

Block = list[str]
Paper = dict[str, Any]  # {"title": …, "blocks": [Block, …]}

MINUTE_S = 60
_STEP = re.compile(r"\d{1,3}[.)]\s+(.*)")
_ITEM = re.compile(r"[-*•]\s+(.*)")
_MARK = re.compile(r"\s*\[[^\]]*\]")  # What a step needs is for the resolver, not for a reader.


def paper(title: str, blocks: Iterable[Block]) -> Paper:
    return {"title": plain(title), "blocks": [[kind, *texts] for kind, *texts in blocks if texts]}


def cards_of(matter: Matter, language: str) -> list[Paper]:
    """One card for each playbook in that language."""
    keys = sorted(key for key in matter.playbooks if key.endswith(f".{language}"))
    return [_read(matter.playbooks[key], key) for key in keys]


def _read(text: str, key: str) -> Paper:
    """A readable text as it stands: its first heading is the title, the lines above the next one are notes for the editor."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    title = next((line.lstrip("# ") for line in lines if line.startswith("#")), key)
    begun, blocks = False, []
    for line in lines:
        bare = plain(_MARK.sub("", line))
        begun = begun or line.startswith("##")
        if not begun:
            continue
        if line.startswith("#"):
            blocks.append(["head", bare.lstrip("# ")])
        elif found := _STEP.match(bare):
            _onto(blocks, "steps", found[1])
        elif found := _ITEM.match(bare):
            _onto(blocks, "list", found[1])
        elif blocks[-1][0] in ("steps", "list"):
            blocks[-1][-1] += f" {bare}"
        else:
            blocks.append(["text", bare])
    return paper(title, blocks)


def _onto(blocks: list[Block], kind: str, text: str) -> None:
    if blocks[-1][0] == kind:
        blocks[-1].append(text)
    else:
        blocks.append([kind, text])


def scripts_of(matter: Matter, language: str) -> list[Paper]:
    """What to say to customers and suppliers."""
    return []


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
        paper(said("Who may decide what"), [["list", *(_grant(one, matter, said) for one in matter.grants)]]),
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


def _grant(one: Any, matter: Matter, said: Say) -> str:
    limits = []
    if one.each_minor is not None:
        limits.append(said("up to {sum} each", sum=said.money(one.each_minor, matter.settings.currency)))
    if one.day_minor is not None:
        limits.append(said("{sum} a day", sum=said.money(one.day_minor, matter.settings.currency)))
    if one.share_ppm is not None:
        limits.append(said("up to {rate}", rate=said.rate(one.share_ppm)))
    if one.only_in_outage:
        limits.append(said("only in an outage"))
    who = one.person or _word(one.role or "", said)
    return plain(f"{who}: {_word(one.right, said)}{' – ' if limits else ''}{', '.join(limits)}")
