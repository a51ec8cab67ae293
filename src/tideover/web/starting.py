"""What the first ten minutes do to a data directory: answers into the plan, exports into the copies, a first pad.

Pages and the command `start` both come here. Safe to do again: nothing is doubled, and what a person changed since stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from tideover.disk import write_whole
from tideover.errors import FileUnreadable, FolderUnusable, NoVatRate, WrongState
from tideover.model.item import Dataset
from tideover.plan.answered import FIRST_SERIES, FIRST_SLIPS, changes, records_of, settings_of
from tideover.plan.answers import Answers, is_answered, read_answers, written
from tideover.plan.bites import Standing
from tideover.plan.questions import GROUPS
from tideover.plan.records import Grant, Party, Person
from tideover.plan.series import is_for_slips
from tideover.rules.calendar import local_date
from tideover.rules.vat import RATES, rate_on, rates_on
from tideover.settings import Settings, read_settings, write_settings

ANSWERS = "answers.toml"  # In the data directory: what was answered, readable and changeable by hand.
IN_PLAN = "answers-in-plan.toml"  # Beside it: what the plan was made from last, so that only what is answered otherwise changes it.
EXPORTS = "exports"  # Folder in the data directory for the cloud's exports, until `connect` names another.
OTHER_SHOP_MIN = 20  # A copy of fewer items proves nothing about whose they are.
OTHER_SHOP_SHARE = 0.5  # Fewer of the known codes than this in a new export: it looks like another shop's.
ODD_RATES_SHARE = 0.5


class Brought(Struct, frozen=True):
    """What an export brought into the copies."""

    dataset: str
    count: int
    columns: Mapping[str, str]  # Field to the heading it was read from.
    remarks: tuple[str, ...] = ()  # What was assumed, and rows that could not be read.


class Given(Struct, frozen=True):
    """An export that was looked at, and is taken with the answers."""

    dataset: Dataset
    name: str  # The file's.
    content: bytes
    looked: Any
    as_of: datetime


# Answers ------------------------------------------------------------------------------------------


def kept_answers(folder: Path) -> Answers:
    """What was answered before; nothing where nobody was asked yet. Raises FileUnreadable."""
    return _read(folder / ANSWERS)


def taken_up(folder: Path) -> Answers:
    """What the plan was made from last; nothing where it was made otherwise. Raises FileUnreadable."""
    return _read(folder / IN_PLAN)


def _read(path: Path) -> Answers:
    try:
        return read_answers(path.read_text(encoding="utf-8"), str(path)) if path.exists() else Answers()
    except UnicodeDecodeError as error:
        raise FileUnreadable(file=path, why="it is no text", next="Put it aside and answer again; the plan stays as it is.") from error
    except OSError as error:
        raise FolderUnusable(folder=path.parent, why=f"{path.name}: {error.strerror}") from error


def keep_answers(folder: Path, answers: Answers) -> None:
    """As they are given, for the next time somebody looks. Raises FolderUnusable."""
    write_whole(folder / ANSWERS, written(answers).encode(), 0o600)


def note_taken_up(folder: Path, answers: Answers) -> None:
    """The plan says now what these answers say. Raises FolderUnusable."""
    keep_answers(folder, answers)
    write_whole(folder / IN_PLAN, written(answers).encode(), 0o600)


def wished_settings(folder: Path, answers: Answers) -> dict[str, Any]:
    """The settings that the answers decide; a cloud that was set up already stays. Raises Misconfigured."""
    given = read_settings(folder)
    wished = settings_of(answers, str(folder.resolve() / EXPORTS))
    if given.cloud and (given.cloud != "assisted" or given.cloud_url):
        del wished["cloud"], wished["cloud_url"]
    return {name: value for name, value in wished.items() if getattr(given, name) != value}


def take_up(house: Any, before: Answers, answers: Answers, by: str, today: date) -> None:
    """Bring the plan to what was answered, and issue the first pad of slips. Raises BadRecord, PadOverlaps, DiskFailed."""
    language = answers.of("shop.language") or house.settings.language
    plan = house.plan
    is_new = not plan.people() and not plan.services()
    earlier = () if is_new else records_of(before, today, before.of("shop.language") or language)
    todo = changes(earlier if before.given or before.people else (), records_of(answers, today, language), plan.get, is_new)
    if todo.put or todo.remove:
        plan.change(todo.put, todo.remove, by)
    if not any(is_for_slips(pad) for pad in plan.pads()):
        plan.issue_pad(FIRST_SERIES, FIRST_SLIPS, by, place=plan.tills()[0].place, day=today.isoformat())


def today_of(house: Any, settings: Settings | None = None) -> date:
    """The day in the shop."""
    return local_date(house.world.now(), (settings or house.settings).time_zone)


# Exports ------------------------------------------------------------------------------------------


def refuse_other_cloud(house: Any) -> None:
    """Raises WrongState where the shop's cloud brings its own prices."""
    if house.cloud.manifest.hands != "person":
        why = f"the prices come from {house.cloud.manifest.title} by themselves; leave the files away"
        raise WrongState(what="Bringing an export", why=why)


def vat_for(country: str, day: date) -> str:
    """The country's standard rate as a person writes it, for an export without a VAT column; "" where none is known."""
    try:
        ppm = rate_on(country, "standard", day)
    except NoVatRate:
        return ""
    return f"{ppm / 10_000:g}"


