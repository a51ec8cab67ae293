"""`tideover plan`: look at the plan, change it, take it back, carry it out and in as plain files, answer its checks.

Works with and without a running box. What it does stands in plan/ and learn/check.py; here is only asking and printing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tideover.commands.output import DONE, FAILED, OPEN, WRONG_USE, data_folder, data_option, data_place, json_option, print_json, say

if TYPE_CHECKING:
    from tideover.app import House
    from tideover.plan.folder import FileFault, Proposal

WIDTH = 100  # Characters of a line; longer texts are cut in lists.

by_option = click.option("--by", default="", metavar="NAME", help="Who does it; without it, the owner of the settings.")


@click.group(epilog="Example: tideover plan set thing spare-pc name='Spare computer' can=till,internet place='Back room'")
def plan() -> None:
    """Look at the plan, change it, answer its checks."""


# Looking ------------------------------------------------------------------------------------------


@plan.command(name="list", epilog="Example: tideover plan list person")
@click.argument("kind", required=False, default="")
@data_option
@json_option
def list_(kind: str, data: Path | None, as_json: bool) -> None:
    """All records, or those of one KIND: person, service, till, grant, pad, thing, party, check, playbook, duty."""
    _show_records(data, as_json, kind, "")


@plan.command(epilog="Example: tideover plan search 040 123 4567")
@click.argument("text", nargs=-1, required=True)
@data_option
@json_option
def search(text: tuple[str, ...], data: Path | None, as_json: bool) -> None:
    """Records that hold every word of TEXT, or the number, however it is written."""
    _show_records(data, as_json, "", " ".join(text))


def _show_records(data: Path | None, as_json: bool, kind: str, text: str) -> None:
    from tideover.commands.reading import opened
    from tideover.plan.wished import listed
    from tideover.world import real_world

    with opened(data_place(data), real_world()) as found:
        records, revision = listed(found.plan, kind, text), found.plan.revision()
    if as_json:
        print_json({"revision": revision, "records": records})
        return
    for one in records:
        click.echo(_cut(f"{one.kind:9} {one.key:24} {_summary(one.record, one.key)}"))
    if not records:
        say("Nothing there yet." if not text else "Nothing holds that.")


@plan.command(epilog="Example: tideover plan show party elisa")
@click.argument("kind")
@click.argument("key")
@data_option
@json_option
def show(kind: str, key: str, data: Path | None, as_json: bool) -> None:
    """One record, field by field."""
    from tideover.commands.reading import opened
    from tideover.errors import NotFound
    from tideover.plan.fields import kind_named, to_texts
    from tideover.plan.wished import held
    from tideover.world import real_world

    with opened(data_place(data), real_world()) as found:
        record = found.plan.get(kind_named(kind), key)
        if record is None:
            raise NotFound(what=kind, id=key)
        version = found.plan.history(type(record), key)[-1]
    if as_json:
        print_json({**_plain(held(record)), "version": version.version})
        return
    for name, value in to_texts(record).items():
        click.echo(f"{name:16} {value}".replace("\n", f"\n{'':17}").rstrip())
    say(f"Version {version.version}, by {version.changed_by}.")


@plan.command(epilog="Example: tideover plan history person Anna")
@click.argument("kind", required=False, default="")
@click.argument("key", required=False, default="")
@data_option
@json_option
def history(kind: str, key: str, data: Path | None, as_json: bool) -> None:
    """Changes of a record, or of the whole plan, newest first."""
    from tideover.commands.reading import opened
    from tideover.plan.wished import changes
    from tideover.words import say as speaker
    from tideover.world import from_ms, real_world

    world = real_world()
    with opened(data_place(data), world) as found:
        listed = changes(found.plan, kind, key)
        zone = found.settings.time_zone
    if as_json:
        print_json({"changes": listed})
        return
    for one in listed:
        what = "removed" if one.record is None else _summary(one.record, one.key)
        back = f" (takes back {one.undoes})" if one.undoes else ""
        at = speaker("en").clock(from_ms(one.changed_at), zone, world.now())
        click.echo(_cut(f"{one.change:5} {at:12} {one.changed_by:12} {one.kind} {one.key} v{one.version}{back}: {what}"))
    if not listed:
        say("Nothing was changed yet.")


# Changing -----------------------------------------------------------------------------------------


@plan.command(
    name="set",
    epilog="Example: tideover plan set grant refunds person=Anna right=refund each=50.00 day=200.00"
    "    tideover plan set person Anna can+=fetch    tideover plan set party elisa channels+='+358 800 1234 | faults | 0-24'",
)
@click.argument("kind")
@click.argument("key")
@click.argument("fields", nargs=-1, required=True, metavar="FIELD=VALUE...")
@by_option
@data_option
@json_option
def set_(kind: str, key: str, fields: tuple[str, ...], by: str, data: Path | None, as_json: bool) -> None:
    """Set fields of a record, the others stay; a new record if there is none. FIELD+= adds to a list, FIELD-= takes from it."""
    from tideover.commands.reading import opened
    from tideover.plan.wished import edited
    from tideover.world import real_world

    typed = dict(_parted(one) for one in fields)
    with opened(data_place(data), real_world()) as found:
        record, faults = edited(found.plan, kind, key, typed)
    if faults:
        _refuse(as_json, [f"{one.field}: {one.why}" for one in faults], {"faults": faults})
    _change(data, as_json, by, {"put": [{"kind": kind, "record": _plain(record)}]}, f"{kind} {key} is kept.")


@plan.command(epilog="Example: tideover plan remove thing old-modem")
@click.argument("kind")
@click.argument("key")
@by_option
@data_option
@json_option
def remove(kind: str, key: str, by: str, data: Path | None, as_json: bool) -> None:
    """A record counts no more; its history stays, and undo brings it back."""
    _change(data, as_json, by, {"remove": [{"kind": kind, "key": key}]}, f"{kind} {key} is removed; 'tideover plan undo' brings it back.")


@plan.command(epilog="Example: tideover plan undo")
@click.argument("kind", required=False, default="")
@click.argument("key", required=False, default="")
@by_option
@data_option
@json_option
def undo(kind: str, key: str, by: str, data: Path | None, as_json: bool) -> None:
    """Take back the last change, of one record or of the whole plan; again, and it goes further back."""
    from tideover.plan.fields import kind_named

    async def here(house: House) -> dict[str, Any]:
        last = house.plan.undo(by or house.settings.owner, kind_named(kind) if kind else None, key)
        return {"kind": last.kind, "key": last.key, "version": last.version, "revision": house.plan.revision()}

    done = _do(data, here, "/v1/plan/undo", {"kind": kind, "key": key, "by": by})
    if as_json:
        print_json(done)
    else:
        say(f"Taken back: {done['kind']} {done['key']}, version {done['version']}.")


def _change(data: Path | None, as_json: bool, by: str, wish: dict[str, Any], told: str) -> None:
    import msgspec

    from tideover.plan.wished import Wished, do

    async def here(house: House) -> dict[str, Any]:
        return _plain(do(house.plan, msgspec.convert(wish, Wished), by or house.settings.owner))

    done = _do(data, here, "/v1/plan", {**wish, "by": by})
    if as_json:
        print_json(done)
    else:
        say(told)


def _do(data: Path | None, here: Callable[[House], Awaitable[dict[str, Any]]], path: str, body: dict[str, Any]) -> dict[str, Any]:
    from tideover.errands import here_or_box

    return asyncio.run(here_or_box(data_folder(data), here, path, body))


def _parted(given: str) -> tuple[str, str]:
    name, sign, value = given.partition("=")
    if not sign or not name:
        raise click.UsageError(f"{given!r} is not FIELD=VALUE")
    return name, value


# Plain files --------------------------------------------------------------------------------------


@plan.command(name="export", epilog="Example: tideover plan export our-plan")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Also over another plan that stands there.")
@click.option("--lang", type=click.Choice(["en", "fi"]), default=None, help="Language of the remarks; without it, the shop's.")
@data_option
@json_option
def export(folder: Path, replace: bool, lang: str | None, data: Path | None, as_json: bool) -> None:
    """Write the plan into FOLDER as plain files that can be read and edited without Tideover."""
    from tideover.commands.reading import opened
    from tideover.plan.folder import files_of, write_folder
    from tideover.world import real_world

    with opened(data_place(data), real_world()) as found:
        files = files_of(found.plan, lang or found.settings.language)
        revision = found.plan.revision()
    write_folder(files, folder, replace)
    if as_json:
        print_json({"folder": str(folder), "revision": revision, "files": sorted(files)})
    else:
        say(f"{len(files)} files stand in {folder}; begin with README.txt. They name people: keep them as you keep a list of numbers.")


@plan.command(name="import", epilog="Example: tideover plan import our-plan --dry-run")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--remove-missing", is_flag=True, help="Also remove records that the files no longer hold.")
@by_option
@data_option
@json_option
def import_(folder: Path, dry_run: bool, remove_missing: bool, by: str, data: Path | None, as_json: bool) -> None:
    """Bring FOLDER's plain files into the plan: all of them or, where something is wrong in them, nothing."""
    from tideover.commands.reading import opened
    from tideover.plan.folder import propose, read_folder
    from tideover.world import real_world

    with opened(data_place(data), real_world()) as found:
        proposal = propose(found.plan, read_folder(folder), remove_missing)
    if proposal.faults:
        facts = {"faults": proposal.faults, "steps": (), "done": False}
        _refuse(as_json, [_placed(one) for one in proposal.faults], facts)
    is_due = bool(proposal.steps) and not dry_run
    if is_due:
        from tideover.plan.fields import name_of

        put = [{"kind": name_of(type(one)), "record": _plain(one)} for one in proposal.records]
        gone = [{"kind": kind, "key": key} for kind, key in proposal.removed]
        _do_import(data, {"put": put, "remove": gone, "expects": proposal.revision}, by)
    if as_json:
        print_json({"faults": (), "steps": proposal.steps, "same": proposal.same, "ignored": proposal.ignored, "done": is_due})
    else:
        _show_proposal(proposal, is_due, dry_run)


