"""Name servers, pages, exchanges and the router: looks at real servers of this machine, honest and lying."""

import asyncio
import socket

import dns.rcode
import pytest

from tideover.detect.looks.content import ContentProbe, HttpProbe
from tideover.detect.looks.look import CLOCK_TEXT
from tideover.detect.looks.names import ROOT, NameProbe, OwnNamesProbe, asked_name
from tideover.detect.looks.neighbour import NeighbourProbe, arp_flags, echo, is_answer, may_echo_to
from tideover.detect.looks.page import url_of
from tideover.detect.looks.probe import probes_of
from tideover.detect.looks.sip import SipProbe
from tideover.errors import Misconfigured
from tideover.settings import Settings
from tideover.world import RealWorld
from unit.detect.neighbours import LOCAL, certificate, datagrams, names, page, seen, trusting, web

WORLD = RealWorld()


def at_port(server, probe_of, looks=1):
    """The last look of a probe at that server's port."""

    async def play():
        async with server as found:
            probe = probe_of(found[0] if isinstance(found, tuple) else found)
            return [await probe.look() for _ in range(looks)][-1]

    return asyncio.run(play())


# Names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "name", "ok", "text"),
    [
        (names(), "cloud.example", True, "answers"),
        (names("192.168.1.1"), "cloud.example", False, "lies: it says that cloud.example is an address of the shop's own network"),
        (names("100.64.0.9"), "cloud.example", False, "lies: it says that cloud.example is an address of the shop's own network"),
        (names("192.168.1.1"), "till.lan", True, "answers"),
        (names(code=dns.rcode.NXDOMAIN), "cloud.example", False, "says that there is no cloud.example"),
        (names(code=dns.rcode.SERVFAIL), "cloud.example", False, "answers, but finds nothing"),
        (names(), ROOT, True, "answers"),
        (lambda question: question[:2] + b"\0", "cloud.example", False, "answers, but not as a name server"),
        (lambda question: bytes((question[0], question[1] ^ 1)) + names()(question)[2:], "cloud.example", False, "no answer in 0.2 s"),
    ],
)
def test_a_name_server(answer, name, ok, text):
    """It answers with the truth, lies, finds nothing, or is silent; an answer to another question is none."""
    look = at_port(datagrams(answer), lambda port: NameProbe("9.9.9.9", LOCAL, name, WORLD, 0.2, port=port))
    assert ("dns", "dns", ok, text) == seen(look)


@pytest.mark.parametrize(("address", "ok"), [("198.51.100.7", True), ("10.0.0.1", False)])
def test_the_way_in_which_this_machine_asks(address, ok):
    """The system's own resolver may lie, too."""
    from tideover.detect.looks.addresses import Addresses

    book = Addresses(WORLD, lambda host, _: [(socket.AF_INET, (address, 0))])
    assert ok is asyncio.run(OwnNamesProbe("the provider's", "cloud.example", WORLD, book).look()).ok


def test_only_a_name_of_the_settings_is_asked():
    """Where the settings hold addresses alone, the root of all names is."""
    assert "cloud.example" == asked_name(["192.0.2.1", "till", "till.lan", "cloud.example"])
    assert ROOT == asked_name(["192.0.2.1", ""])


# Pages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "ok", "text"),
    [
        (page("The real thing"), True, "shows what it should"),
        (page("", "302 Found", "Location: http://hotspot.example/login"), False, "shows a log-in page of the network"),
        (page("<input type='password'>"), False, "shows a log-in page of the network"),
        (page("", "511 Network Authentication Required"), False, "shows a log-in page of the network"),
        (page("Dear customer, your bill is open."), False, "shows a page of the provider"),
        (page("", "503 Busy"), False, "answers 503"),
        (page("The real thing is away.", "503 Busy"), False, "answers 503"),
        (b"220 mail.example ready\r\n\r\n", False, "answers, but not as a web server"),
        (None, False, "no answer in 0.3 s"),
    ],
)
def test_the_page_that_only_the_real_internet_shows(answer, ok, text):
    """A hotel's log-in, an unpaid bill and a dead line are told apart."""
    look = at_port(web(answer), lambda port: ContentProbe(url_of(f"http://{LOCAL}:{port}/", "x"), "real thing", WORLD, 0.3))
    assert ("internet", "content", ok, text) == seen(look)


