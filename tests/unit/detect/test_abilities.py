"""What a machine can look at: told truly on this one, and what would stand in for it on others."""

from __future__ import annotations

import os
import socket

import pytest

from tideover.detect.looks.abilities import abilities
from tideover.detect.looks.neighbour import may_echo_to


def of(platform, **places):
    return {one.what: one for one in abilities(platform, **places)}


@pytest.mark.skipif(os.name != "posix" or not hasattr(socket, "AF_NETLINK"), reason="only Linux tells of cables")
def test_on_this_machine():
    """Linux tells of cables and routes; whether echoes go out is tried."""
    found = of("linux")
    assert found["hear at once when a cable comes out"].can
    assert found["look through one line alone"].can
    assert may_echo_to(socket.AF_INET) == found["send an echo to the router"].can


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_elsewhere(platform):
    """Each thing that cannot be done has its stand-in in words."""
    found = of(platform)
    assert not found["hear at once when a cable comes out"].can
    assert "it is noticed when nothing answers any more" == found["hear at once when a cable comes out"].why
    assert not found["know which line is in use"].can
    if platform == "win32":
        assert "by our address on it; looks say so" == found["look through one line alone"].why
        assert "it is asked by a connection" == found["send an echo to the router"].why


def test_a_linux_without_its_tables(tmp_path):
    """A container may hide them: then they are said not to be there."""
    found = of("linux", proc=tmp_path, arp=tmp_path / "arp")
    asked = ("read whether the router is known on the cable", "know which line is in use")
    assert [False, False] == [found[what].can for what in asked]
