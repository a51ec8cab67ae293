"""The plan as a folder of plain files: it can be read, printed and edited without Tideover, and brought back.

Reading collects every fault with its file, line and field, and changes nothing; what would change is shown first.
A file that is not there says nothing about its records: they stay as they are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from tideover.disk import remove, write_whole
from tideover.errors import FolderUnusable, TideoverError, WrongState
from tideover.plan.fields import DAY_FIELDS, from_plain, key_of, name_of
from tideover.plan.playbook import starter_texts
from tideover.plan.playbook_text import try_playbook
from tideover.plan.records import KINDS, Check, Duty, Grant, Pad, Party, Person, PlaybookText, Record, Service, Thing, TillPlace
from tideover.plan.store import Plan
from tideover.plan.toml_text import file_of
from tideover.words import LANGUAGES, say

FILE_BYTES_MAX = 8_000_000
PLAYBOOK_BYTES_MAX = 200_000
PLAYBOOKS_MAX = 500
RECORDS_MAX = 20_000
FAULTS_MAX = 200  # So many are named; a file of another program has thousands.
README, PLAYBOOKS, ENDING = "README.txt", "playbooks", ".md"
STARTERS = f"{PLAYBOOKS}/starter"  # The texts that come with Tideover, to be read; what is changed there changes nothing.

FILES: dict[type[Struct], tuple[str, str]] = {  # Kind to its file and what the file says of itself.
    Person: ("people.toml", "People who work here: who decides, who fetches, who knows what."),
    Service: ("services.toml", "What the shop needs to trade, how long it can do without, and how it does without."),
    Thing: ("things.toml", "Devices, spares, lines, SIM cards, terminals, keys: where they are and what they can do."),
    Party: ("parties.toml", "Suppliers, carriers, bank, landlord, insurer, helpers: how and when they are reached."),
    Grant: ("grants.toml", "Who may refund, discount, replace or lend without asking, up to which sum (in cents)."),
    Check: ("checks.toml", "What has to be seen to work again and again, by whom, and what is lost if it does not."),
    Duty: ("duties.toml", "Who owns a matter that nobody else owns."),
    TillPlace: ("tills.toml", "Places where sales are taken."),
    Pad: ("pads.toml", "Pads of numbered slips that were handed out."),
}
ABOUT = (
    "This is the shop's plan for when the internet, the till or the card terminal is away.",
    "Every file is plain text: read it, print it, edit it with any editor. Nothing else is needed to read it.",
    "Files that end in .toml hold one table [[…]] for each record; a line that begins with # is a remark.",
    "Files in playbooks are what to do, one for each case and language; the ones in playbooks/starter come with Tideover.",
    "To change one of those, copy it from playbooks/starter to playbooks and edit the copy: it stands above the other.",
    "To bring changes back: tideover plan import FOLDER --dry-run shows what would change, without --dry-run it is done.",
    "A record that is missing here stays in the plan, unless you add --remove-missing.",
    "People's names and numbers stand in these files: keep them where a notebook with the same would lie.",
)


class FileFault(Struct, frozen=True):
    """What is wrong, and where."""

    file: str
    why: str
    line: int | None = None  # From 1; None: the whole file.
    field: str = ""


class Drawn(Struct, frozen=True):
    """What a folder holds."""

    records: tuple[Any, ...]
    kinds: tuple[type[Struct], ...]  # Whose file is there.
    faults: tuple[FileFault, ...]
    ignored: tuple[str, ...]  # Files that are no part of a plan.


class Step(Struct, frozen=True):
    """One thing that bringing it back would do."""

    what: Literal["new", "changed", "removed"]
    kind: str
    key: str
    fields: tuple[str, ...] = ()  # That differ, of a changed one.


class Proposal(Struct, frozen=True):
    """What would change; with faults nothing may be changed."""

    steps: tuple[Step, ...]
    records: tuple[Any, ...]  # New and changed ones.
    removed: tuple[tuple[str, str], ...]  # Kind and key.
    same: int  # Records that are as they were.
    faults: tuple[FileFault, ...]
    ignored: tuple[str, ...]
    revision: str  # Of the plan that it was compared with.


# Out ----------------------------------------------------------------------------------------------


def files_of(plan: Plan, language: str) -> dict[str, bytes]:
    """Every file of the plan by its path; remarks in that language, README in all of them."""
    said, files = say(language), {README: _readme().encode()}
    for kind, (name, about) in FILES.items():
        files[name] = file_of(kind, plan.all(kind), said(about), said).encode()
    for one in plan.all(PlaybookText):
        files[f"{PLAYBOOKS}/{one.key}{ENDING}"] = one.text.encode()
    return files | {f"{STARTERS}/{key}{ENDING}": text.encode() for key, text in starter_texts().items()}


def _readme() -> str:
    return "\n\n".join("\n".join(say(language)(line) for line in ABOUT) for language in LANGUAGES) + "\n"


def write_folder(files: dict[str, bytes], out: Path, replaces: bool = False) -> None:
    """Put them there, each file whole; playbooks of an earlier export that the plan no longer has go.

    Raises WrongState where a plan stands there that is not the same and `replaces` is not set: somebody may have edited it;
    FolderUnusable.
    """
    found = {path.relative_to(out).as_posix(): path for path in _plan_files(out)}
    if not replaces and any(name not in files or _read(path, FILE_BYTES_MAX) != files[name] for name, path in found.items()):
        raise WrongState(what=f"Exporting to {out}", why="another plan stands there, perhaps edited; bring it back first, or add --replace")
    try:
        (out / STARTERS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderUnusable(folder=out, why=error.strerror) from error
    for name, content in files.items():
        write_whole(out / name, content)
    for name, path in found.items():
        if name not in files:
            remove(path)


def _plan_files(folder: Path) -> Iterator[Path]:
    """What stands there of a plan."""
    names = [name for name, _ in FILES.values()]
    yield from (folder / name for name in names if (folder / name).is_file())
    yield from sorted((folder / PLAYBOOKS).glob(f"*{ENDING}"))


# In -----------------------------------------------------------------------------------------------


def read_folder(folder: Path) -> Drawn:
    """Everything in a folder of plain files, with every fault. Raises FolderUnusable if there is no such folder."""
    if not folder.is_dir():
        raise FolderUnusable(folder=folder, why="there is no such folder")
    records: list[Any] = []
    kinds: list[type[Struct]] = []
    faults: list[FileFault] = []
    for kind, (name, _) in FILES.items():
        if (folder / name).exists():
            kinds.append(kind)
            _into(_records_in(kind, folder / name, name), records, faults)
    if (folder / PLAYBOOKS).is_dir():
        kinds.append(PlaybookText)
        _into(_playbooks_in(folder / PLAYBOOKS), records, faults)
    if len(records) > RECORDS_MAX:
        faults.append(FileFault(folder.name, f"it holds more than {RECORDS_MAX} records"))
    faults += _twice(records)
    known = [name for name, _ in FILES.values()]
    others = sorted(one.name for one in folder.iterdir() if one.name not in (README, PLAYBOOKS, *known))
    strange = f"no file of a plan has this name; there are {', '.join(known)}"
    faults += [FileFault(name, strange) for name in others if _is_ours(name)]
    if not kinds:
        faults.append(FileFault(folder.name, "no file of a plan is in it"))
    return Drawn(tuple(records), tuple(kinds), tuple(faults[:FAULTS_MAX]), tuple(name for name in others if not _is_ours(name)))


def _into(found: Iterable[Any], records: list[Any], faults: list[FileFault]) -> None:
    for one in found:
        (faults if isinstance(one, FileFault) else records).append(one)


def _is_ours(name: str) -> bool:
    """It looks like a part of a plan, so a wrong name is a fault and not a remark."""
    return name.endswith((".toml", ENDING)) and not name.startswith(".")


def _read(path: Path, limit: int) -> bytes | None:
    """A file's bytes; None where it is no plain file, cannot be read or is larger."""
    try:
        if not path.is_file():
            return None
        with open(path, "rb") as file:
            content = file.read(limit + 1)
    except OSError:
        return None
    return content if len(content) <= limit else None


