"""`tideover kit`: the papers of plan B, made into a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tideover.commands.output import DONE, OPEN, data_option, data_place, json_option, print_json, say

if TYPE_CHECKING:
    from tideover.kit.make import Kit
    from tideover.kit.matter import Matter
    from tideover.world import ToldWorld

SAMPLE_SEED = 1
SAMPLE_PHRASE = "sample pass phrase"  # Of a pocket kit that holds nobody's secrets.


@click.command(epilog="Example: tideover kit --out kit    To see one first: tideover kit --sample --out sample")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the papers.")
@click.option("--sample", is_flag=True, help="Of a generated shop; each page says so.")
@click.option("--lang", type=click.Choice(["en", "fi", "both"]), default=None, help="Language of the papers; without it, the shop's.")
@click.option(
    "--only", "kinds", multiple=True, metavar="KIND", help="Only this kind of paper, such as plan or contacts; may be given again."
)
@click.option(
    "--phrase-file",
    "--pass-phrase-file",
    "pass_phrase_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="Its first line is the pass-phrase of the pocket kit; without it one is made up and told once.",
)
@data_option
@json_option
def kit(
    out: Path, sample: bool, lang: str | None, kinds: tuple[str, ...], pass_phrase_file: Path | None, data: Path | None, as_json: bool
) -> None:
    """Make plan, cards, price list, contacts, forms and slips to print. Exit 3 if a paper cannot be made yet; it is named."""
    from tideover.kit.sheet import KINDS

    for kind in kinds:
        if kind not in KINDS:
            raise click.BadParameter(f"{kind!r} is no kind of paper; there are {', '.join(KINDS)}", param_hint="--only")
    matters = _matters(data_place(data), sample, lang)
    is_made_up = pass_phrase_file is None and not sample
    phrase = SAMPLE_PHRASE if sample else made_up_phrase(matters[0][1][0]) if pass_phrase_file is None else phrase_in(pass_phrase_file)
    made = make_into(out, matters, kinds or None, phrase, _chance(sample), _tell)
    if as_json:
        print_json({"files": made.files, "missing": made.missing})
    else:
        _show(made, out)
    if is_made_up:
        tell_phrase(made, phrase)
    raise click.exceptions.Exit(OPEN if made.missing else DONE)


def phrase_in(path: Path) -> str:
    """The first line of a file: a pass-phrase on a command line could be read by every other user. Raises Rejected."""
    from tideover.errors import Rejected

    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected(why=f"{path} cannot be read") from error


def tell_phrase(made: Kit, phrase: str) -> None:
    """Say the pass-phrase that was made up, if a pocket kit is locked with it."""
    if any(one.kind == "pocket-kit" for one in made.files):
        say(f"Pass-phrase of the pocket kit, told only now and kept nowhere:  {phrase}")


def made_up_phrase(language: str) -> str:
    """A pass-phrase that nobody can guess, in words of that language."""
    from tideover.kit.pocket import make_phrase
    from tideover.world import real_world

    return make_phrase(real_world().secret_bytes, language)


def _chance(sample: bool) -> Callable[[int], bytes]:
    """Salts that nobody can guess; those of the sample are the same each time, as all of it is."""
    from tideover.world import real_world

    return _sample_world().secret_bytes if sample else real_world().secret_bytes


def _sample_world() -> ToldWorld:
    import tempfile

    from tideover.world import told_world

    with tempfile.TemporaryDirectory(prefix="tideover-") as folder:
        return told_world(Path(folder) / "clock", SAMPLE_SEED)


def _matters(folder: Path, sample: bool, lang: str | None) -> list[tuple[Matter, tuple[str, ...]]]:
    """What to make, and in which languages."""
    if sample:
        return [(sample_matter(language), (language,)) for language in _languages(lang, "en")]
    from tideover.commands.matter import matter_of
    from tideover.commands.reading import opened
    from tideover.world import real_world

    world = real_world()
    with opened(folder, world) as found:
        matter = matter_of(found, folder, world.now())
    return [(matter, _languages(lang, matter.settings.language))]


def _languages(lang: str | None, own: str) -> tuple[str, ...]:
    if lang == "both":
        return tuple(sorted(("en", "fi"), key=lambda one: one != own))
    return (lang or own,)


def sample_matter(language: str) -> Matter:
    """The generated shop; the same for the same language, on every machine and every day."""
    from tideover.kit.logo import check_logo
    from tideover.kit.matter import Matter, Seen
    from tideover.learn.sample_kit import LOGO, make_sample
    from tideover.plan.law import law_of
    from tideover.plan.playbook import texts
    from tideover.plan.records import Check, Grant, Pad, Party, Person, Service, Thing, TillPlace

    sample = make_sample(_sample_world(), language)
    shop, day = sample.shop, sample.today.isoformat()
    plan: dict[str, Any] = {
        field: tuple(one for one in sample.plan if isinstance(one, kind))
        for field, kind in (
            ("people", Person), ("services", Service), ("things", Thing), ("parties", Party), ("grants", Grant),
            ("tills", TillPlace), ("pads", Pad), ("checks", Check),
        )
    }  # fmt: skip
    copies = {name: getattr(shop, name) for name in ("items", "stock", "customers", "suppliers", "orders", "quotes", "invoices")}
    return Matter(
        settings=sample.settings,
        law=law_of(sample.settings.country),
        today=sample.today,
        revision=str(len(sample.plan)),
        selling=tuple(one.name for one in plan["tills"] if one.device),
        seen={one.check: Seen(one.on, one.standing, one.by, one.works) for one in sample.answers},
        sold=sample.sold,
        as_of=dict.fromkeys(copies, day),
        printed_prices=sample.printed_prices,
        playbooks=texts(()),
        logo=check_logo("logo.svg", LOGO.encode()),
        is_sample=True,
        **plan,
        **copies,
    )


def make_into(
    out: Path,
    matters: Sequence[tuple[Matter, tuple[str, ...]]],
    kinds: Sequence[Any] | None,
    pass_phrase: str,
    chance: Callable[[int], bytes],
    tell: Callable[[int, int, str], None],
) -> Kit:
    """All of it into one folder, with fonts that are laid out for the time of the work."""
    import os
    import tempfile

    from tideover.commands.output import made
    from tideover.kit.make import Kit, make_kit
    from tideover.kit.press import Press

    os.umask(0o077)  # There are people's phone numbers in it.
    made(out)
    kits = []
    with tempfile.TemporaryDirectory(prefix="tideover-") as folder:
        press = Press(Path(folder) / "fonts")
        for matter, languages in matters:
            kits.append(make_kit(matter, languages, out, press, tell, kinds=kinds, pass_phrase=pass_phrase, chance=chance))
    missing = tuple(dict.fromkeys(lack for one in kits for lack in one.missing))
    return Kit(tuple(one for made in kits for one in made.files), missing, tuple(one for made in kits for one in made.remarks))


def _tell(done: int, steps: int, title: str) -> None:
    if title:
        say(f"{done + 1:3} / {steps}  {title}")


def _show(made: Kit, out: Path) -> None:
    for remark in made.remarks:
        say(f"· {remark}")
    click.echo(f"{len(made.files)} papers, {sum(one.pages for one in made.files)} pages. Begin with {(out / 'index.html').resolve()}")
    for lack in made.missing:
        click.echo(f"· Not made yet: {lack.kind}: {lack.why}")
