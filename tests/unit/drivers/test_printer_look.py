"""The office printer itself, behind a queue that says "idle" whatever happens: real sockets, and an lpstat of our own."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest

from tideover.drivers.cups import Cups
from tideover.drivers.folder import Folder
from tideover.drivers.printer_look import EACH_S, judged, office_probes, question
from tideover.world import RealWorld
from unit.detect.neighbours import LOCAL, seen, web

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\n\r\n"


def answer(state: int, *reasons: str) -> bytes:
    """What a printer says of itself, in IPP."""

    def part(tag: int, name: str, value: bytes) -> bytes:
        return struct.pack("!BH", tag, len(name)) + name.encode() + struct.pack("!H", len(value)) + value

    body = struct.pack("!BBHI", 2, 0, 0, 1) + b"\x04" + part(0x23, "printer-state", struct.pack("!I", state))
    for number, reason in enumerate(reasons or ("none",)):
        body += part(0x44, "" if number else "printer-state-reasons", reason.encode())
    return HEAD + body + b"\x03"


def queue(folder: Path, uri: str) -> Cups:
    """A queue whose lpstat says where its printer stands."""
    program = folder / "lpstat"
    program.write_text(f"#!/bin/sh\necho asked >> {folder}/asked\necho 'device for office: {uri}'\n")
    program.chmod(0o755)
    return Cups("office", RealWorld(), folder)


def looked(folder: Path, reply: bytes | None, uri: str = "ipp://{host}:{port}/ipp/print", looks: int = 1):
    async def play():
        async with web(reply) as port:
            (probe,) = office_probes(queue(folder, uri.format(host=LOCAL, port=port)), RealWorld(), 5.0)
            return [await probe.look() for _ in range(looks)]

    return asyncio.run(play())


@pytest.mark.parametrize(
    ("reply", "ok", "text"),
    [
        (answer(3), True, "answers"),
        (answer(4, "toner-low-report"), True, "answers"),
        (answer(3, "media-empty-warning"), True, "answers; it is out of paper"),
        (answer(5, "media-jam-error"), False, "paper is stuck"),
        (answer(5, "cover-open"), False, "its cover is open"),
        (answer(5), False, "it has stopped"),
        (HEAD, True, "answers"),
    ],
)
def test_the_device_s_own_word(reply, ok, text):
    """State and reasons of IPP; one that speaks something else is at least switched on."""
    assert (ok, text) == judged(reply)


def test_a_printer_is_asked_behind_its_queue(tmp_path):
    """Over the network, where the queue says that it stands."""
    (look,) = looked(tmp_path, answer(5, "media-empty"))
    assert ("office-printer", "device", False, "it is out of paper") == seen(look)
    assert "office" == look.target


def test_a_printer_that_is_switched_off_behind_an_idle_queue(tmp_path):
    """Nobody listens where it stood: the queue is not believed."""
    (probe,) = office_probes(queue(tmp_path, f"socket://{LOCAL}:1"), RealWorld())
    assert (False, "refuses the connection") == seen(asyncio.run(probe.look()))[2:]


def test_a_raw_port_needs_no_word(tmp_path):
    """A connection is enough where no IPP is spoken."""
    assert (True, "answers") == seen(looked(tmp_path, None, "socket://{host}:{port}")[0])[2:]


def test_a_printer_on_a_cable_of_this_machine(tmp_path):
    """Only its queue knows it: a gap, no fault."""
    (probe,) = office_probes(queue(tmp_path, "usb://Brother/HL-L2350DW"), RealWorld())
    assert (None, "it cannot be asked") == seen(asyncio.run(probe.look()))[2:]


@pytest.mark.parametrize("uri", ["ipp://printer:99999/", "ipp://[::1/", "socket://printer:x", "ipp://", "://", "ipp://[fe80::1%eth0]:9/"])
def test_an_address_that_is_none_is_a_value(tmp_path, uri):
    """Whatever a queue says of its printer: the look raises nothing, for it would take all other looks with it."""
    (probe,) = office_probes(queue(tmp_path, uri), RealWorld(), 0.3)
    assert asyncio.run(probe.look()).ok in (None, False)


def test_a_well_printer_is_left_to_sleep(tmp_path):
    """It is asked once a minute, and its queue once; in between the same word stands with its own time."""
    first, second = looked(tmp_path, answer(3), looks=2)
    assert first is second
    assert 1 == (tmp_path / "asked").read_text().count("asked")
    assert EACH_S >= 60


def test_only_a_queue_is_looked_at():
    """Papers that go to a folder, or are printed by a person, have no device behind them."""
    assert [] == office_probes(None, RealWorld()) == office_probes(Folder(Path()), RealWorld())


def test_the_question_is_ipp():
    """Version, operation, and what is asked for."""
    asked = question("ipp://printer.lan/ipp/print", "printer.lan", "/ipp/print")
    head, _, body = asked.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /ipp/print HTTP/1.1")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"\x02\x00\x00\x0b" == body[:4]
    assert b"printer-state-reasons" in body and b"ipp://printer.lan/ipp/print" in body
