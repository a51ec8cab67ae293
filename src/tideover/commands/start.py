"""`tideover start`: from a few answers and a price export to a printed plan B in ten minutes."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tideover.commands.output import DONE, OPEN, data_folder, data_option, data_place, json_option, made, print_json, say

if TYPE_CHECKING:
    from tideover.commands.start_files import Bundle
    from tideover.plan.answers import Answers
    from tideover.words import Say

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OWN_PLACE = "shop-data"  # Below --out, where the platform's own place belongs to another shop.


@click.command(
    epilog="Example: tideover start    Without questions: tideover start --answers docs/answers.toml --prices prices.csv --out plan-b"
)
@click.option("--answers", "answers_file", type=FILE, default=None, help="The answers, so that nothing is asked; docs/answers.toml is one.")
@click.option("--prices", type=FILE, default=None, help="Price export of the till or CRM, CSV or XLSX.")
@click.option("--contacts", type=FILE, default=None, help="Customers, suppliers or staff, CSV or XLSX.")
@click.option("--orders", type=FILE, default=None, help="Open orders, one row per line, CSV or XLSX.")
@click.option("--column", "columns", multiple=True, metavar="FIELD=HEADING", help='Correct a guessed column: price="Myyntihinta".')
@click.option("--vat", default=None, metavar="PERCENT", help="VAT of all items, where the export has no such column.")
@click.option("--replace", is_flag=True, help="Take files and answers although they look like another shop's.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=None, help="Folder for the papers.")
@click.option("--pass-phrase-file", type=FILE, default=None, help="Locks the pocket kit, the one file for phones.")
@click.option("--no-browser", is_flag=True, help="Ask in this terminal.")
@click.option("--lang", type=click.Choice(["en", "fi"]), default=None, help="Language of the questions and the papers.")
@click.option("--port", default=None, type=click.IntRange(0, 65_535), help="Port of the page; without it, the setting's.")
@data_option
@json_option
def start(
    answers_file: Path | None, prices: Path | None, contacts: Path | None, orders: Path | None, columns: tuple[str, ...], vat: str | None,
    replace: bool, out: Path | None, pass_phrase_file: Path | None, no_browser: bool, lang: str | None, port: int | None,
    data: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Six questions and a price export become a printed plan B: plan, kit, slips and five dated checks.

    Opens a page in the browser; with --answers it asks nothing. May be run again: nothing is doubled. Exit 3 if a paper cannot be made yet.
    """
    if answers_file is None and not no_browser and not as_json:
        from tideover.commands.start_page import open_page

        open_page(data_folder(data), lang, port)
        return
    if answers_file is None and not sys.stdin.isatty():
        raise click.UsageError("nobody is here to answer: give --answers FILE, such as docs/answers.toml")
    files = {"items": prices, "contacts": contacts, "orders": orders}
    asyncio.run(_start(answers_file, files, _pairs(columns), _percent(vat), replace, out, pass_phrase_file, lang, data, as_json))


def _pairs(columns: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in columns:
        field, equals, heading = one.partition("=")
        if not equals or not field.strip():
            raise click.BadParameter(f"{one!r}: write FIELD=HEADING, like price=Myyntihinta", param_hint="--column")
        found[field.strip()] = heading.strip().strip('"“”')
    return found


def _percent(text: str | None) -> str | None:
    plain = (text or "").strip().rstrip("%").strip().replace(",", ".")
    if text is not None and (not plain.replace(".", "", 1).isdigit() or not plain.isascii() or float(plain) > 100):
        raise click.BadParameter(f"{text!r} is no percentage; write it like 25.5", param_hint="--vat")
    return plain or None


async def _start(
    answers_file: Path | None, files: dict[str, Path | None], columns: dict[str, str], vat: str | None, replace: bool, out: Path | None,
    pass_phrase_file: Path | None, lang: str | None, data: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Everything is read and checked before anything is written."""
    from tideover.commands.start_asked import ask_all
    from tideover.commands.start_files import read_files
    from tideover.commands.start_work import read_answers_file, start_shop
    from tideover.words import say as words_of

    answers = _in_language(read_answers_file(answers_file), lang) if answers_file else None
    folder = _place(data, out, answers, replace)
    if answers is None:
        answers = ask_all(made(folder), files, lang)
    bundle = read_files(files, answers, columns, vat)
    _show_columns(bundle)
    done = await start_shop(made(folder), answers, bundle, out or folder / "kit", replace, pass_phrase_file, _tell)
    if as_json:
        print_json(done)
    else:
        _show(done, words_of(answers.of("shop.language") or "en"))
    raise click.exceptions.Exit(OPEN if done["missing"] else DONE)


def _in_language(answers: Answers, lang: str | None) -> Answers:
    from msgspec.structs import replace

    return answers if lang is None else replace(answers, given={**answers.given, "shop.language": lang})


def _place(data: Path | None, out: Path | None, answers: Answers | None, replace: bool) -> Path:
    """The data directory for these answers: never one that holds another shop, unless somebody says so."""
    import os

    from tideover.commands.start_work import holder_of
    from tideover.errors import Rejected

    os.umask(0o077)  # What is written from now on is this user's alone.
    place = data_place(data)
    holder = holder_of(place, answers)
    if holder is None or replace:
        return place
    if data is not None:
        why = f"{place} holds {holder}; name another folder with --data, or say --replace if it is the same shop"
        raise Rejected(why=why)
    if sys.stdin.isatty():
        say(f"{place} holds {holder}.")
        return Path(click.prompt("Folder for this shop's data", default=str((out or Path.cwd()) / OWN_PLACE), err=True))
    if out is None:
        raise Rejected(why=f"{place} holds {holder}; name a folder with --data")
    say(f"· {place} holds {holder} and stays as it is. This shop's data: {out / OWN_PLACE} (name another folder with --data).")
    return out / OWN_PLACE


def _show_columns(bundle: Bundle) -> None:
    """What is read from which column, with three rows; before anything is written."""
    for part in bundle.parts:
        say(f"{part.name}: {part.looked.count} rows")
        for field, heading in part.looked.map.columns.items():
            examples = ", ".join(row.get(heading, "")[:24] for row in part.looked.rows)
            say(f"    {field:12} from {heading!r:24} {examples}")
        for field, text in part.looked.map.constants.items():
            say(f"    {field:12} is {text} for all: the file has no such column (--vat, --column)")


def _tell(done: int, steps: int, title: str) -> None:
    if title:
        say(f"{done + 1:3} / {steps}  {title}")


def _show(done: dict[str, Any], said: Say) -> None:
    """What was made and what comes next, in the language of the papers."""
    for remark in done["remarks"]:
        say(f"· {said.told(remark)}")
    pages = sum(one.pages for one in done["files"])
    click.echo(said("{n} papers, {n2} pages. Begin with {path}", n=len(done["files"]), n2=pages, path=done["index"]))
    for lack in done["missing"]:
        click.echo(f"· {said('Not made yet')}: {lack.kind}: {said.told(lack.why)}")
    click.echo(f"{said('Five checks, each with a day')}:")
    for check in done["checks"]:
        click.echo(f"  {said.day(check['due'])}  {check['what']}" + (f" → {check['who']}" if check["who"] else ""))
    if done["next"]:
        first = done["next"][0]
        click.echo(said("Next bite ({n} min): {what} {why}", n=first.minutes, what=said(first.title), why=said(first.why)))
    click.echo(said("Now unplug your internet, sell something on a slip, plug it in again. Watch it on the page of 'tideover start'."))
