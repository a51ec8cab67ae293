"""`tideover doctor`: what this machine lacks, and how to get it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Literal

import click
from msgspec import Struct

from tideover.commands.output import DONE, OPEN, data_folder, data_option, json_option, print_json

DISK_FREE_MIN = 500 * 2**20  # A busy shop writes about 50 MB a year; room for copies, backups and a wide margin.
PYTHON_MIN = (3, 11)
ANCHORS_MIN = 3  # One that is away still leaves two to agree.
SECRET_FILES = ("operator.token", "secrets.db", "secrets.key")


class Check(Struct, frozen=True):
    """One thing looked at."""

    what: str
    state: Literal["ok", "missing", "advice"]
    found: str
    next_step: str = ""  # What to do; empty when there is nothing to do.


@click.command(epilog="Example: tideover doctor --data /srv/shop")
@data_option
@json_option
def doctor(data: Path | None, as_json: bool) -> None:
    """Look at this machine and the data directory; change nothing."""
    checks = examine(data_folder(data))
    if as_json:
        print_json({"checks": checks})
    else:
        signs = {"ok": "✓", "missing": "✗", "advice": "·"}
        for check in checks:
            click.echo(f"{signs[check.state]} {check.what}: {check.found}")
            if check.next_step:
                click.echo(f"    → {check.next_step}")
    missing = any(check.state == "missing" for check in checks)
    raise click.exceptions.Exit(OPEN if missing else DONE)


def examine(folder: Path) -> list[Check]:
    """Every check, in the order in which a person would mend them."""
    named = [_settings(folder), *_lines(folder), *_anchors(folder), _cloud(folder), *_vendor(folder), *_receipts(folder)]
    kept = [_journal(folder), *_witness(folder), _plan(folder), _private(folder)]
    return [_python(), _sqlite(), _zones(), _disk(folder), *named, *kept, _looks(), _git()]


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON_MIN:
        return Check("Python", "missing", found, "install Python 3.11 or newer, then 'make setup'")
    return Check("Python", "ok", found)


def _sqlite() -> Check:
    import apsw

    from tideover.db import refuse_old_sqlite
    from tideover.errors import OldSqlite

    try:
        refuse_old_sqlite()
    except OldSqlite as error:
        return Check("SQLite", "missing", error.message, error.hint)
    return Check("SQLite", "ok", apsw.sqlite_lib_version())


def _zones() -> Check:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo("Europe/Helsinki")
    except ZoneInfoNotFoundError:
        return Check("Time zones", "missing", "no zone data", "run 'make setup' again; it brings the tzdata package")
    return Check("Time zones", "ok", "present")


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    found = f"{free // 2**20} MB free at {folder}"
    if free < DISK_FREE_MIN:
        return Check("Disk", "missing", found, f"make room: at least {DISK_FREE_MIN // 2**20} MB, or use --data on another disk")
    return Check("Disk", "ok", found)


def _settings(folder: Path) -> Check:
    from tideover.errors import Misconfigured
    from tideover.settings import FILE, read_settings

    try:
        settings = read_settings(folder)
    except Misconfigured as error:
        return Check("Settings", "missing", error.message, error.hint)
    if not settings.business_id:
        return Check("Settings", "advice", f"{FILE} has no business_id", "receipts need it by law in many countries; add it")
    return Check("Settings", "ok", f"{settings.shop_name}, {settings.country}, {settings.time_zone}")


def _lines(folder: Path) -> list[Check]:
    """The lines to the internet, where the settings name any."""
    from tideover.errors import Misconfigured
    from tideover.model.line import lines_of
    from tideover.settings import read_settings

    try:
        texts = read_settings(folder).lines
    except Misconfigured:
        return []
    try:
        lines = lines_of(texts)
    except Misconfigured as error:
        return [Check("Lines", "missing", error.message, error.hint)]
    vague = "; ".join(f"{one.name}: {', '.join(one.unaddressed)} is no IP address" for one in lines if one.unaddressed)
    if vague:
        return [Check("Lines", "advice", vague, "write the address, like 10.0.0.1; until then a move takes what this machine knows")]
    return [Check("Lines", "ok", ", ".join(one.name for one in lines))] if lines else []


def _anchors(folder: Path) -> list[Check]:
    """Where lines are named, whether enough tells one of them from what lies beyond it: one operator may be away."""
    from tideover.errors import Misconfigured
    from tideover.settings import read_settings

    try:
        settings = read_settings(folder)
    except Misconfigured:
        return []
    if not settings.lines:
        return []
    hosts, listed = {one.rpartition(":")[0] for one in settings.anchors}, ", ".join(settings.anchors)
    if len(hosts) < ANCHORS_MIN:
        found = f"only {len(hosts)}: {listed}" if hosts else "none"
        return [Check("Anchors", "advice", found, "name three addresses (HOST:PORT) of different operators in 'anchors'")]
    return [Check("Anchors", "ok", listed)]


def _cloud(folder: Path) -> Check:
    from tideover.errors import Misconfigured
    from tideover.settings import read_settings

    try:
        cloud = read_settings(folder).cloud
    except Misconfigured:
        return Check("Cloud", "advice", "unknown until the settings can be read")
    if not cloud:
        return Check("Cloud", "advice", "none yet", "run 'tideover connect'; without it sales wait in the journal")
    return Check("Cloud", "ok", cloud)


def _vendor(folder: Path) -> list[Check]:
    """Whether we have a note of the brand of cloud till that the settings name."""
    from tideover.errors import Misconfigured
    from tideover.plan.vendors import no_note, vendor_of
    from tideover.settings import read_settings

    try:
        name = read_settings(folder).vendor
    except Misconfigured:
        return []
    if why := no_note(name):
        return [Check("Vendor", "advice", f"{name!r}: {why}", "docs/vendors names the brands; write one of them in 'vendor', or none")]
    vendor = vendor_of(name)
    return [Check("Vendor", "ok", vendor.name)] if vendor else []


def _receipts(folder: Path) -> list[Check]:
    """Receipt printer and mail, as the settings name them; the printer is asked, nothing is printed."""
    from tideover.commands.doctor_receipts import checks_of
    from tideover.errors import Misconfigured
    from tideover.settings import read_settings

    try:
        settings = read_settings(folder)
    except Misconfigured:
        return []
    return [Check(*one) for one in checks_of(settings, folder)]


def _journal(folder: Path) -> Check:
    path = folder / "journal.db"
    if not path.exists():
        return Check("Journal", "ok", "none yet; the first 'tideover box' makes it")
    from tideover.errors import TideoverError
    from tideover.journal.verify import verify_file

    try:
        found = verify_file(path, None)
    except TideoverError as error:
        return Check("Journal", "missing", error.message, error.hint)
    if found.chain != "whole":
        return Check("Journal", "missing", found.chain, f"stop writing and run 'tideover verify {path}'")
    return Check("Journal", "ok", f"{found.entries} entries, whole, head {found.head[:16]}…")


def _witness(folder: Path) -> list[Check]:
    """Whether the second place for the journal's heads takes any, where the settings name one."""
    from tideover.disk import in_time
    from tideover.errors import Misconfigured
    from tideover.journal.heads import PATIENCE_S
    from tideover.settings import read_settings

    try:
        name = read_settings(folder).heads_folder
    except Misconfigured:
        return []
    if not name:
        return []
    takes = in_time(lambda: os.access(name, os.W_OK | os.X_OK), PATIENCE_S)
    if takes and os.stat(name).st_dev == os.stat(folder).st_dev:  # Also the empty folder that a stick leaves behind.
        found = f"{name} is on the journal's own disk, and is lost with it"
        return [Check("Second witness", "advice", found, "put the stick or disk in, or set heads_folder to another place")]
    if takes:
        return [Check("Second witness", "ok", name)]
    found = f"{name} does not answer" if takes is None else f"{name} takes no file"
    return [Check("Second witness", "missing", found, "put the stick or disk back in, or set heads_folder to another")]


