"""The work of `tideover start` once everything was read: answers into the plan, files into the copies, papers into the folder."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tideover.app import open_house
from tideover.commands.kit import made_up_phrase, make_into, phrase_in, tell_phrase
from tideover.commands.matter import matter_of
from tideover.commands.reading import Opened, opened
from tideover.commands.start_files import Bundle
from tideover.connectors.assisted.fields import FIELDS
from tideover.errands import ask_box
from tideover.errors import BoxBusy, FileUnreadable
from tideover.plan.answers import Answers, read_answers, written
from tideover.plan.bites import bites_of
from tideover.plan.records import Check
from tideover.settings import FILE, Settings, read_settings
from tideover.web import starting
from tideover.world import real_world, to_ms

Tell = Callable[[int, int, str], None]


def read_answers_file(path: Path) -> Answers:
    """The answers of a file. Raises FileUnreadable with every fault."""
    try:
        return read_answers(path.read_text(encoding="utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise FileUnreadable(file=path, why="it is not UTF-8 text", next="Save it as UTF-8; docs/answers.toml is an example.") from error
    except OSError as error:
        raise FileUnreadable(file=path, why=error.strerror, next="Look at the path, and whether this user may read it.") from error


def holder_of(folder: Path, answers: Answers | None) -> str | None:
    """Which other shop that data directory belongs to; None if it is free, or these answers' own."""
    given = read_settings(folder)
    name, number = given.shop_name, given.business_id
    if name == Settings().shop_name:
        return "a shop without a name that has sold already" if answers is not None and _has_sold(folder) else None
    if answers is None:
        return None  # Whoever sits here answers for the shop that is here.
    same_number = bool(number) and number == answers.has("shop.business_id")
    same_name = name.casefold() == answers.has("shop.name").casefold()
    return None if same_number or same_name else name


def _has_sold(folder: Path) -> bool:
    if not (folder / "journal.db").exists():
        return False
    with opened(folder, real_world()) as found:
        return bool(found.journal.read(kinds=("sale", "refund"), limit=1))


async def start_shop(
    folder: Path, answers: Answers, bundle: Bundle, out: Path, replace: bool, pass_phrase_file: Path | None, tell: Tell
) -> dict[str, Any]:
    """All of it, here or through the box that runs there; what the command prints.

    Raises FileUnreadable, FolderUnusable, DiskFailed, Rejected and Unavailable (the box said no, or nothing).
    """
    is_first = not (folder / FILE).exists()
    try:
        brought = await _here(folder, answers, bundle, replace)
    except BoxBusy:
        brought = await _through_box(folder, answers, bundle, replace)
    with opened(folder, real_world()) as found:
        kit = _papers(folder, found, out, pass_phrase_file, tell)
        return {"data": str(folder.resolve()), "is_first": is_first, **_told(found, kit, brought, answers, out)}


async def _here(folder: Path, answers: Answers, bundle: Bundle, replace: bool) -> list[starting.Brought]:
    house = open_house(folder, real_world(), **starting.wished_settings(folder, answers))
    try:
        if bundle.parts:
            starting.refuse_other_cloud(house)
        return (await starting.take_all(house, answers, bundle.parts, bundle.staff, replace=replace))[1]
    finally:
        await house.shut()


async def _through_box(folder: Path, answers: Answers, bundle: Bundle, replace: bool) -> list[starting.Brought]:
    parts = [
        {
            "dataset": one.dataset,
            "name": one.name,
            "content": base64.b64encode(one.content).decode(),
            "columns": {field.name: one.looked.map.columns.get(field.name, "") for field in FIELDS[one.dataset]},
            "constants": one.looked.map.constants,
            "as_of": to_ms(one.as_of),
        }
        for one in bundle.parts
    ]
    body = {"answers": written(answers), "parts": parts, "staff": [list(one) for one in bundle.staff], "replace": replace}
    answer = await ask_box(folder, ("/v1/start", body))
    return msgspec.convert(answer["brought"], list[starting.Brought])


def _papers(folder: Path, found: Opened, out: Path, pass_phrase_file: Path | None, tell: Tell) -> Any:
    """The kit in the shop's language; a pass-phrase that nobody gave is made up and told once."""
    matter = matter_of(found, folder, real_world().now())
    language = found.settings.language
    phrase = phrase_in(pass_phrase_file) if pass_phrase_file else made_up_phrase(language)
    kit = make_into(out, [(matter, (language,))], None, phrase, real_world().secret_bytes, tell)
    if pass_phrase_file is None:
        tell_phrase(kit, phrase)
    return kit


def _told(found: Opened, kit: Any, brought: list[starting.Brought], answers: Answers, out: Path) -> dict[str, Any]:
    checks = sorted(found.plan.all(Check), key=lambda one: one.first_on or "")
    return {
        "shop": found.settings.shop_name,
        "files": kit.files,
        "missing": kit.missing,
        "index": str((out / "index.html").resolve()),
        "brought": {one.dataset: {"rows": one.count, "columns": one.columns} for one in brought},
        "checks": [{"key": one.key, "what": one.what, "loss": one.loss, "due": one.first_on, "who": one.first_person} for one in checks],
        "next": bites_of(starting.standing_of(found, answers)),
        "remarks": [*(remark for one in brought for remark in one.remarks), *kit.remarks],
    }
