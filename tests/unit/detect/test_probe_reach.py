"""Connections and handshakes against real sockets of this machine, bound and not bound."""

import asyncio
import errno
import os
import socket
import threading
from datetime import timedelta

import pytest

from tideover.detect.looks.addresses import Addresses, literal_address
from tideover.detect.looks.bound import SO_BINDTODEVICE, Way, address_on, options
from tideover.detect.looks.look import CLOCK_TEXT, in_words
from tideover.detect.looks.names import OwnNamesProbe
from tideover.detect.looks.reach import TcpProbe, connect
from tideover.world import RealWorld
from unit.detect.neighbours import LOCAL, certificate, page, seen, trusting, web

WORLD = RealWorld()
LINE = Way("fibre", "lo")


class Later(RealWorld):
    """The machine's world, some time on."""

    passed = timedelta(0)

    def now(self):
        return super().now() + self.passed


def looked(probe_of, answer=None, context=None):
    """What a probe at a real server of this machine sees."""

    async def play():
        async with web(answer, context) as port:
            return await probe_of(port).look()

    return asyncio.run(play())


def test_a_look_that_is_bound_speaks_about_its_line():
    """Service and via name the line."""
    look = looked(lambda port: TcpProbe("Anchor One", LOCAL, port, "anchor", WORLD, way=LINE))
    assert ("line-fibre", "anchor", True, "answers") == seen(look)
    assert "fibre" == look.via


def test_a_card_service_over_a_line_is_still_the_card_service():
    """What lies at the far end keeps its name."""
    look = looked(lambda port: TcpProbe("the card service", LOCAL, port, "card", WORLD, way=LINE))
    assert ("cards", "fibre", True) == (look.service, look.via, look.ok)


def test_a_line_without_a_device_is_bound_by_its_address_and_says_so():
    """An address alone does not prove the way on every system."""
    look = looked(lambda port: TcpProbe("Anchor One", LOCAL, port, "anchor", WORLD, way=Way("fibre", source=LOCAL)))
    assert (True, "answers; not bound to the line") == (look.ok, look.text)
    look = looked(lambda port: TcpProbe("Anchor One", LOCAL, port, "anchor", WORLD, way=Way("fibre", source=LOCAL, platform="win32")))
    assert (True, "answers") == (look.ok, look.text)


def test_a_device_that_is_gone():
    """The modem was pulled out: a bad look in words."""
    look = looked(lambda port: TcpProbe("Anchor One", LOCAL, port, "anchor", WORLD, way=Way("mobile", "wwan77")))
    assert (False, "the network device is gone") == (look.ok, look.text)


@pytest.mark.parametrize(
    ("platform", "family", "expected"),
    [
        ("linux", socket.AF_INET, [(socket.SOL_SOCKET, SO_BINDTODEVICE, b"lo\0")]),
        ("darwin", socket.AF_INET, [(socket.IPPROTO_IP, 25, socket.if_nametoindex("lo"))]),
        ("darwin", socket.AF_INET6, [(socket.IPPROTO_IPV6, 125, socket.if_nametoindex("lo"))]),
        ("win32", socket.AF_INET, []),
    ],
)
def test_each_system_binds_in_its_own_way(platform, family, expected):
    """By device on Linux and macOS, by address on Windows."""
    assert expected == options(Way("fibre", "lo", platform=platform), family)


def test_a_device_that_a_mac_does_not_have_is_gone():
    """The system's own word there has no number, and would be told as "OSError"."""
    with pytest.raises(OSError) as gone:
        options(Way("mobile", "en77", platform="darwin"), socket.AF_INET)
    assert "the network device is gone" == in_words(gone.value)


def test_our_address_on_a_device():
    """Linux tells; elsewhere the settings do."""
    assert [LOCAL, "", ""] == [address_on("lo"), address_on("lo", "darwin"), address_on("nothing0")]


def test_a_handshake_proves_who_answers(tmp_path):
    """A certificate that nobody trusts is named; one that is trusted and of somebody else still shows the internet."""
    context, path = certificate(tmp_path)
    foreign, foreign_path = certificate(tmp_path, "shop.example")

    def probe(trusted):
        return lambda port: TcpProbe("Anchor One", LOCAL, port, "anchor", WORLD, tls_each=1, context=trusting(trusted))

    assert (True, "answers") == seen(looked(probe(path), b"", context))[2:]
    assert (False, "its certificate is not right") == seen(looked(probe(foreign_path), b"", context))[2:]
    assert (True, "answers") == seen(looked(probe(foreign_path), b"", foreign))[2:]


def test_a_wrong_clock_blames_no_line(tmp_path):
    """A certificate that is out of date may be our own clock's fault."""
    old, path = certificate(tmp_path, days=(-30, -1))
    look = looked(lambda port: TcpProbe("A", LOCAL, port, "anchor", WORLD, tls_each=1, context=trusting(path)), b"", old)
    assert (True, CLOCK_TEXT) == (look.ok, look.text)


