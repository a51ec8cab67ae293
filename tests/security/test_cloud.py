"""A cloud, or somebody in its place, that answers with malice: no token leaves, no memory fills, no line is written in our name."""

import asyncio
import gzip
import ssl
import tracemalloc
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tideover.app import Seams, make_client, on_stderr, open_house
from tideover.connectors.calls import Calls, Unpacked
from tideover.connectors.practice import manifest
from tideover.errors import Misconfigured
from tideover.ports import PAGE_BYTES_MAX
from tideover.world import real_world
from unit.web.till import coffee

TOKEN = "token-that-nobody-else-may-see"
BOMB = gzip.compress(bytes(400 * 2**20), 9)  # 400 MiB in 400 kB.


@asynccontextmanager
async def server(answer, **more):
    """Answers every connection with these bytes; keeps what it was sent."""
    got = []

    async def talk(reader, writer):
        try:
            got.append(await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5))
            length = [line for line in got[-1].lower().split(b"\r\n") if line.startswith(b"content-length:")]
            got[-1] += await reader.readexactly(int(length[0].split(b":")[1])) if length else b""
            writer.write(answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # The other side hung up in the middle, as it should.
        finally:
            writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0, **more)
    try:
        yield listening.sockets[0].getsockname()[1], got
    finally:
        listening.close()
        await listening.wait_closed()


async def ask(url, body=None):
    """One call with a token, through the client that the box itself uses."""
    async with make_client(Seams()) as client:
        calls = Calls(manifest, url, 10, real_world(), client, lambda look: None)
        return await calls.call("POST" if body else "GET", "/api/items", body=body, headers={"authorization": f"Bearer {TOKEN}"})


def answer_of(body=b"{}", status="200 OK", **headers):
    named = {"content-type": "application/json", "content-length": str(len(body))} | {n.replace("_", "-"): v for n, v in headers.items()}
    return f"HTTP/1.1 {status}\r\n".encode() + b"".join(f"{n}: {v}\r\n".encode() for n, v in named.items()) + b"\r\n" + body


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_carries_no_token_to_another_host(status):
    """It is not followed at all: neither the token nor the sale reaches whoever it points at."""

    async def play():
        async with server(answer_of()) as (elsewhere, stolen):
            moved = answer_of(status=status, location=f"http://localhost:{elsewhere}/api/items")
            async with server(moved) as (port, got):
                heard = await ask(f"http://127.0.0.1:{port}", coffee())
        return heard.status, len(got), stolen

    assert (None, 1, []) == asyncio.run(play())


@pytest.mark.parametrize("packing", ["gzip", "GZIP "])
def test_a_packed_bomb_is_not_unpacked_beyond_the_limit(packing):
    """A hundredth of it is unpacked, piece by piece; then the answer counts as unusable."""

    async def play():
        async with server(answer_of(BOMB, content_encoding=packing)) as (port, _):
            tracemalloc.start()
            try:
                heard = await ask(f"http://127.0.0.1:{port}")
                return heard.problem, tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    problem, peak = asyncio.run(play())
    assert f"its answer is longer than {PAGE_BYTES_MAX} bytes" == problem
    assert peak < 3 * PAGE_BYTES_MAX


PACKINGS = [("br", b"{}"), ("zstd", b"{}"), ("gzip, gzip", b"{}"), ("gzip", b"no gzip"), ("deflate", b"{}")]


@pytest.mark.parametrize(("packing", "body"), PACKINGS)
def test_a_packing_that_was_not_asked_for_is_unusable(packing, body):
    """Only gzip was; a wrong one is silence, never a crash."""

    async def play():
        async with server(answer_of(body, content_encoding=packing)) as (port, _):
            return await ask(f"http://127.0.0.1:{port}")

    heard = asyncio.run(play())
    assert (None, True) == (heard.status, heard.problem.startswith("it is packed"))


def test_an_honestly_packed_answer_is_read():
    """The same bytes as unpacked, also when they come in small pieces."""
    packed, whole = gzip.compress(b'{"a": 1}' * 1_000), b'{"a": 1}' * 1_000

    async def play():
        async with server(answer_of(packed, content_encoding="gzip")) as (port, _):
            return (await ask(f"http://127.0.0.1:{port}")).body

    assert whole == asyncio.run(play())
    slow = Unpacked("gzip")
    for at in range(0, len(packed), 7):
        slow.add(packed[at : at + 7])
    assert whole == bytes(slow.body)


