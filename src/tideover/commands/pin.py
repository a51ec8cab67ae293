"""`tideover pin`: a person's PIN for tills and pages, set on the box's own machine: the first one, or one that was forgotten."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from tideover.commands.output import data_folder, data_option, json_option, print_json

DIGITS = "four to twelve digits"


@click.command(epilog="Example: tideover pin 'Oona Virtanen'    It asks for the digits; tills and pages take them at once.")
@data_option
@click.argument("name")
@click.option("--take-away", is_flag=True, help="That person signs in nowhere any more.")
@json_option
def pin(data: Path | None, name: str, take_away: bool, as_json: bool) -> None:
    """Set the PIN of NAME, as it stands in the plan. Whoever is signed in under that name is signed out."""
    from tideover.errands import here_or_box
    from tideover.errors import NotFound

    folder, name = data_folder(data), name.strip()[:200]
    if not name:
        raise click.UsageError("Give the name as it stands in the plan.")
    digits = "" if take_away else _asked()

    async def here(house: Any) -> Any:
        from tideover.web.rights import check_person
        from tideover.web.sessions import Sessions

        if not take_away:
            check_person(house.plan, name)
        sessions = Sessions(house.secrets, house.world)
        if not take_away:
            await sessions.set_pin(name, digits)
        elif not sessions.end_pin(name):
            raise NotFound(what="PIN", id=name)

    way = ("/v1/pins/end", {"name": name}) if take_away else ("/v1/pins", {"name": name, "pin": digits})
    asyncio.run(here_or_box(folder, here, *way))
    if as_json:
        print_json({"name": name, "has_pin": not take_away})
        return
    click.echo(f"{name} has no PIN any more." if take_away else f"The PIN of {name} is set. Sign in with it at a till or on the pages.")


def _asked() -> str:
    """Typed twice, never shown."""
    import re

    from tideover.web.sessions import PIN_FORM

    digits = str(click.prompt(f"PIN, {DIGITS}", hide_input=True, confirmation_prompt="Once more", err=True))
    if not re.fullmatch(PIN_FORM, digits):
        raise click.UsageError(f"A PIN has {DIGITS} and nothing else.")
    return digits