def test_a_failed_handshake_is_tried_at_every_look_until_it_succeeds(tmp_path):
    """Between two handshakes plain connections are enough, but they never hide one that failed."""
    context, path = certificate(tmp_path)

    async def play():
        async with web(b"", context) as port, web(page("hello")) as plain:
            good = TcpProbe("A", LOCAL, port, "anchor", WORLD, tls_each=3, context=trusting(path))
            bad = TcpProbe("A", LOCAL, plain, "anchor", WORLD, timeout_s=0.3, tls_each=3)
            return [(await good.look()).ok for _ in range(4)], [(await bad.look()).ok for _ in range(3)]

    good, bad = asyncio.run(play())
    assert ([True] * 4, 2) == (good, context.session_stats()["accept_good"])
    assert [False] * 3 == bad


def test_a_line_without_ipv6_is_not_blamed():
    """No way to an IPv6 address is a gap until it has answered once; a name with both versions is reached by the other."""

    async def play():
        async with web(None) as port:
            book = Addresses(WORLD, lambda host, _: [(socket.AF_INET6, ("2001:db8::1", 0, 0, 0)), (socket.AF_INET, (LOCAL, 0))])
            both = await TcpProbe("A", "shop.example", port, "anchor", WORLD, book=book, way=LINE).look()
            six = await TcpProbe("A", "2001:db8::1", port, "anchor", WORLD, 0.3, way=LINE).look()
            return both, six

    both, six = asyncio.run(play())
    assert True is both.ok
    assert (None, "not looked at: there is no IPv6 here") == (six.ok, six.text)


def test_nothing_is_left_open():
    """A hundred looks into silence leave no socket behind."""

    async def play():
        full = socket.socket()
        full.bind((LOCAL, 0))
        full.listen(0)
        holders = [socket.socket() for _ in range(4)]
        for one in holders:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        before = len(os.listdir("/proc/self/fd"))
        port = full.getsockname()[1]
        probes = [TcpProbe("A", LOCAL, port, "anchor", WORLD, 0.05) for _ in range(100)]
        looks = await asyncio.gather(*(one.look() for one in probes))
        after = len(os.listdir("/proc/self/fd"))
        for one in (full, *holders):
            one.close()
        return before, after, {one.ok for one in looks}

    before, after, oks = asyncio.run(play())
    assert before == after
    assert {False} == oks


def test_a_name_is_remembered_and_asked_once_at_a_time():
    """A name service that hangs delays nobody whose name is known, and is not asked again while it hangs."""
    asked, release = [], threading.Event()

    def look_up(host, _):
        asked.append(host)
        if len(asked) > 1:
            release.wait(10)
        return [(socket.AF_INET, (LOCAL, 0))]

    async def play():
        world = Later()
        book = Addresses(world, look_up)
        first = await book.of("shop.example", 443)
        world.passed = timedelta(hours=1)
        again = [await book.of("shop.example", 443) for _ in range(3)]
        release.set()
        return first, again

    first, again = asyncio.run(play())
    assert [first] * 3 == again
    assert ["shop.example"] * 2 == asked


def test_a_name_that_is_not_found():
    """A name that nobody has is a bad look; a name service that does not answer says nothing about the thing itself."""

    def look_up(host, _):
        raise socket.gaierror(socket.EAI_NONAME if host == "typo.example" else socket.EAI_AGAIN, host)

    async def play():
        book = Addresses(WORLD, look_up)
        probes = [TcpProbe("A", host, 443, "card", WORLD, book=book) for host in ("typo.example", "cards.example")]
        return [await one.look() for one in (*probes, OwnNamesProbe("the provider's", "cards.example", WORLD, book))]

    typo, away, own = asyncio.run(play())
    assert (False, "its name is not found") == (typo.ok, typo.text)
    assert (None, "not looked at: no name service tells its address") == (away.ok, away.text)
    assert (False, "its name is not found") == (own.ok, own.text)


def test_a_name_service_that_hangs_is_no_fault_of_what_is_asked_for():
    """The look ends early and is a gap; the answer that comes late serves the next one."""
    release = threading.Event()

    def look_up(host, _):
        release.wait(10)
        return [(socket.AF_INET, (LOCAL, 0))]

    async def play():
        async with web(b"") as port:
            book = Addresses(WORLD, look_up)
            probe = TcpProbe("A", "cards.example", port, "card", WORLD, book=book)
            first = await probe.look()
            release.set()
            await book.fresh("cards.example")
            return first.ok, (await probe.look()).ok

    assert (None, True) == asyncio.run(play())


def test_addresses_as_they_stand():
    """An address needs no name service."""
    assert (socket.AF_INET, ("192.0.2.1", 53)) == literal_address("192.0.2.1", 53)
    assert (socket.AF_INET6, ("fe80::1", 53, 0, socket.if_nametoindex("lo"))) == literal_address("fe80::1%lo", 53)
    assert None is literal_address("shop.example", 53)


def test_no_address_at_all_is_no_way():
    """The race ends, whatever it was given."""
    with pytest.raises(OSError) as caught:
        asyncio.run(connect(LINE, []))
    assert "there is no way to it" == in_words(caught.value)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.EHOSTUNREACH, "there is no way to it"),
        (errno.ENODEV, "the network device is gone"),
        (errno.EADDRNOTAVAIL, "this machine has no address there"),
    ],
)
def test_errors_of_the_system_in_words(number, text):
    """No jargon reaches a counter."""
    assert text == in_words(OSError(number, os.strerror(number)))
