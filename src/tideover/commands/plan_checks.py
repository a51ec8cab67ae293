"""`tideover plan check` and the one-tap answers: what is due, who is asked, what shows that it works."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tideover.commands.output import DONE, OPEN, data_folder, data_option, data_place, json_option, print_json, say

if TYPE_CHECKING:
    from tideover.app import House
    from tideover.learn.check import CheckView

SIGNS = {"fresh": "✓", "fails": "✗", "overdue": "!", "due": "·", "never": "·", "claimed": "?", "handed-on": "→"}
WORDS = {
    "fresh": "proven", "fails": "does not work", "overdue": "overdue", "due": "due", "never": "never seen", "claimed": "only said",
    "handed-on": "handed on",
}  # fmt: skip

by_option = click.option("--by", default="", metavar="NAME", help="Who says it; without it, the owner of the settings.")


@click.command(epilog="Example: tideover plan check")
@click.option("--all", "every", is_flag=True, help="Also what is proven, and what is not due yet.")
@data_option
@json_option
def check(every: bool, data: Path | None, as_json: bool) -> None:
    """What is due, who is asked, and what is lost without it. Exit 3 while somebody is asked, or the plan is not what was written."""
    from tideover.commands.reading import opened
    from tideover.learn.check import Checks, view
    from tideover.model.line import lines_of
    from tideover.plan.carriers import shared_carriers
    from tideover.plan.records import Thing
    from tideover.words import say as speaker
    from tideover.world import real_world

    world = real_world()
    with opened(data_place(data), world) as found:
        checks = Checks(found.journal, found.plan, world, found.settings)
        views = [view(one, checks.today, speaker(found.settings.language)) for one in checks.due()]
        carriers = shared_carriers(found.plan.all(Thing), lines_of(found.settings.lines))
        odd = disagreements_of(found)
    if as_json:
        print_json({"today": checks.today.isoformat(), "checks": views, "carriers": carriers, "history": odd})
    else:
        _show(views if every else [one for one in views if one.asked or one.state == "fails"], views)
        for one in carriers:
            click.echo(one.text)
        for place in odd:
            click.echo(f"{place.kind} {place.key} v{place.version}: {DISAGREES[place.why]}")
    raise click.exceptions.Exit(OPEN if odd or any(one.asked for one in views) else DONE)


DISAGREES = {
    "unentered": "the journal does not have this version yet; the next change, or the next start of the box, brings it there",
    "lost": "the journal knows this version and the plan does not: plan.db is older than it was",
    "differs": "the plan says something else than what was written: plan.db was edited from outside",
}


def disagreements_of(found: Any) -> list[Any]:
    """Where plan and journal of an opened data directory do not say the same. Raises Damaged."""
    from tideover.plan.history import disagreements

    def entries() -> Any:
        after = 0
        while kepts := found.journal.read(after=after, kinds=("plan_changed",), limit=10_000):
            yield from (kept.entry.body for kept in kepts)
            after = kepts[-1].seq

    return disagreements(found.plan.kept(), entries())


def _show(shown: list[CheckView], views: list[CheckView]) -> None:
    for one in shown:
        who = f"  asked: {', '.join(one.asked)}" if one.asked else f"  asked again {one.quiet_until}" if one.quiet_until else ""
        click.echo(f"{SIGNS[one.state]} {one.key}  [{WORDS[one.state]}, due {one.due_on}]{who}")
        click.echo(f"    {one.what}\n    {one.nag}")
    counts = {word: sum(one.state == state for one in views) for state, word in WORDS.items()}
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    say(f"{told}." if told else "There is no check yet. 'tideover start' proposes five.")
    if any(one.asked for one in views):
        say("→ tideover plan tick CHECK --proof 'what you saw'    or --claim, or: tideover plan later CHECK 7")


@click.command(epilog="Example: tideover plan tick spare-computer --proof 'sold a coffee on it at 14:05'")
@click.argument("check")
@click.option("--proof", default=None, metavar="TEXT", help="It works, and this shows it.")
@click.option("--claim", is_flag=True, help="It works, somebody says; turns nothing green.")
@click.option("--fails", is_flag=True, help="It does not work.")
@click.option("--note", default="", help="Anything to add.")
@by_option
@data_option
@json_option
def tick(check: str, proof: str | None, claim: bool, fails: bool, note: str, by: str, data: Path | None, as_json: bool) -> None:
    """Answer a CHECK: its key, or a part of it that only one has."""
    if (proof is not None) + claim + fails != 1:
        raise click.UsageError("say one of --proof TEXT, --claim, --fails")
    word = "works" if proof is not None else "said" if claim else "fails"
    _answer(data, as_json, {"check": check, "answer": word, "proof": proof or "", "note": note, "by": by})


@click.command(epilog="Example: tideover plan later spare-computer 7")
@click.argument("check")
@click.argument("days", type=click.IntRange(1, 30))
@by_option
@data_option
@json_option
def later(check: str, days: int, by: str, data: Path | None, as_json: bool) -> None:
    """Ask again after DAYS; the second person is asked all the same once the grace is over."""
    _answer(data, as_json, {"check": check, "answer": "later", "days": days, "by": by})


@click.command(name="hand-on", epilog="Example: tideover plan hand-on spare-computer Eero")
@click.argument("check")
@click.argument("person")
@by_option
@data_option
@json_option
def hand_on(check: str, person: str, by: str, data: Path | None, as_json: bool) -> None:
    """Ask that PERSON instead."""
    _answer(data, as_json, {"check": check, "answer": "hand-on", "to": person, "by": by})


def _answer(data: Path | None, as_json: bool, given: dict[str, Any]) -> None:
    import msgspec

    from tideover.errands import here_or_box
    from tideover.errors import Rejected
    from tideover.learn.check import CheckAnswer, Checks, view
    from tideover.words import say as speaker

    try:
        answer = msgspec.convert(given, CheckAnswer)
    except msgspec.ValidationError as error:
        raise Rejected(why=f"the text is too long ({error})") from error

    async def here(house: House) -> dict[str, Any]:
        checks = Checks(house.journal, house.plan, house.world, house.settings)
        key = checks.one(answer.check).check.key
        await checks.answer(answer, answer.by or house.settings.owner)
        return msgspec.to_builtins(view(checks.one(key), checks.today, speaker(house.settings.language)))

    told = asyncio.run(here_or_box(data_folder(data), here, "/v1/plan/checks", given))
    if as_json:
        print_json(told)
    else:
        again = told["quiet_until"] or told["due_on"]
        say(f"{told['key']}: {WORDS[told['state']]}. {'Asked now: ' + ', '.join(told['asked']) if told['asked'] else f'Next on {again}.'}")


def join(group: click.Group) -> None:
    """Put these commands into the group `tideover plan`."""
    for command in (check, tick, later, hand_on):
        group.add_command(command)