def _plan(folder: Path) -> Check:
    none_yet = Check("Plan", "advice", "none yet", "run 'tideover start': six questions, and the papers of a plan B")
    if not (folder / "plan.db").exists():
        return none_yet
    from tideover.commands.plan_checks import DISAGREES, disagreements_of
    from tideover.commands.reading import opened
    from tideover.errors import TideoverError
    from tideover.world import real_world

    try:
        with opened(folder, real_world()) as found:
            revision, odd = found.plan.revision(), [one for one in disagreements_of(found) if one.why != "unentered"]
    except TideoverError as error:
        return Check("Plan", "missing", error.message, error.hint)
    if odd:
        first = f"{odd[0].kind} {odd[0].key}: {DISAGREES[odd[0].why]}"
        return Check("Plan", "missing", f"{len(odd)} versions are not what was written", first)
    if not revision:  # The box has made room for one.
        return none_yet
    return Check("Plan", "ok", f"changed {revision} times, as the journal says")


def _private(folder: Path) -> Check:
    """Journal, copies and keys are for the box's user alone; where a system has other rights than these, this says ok."""
    if not folder.stat().st_mode & 0o077:  # A closed folder closes what is in it.
        return Check("Private files", "ok", f"only this user may look into {folder}")
    names = [name for name in SECRET_FILES if (folder / name).exists() and (folder / name).stat().st_mode & 0o077]
    if names:
        return Check("Private files", "missing", f"others on this machine may read {', '.join(names)}", f"chmod -R go= {folder}")
    return Check("Private files", "advice", f"others on this machine may look into {folder}", f"chmod -R go= {folder}")


def _looks() -> Check:
    """Which looks this user can make; what he cannot is said of each in other words, so nothing is missing."""
    from tideover.detect.looks.abilities import abilities

    lacking = [f"{one.what}: {one.why}" for one in abilities() if not one.can]
    if lacking:
        return Check("Looks", "advice", "; ".join(lacking), "'tideover diagnose --why' names them all; looks manage without")
    return Check("Looks", "ok", "this user can make all of them")


def _git() -> Check:
    missing = [tool for tool in ("git", "make") if shutil.which(tool) is None]
    if missing:
        return Check("Tools", "advice", f"no {', '.join(missing)}", "only needed to update from source: install with the system's packages")
    return Check("Tools", "ok", "git and make")
