"""`tideover diagnose`: what works, what does not, and what to do; with the box running or without it, with settings or with none."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from tideover.commands.output import DONE, OPEN, data_option, data_place, json_option, print_json, say
from tideover.settings import Settings
from tideover.words import LANGUAGES, Say

SIGNS = {"up": "✓", "degraded": "!", "down": "✗", "unknown": "·"}
RANKS = {"down": 0, "degraded": 1, "up": 2, "unknown": 3}
NAME_WIDTH = 20
LINE = "line-"
EVIDENCE_SHOWN = 4


@click.command(epilog="Example: tideover diagnose --lang fi    Exit 0: nothing is known to be wrong; 3: something is down or in part.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, help="Language of the sentences; without it, the shop's.")
@click.option("--why", is_flag=True, help="Also say which looks this machine and this user can make.")
@data_option
@json_option
def diagnose(lang: str | None, why: bool, data: Path | None, as_json: bool) -> None:
    """Look for ten seconds at most and say which thing failed, what proves it and what to do next.

    Asks the box if one runs on this machine. Sends nothing to an address that the settings do not name, and changes nothing.
    """
    from tideover import words
    from tideover.commands.diagnosing import ask_running, look_here
    from tideover.detect.looks.abilities import abilities
    from tideover.settings import read_settings
    from tideover.world import real_world

    folder = data_place(data)
    settings = read_settings(folder)
    speaker = words.say(lang or settings.language)
    say(speaker("Looking …"))
    began_s = (world := real_world()).stopwatch_s()
    found = ask_running(folder, speaker)
    if found is None:
        say(speaker("No box runs here: this command looks itself."))
        found = look_here(folder, settings, speaker, lambda text: say(speaker.told(text)), world.stopwatch_s() - began_s)
    else:
        say(speaker("The running box was asked."))
    able = abilities()
    if as_json:
        able_told = [{"what": speaker(one.what), "can": one.can, "why": speaker(one.why)} for one in able]
        print_json({"services": found.services, "rung": found.rung, "by": found.by, "abilities": able_told})
    else:
        _show(found, settings, speaker)
        if why:
            _show_able(able, speaker)
    raise click.exceptions.Exit(OPEN if any(one.state in ("down", "degraded") for one in found.services) else DONE)


def _show(found: Any, settings: Settings, speaker: Say) -> None:
    """The broken things first with all that matters, the others in one line each, what nobody looks at in one for all."""
    from tideover.web.headline import RUNGS, STATES

    for one in sorted(found.services, key=lambda one: RANKS.get(one.state, 3)):
        name = _name(one.name, speaker)
        if one.state in ("down", "degraded"):
            click.echo(f"{SIGNS[one.state]} {name:{NAME_WIDTH}}{speaker(STATES[one.state])}{_since(one.since, settings, speaker)}")
            click.echo(f"    {one.meaning}\n    → {one.next_step}")
            for text in one.evidence[:EVIDENCE_SHOWN]:
                click.echo(f"      {text}")
        elif one.state == "up":
            click.echo(f"{SIGNS['up']} {name:{NAME_WIDTH}}{speaker(STATES['up'])}")
    unknown = [_name(one.name, speaker) for one in found.services if one.state == "unknown"]
    if unknown:
        click.echo(f"{SIGNS['unknown']} {speaker('Not known'):{NAME_WIDTH}}{', '.join(unknown)}")
    click.echo(f"\n{speaker('Sell on')}: {speaker(RUNGS[found.rung.name])}")
    for text in found.rung.why_not_higher:
        click.echo(f"    {text}")


def _show_able(able: Any, speaker: Say) -> None:
    click.echo(f"\n{speaker('What this machine can look at')}")
    for one in able:
        click.echo(f"{'✓' if one.can else '·'} {speaker(one.what)}: {speaker(one.why)}")


def _name(service: str, speaker: Say) -> str:
    """What people call it."""
    from tideover.web.headline import SERVICES

    if service.startswith(LINE):
        return speaker("the line {name}", name=service.removeprefix(LINE))
    return speaker(SERVICES.get(service, service))


def _since(at_ms: int | None, settings: Settings, speaker: Say) -> str:
    """Today's hour, or the day; nothing where it began with this look."""
    from tideover.world import from_ms, real_world

    if at_ms is None or (real_world().now() - from_ms(at_ms)).total_seconds() < 60:
        return ""
    at: datetime = from_ms(at_ms).astimezone(ZoneInfo(settings.time_zone))
    is_today = at.date() == real_world().now().astimezone(at.tzinfo).date()
    return f", {speaker('since {time}', time=f'{at:%H:%M}' if is_today else f'{at:%Y-%m-%d %H:%M}')}"