def _do_import(data: Path | None, wish: dict[str, Any], by: str) -> None:
    import msgspec

    from tideover.plan.wished import Wished, do

    async def here(house: House) -> dict[str, Any]:
        return _plain(do(house.plan, msgspec.convert(wish, Wished), by or house.settings.owner))

    _do(data, here, "/v1/plan", {**wish, "by": by})


def _show_proposal(proposal: Proposal, is_done: bool, dry_run: bool) -> None:
    for one in proposal.steps:
        fields = f": {', '.join(one.fields)}" if one.fields else ""
        click.echo(f"{one.what:8} {one.kind} {one.key}{fields}")
    for name in proposal.ignored:
        say(f"{name} is no part of a plan and was left alone.")
    if not proposal.steps:
        say(f"Nothing would change; {proposal.same} records are as they are in the plan.")
    else:
        word = "changed" if is_done else "would change; nothing was written"
        say(f"{len(proposal.steps)} {word}, {proposal.same} as before.{' Leave --dry-run out to do it.' if dry_run else ''}")


def _placed(fault: FileFault) -> str:
    where = fault.file if fault.line is None else f"{fault.file}, line {fault.line}"
    return f"{where}, {fault.field}: {fault.why}" if fault.field else f"{where}: {fault.why}"


def _refuse(as_json: bool, lines: list[str], facts: dict[str, Any]) -> None:
    """Every fault, and that nothing was written; ends the command."""
    if as_json:
        print_json(facts)
    for line in lines:
        say(line)
    say("→ Nothing was written. Correct this and do it again.")
    raise click.exceptions.Exit(WRONG_USE)


# Shared -------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    import msgspec

    return msgspec.to_builtins(value)


def _summary(record: dict[str, Any], key: str) -> str:
    """What tells one record from another, in a line."""
    told = [_short(one) for one in record.values() if one]
    return " · ".join(" ".join(one.split()) for one in told if one != key)


def _short(value: Any) -> str:
    """A value of a record; of a table its first field."""
    if isinstance(value, list | tuple):
        return ", ".join(_short(one) for one in value)
    return str(next(iter(value.values()), "")) if isinstance(value, dict) else str(value)


def _cut(line: str) -> str:
    plain = "".join(one if one.isprintable() else " " for one in line)
    return plain if len(plain) <= WIDTH else plain[: WIDTH - 1] + "…"


from tideover.commands import plan_checks  # noqa: E402 - Its commands join the group above.

plan_checks.join(plan)

__all__ = ["DONE", "FAILED", "OPEN", "plan"]
