"""Probes against real sockets of this machine."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tideover.detect.looks.probe import (
    ClockProbe,
    CloudProbe,
    DiskProbe,
    HttpProbe,
    TcpProbe,
    address_of,
    probes_of,
)
from tideover.errors import Damaged, Misconfigured
from tideover.settings import Settings
from tideover.world import RealWorld

WORLD = RealWorld()


def serving(answer, probe_of, closing=False):
    """The look of a probe at a server on this machine that answers these bytes, or breaks off."""

    async def serve(reader, writer):
        try:
            if answer is not None:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
            elif not closing:
                await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def play():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            return await probe_of(server.sockets[0].getsockname()[1]).look()

    return asyncio.run(play())


def seen(look):
    return look.service, look.kind, look.ok, look.text


def dead_port():
    """A port on which nobody listens."""

    async def find():
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        return port

    return asyncio.run(find())


def test_an_anchor_that_answers():
    """A connection that opens is a good look, with how long it took."""
    look = serving(None, lambda port: TcpProbe("Anchor One", "127.0.0.1", port, "anchor", WORLD))
    assert ("internet", "anchor", True, "answers") == seen(look)
    assert look.took_ms is not None


def test_an_anchor_that_refuses():
    """A closed port is a bad look in words, not an exception."""
    look = asyncio.run(TcpProbe("Anchor One", "127.0.0.1", dead_port(), "anchor", WORLD).look())
    assert ("internet", "anchor", False, "refuses the connection") == seen(look)


@pytest.mark.parametrize(
    ("answer", "ok", "text"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True, "answers 200"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", True, "answers 404"),
        (b"HTTP/1.1 503 Busy\r\n\r\n", False, "answers 503"),
        (b"220 mail.example ready\r\n", False, "answers, but not as a web server"),
        (b"HTTP", False, "breaks off the connection"),
    ],
)
def test_the_cloud_s_front_door(answer, ok, text):
    """Any answer below 500 is a cloud that works; everything else is not."""
    look = serving(answer, lambda port: HttpProbe("the cloud", f"http://127.0.0.1:{port}/base", WORLD))
    assert ("cloud", "cloud", ok, text) == seen(look)


def test_a_line_that_accepts_and_breaks_off():
    """A dead proxy that still accepts connections is no cloud that answers."""
    look = serving(None, lambda port: HttpProbe("the cloud", f"http://127.0.0.1:{port}", WORLD), closing=True)
    assert ("cloud", False, "breaks off the connection") == (look.service, look.ok, look.text)


def test_a_cloud_that_never_answers():
    """A look ends within its time."""
    look = serving(None, lambda port: HttpProbe("the cloud", f"http://127.0.0.1:{port}", WORLD, timeout_s=0.05))
    assert ("cloud", False, "no answer in 0.05 s") == (look.service, look.ok, look.text)


@pytest.mark.parametrize(("answer", "text"), [(True, "answers"), (False, "no answer"), (None, "could not look")])
def test_a_cloud_asked_by_a_callable(answer, text):
    """What the callable says is the look; None stays a gap."""

    async def ask():
        return answer

    look = asyncio.run(CloudProbe("the cloud", ask, WORLD).look())
    assert ("cloud", "cloud", answer, text) == seen(look)


def test_disk_and_clock(tmp_path):
    """Too little room and a clock behind the newest entry are told; a missing folder is a gap."""
    now = WORLD.now()
    looks = [
        asyncio.run(probe.look())
        for probe in (
            DiskProbe(tmp_path, WORLD, free_min=0),
            DiskProbe(tmp_path, WORLD, free_min=2**60),
            DiskProbe(tmp_path / "gone", WORLD),
            ClockProbe(lambda: None, WORLD),
            ClockProbe(lambda: now + timedelta(seconds=60), WORLD),
            ClockProbe(lambda: datetime(2999, 1, 1, tzinfo=UTC), WORLD),
        )
    ]
    assert [True, False, None, True, True, False] == [look.ok for look in looks]


def test_a_damaged_journal_leaves_the_clock_unjudged():
    """Nothing to compare with is a gap, not an error of the lookout."""

    def newest():
        raise Damaged(file="journal.db", why="torn")

    assert asyncio.run(ClockProbe(newest, WORLD).look()).ok is None


def test_addresses():
    """HOST:PORT, IPv6 in brackets; anything else is named with its setting."""
    assert [("1.1.1.1", 443), ("::1", 53)] == [address_of("1.1.1.1:443", "anchors"), address_of("[::1]:53", "anchors")]
    for wrong in ("1.1.1.1", ":443", "a:b", "a:0", "a:70000"):
        with pytest.raises(Misconfigured):
            address_of(wrong, "anchors")
    with pytest.raises(Misconfigured):
        HttpProbe("the cloud", "cloud.example", WORLD)


def test_probes_follow_the_settings(tmp_path):
    """Only what is set is looked at; this machine always is."""
    bare = probes_of(Settings(), WORLD, None, lambda: None)
    full = Settings(anchors=("1.1.1.1:443", "9.9.9.9:443"), link_address="192.168.1.1:80", cloud_url="https://cloud.example")
    assert ["clock"] == [one.name for one in bare]
    names = ["1.1.1.1:443", "9.9.9.9:443", "the router", "the cloud", "disk", "clock"]
    assert names == [one.name for one in probes_of(full, WORLD, tmp_path, lambda: None)]