URLS = ["http://cloud.example", "http://93.184.216.34", "http://erp.shop.example:8069/api", "HTTP://CLOUD.EXAMPLE", "http://[2606:2800::1]"]


@pytest.mark.parametrize("url", URLS)
def test_a_password_does_not_travel_readable(tmp_path, url):
    """http:// to another network is refused before anything is sent: by the connector, and so at the start and by `connect`."""
    with pytest.raises(Misconfigured, match="https://"):
        Calls(manifest, url, 10, real_world(), None, lambda look: None)
    if url.islower():
        with pytest.raises(Misconfigured):
            open_house(tmp_path, real_world(), cloud="practice", cloud_url=url)


NEAR = ["https://cloud.example", "http://127.0.0.1:8000", "http://[::1]:1", "http://192.168.1.5", "http://erp", "http://erp.local"]


@pytest.mark.parametrize("url", NEAR)
def test_near_and_encrypted_clouds_are_spoken_to(url):
    """This machine, the shop's own network, and https:// anywhere."""
    Calls(manifest, url, 10, real_world(), None, lambda look: None)


def certificate(tmp_path):
    """Whoever sits in the line can make one of these."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (tmp_path / "key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    (tmp_path / "cert").write_bytes(made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    return context


def test_a_certificate_that_nobody_vouches_for_gets_no_token(tmp_path):
    """Somebody in the line with a certificate of their own: the call fails before a byte of it is sent."""

    async def play():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)  # The server's side of the failed handshake.
        async with server(answer_of(), ssl=certificate(tmp_path)) as (port, got):
            heard = await ask(f"https://localhost:{port}")
            return heard.status, heard.problem, got

    assert (None, "no secure connection", []) == asyncio.run(play())


def test_a_name_writes_no_header():
    """An item's name with line ends in it travels inside the JSON, where it is text."""
    evil = "Coffee\r\nX-Evil: 1\r\n\r\nGET / HTTP/1.1"
    line = msgspec.structs.replace(coffee().lines[0], name=evil)

    async def play():
        async with server(answer_of()) as (port, got):
            await ask(f"http://127.0.0.1:{port}", msgspec.structs.replace(coffee(evil), lines=(line,)))
            return got[0]

    head, _, body = asyncio.run(play()).partition(b"\r\n\r\n")
    assert {b"host", b"accept", b"accept-encoding", b"connection", b"user-agent", b"authorization", b"content-type", b"content-length"} == {
        one.partition(b":")[0].lower() for one in head.split(b"\r\n")[1:]
    }
    assert evil == msgspec.json.decode(body)["lines"][0]["name"]


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb"])
def test_a_token_with_a_line_end_is_not_sent(value):
    """What a cloud gave us as a token writes no header of its own either."""

    async def play():
        async with server(answer_of()) as (port, got), make_client(Seams()) as client:
            calls = Calls(manifest, f"http://127.0.0.1:{port}", 10, real_world(), client, lambda look: None)
            heard = await calls.call("GET", "/", headers={"authorization": value})
            return heard.status, b"".join(got)

    status, got = asyncio.run(play())
    assert (None, b"") == (status, got)


def test_a_clouds_words_begin_no_line_in_the_log(capsys):
    """Line ends and what moves a terminal's cursor are shown as blanks."""
    on_stderr("cloud: it said\n2026-11-20 box: all is well\r\x1b[2Jgone\x00\u2028x")
    out = capsys.readouterr().err
    assert (1, [], True) == (out.count("\n"), [one for one in out[:-1] if not one.isprintable()], "it said 2026" in out)


def test_the_client_follows_no_redirect_and_reads_no_netrc(tmp_path, monkeypatch):
    """Passwords for hosts come from what `connect` was told, and from nothing else on the machine."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password from-the-netrc\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    async def play():
        async with server(answer_of()) as (port, got), make_client(Seams()) as client:
            await Calls(manifest, f"http://127.0.0.1:{port}", 10, real_world(), client, lambda look: None).call("GET", "/")
            return client.follow_redirects, b"authorization" in got[0].lower()

    assert (False, False) == asyncio.run(play())
