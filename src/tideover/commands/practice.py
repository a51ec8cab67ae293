"""`tideover practice-cloud` and `practice-proxy`: the programs that a rehearsal sells against."""

from __future__ import annotations

import runpy
import sys

import click

PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


@click.command(context_settings=PASS_ON)
@click.pass_context
def practice_cloud(ctx: click.Context) -> None:
    """Run the practice cloud; its own --help lists the options."""
    _run("tideover.practice.cloud", ctx.args)


@click.command(context_settings=PASS_ON)
@click.pass_context
def practice_proxy(ctx: click.Context) -> None:
    """Run the fault proxy; its own --help lists the options."""
    _run("tideover.practice.proxy", ctx.args)


def _run(module: str, args: list[str]) -> None:
    sys.argv = [module, *args]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
