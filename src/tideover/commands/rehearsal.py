"""`tideover rehearsal`: begin one beside the running box, end it, list what earlier ones showed, show one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from tideover.commands.output import OPEN, data_folder, data_option, data_place, json_option, print_json, say


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
