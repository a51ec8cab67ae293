"""Playbooks on pages: which text counts in each language, changing it, and going back to the starter one.

A text that cannot be read is not kept; each fault names its line, and what was typed stays in the field.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.response import Redirect
from msgspec import Struct

from tideover.errors import NotFound, TideoverError, WrongState
from tideover.plan.playbook import Fault, Playbook, Step, Way, playbooks, starter_texts, texts, try_playbook, write_playbook
from tideover.plan.records import PlaybookText
from tideover.web import rights
from tideover.web.language import say_to
from tideover.web.pages import render
from tideover.web.plan_form import Changed, key_from
from tideover.web.plan_rows import PAGE, address_of
from tideover.words import LANGUAGES, Say

Ask = Request[Any, Any, Any]
TEXT_MAX = 50_000  # As the record's.
FAULTS_MAX = 20
LINE_SHOWN_MAX = 200
SHOWN_LINES_MAX = 40  # Changed lines of one version.


class Version(Struct, frozen=True):
    """A playbook's text in one language."""

    language: str
    key: str
    href: str
    is_own: bool
    has_starter: bool


class PlaybookLine(Struct, frozen=True):
    """A playbook with its texts."""

    key: str
    title: str
    versions: tuple[Version, ...]


def playbook_lines(own: Sequence[PlaybookText], say: Say) -> list[PlaybookLine]:
    """Every playbook in the order of the cards, its title in the reader's language."""
    ours = {one.key: one.text for one in own}
    found = playbooks(texts(own), say.language)
    return [PlaybookLine(key, one.title, tuple(_versions(key, ours))) for key, one in found.items()]


def _versions(key: str, ours: dict[str, str]) -> list[Version]:
    names = [(language, f"{key}.{language}") for language in LANGUAGES]
    starters = starter_texts()
    return [Version(language, name, address_of("playbook", name), name in ours, name in starters) for language, name in names]


def changed_text(before: Any, after: Any, say: Say) -> list[Changed]:
    """The lines that went and those that came, as many as a person reads."""
    old, new = (one.text.splitlines() if one is not None else [] for one in (before, after))
    if not old or not new:
        return []
    marked = [line for line in difflib.unified_diff(old, new, n=0, lineterm="") if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    gone, come = ("\n".join(line[1:] for line in marked if line[0] == sign)[: SHOWN_LINES_MAX * 100] for sign in "-+")
    return [Changed("Text", gone, come)]


def skeleton(say: Say) -> str:
    """What stands in the field of a new playbook."""
    step = Step((Way("do", say("What is done first?"), 5),))
    says = say("What the customer hears first."), say("What happens next.")
    return write_playbook(Playbook(say("What has happened?"), (say("What people see"),), says, (step,)), say.language)


def show_playbook(
    request: Ask,
    key: str,
    past: Sequence[Any],
    fault: TideoverError | None = None,
    faults: Sequence[Fault] = (),
    typed: dict[str, str] | None = None,
) -> Response[Any]:
    """The text that counts, in a field, with what is wrong in it. Raises NotFound."""
    say, plan = say_to(request), request.app.state.house.plan
    own, starter = plan.get(PlaybookText, key), starter_texts().get(key)
    if key and own is None and starter is None and not past:
        raise NotFound(what="playbook", id=key[:100])
    standing = own.text if own is not None else starter or skeleton(say)
    text = standing if typed is None else typed.get("text", "").replace("\r\n", "\n")
    wrong = faults or (try_playbook(text, key)[1] if own is not None and typed is None else ())
    lines = text.splitlines()
    facts = {
        "key": key,
        "text": text,
        "name": (typed or {}).get("name", ""),
        "language": (typed or {}).get("language", say.language),
        "title": lines[0].lstrip("# ") if lines and key else say("A playbook of your own"),
        "wrong": _named(wrong[:FAULTS_MAX], lines, say),
        "is_own": own is not None,
        "has_starter": starter is not None,
        "rows": min(60, max(18, len(lines) + 3)),
        "past": past,
        "seen": str(past[0].version.version if past else 0),
        "can_undo": bool(key) and plan.undoable(PlaybookText, key) is not None,
        "address": address_of("playbook", key) if key else f"{PAGE}/playbook/new",
        "siblings": [one for one in _versions(key.rpartition(".")[0], {}) if one.key in starter_texts()] if key else [],
        "fault": fault,
        "here": address_of("playbook", key) if key else f"{PAGE}/playbook/new",
        "text_max": TEXT_MAX,
    }
    status = fault.status if fault is not None else 400 if faults else 200
    return render(request, "plan_playbook.html.j2", status, **facts)


def _named(wrong: Sequence[Fault], lines: Sequence[str], say: Say) -> list[tuple[int, str, str]]:
    """Each fault with the number of its line and, once, the line."""
    seen: set[int] = set()
    found = []
    for one in wrong:
        text = lines[one.line - 1] if one.line <= len(lines) and one.line not in seen else ""
        found.append((one.line, say.told(one.why), text[:LINE_SHOWN_MAX]))
        seen.add(one.line)
    return found


def take_playbook(request: Ask, key: str, form: dict[str, str], by: str, past: Sequence[Any]) -> Response[Any]:
    """Keep the text; one that is the starter's is no text of the shop's own."""
    plan, text = request.app.state.house.plan, form.get("text", "").replace("\r\n", "\n").replace("\r", "\n")
    wanted = key or _new_key(form, plan)
    _, wrong = try_playbook(text, wanted)
    if len(text) > TEXT_MAX:
        wrong = [Fault(1, f"it is longer than {TEXT_MAX} characters")]
    if wrong:
        return show_playbook(request, key, past, faults=wrong, typed=form)
    own = PlaybookText(wanted, text)
    try:
        stands = plan.history(PlaybookText, wanted)[-1:]
        if stands and form.get("seen", "") != str(stands[0].version) and stands[0].record != own:
            raise WrongState(what="Changing the plan", why="somebody has changed it meanwhile; look at it again")
        is_starter = starter_texts().get(wanted) == text
        if not is_starter:
            rights.check_change(plan, by, [own], [])
            plan.put(own, by)
        elif plan.get(PlaybookText, wanted) is not None:
            plan.remove(PlaybookText, wanted, by)
    except TideoverError as error:
        return show_playbook(request, key, past, error, typed=form)
    return Redirect(f"{PAGE}?{urlencode({'kept': plan.revision()})}#playbook", status_code=303)


def _new_key(form: dict[str, str], plan: Any) -> str:
    """A name of its own for a new playbook, made from what it is called or from its title."""
    language = form.get("language", "") if form.get("language", "") in LANGUAGES else LANGUAGES[0]
    title = re.sub(r"^#+", "", form.get("text", "").lstrip().partition("\n")[0])
    taken = {one.key.rpartition(".")[0] for one in plan.all(PlaybookText)} | {one.rpartition(".")[0] for one in starter_texts()}
    named = form.get("name", "").strip()
    stem = key_from(named or title, "playbook", () if named else taken)
    return f"{stem}.{language}"
