"""`tideover box`: run the box until it is told to stop; with --demo, a practice box for a visitor."""

from __future__ import annotations

from pathlib import Path

import click

from tideover.commands.output import data_folder, data_option, json_option


@click.command(epilog="Example: tideover box --data /srv/shop --port 8787    To look around: tideover box --demo")
@data_option
@click.option("--bind", default=None, help="Address to listen on, instead of the setting.")
@click.option("--port", default=None, type=click.IntRange(0, 65_535), help="Port to listen on; 0 picks a free one.")
@click.option("--demo", is_flag=True, help="A practice box with a generated shop, its cloud, and a page to break things.")
@click.option("--lang", type=click.Choice(["en", "fi"]), default="en", help="Language of the generated shop.  [default: en]")
@click.option("--told", default=None, type=click.Path(dir_okay=False, path_type=Path), hidden=True, help="Clock page of a rehearsal.")
@click.option("--seed", default=1, hidden=True, help="Chance of a rehearsal.")
@click.option("--with-parent", is_flag=True, hidden=True, help="End when standard input ends.")
@json_option
def box(
    data: Path | None,
    bind: str | None,
    port: int | None,
    demo: bool,
    lang: str,
    told: Path | None,
    seed: int,
    with_parent: bool,
    as_json: bool,
) -> None:
    """Run the box: it watches, keeps copies, takes sales and brings them back to the cloud."""
    if demo:
        from tideover.commands.demo_box import run_demo

        run_demo(data, bind or "127.0.0.1", port, lang, as_json, with_parent)
        return
    from tideover.app import told_or_real
    from tideover.process import run

    given = {name: value for name, value in (("bind", bind), ("port", port)) if value is not None}
    run(data_folder(data), told_or_real(told, seed), given, as_json=as_json, with_parent=with_parent)