def _text_of(path: Path, name: str, limit: int) -> str | FileFault:
    content = _read(path, limit)
    if content is None:
        return FileFault(name, f"it cannot be read, or is larger than {limit} bytes")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        return FileFault(name, "it is not written in UTF-8; save it again as UTF-8", content[: error.start].count(b"\n") + 1)


def _records_in(kind: type[Struct], path: Path, name: str) -> Iterator[Any]:
    text = _text_of(path, name, FILE_BYTES_MAX)
    if isinstance(text, FileFault):
        yield text
        return
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place = re.search(r"\bline (\d+)\b", str(error))
        yield FileFault(name, f"it is no TOML there: {error}"[:300], int(place[1]) if place else None)
        return
    given = tables.pop(name_of(kind), [])
    for other in tables:
        yield FileFault(name, f"it may hold [[{name_of(kind)}]] only, not {other[:40]}")
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        yield FileFault(name, f"each record must begin with a line [[{name_of(kind)}]]")
        return
    yield from _each(kind, given, name, text)


def _each(kind: type[Struct], given: list[dict[str, Any]], name: str, text: str) -> Iterator[Any]:
    lines = text.split("\n")
    heads = [number for number, line in enumerate(lines) if re.match(rf"\s*\[\[\s*{name_of(kind)}\s*\]\]", line)]
    if len(heads) != len(given):  # Written in a way of its own: faults have no line then.
        heads = []
    for number, plain in enumerate(given):
        days = {field: value.isoformat() for field, value in plain.items() if field in DAY_FIELDS and type(value) is date}
        record, faults = from_plain(kind, plain | days)
        for fault in faults:
            yield FileFault(name, fault.why, _line_of(fault.field, heads, number, lines), fault.field)
        if record is not None:
            yield record


