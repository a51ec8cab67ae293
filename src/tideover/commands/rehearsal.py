"""`tideover rehearsal`: begin one beside the running box, end it, list what earlier ones showed, show one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from tideover.commands.output import FAILED, OPEN, data_folder, data_option, data_place, json_option, print_json, say

OPENS, CLOSES = 7, 20  # Hours, by the shop's wall, in which a link is rehearsed only when somebody says so.


@click.group(epilog="Example: tideover rehearsal start --with 'Oona Virtanen' --with 'Maija Mäkelä'")
def rehearsal() -> None:
    """Rehearse a failure beside the shop, with a clock; what it showed is kept."""


@rehearsal.command(epilog="Example: tideover rehearsal start --scenario internet-down --with 'Oona Virtanen'")
@data_option
@click.option("--scenario", default="", help="Which one; without it one is drawn.")
@click.option("--with", "people", multiple=True, required=True, help="Who takes part; once for each.")
@json_option
def start(data: Path | None, scenario: str, people: tuple[str, ...], as_json: bool) -> None:
    """Begin a rehearsal in the box that runs; its page /rehearsal has the clock."""
    from tideover.errands import ask_box

    found = asyncio.run(ask_box(data_folder(data), ("/v1/rehearsal", {"people": people, "scenario": scenario})))
    if as_json:
        print_json(found)
        return
    click.echo("The practice box is being set up; the page /rehearsal of the box has the clock.")
    for name, roles in found["people"].items():
        click.echo(f"  {name}: {roles}")


@rehearsal.command(epilog="Example: tideover rehearsal end --how customer")
@data_option
@click.option("--how", type=click.Choice(["customer", "done", "give-up"]), default="customer", help="Why.  [default: customer]")
@json_option
def end(data: Path | None, how: str, as_json: bool) -> None:
    """End the rehearsal at once."""
    from tideover.errands import ask_box

    found = asyncio.run(ask_box(data_folder(data), ("/v1/rehearsal/end", {"how": how})))
    if as_json:
        print_json(found)
        return
    click.echo("It ends now. What it showed: tideover rehearsal list")


@rehearsal.command(epilog="Example: tideover rehearsal link --yes --json")
@data_option
@click.option("--span", "span_s", type=click.IntRange(0, 60), default=20, help="Seconds on the other line.  [default: 20]")
@click.option("--yes", is_flag=True, help="Do not ask, also while the shop may be open.")
@json_option
@click.pass_context
def link(ctx: click.Context, data: Path | None, span_s: int, yes: bool, as_json: bool) -> None:
    """Take the line in use for dead: go to the other one, prove it, come back; the figures are kept."""
    from tideover.errands import here_or_box
    from tideover.settings import read_settings

    folder = data_folder(data)
    if not yes and _may_be_open(read_settings(folder).time_zone):
        click.confirm("The shop may be open. Connections of the tills break for a moment. Go on?", abort=True, err=True)

    async def here(house: Any) -> dict[str, Any]:
        from msgspec import to_builtins

        await house.mover.switching.heal(first=house.mover.switching.names())
        await _looked(house)
        return to_builtins(await house.mover.try_out(house.settings.owner, span_s))

    found = asyncio.run(here_or_box(folder, here, "/v1/rehearsal/link", {"span_s": span_s}))
    is_good = found["word"] == "done"
    if as_json:
        print_json(found)
    else:
        _show_link(found)
    ctx.exit(0 if is_good else FAILED)


LINKS_SEEN_S = 10.0  # Without a box that looks all day, the lines are looked at for so long first.


async def _looked(house: Any) -> None:
    """The quick looks of the box, until every line is known or time is up; none where nothing can be moved anyway."""
    if house.mover.driver is None or not house.mover.driver.can_act:
        return
    ends_s = house.world.stopwatch_s() + LINKS_SEEN_S
    while house.world.stopwatch_s() < ends_s and any(one.state == "unknown" for one in house.mover.lines_now()):
        await house.world.pause(min(0.5, max(0.05, await house.lines.turn())))


def _may_be_open(zone: str) -> bool:
    from zoneinfo import ZoneInfo

    from tideover.world import real_world

    return OPENS <= real_world().now().astimezone(ZoneInfo(zone)).hour < CLOSES


def _show_link(found: dict[str, Any]) -> None:
    if not found["line"]:
        click.echo(f"Nothing was moved: {found['why']}.")
        return
    click.echo(f"decided after    {found['decided_ms']} ms")
    click.echo(f"{found['line']} carried after {found['carried_ms']} ms")
    click.echo(f"proof            {found['proof'] or 'none: the settings name no page'}")
    if found["bytes_per_s"] is not None:
        click.echo(f"speed            {found['bytes_per_s'] * 8 / 1_000_000:.1f} Mbit/s")
    click.echo(f"back after       {found['back_ms']} ms" if found["is_back"] else "NOT BACK: look at the page /switching of the box")
    if found["word"] != "done":
        click.echo(f"It did not work: {found['why']}")


def _read(data: Path | None) -> dict[str, Any]:
    """What the journal says, beside a running box or without one."""
    from msgspec import to_builtins

    from tideover.commands.reading import opened
    from tideover.learn.practice_log import PracticeLog
    from tideover.world import real_world

    with opened(data_place(data), real_world()) as found:
        log = PracticeLog(found.journal)
        past = [{"id": one.id, "on": one.on, **to_builtins(one.body)} for one in log.past()]
        return {"rehearsals": past, "findings": [to_builtins(one) | {"is_open": one.is_open} for one in log.gaps()]}


@rehearsal.command("list", epilog="Example: tideover rehearsal list --json")
@data_option
@json_option
@click.pass_context
def list_(ctx: click.Context, data: Path | None, as_json: bool) -> None:
    """Every rehearsal, the newest first, and what is open of them; exit code 3 while something is."""
    found = _read(data)
    is_open = any(one["is_open"] for one in found["findings"])
    if as_json:
        print_json(found)
    else:
        for one in found["rehearsals"]:
            click.echo(f"{one['on']}  {one['id'][-6:]}  {one['scenario']:14} {one['how']:11} first sale {_span(one['to_sale_s'])}")
        if not found["rehearsals"]:
            say("Nobody has rehearsed yet.")
        for one in found["findings"]:
            if one["is_open"]:
                click.echo(f"open  {one['text']}  {one['owner']}, due {one['due']}")
    ctx.exit(OPEN if is_open else 0)


@rehearsal.command(epilog="Example: tideover rehearsal show 3f9c1a")
@data_option
@click.argument("id")
@json_option
def show(data: Path | None, id: str, as_json: bool) -> None:
    """One rehearsal: by its id, or by the end of it."""
    from tideover.errors import NotFound

    found = _read(data)
    matching = [one for one in found["rehearsals"] if id and one["id"].endswith(id.lower())]
    if len(matching) != 1:
        raise NotFound(what="rehearsal", id=id[:100])
    one = matching[0]
    findings = [gap for gap in found["findings"] if gap["by"] == one["id"]]
    if as_json:
        print_json({**one, "findings": findings})
        return
    click.echo(f"{one['on']}  {one['scenario']}  {one['how']}  {one['note']}".rstrip())
    for text, key in (("right next step", "to_step_s"), ("first sale", "to_sale_s"), ("books closed", "to_closed_s")):
        click.echo(f"  {text:16} {_span(one[key])}")
    click.echo(f"  missed           {', '.join(one['missed']) or 'nothing'}")
    click.echo(f"  with help        {', '.join(one['helped']) or 'nothing'}")
    for part in one["people"]:
        click.echo(f"  {part['person']}: {part['roles']}")
    for gap in findings:
        click.echo(f"  {'open  ' if gap['is_open'] else 'mended'}  {gap['text']}  {gap['owner']}, due {gap['due']}")


def _span(seconds: int | None) -> str:
    return "–" if seconds is None else f"{seconds // 60}:{seconds % 60:02d}"
