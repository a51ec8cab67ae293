"""What the line driver knows without a kernel: its notes on the disk, the resolver file, and which flows are the old line's."""

from __future__ import annotations

import asyncio
import socket
import struct
from pathlib import Path

import pytest

from tideover.app import Seams, open_house
from tideover.drivers import flows, resolvers
from tideover.drivers.line_steps import Found, LineSteps, Step
from tideover.drivers.switches import Surroundings
from tideover.drivers.uplinks import Uplinks
from tideover.model.line import lines_of
from tideover.settings import Settings
from tideover.world import real_world


def test_notes_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Both files, and afterwards none."""
    steps, found = LineSteps(tmp_path), Found(sources={"fibre": "192.0.2.2"}, has_resolver=True, resolver="nameserver 1.1.1.1\n")
    steps.keep(found)
    steps.begin(Step(step="names", target="mobile", before="fibre"))

    again = LineSteps(tmp_path)
    assert (found, Step(step="names", target="mobile", before="fibre")) == (again.found(), again.step())

    again.forget()
    assert (None, Step()) == (steps.found(), steps.step())
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("torn", [b"", b"\0" * 40, b'{"step": "na', b'{"step": "fly"}'])
def test_a_torn_note_is_none(tmp_path: Path, torn: bytes) -> None:
    """After a power cut the kernel's tables are empty as well: there is nothing to undo."""
    (tmp_path / "lines-step.json").write_bytes(torn)

    assert Step() == LineSteps(tmp_path).step()


def test_a_resolver_file_comes_back_as_it_was(tmp_path: Path) -> None:
    """Bytes that are no text, and its mode, too."""
    path = tmp_path / "resolv.conf"
    path.write_bytes(b"nameserver 1.1.1.1\n# \xff\n")
    path.chmod(0o640)
    kept = resolvers.read(path)

    resolvers.write(path, resolvers.text_for("mobile", ("100.64.2.53", "8.8.8.8")))
    moved = path.read_text().splitlines()[1:]
    resolvers.write(path, kept)

    assert ["nameserver 100.64.2.53", "nameserver 8.8.8.8"] == moved
    assert (b"nameserver 1.1.1.1\n# \xff\n", 0o640) == (path.read_bytes(), path.stat().st_mode & 0o777)
    resolvers.write(path, None)
    assert resolvers.read(path) is None


@pytest.mark.parametrize(
    ("content", "is_ours"),
    [(resolvers.text_for("mobile", ("8.8.8.8",)), True), ("", True), ("nameserver 9.9.9.9\n", False), (None, False)],
)
def test_what_is_the_boxs_own_text_is_known(content: str | None, is_ours: bool) -> None:
    """By its first line; an empty file is one that a crash cut off while the box wrote it."""
    assert is_ours == resolvers.is_ours(content)


def test_a_link_to_another_programs_file_is_refused(tmp_path: Path) -> None:
    """systemd would write over it: the answer says what to do instead."""
    path = tmp_path / "resolv.conf"
    path.symlink_to("/run/systemd/resolve/stub-resolv.conf")

    assert "which another program writes" in resolvers.why_not(path)


def attribute(kind: int, content: bytes) -> bytes:
    length = 4 + len(content)
    return struct.pack("=HH", length, kind) + content + b"\0" * (-length % 4)


def flow(source: str, reply_to: str) -> bytes:
    """A connection as the kernel tells it, with a zone."""

    def side(kind: int, src: str, dst: str) -> bytes:
        ends = attribute(1, socket.inet_aton(src)) + attribute(2, socket.inet_aton(dst))
        return attribute(0x8000 | kind, attribute(0x8000 | 1, ends) + attribute(0x8000 | 2, attribute(1, b"\x06")))

    return side(1, source, "8.8.8.8") + side(2, "8.8.8.8", reply_to) + attribute(18, b"\0\x07")


@pytest.mark.parametrize(
    ("source", "reply_to", "is_ours"),
    [
        ("192.168.8.10", "192.0.2.2", True),  # A till, translated to the old line's address.
        ("192.0.2.2", "192.0.2.2", False),  # This machine itself, on the old line.
        ("192.168.8.10", "198.51.100.2", False),  # A till on the other line.
        ("192.168.8.10", "192.168.8.10", False),  # Inside the shop.
    ],
)
def test_only_the_old_lines_translated_flows_are_forgotten(source: str, reply_to: str, is_ours: bool) -> None:
    """What names it for its deletion is its own first tuple, and its zone."""
    raw = flow(source, reply_to)

    key = flows.key_of(memoryview(raw), socket.inet_aton("192.0.2.2"))

    assert is_ours == bool(key)
    if is_ours:
        assert raw[: len(key) - 8] + raw[-8:] == key


@pytest.mark.parametrize("cut", [1, 3, 5, 20, 40])
def test_a_message_that_ends_early_is_no_flow(cut: int) -> None:
    """The kernel's own, so it does not; if it does, nothing is deleted."""
    assert b"" == flows.key_of(memoryview(flow("192.168.8.10", "192.0.2.2")[:cut]), socket.inet_aton("192.0.2.2"))


def test_without_a_device_it_only_observes(tmp_path: Path) -> None:
    """Lines that the shop's router holds: every word is refused, with the reason, and nothing is written."""
    uplinks = Uplinks(lines_of(("fibre", "mobile")), tmp_path, real_world())

    answers = [asyncio.run(call()) for call in (uplinks.arm, uplinks.restore, uplinks.heal, lambda: uplinks.engage("mobile"))]

    assert not uplinks.can_act
    assert {("refused", "no line of the settings names its network device")} == {(one.word, one.why) for one in answers}
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(("lines", "is_left"), [((), True), (("fibre", "mobile"), True), (("fibre device=wan0",), False)])
def test_what_was_laid_for_lines_that_are_named_no_more_is_known(tmp_path: Path, lines: tuple[str, ...], is_left: bool) -> None:
    """From the note on the disk alone; without it there is nothing to take away."""

    def around() -> Surroundings:
        found = Surroundings(tmp_path, real_world(), Settings(lines=lines))
        found.make_real(None, None)
        return found

    assert (None, "") == (around().left_over, around().not_seen)
    LineSteps(tmp_path).keep(Found(sources={"mobile": "198.51.100.2"}))
    assert is_left == (around().left_over is not None)


def test_a_note_that_cannot_be_read_keeps_no_shop_closed(tmp_path: Path) -> None:
    """The box opens and says which file it is; whoever asks the driver hears it, too."""
    (tmp_path / "lines-armed.json").mkdir()  # Read by nobody, whatever their rights.
    said: list[str] = []

    async def play() -> None:
        house = open_house(tmp_path, real_world(), Seams(tell=said.append))
        try:
            await house.mover.switching.heal()
        finally:
            await house.shut()

    asyncio.run(play())
    assert [True] == ["lines-armed.json" in one and "Is a directory" in one for one in said if "lines" in one]
    assert "failed" == asyncio.run(Uplinks((), tmp_path, real_world()).heal()).word
