"""`tideover switch`: what may move by itself, allow it or not, move it by hand, and the passwords that drivers need.

Arming and moving go through the box where it runs; without it the box's data directory is opened for the moment.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from tideover.commands.output import OPEN, data_folder, data_option, json_option, print_json, say

PASSWORDS = ("router", "pbx")  # Each kept among the secrets as NAME.password.
SWITCHES = ("lines", "router", "pbx", "modem")  # Each is named in the setting of the same name.
SWITCH = click.Choice(SWITCHES)


@click.group(epilog="Example: tideover switch arm lines --why 'tried on Sunday'")
def switch() -> None:
    """Lines and calls that can be moved: list, allow, forbid, move, lead back."""


def _post(data: Path | None, name: str, what: str, target: str = "", why: str = "") -> dict[str, Any]:
    """One act, through the running box or here. Raises Misconfigured, Rejected, Unavailable, WrongState, NotFound."""
    from tideover.commands.output import data_place
    from tideover.errands import here_or_box
    from tideover.errors import Misconfigured
    from tideover.settings import FILE, read_settings

    if not getattr(read_settings(place := data_place(data)), name):
        raise Misconfigured(setting=name, why="it names nothing that could be moved", file=place / FILE)

    async def here(house: Any) -> dict[str, Any]:
        from msgspec import to_builtins

        from tideover.web.switching_api import carry_out, switching_now

        await house.mover.switching.heal(first=house.mover.switching.names())
        await carry_out(house.mover, name, what, house.settings.owner, target, why)
        return to_builtins(switching_now(house.mover))

    return asyncio.run(here_or_box(data_folder(data), here, f"/v1/switching/{name}/{what}", {"target": target, "why": why}))


@switch.command("list", epilog="Example: tideover switch list --json")
@data_option
@json_option
@click.pass_context
def list_(ctx: click.Context, data: Path | None, as_json: bool) -> None:
    """What can be moved, whether it may move by itself, and what was done last; exit code 3 where an act was torn off."""
    from tideover.commands.output import data_place
    from tideover.commands.reading import opened
    from tideover.model.line import lines_of
    from tideover.world import real_world

    with opened(data_place(data), real_world()) as found:
        log, lines = _read(found.journal), lines_of(found.settings.lines)
        by_hand = bool(lines) and not any(one.device for one in lines)
        can = [name for name in SWITCHES if getattr(found.settings, name) and not (name == "lines" and by_hand)]
    told = {
        "lines": [one.name for one in lines],
        "can_be_moved": can,
        "switches": [{"name": name, "is_armed": word.is_on, "by": word.by, "why": word.why} for name, word in sorted(log.words.items())],
        "acts": [{"at": _iso(one.at), "by": one.by, **_plain(one.body)} for one in reversed(log.acts)],
        "proofs": {line: {"at": _iso(past[-1].at), **_plain(past[-1].body)} for line, past in log.proofs.items()},
        "torn": sorted(log.torn),
    }
    if as_json:
        print_json(told)
    else:
        _show(told)
    ctx.exit(OPEN if told["torn"] else 0)


def _read(journal: Any) -> Any:
    from tideover.activate.switch_log import KINDS, SwitchLog

    log, after = SwitchLog(), 0
    while kept := journal.read(after=after, kinds=KINDS):
        log.take(one.entry for one in kept)
        after = kept[-1].seq
    return log


def _show(told: dict[str, Any]) -> None:
    click.echo(f"Lines: {', '.join(told['lines']) or 'none is named in tideover.toml'}")
    if told["lines"] and "lines" not in told["can_be_moved"]:
        click.echo("A person moves the lines at the router: none of them names its network device here (device=).")
    if told["can_be_moved"]:
        click.echo(f"Can be moved: {', '.join(told['can_be_moved'])}")
    elif not told["lines"]:
        click.echo("Nothing can be moved yet: name 'lines', 'router', 'pbx' or 'modem' in tideover.toml.")
    for one in told["switches"]:
        click.echo(
            f"{one['name']:8} {'may move by itself' if one['is_armed'] else 'does not move by itself'}  ({one['by']}) {one['why']}".rstrip()
        )
    if not told["switches"]:
        click.echo("Nobody has allowed anything to move by itself.")
    for line, one in told["proofs"].items():
        click.echo(f"{line:8} {'works' if one['works'] else 'does not work'}, {one['at']}: {one['text']}")
    for one in told["acts"][:20]:
        who = one["by"] or "by itself"
        click.echo(f"{one['at']}  {one['switch']}: {one['what']}  {one['before']} → {one['target']}  {one['took_ms']} ms  {who}")
    for name in told["torn"]:
        click.echo(f"{name}: an act was begun and not ended; the box ends it at its next start.")


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _plain(body: Any) -> dict[str, Any]:
    from msgspec import to_builtins

    return to_builtins(body)


def _told(found: dict[str, Any], name: str, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for one in found["switches"]:
        if one["name"] == name:
            armed = "may move by itself" if one["is_armed"] else "does not move by itself"
            click.echo(f"{name}: {armed}; in use: {one['in_use'] or 'nothing, or not known'}")


@switch.command(epilog="Example: tideover switch arm lines --why 'tried on Sunday'")
@click.argument("name", type=SWITCH)
@click.option("--why", default="", help="Kept with it.")
@data_option
@json_option
def arm(name: str, why: str, data: Path | None, as_json: bool) -> None:
    """Let it move by itself from now on."""
    _told(_post(data, name, "arm", why=why), name, as_json)


@switch.command(epilog="Example: tideover switch disarm lines")
@click.argument("name", type=SWITCH)
@click.option("--why", default="", help="Kept with it.")
@data_option
@json_option
def disarm(name: str, why: str, data: Path | None, as_json: bool) -> None:
    """It does not move by itself any more; what is in use stays in use."""
    _told(_post(data, name, "disarm", why=why), name, as_json)


@switch.command(epilog="Example: tideover switch engage lines mobile")
@click.argument("name", type=SWITCH)
@click.argument("target")
@click.option("--why", default="", help="Kept with it.")
@data_option
@json_option
def engage(name: str, target: str, why: str, data: Path | None, as_json: bool) -> None:
    """Move it now: to a line, or calls to a number."""
    _told(_post(data, name, "engage", target, why), name, as_json)


@switch.command(epilog="Example: tideover switch restore pbx")
@click.argument("name", type=SWITCH)
@click.option("--why", default="", help="Kept with it.")
@data_option
@json_option
def restore(name: str, why: str, data: Path | None, as_json: bool) -> None:
    """As it was when it was armed."""
    _told(_post(data, name, "restore", why=why), name, as_json)


@switch.command(epilog="Example: echo 'secret' | tideover switch password router")
@click.argument("name", type=click.Choice(PASSWORDS))
@data_option
def password(name: str, data: Path | None) -> None:
    """Keep the password of the router or the telephone system, read from standard input, among the secrets."""
    from contextlib import closing

    from tideover.secret import Secrets
    from tideover.world import real_world

    word = sys.stdin.readline().rstrip("\r\n")
    if not word:
        raise click.UsageError("no password came on standard input")
    with closing(Secrets(data_folder(data), real_world())) as secrets:
        secrets.put(f"{name}.password", word.encode())
    say(f"Kept. The box uses it from the next time it asks the {'router' if name == 'router' else 'telephone system'}.")
