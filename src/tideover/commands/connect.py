"""`tideover connect`: ask what that cloud needs, try it, store it; the password and token encrypted."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tideover.commands.output import data_folder, data_option, json_option, print_json, say

if TYPE_CHECKING:
    from tideover.model.manifest import Manifest


@click.command(
    epilog="Example: echo 'secret' | tideover connect practice --set url=http://127.0.0.1:9000 --set user=shop --secret-stdin password"
)
@click.argument("connector", required=False)
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="An answer, so that nothing is asked; never a secret.")
@click.option("--secret-stdin", metavar="NAME", default=None, help="Read this one secret from standard input.")
@data_option
@json_option
def connect(connector: str | None, given: tuple[str, ...], secret_stdin: str | None, data: Path | None, as_json: bool) -> None:
    """Set up the shop's cloud through CONNECTOR; without one, the connectors are listed."""
    from tideover.connectors import CONNECTORS, load

    if connector is None:
        _list(list(CONNECTORS), as_json)
        return
    if connector not in CONNECTORS:
        raise click.BadParameter(f"{connector!r} is none of {', '.join(CONNECTORS)}", param_hint="CONNECTOR")
    manifest = load(connector).manifest
    answers = _answers(manifest, given, secret_stdin)
    found = asyncio.run(_try_and_store(data_folder(data), connector, answers))
    if as_json:
        print_json(found)
    else:
        click.echo(f"Connected: {manifest.title}. " + ", ".join(f"{name}: {count}" for name, count in found["counts"].items()))
        for one in found["lacks"]:
            click.echo(f"· {one}")
        click.echo(f"What 'once' means here: {manifest.once}")


def _list(names: list[str], as_json: bool) -> None:
    from tideover.connectors import load

    manifests = {name: load(name).manifest for name in names}
    if as_json:
        print_json({"connectors": [{"name": name, "title": one.title, "quality": one.quality} for name, one in manifests.items()]})
        return
    for name, one in manifests.items():
        click.echo(f"{name:12} {one.quality:8} {one.title}")
    say("→ tideover connect NAME")


def _answers(manifest: Manifest, given: tuple[str, ...], secret_stdin: str | None) -> dict[str, str]:
    answers: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or name not in {field.name for field in manifest.asks}:
            raise click.BadParameter(f"{one!r}: write NAME=VALUE with one of {', '.join(field.name for field in manifest.asks)}")
        if any(field.secret and field.name == name for field in manifest.asks):
            raise click.BadParameter(f"{name} is a secret: a command line can be read by others; use --secret-stdin {name}")
        answers[name] = value
    if secret_stdin and secret_stdin not in {field.name for field in manifest.asks if field.secret}:
        raise click.BadParameter(f"{secret_stdin!r} is no secret of this cloud", param_hint="--secret-stdin")
    if secret_stdin:
        answers[secret_stdin] = sys.stdin.readline().rstrip("\r\n")
    for field in manifest.asks:
        if field.name not in answers:
            if not sys.stdin.isatty():
                if field.default:
                    answers[field.name] = field.default
                    continue
                how = f"--secret-stdin {field.name}" if field.secret else f"--set {field.name}=…"
                raise click.UsageError(f"{field.name} is not given ({field.question}); use {how}")
            answers[field.name] = click.prompt(field.question, default=field.default or None, hide_input=field.secret, err=True)
    return answers


async def _try_and_store(folder: Path, connector: str, answers: dict[str, str]) -> dict[str, Any]:
    from tideover.errands import try_cloud
    from tideover.errors import TideoverError

    try:
        return await try_cloud(folder, connector, answers)
    except TideoverError:
        say("Nothing was stored. Look at the address, the network and the log-in, then run the same command again.")
        raise