def test_a_redirect_to_the_same_host_is_no_log_in():
    """A page that moved within its own host stays the provider's business, not a hotel's."""
    answer = page("", "301 Moved", "Location: http://127.0.0.1/new")
    look = at_port(web(answer), lambda port: ContentProbe(url_of(f"http://{LOCAL}:{port}/", "x"), "real thing", WORLD))
    assert "shows a page of the provider" == look.text


def test_a_wrong_certificate_is_named_and_a_wrong_clock_is_a_gap(tmp_path):
    """Somebody stands in between; or our own clock is wrong, and then nothing is known."""
    context, path = certificate(tmp_path)
    old, old_path = certificate(tmp_path, days=(-9, -1))
    _, other = certificate(tmp_path, "shop.example")

    def probe(trusted):
        return lambda port: ContentProbe(
            url_of(f"https://{LOCAL}:{port}/", "x"), "real", WORLD, context=trusting(trusted), plain_port=port
        )

    assert (True, "shows what it should") == seen(at_port(web(page("real"), context), probe(path)))[2:]
    assert (False, "its certificate is not right") == seen(at_port(web(page("real"), context), probe(other)))[2:]
    assert (None, CLOCK_TEXT) == seen(at_port(web(page("real"), old), probe(old_path)))[2:]


def test_a_hotel_shows_itself_where_nothing_is_encrypted(tmp_path):
    """Its secure side has a wrong certificate; the same host without TLS sends us to its log-in."""
    context, _ = certificate(tmp_path)
    _, other = certificate(tmp_path, "shop.example")

    async def play():
        async with web(b"", context) as secure, web(page("", "302 Found", "Location: http://hotel.example/")) as plain:
            url = url_of(f"https://{LOCAL}:{secure}/", "x")
            return await ContentProbe(url, "real", WORLD, context=trusting(other), plain_port=plain).look()

    assert (False, "shows a log-in page of the network") == seen(asyncio.run(play()))[2:]


def test_the_log_in_page_is_asked_as_a_browser_would():
    """Its kind is its own, over whichever line."""
    look = at_port(web(page("Sign in")), lambda port: HttpProbe("the log-in page", f"http://{LOCAL}:{port}/in", WORLD, kind="login"))
    assert ("login", "login", True, "answers 200") == seen(look)


# The exchange -----------------------------------------------------------------------------------------


def sip(status):
    """An exchange that first says that it is at it, then gives that answer."""

    def answer(question):
        head = question.decode().split("\r\n")
        via, call = head[1], next(one for one in head if one.startswith("Call-ID"))
        return f"SIP/2.0 {status}\r\n{via}\r\n{call}\r\n\r\n".encode()

    return answer


@pytest.mark.parametrize(
    ("answer", "ok", "text"),
    [
        (sip("200 OK"), True, "answers 200"),
        (sip("405 Method Not Allowed"), True, "answers 405"),
        (sip("503 Service Unavailable"), False, "answers 503"),
        (sip("100 Trying"), False, "no answer in 0.4 s"),
        (lambda question: b"SIP/2.0 200 OK\r\nCall-ID: another\r\n\r\n", False, "no answer in 0.4 s"),
        (lambda question: None, False, "no answer in 0.4 s"),
    ],
)
def test_the_telephone_exchange(answer, ok, text):
    """Any final answer to our own question counts."""
    look = at_port(datagrams(answer), lambda port: SipProbe("the telephone exchange", LOCAL, port, WORLD, 0.4))
    assert ("phones", "sip", ok, text) == seen(look)


def test_an_exchange_that_speaks_tcp_only():
    """It is found by TCP, and asked so from then on."""
    server = web(b"SIP/2.0 200 OK\r\n\r\n")
    assert (True, "answers 200") == seen(at_port(server, lambda port: SipProbe("x", LOCAL, port, WORLD, 0.6), looks=2))[2:]


