"""Whether the internet works from here: what a router is asked for before its change is made to stay."""

from __future__ import annotations

import asyncio
import socket

from tideover.drivers.line_proof import Carries
from tideover.settings import Settings
from tideover.world import real_world


def ask(*anchors: str) -> bool:
    return asyncio.run(Carries(Settings(anchors=anchors), real_world(), None).from_here())


def test_one_anchor_that_answers_is_enough():
    """By whatever way this machine takes; none that answers is no."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as gone:
        lives, dead = (f"127.0.0.1:{one.getsockname()[1]}" for one in (server, gone))
        gone.close()
        assert ask(dead, lives)
        assert not ask(dead)


def test_with_nothing_to_ask_nobody_says_no():
    """Neither an anchor nor a page of the cloud stands in the settings: the router's own word counts."""
    assert ask()
