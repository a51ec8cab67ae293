"""The work of `tideover start` once everything was read: answers into the plan, files into the copies, papers into the folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tideover.app import House, open_house
from tideover.commands.start_files import Bundle
from tideover.errors import FileUnreadable, Rejected
from tideover.plan.answers import Answers, read_answers
from tideover.plan.bites import bites_of
from tideover.plan.records import Check
from tideover.settings import FILE, Settings, read_settings
from tideover.web import starting
from tideover.world import real_world

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
    from tideover.commands.reading import opened

    with opened(folder, real_world()) as found:
        return bool(found.journal.read(kinds=("sale", "refund"), limit=1))


async def start_shop(
    folder: Path, answers: Answers, bundle: Bundle, out: Path, replace: bool, pass_phrase_file: Path | None, tell: Tell
) -> dict[str, Any]:
    """All of it; what the command prints. Raises BoxBusy, FileUnreadable, FolderUnusable, DiskFailed."""
    wished = starting.wished_settings(folder, answers)
    before = starting.taken_up(folder)
    is_first = not (folder / FILE).exists()
    house = open_house(folder, real_world(), **wished)
    try:
        brought = await _bring(house, bundle, replace)
        today = starting.today_of(house)
        starting.take_up(house, before, answers, house.settings.owner, today)
        starting.take_staff(house, list(bundle.staff), house.settings.owner, house.settings.language)
        starting.settle_settings(house, wished)
        starting.note_taken_up(folder, answers)
        kit = _papers(house, out, pass_phrase_file, tell)
        return _told(house, kit, brought, answers, out, folder, is_first)
    finally:
        await house.shut()


async def _bring(house: House, bundle: Bundle, replace: bool) -> list[starting.Brought]:
    if bundle.parts:
        starting.refuse_other_cloud(house)
    for part in bundle.parts:
        why = [] if replace else starting.doubts(house, part.dataset, part.looked, house.settings, starting.today_of(house))
        if why:
            next = "Look whether it is this shop's own export. If it is right all the same, run again with --replace."
            raise FileUnreadable(file=part.name, why="; ".join(["it looks like another shop's", *why]), next=next)
    return [await starting.bring(house, part.dataset, part.content, part.looked, part.as_of) for part in bundle.parts]


def _papers(house: House, out: Path, pass_phrase_file: Path | None, tell: Tell) -> Any:
    from tideover.commands.kit import make_into
    from tideover.kit.gather import gather

    matter = gather(house.settings, house.plan, house.copies, house.journal, house.world.now())
    try:
        phrase = "" if pass_phrase_file is None else pass_phrase_file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected(why=f"{pass_phrase_file} cannot be read") from error
    return make_into(out, [(matter, (house.settings.language,))], None, phrase, tell)


def _told(
    house: House, kit: Any, brought: list[starting.Brought], answers: Answers, out: Path, folder: Path, is_first: bool
) -> dict[str, Any]:
    checks = sorted(house.plan.all(Check), key=lambda one: one.first_on or "")
    facts = starting.standing_of(house, answers)
    return {
        "shop": house.settings.shop_name,
        "data": str(folder.resolve()),
        "is_first": is_first,
        "files": kit.files,
        "missing": kit.missing,
        "index": str((out / "index.html").resolve()),
        "brought": {one.dataset: {"rows": one.count, "columns": one.columns} for one in brought},
        "checks": [{"key": one.key, "what": one.what, "loss": one.loss, "due": one.first_on, "who": one.first_person} for one in checks],
        "next": bites_of(facts),
        "remarks": [*(remark for one in brought for remark in one.remarks), *kit.remarks],
    }