def _line_of(field: str, heads: Sequence[int], number: int, lines: Sequence[str]) -> int | None:
    """The line of a field in the so-manieth table; of the table's head where the field is not there."""
    if not heads:
        return None
    end = heads[number + 1] if number + 1 < len(heads) else len(lines)
    for at in range(heads[number] + 1, end):
        if re.match(rf'\s*["\']?{re.escape(field)}["\']?\s*=', lines[at]):
            return at + 1
    return heads[number] + 1


def _playbooks_in(folder: Path) -> Iterator[Any]:
    paths = sorted(one for one in folder.iterdir() if one.name.endswith(ENDING) and not one.name.startswith("."))
    if len(paths) > PLAYBOOKS_MAX:
        yield FileFault(PLAYBOOKS, f"it holds more than {PLAYBOOKS_MAX} playbooks")
        return
    for path in paths:
        name = f"{PLAYBOOKS}/{path.name}"
        text = _text_of(path, name, PLAYBOOK_BYTES_MAX)
        if isinstance(text, FileFault):
            yield text
            continue
        record, faults = from_plain(PlaybookText, {"key": path.name.removesuffix(ENDING), "text": text.replace("\r", "\n")})
        yield from (FileFault(name, fault.why, None, "file name" if fault.field == "key" else "") for fault in faults)
        if record is not None:
            yield record


def _twice(records: Iterable[Any]) -> Iterator[FileFault]:
    seen: set[tuple[type[Struct], str]] = set()
    for one in records:
        place = (type(one), key_of(one))
        if place in seen:
            yield FileFault(FILES[place[0]][0], f"{place[1]} stands in it twice", None, KINDS[place[0]][1])
        seen.add(place)


# What would change --------------------------------------------------------------------------------


def propose(plan: Plan, drawn: Drawn, removes_missing: bool = False) -> Proposal:
    """What bringing it back would change; raises nothing and writes nothing."""
    standing = {(type(one), key_of(one)): one for kind in drawn.kinds for one in plan.all(kind)}
    changed = [one for one in drawn.records if standing.get((type(one), key_of(one))) != one]
    here = {(type(one), key_of(one)) for one in drawn.records}
    gone = [place for place in standing if place not in here] if removes_missing else []
    steps = [_step(standing.get((type(one), key_of(one))), one) for one in changed]
    steps += [Step("removed", name_of(kind), key) for kind, key in gone]
    faults = [*drawn.faults, *_unreadable(changed)]
    if not faults:
        try:
            plan.check_change(changed, gone)
        except TideoverError as error:  # Pads that would share a number: a matter between records, of no single line.
            faults.append(FileFault(FILES[Pad][0], error.message))
    return Proposal(
        steps=tuple(sorted(steps, key=lambda one: (one.kind, one.key))),
        records=tuple(changed),
        removed=tuple((name_of(kind), key) for kind, key in gone),
        same=len(drawn.records) - len(changed),
        faults=tuple(faults),
        ignored=drawn.ignored,
        revision=plan.revision(),
    )


def _unreadable(records: Iterable[Record]) -> Iterator[FileFault]:
    """Faults of new and changed playbooks: on a card the starter one would stand in their place."""
    for one in records:
        if isinstance(one, PlaybookText):
            for fault in try_playbook(one.text, one.key)[1]:
                yield FileFault(f"{PLAYBOOKS}/{one.key}{ENDING}", fault.why, fault.line)


def _step(before: Record | None, after: Record) -> Step:
    kind, key = name_of(type(after)), key_of(after)
    if before is None:
        return Step("new", kind, key)
    return Step("changed", kind, key, tuple(one for one in msgspec.structs.asdict(after) if getattr(before, one) != getattr(after, one)))