def doubts(house: Any, dataset: Dataset, looked: Any, settings: Settings, today: date) -> list[str]:
    """Why this export might be another shop's; empty where nothing says so."""
    found = []
    if looked.currency and looked.currency != settings.currency:
        found.append(f"its prices are in {looked.currency}, and the shop sells in {settings.currency}")
    codes = {one.code for one in looked.reading.records}
    known = house.copies.state(dataset).count
    if known >= OTHER_SHOP_MIN:
        still = sum(code in codes for code in _codes(house, dataset))
        if still < known * OTHER_SHOP_SHARE:
            found.append(f"of the {known} records known until now only {still} stand in it")
    if dataset == "items" and settings.country in RATES and looked.reading.records:
        rates = set(rates_on(settings.country, today).values())
        odd = [one.vat_ppm for one in looked.reading.records if one.vat_ppm not in rates]
        if len(odd) > len(codes) * ODD_RATES_SHARE:
            found.append(f"{odd[0] / 10_000:g} % is no VAT rate of {settings.country}, and {len(odd)} of its rows say so")
    return found


def _codes(house: Any, dataset: Dataset) -> Any:
    after: str | None = None
    while True:
        found = house.copies.rows(dataset, after)
        yield from (one.code for one in found.rows)
        if not found.more:
            return
        after = found.cursor


async def bring(house: Any, dataset: Dataset, content: bytes, looked: Any, as_of: datetime | None = None) -> Brought:
    """Keep an export that was looked at and said yes to, and pull it into the copies. Raises Unavailable, Misconfigured."""
    house.cloud.keep_export(dataset, content, looked.reading, as_of)
    await house.replicate.pull_now(dataset)
    remarks = [f"All items take {text} % VAT." for field, text in looked.map.constants.items() if field == "vat_percent"]
    return Brought(dataset, len(looked.reading.records), looked.map.columns, (*remarks, *looked.reading.faults))


def take_staff(house: Any, people: Sequence[tuple[str, str, str]], by: str, language: str) -> int:
    """Staff of an address book into the plan; who stands there already keeps what is there. Returns how many are new."""
    fresh = [one for one in people if house.plan.get(Person, one[0]) is None]
    for name, phone, mail in fresh:
        house.plan.put(Person(name, phone=phone, email=mail, language="fi" if language == "fi" else "en"), by)
    return len(fresh)


async def take_all(
    house: Any, answers: Answers, parts: Sequence[Given], staff: Sequence[tuple[str, str, str]], *, replace: bool
) -> tuple[Settings, list[Brought]]:
    """Files, then answers, then settings; returns the settings from now on. Nothing is taken of what looks like another shop's.

    replace: take it all the same. Raises FileUnreadable, Unavailable, Misconfigured, DiskFailed.
    """
    wished = wished_settings(house.folder, answers)
    settings = with_wished(house.settings, wished)
    today = today_of(house, settings)
    for part in parts if not replace else ():
        if why := doubts(house, part.dataset, part.looked, settings, today):
            next = "Look whether it is this shop's own export. If it is right all the same, run again with --replace."
            raise FileUnreadable(file=part.name, why="; ".join(["it looks like another shop's", *why]), next=next)
    brought = [await bring(house, one.dataset, one.content, one.looked, one.as_of) for one in parts]
    take_up(house, taken_up(house.folder), answers, settings.owner, today)
    take_staff(house, staff, settings.owner, settings.language)
    settle_settings(house, wished)
    note_taken_up(house.folder, answers)
    return settings, brought


# Settings -----------------------------------------------------------------------------------------


def settle_settings(house: Any, wished: dict[str, Any]) -> Settings:
    """Write the settings into the file; returns them as they are from now on. Raises Misconfigured, FolderUnusable."""
    if wished:
        write_settings(house.folder, wished)
    return with_wished(house.settings, wished)


def with_wished(settings: Settings, wished: dict[str, Any]) -> Settings:
    """As they are from now on."""
    return replace(settings, **wished)


# What is still missing ----------------------------------------------------------------------------


def standing_of(house: Any, answers: Answers, has_pin: bool = False) -> Standing:
    """What the shop has, so that the next bite can be named."""
    plan, copies, journal = house.plan, house.copies, house.journal
    deciders = {one.name for one in plan.people() if "decide" in one.can or one.role == "owner"}
    counted = {state.dataset: state for state in copies.states()}
    return Standing(
        answered=frozenset(group.bite for group in GROUPS if is_answered(answers, group.bite)),
        items=counted["items"].count,
        has_printed=_is_in(journal, "printed"),
        has_tried=_has_tried(journal),
        contacts=counted["customers"].count + counted["suppliers"].count,
        has_pocket=any(one.entry.body.artefact.startswith("pocket-kit") for one in journal.read(kinds=("printed",))),
        orders=counted["orders"].as_of is not None,
        has_pin=has_pin,
        watches_line=bool(house.settings.anchors),
        checks_seen=int(_is_in(journal, "checked")),
        has_grants_for_staff=any(one.person not in deciders for one in plan.all(Grant)),
        deciders=len(deciders),
        supplier_told=any(one.told_in_outage for one in plan.all(Party)),
    )


def _is_in(journal: Any, *kinds: str) -> bool:
    return bool(journal.read(kinds=kinds, limit=1))


def _has_tried(journal: Any) -> bool:
    """An outage was opened once, and something was sold here."""
    return _is_in(journal, "outage") and _is_in(journal, "sale")
