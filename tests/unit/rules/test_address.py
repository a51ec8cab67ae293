"""Hosts as settings name them: whatever passes can be asked for, and a slip of the finger is told before anything looks."""

from __future__ import annotations

import socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tideover.app import Seams, open_house
from tideover.errors import Misconfigured
from tideover.rules.address import is_host
from tideover.settings import write_settings
from tideover.world import real_world

WRONG = "kassa..example"


@pytest.mark.parametrize(
    "text", ["localhost", "kassa.example", "kassa.example.", "käsi.example", "10.0.0.1", "::1", "fe80::1%eth0", "a_b.lan", "x" * 63]
)
def test_names_and_addresses_are_hosts(text):
    """As people write them."""
    assert is_host(text)


@pytest.mark.parametrize(
    "text", ["", ".", WRONG, ".example", "x" * 64, "ä" * 70, "a b", "a/b", "u@h", "h:1", "[::1", "a\nb", "a\x00b", "x." * 200]
)
def test_what_cannot_be_asked_for_is_none(text):
    """The name service of this machine would raise, or answer for something else."""
    assert not is_host(text)


@given(st.text(max_size=80))
@example("\u3002")
def test_what_passes_never_raises_in_the_socket_library(text):
    """It turns the name into bytes before anything is asked."""
    if is_host(text):
        assert socket.getaddrinfo("127.0.0.1" if text else text, 1) and (text.isascii() or text.encode("idna"))


@pytest.mark.parametrize(
    "given",
    [
        *({name: f"{WRONG}:443"} for name in ("link_address", "card_host", "sip_server")),
        *({name: (f"{WRONG}:443",)} for name in ("anchors",)),
        {"cloud": "practice", "cloud_url": f"https://{WRONG}/"},
        {"proof_page": f"https://{WRONG}/", "proof_text": "x"},
        {"ups": f"ups@{WRONG}"},
        {"receipt_printer": f"tcp://{WRONG}:9100"},
        {"pbx": f"ami:{WRONG}", "pbx_extension": "10"},
        {"router": f"openwrt:http://{WRONG}"},
        {"heartbeat_url": f"https://{WRONG}/x"},
        {"mail_server": WRONG, "mail_from": "a@b.fi"},
        {"lines": (f"fibre device=wan1 gateway={WRONG}",)},
        {"lines": ("fibre source=10.0.0",)},
    ],
    ids=lambda given: next(reversed(given)),
)
def test_a_slip_of_the_finger_is_told_at_the_start(tmp_path, given):
    """With its setting; else each look, or each letter, would end the loop that made it."""

    write_settings(tmp_path, given)
    with pytest.raises(Misconfigured) as wrong:
        open_house(tmp_path, real_world(), Seams(tell=lambda text: None))
    assert "".join(set(given) - {"cloud", "proof_text", "pbx_extension", "mail_from"}) in wrong.value.message
