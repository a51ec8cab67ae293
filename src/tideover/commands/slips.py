"""`tideover slips`: what became of every paper slip; hand out a pad, say void or missing, count a pad.

Works without the box; beside a running one it reads the files and writes through the box.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tideover.commands.output import DONE, OPEN, data_folder, data_option, data_place, json_option, money, print_json, say

if TYPE_CHECKING:
    from tideover.app import House

NAMED_MAX = 20  # Unexplained slips named at once; --json names all.


@click.group(invoke_without_command=True, epilog="Example: tideover slips issue --series A --count 50 --to Anna --place 'Till 1'")
@data_option
@json_option
@click.pass_context
def slips(context: click.Context, data: Path | None, as_json: bool) -> None:
    """What became of every paper slip that was handed out. Exit 3 while one is unexplained."""
    context.obj = data
    if context.invoked_subcommand is not None:
        return
    from tideover.commands.reading import opened
    from tideover.trade.slip_desk import account_of
    from tideover.world import real_world

    with opened(data_place(data), real_world()) as found:
        account = account_of(found.journal, found.plan)
        currency = found.settings.currency
    if as_json:
        print_json({"pads": account.states, "unexplained": account.unexplained, "to_count": account.to_count})
    else:
        _show(account, currency)
    raise click.exceptions.Exit(OPEN if account.unexplained else DONE)


def _show(account: Any, currency: str) -> None:
    for one in account.states:
        name = f"{one.series}-{one.first:04d} to {one.series}-{one.last:04d}"
        counts = f"{one.used} keyed, {one.void} void, {one.missing} missing, {one.unused} unused"
        click.echo(f"{name:20} {counts:44} {money(one.sum_minor, currency):>18}")
    if not account.states:
        say("No pad was handed out yet: tideover slips issue --series A --count 50")
    for one in account.unexplained[:NAMED_MAX]:
        say(f"· {one.text}")
    if len(account.unexplained) > NAMED_MAX:
        say(f"· and {len(account.unexplained) - NAMED_MAX} more.")
    for key in account.to_count:
        say(f"· Pad {key} is not counted: tideover slips count {key} --next NUMBER")


@slips.command(epilog="Example: tideover slips issue --series A --count 50 --to Anna --place 'Till 1'")
@click.option("--series", default="A", help="Letters before the number; QT OR PK DD IN PO RC RF are forms: quote, order and so on.")
@click.option("--count", default=50, type=click.IntRange(1, 1_000), help="How many slips.")
@click.option("--to", "issued_to", default="", help="Who gets the pad.")
@click.option("--place", default="", help="Where it lies.")
@click.option("--by", default="", metavar="NAME", help="Who hands it out; without it, the owner of the settings.")
@data_option
@json_option
@click.pass_context
def issue(context: click.Context, series: str, count: int, issued_to: str, place: str, by: str, data: Path | None, as_json: bool) -> None:
    """Hand out a pad: the next numbers of a series. 'tideover kit' prints it."""
    import msgspec

    from tideover.errors import Rejected
    from tideover.web.slips import PadAsked, issue

    body = {"series": series.strip().upper(), "count": count, "to": issued_to, "place": place}
    try:
        asked = msgspec.convert(body, PadAsked)
    except msgspec.ValidationError as error:
        raise Rejected(why=f"the series is one to four letters, names are short: {error}") from error

    async def here(house: House) -> Any:
        return issue(house, asked, by or house.settings.owner)

    pad = _done(data or context.obj, "/v1/pads", body, here)
    if as_json:
        print_json(pad)
    else:
        click.echo(f"Pad {pad['first']} to {pad['last']} is handed out. Print it: tideover kit")


def _said(state: str) -> Callable[..., Any]:
    """The commands void and missing: the same but for the word."""

    @click.argument("number")
    @click.option("--why", required=True, help="In a few words.")
    @click.option("--owner", default="", metavar="NAME", help="Who answers for it.")
    @click.option("--by", default="", metavar="NAME", help="Who says so; without it, the owner of the settings.")
    @data_option
    @json_option
    @click.pass_context
    def command(context: click.Context, number: str, why: str, owner: str, by: str, data: Path | None, as_json: bool) -> None:
        from tideover.trade.slip import parse_slip

        slip = str(parse_slip(number))

        async def here(house: House) -> Any:
            return await house.counter.spoil_slip(slip, state, why, by or house.settings.owner, owner)  # type: ignore[arg-type]

        body = {"state": state, "why": why, "owner": owner}
        told = _done(data or context.obj, f"/v1/slips/{slip}/spoil", body, here)
        if as_json:
            print_json({"slip": slip, "state": state, "id": told["id"]})
        else:
            click.echo(f"Slip {slip} is {state}.")

    return command


slips.command("void", help="A slip was spoiled.", epilog="Example: tideover slips void A-0017 --why 'coffee on it'")(_said("void"))
slips.command(
    "missing", help="A slip cannot be found; it gets an owner.", epilog="Example: tideover slips missing A-0018 --why 'not in the box'"
)(_said("missing"))


@slips.command(epilog="Example: tideover slips count A-0001 --next 41")
@click.argument("pad")
@click.option(
    "--next", "next_unused", required=True, type=click.IntRange(1, 1_000_000), help="First blank number; one past the last: none."
)
@click.option("--by", default="", metavar="NAME", help="Who counted; without it, the owner of the settings.")
@data_option
@json_option
@click.pass_context
def count(context: click.Context, pad: str, next_unused: int, by: str, data: Path | None, as_json: bool) -> None:
    """Say which number of a pad is the first blank one, read from the pad itself."""

    async def here(house: House) -> Any:
        return await house.counter.slips.count_pad(pad, next_unused, by or house.settings.owner)

    told = _done(data or context.obj, f"/v1/pads/{pad}/count", {"next_unused": next_unused}, here)
    if as_json:
        print_json({"pad": pad, "next_unused": next_unused, "id": told["id"]})
    else:
        click.echo(f"Pad {pad} is counted: blank from {next_unused}.")


def _done(data: Path | None, path: str, body: dict[str, Any], here: Callable[[House], Awaitable[Any]]) -> dict[str, Any]:
    """Done in the data directory, or by the box that has it open."""
    import msgspec

    from tideover.errands import here_or_box

    async def plainly(house: House) -> dict[str, Any]:
        return msgspec.to_builtins(await here(house))

    return asyncio.run(here_or_box(data_folder(data), plainly, path, body))