# The router -------------------------------------------------------------------------------------------


def neighbour(port=0, **given):
    return NeighbourProbe("the router", LOCAL, WORLD, 0.5, port=port, **given)


@pytest.mark.skipif(not may_echo_to(socket.AF_INET), reason="this user may send no echo")
def test_a_router_that_answers_an_echo():
    """A real echo on the loopback."""
    assert ("network", "link", True, "answers") == seen(asyncio.run(neighbour().look()))


def test_a_router_that_only_refuses_is_there():
    """No echo is allowed; a closed port is an answer of a living machine."""
    with socket.socket() as closed:
        closed.bind((LOCAL, 0))
        look = asyncio.run(neighbour(closed.getsockname()[1], may_echo=lambda family: False).look())
    assert (True, "answers") == (look.ok, look.text)


@pytest.mark.parametrize(
    ("flags", "ok", "text"),
    [("0x2", True, "known on the cable"), ("0x0", False, "does not answer on the cable"), (None, None, "no answer")],
)
def test_a_router_that_only_the_cable_knows(tmp_path, flags, ok, text):
    """The machine's own list of neighbours is the last word, where there is one."""
    head = "IP address       HW type     Flags       HW address            Mask     Device\n"
    row = f"{LOCAL}        0x1         {flags}         02:00:00:00:00:01     *        lo\n"
    (tmp_path / "arp").write_text(head + (row if flags else ""))
    look = asyncio.run(neighbour(arp=tmp_path / "arp", may_echo=lambda family: False).look())
    assert (ok, text) == (look.ok, look.text)
    assert (None if flags is None else int(flags, 16)) == arp_flags(tmp_path / "arp", LOCAL, "lo")


def test_echoes_carry_their_number():
    """An answer to another echo, or of another kind, is none; a raw socket brings the packet's header along."""
    asked = echo(8, 513)
    reply = b"\0" + asked[1:]
    assert is_answer(reply, 0, 513, False)
    assert is_answer(b"\x45" + b"\0" * 19 + reply, 0, 513, True)
    assert not is_answer(reply, 0, 514, False)
    assert not is_answer(asked, 0, 513, False)
    total = sum(int.from_bytes(asked[at : at + 2], "big") for at in range(0, len(asked), 2))
    assert 0xFFFF == (total & 0xFFFF) + (total >> 16)


# What the settings ask for ----------------------------------------------------------------------------


def test_every_setting_has_its_look():
    """Cloud, log-in, proof, cards, exchange and names; nothing that no setting names."""
    full = Settings(
        cloud="assisted", cloud_page="https://cloud.example/in", proof_page="https://proof.example", proof_text="real",
        card_host="cards.example:443", sip_server="sip.example:5060", public_dns=("9.9.9.9", "[2620:fe::fe]:53"),
    )  # fmt: skip
    found = [(one.kind, one.name) for one in probes_of(full, WORLD, None, lambda: None)[:-1]]
    expected = [
        ("cloud", "the cloud"), ("login", "the log-in page"), ("content", "proof.example"), ("card", "the card service"),
        ("sip", "the telephone exchange"), ("dns", "the provider's"), ("dns", "9.9.9.9"), ("dns", "[2620:fe::fe]:53"),
    ]  # fmt: skip
    assert expected == found


@pytest.mark.parametrize(
    "wrong",
    [{"public_dns": ("dns.example:53",)}, {"public_dns": ("x",)}, {"sip_server": "sip"}, {"proof_page": "proof", "proof_text": "x"}],
)
def test_a_wrong_address_is_named_with_its_setting(wrong):
    """A name server needs an address; everything else HOST:PORT or a page."""
    with pytest.raises(Misconfigured):
        probes_of(Settings(**wrong), WORLD, None, lambda: None)


def test_a_card_service_that_is_only_named_is_not_looked_at():
    """Its name stands on cards and lists; without a port there is nothing to connect to."""
    assert ["clock"] == [one.name for one in probes_of(Settings(card_host="Nets"), WORLD, None, lambda: None)]
