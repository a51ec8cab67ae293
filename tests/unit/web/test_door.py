"""The short way for a till's entries: the same answers as the long one, only for what is exactly as before."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tideover.web.door import Door
from tideover.web.listen import Listener
from unit.web.shop import Shop, in_shop
from unit.web.till import Till

Play = Callable[["Line", Till, Listener], Awaitable[None]]
PATIENCE_S = 20


class Line:
    """A till's connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[bytes, dict]:
        """The next answer: its head as it came, but for the date, and its JSON."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        body = await self.reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))
        return re.sub(rb"(date|content-length): [^\r]*", rb"\1", head), json.loads(body)

    async def answered(self, data: bytes) -> tuple[bytes, dict]:
        self.write(data)
        return await self.answer()


def request(till: Till, *entries: dict, more: bytes = b"", length: int | None = None) -> bytes:
    """One request with those entries; `more` header lines."""
    body = json.dumps({"entries": list(entries)}).encode()
    head = b"POST /v1/entries HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %b\r\n" % till.token.encode()
    return head + more + b"Content-Length: %d\r\n\r\n" % (len(body) if length is None else length) + body


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bodies that went the short way."""
    went: list[bytes] = []
    ask = Door._ask
    monkeypatch.setattr(Door, "_ask", lambda door, caller, body: went.append(body) or ask(door, caller, body))
    return went


def on_a_line(folder: Path, play: Play) -> None:
    """Runs `play` on one connection of an enrolled till to a box that listens."""

    async def run(shop: Shop) -> None:
        till = await Till(shop, "Till 1").enrol()
        door = Listener(shop.app, "127.0.0.1", 0)
        await door.start()
        async with asyncio.timeout(PATIENCE_S):
            line = Line(*await asyncio.open_connection("127.0.0.1", door.port))
            await play(line, till, door)
            line.writer.close()
            await line.writer.wait_closed()
        await door.stop()

    in_shop(folder, run)


def test_the_same_head_again_takes_the_short_way_to_the_same_answer(tmp_path, short):
    """Head and body are what the full parser's way gives, down to the safe headers."""

    async def play(line: Line, till: Till, door: Listener) -> None:
        one = till.sign()
        long_head, created = await line.answered(request(till, one))
        assert [] == short
        short_head, exists = await line.answered(request(till, one))
        assert (1, long_head) == (len(short), short_head)
        assert ("created", "exists") == (created["answers"][0]["answer"], exists["answers"][0]["answer"])

    on_a_line(tmp_path, play)


@pytest.mark.parametrize("more", [b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_head_that_wants_more_is_never_remembered(tmp_path, short, more):
    """It takes the full parser each time, whatever that makes of it."""

    async def play(line: Line, till: Till, door: Listener) -> None:
        for _ in range(2):
            line.write(request(till, more=more))
            await line.reader.read(65_536)
        assert [] == short

    on_a_line(tmp_path, play)


def test_a_name_that_is_not_ours_is_refused_each_time(tmp_path, short):
    """The gate's word about a name is not passed by."""

    async def play(line: Line, till: Till, door: Listener) -> None:
        for _ in range(2):
            _, told = await line.answered(request(till).replace(b"127.0.0.1", b"evil.example"))
            assert ("wrong-host", []) == (told["code"], short)

    on_a_line(tmp_path, play)


def test_a_request_in_pieces_takes_the_long_way(tmp_path, short):
    """A known head whose body comes later is read by the full parser, and so is what looks like one in the middle of a request."""

    async def play(line: Line, till: Till, door: Listener) -> None:
        whole = request(till)
        await line.answered(whole)
        [connection] = door._server.server_state.connections
        for first, rest in ((whole[:-4], whole[-4:]), (b"POST /v1/entries HTTP/1.1\r\nX-Note: ", whole)):
            line.write(first)
            while connection._begun == connection._read:  # Until the first piece has come.
                await asyncio.sleep(0)
            _, told = await line.answered(rest)
            assert ([], []) == (told["answers"], short)
        await line.answered(whole)
        assert 1 == len(short)

    on_a_line(tmp_path, play)


def test_a_head_in_front_of_two_requests_is_not_remembered(tmp_path, short):
    """What stands after a body is another request: its length and token are not those of the head before."""

    async def play(line: Line, till: Till, door: Listener) -> None:
        line.write(request(till) + request(till))
        assert [[], []] == [(await line.answer())[1]["answers"] for _ in range(2)]
        await line.answered(request(till))
        assert [] == short

    on_a_line(tmp_path, play)


def test_what_comes_before_the_answer_waits_its_turn(tmp_path, short):
    """Requests sent without waiting are answered one after the other, in their order."""

    async def play(line: Line, till: Till, door: Listener) -> None:
        await line.answered(request(till, till.sign()))
        two, three = till.sign(), till.sign()
        line.write(request(till, two))
        await asyncio.sleep(0)
        line.write(request(till, three) + request(till))
        answers = [(await line.answer())[1]["answers"] for _ in range(3)]
        assert [["created"], ["created"], []] == [[one["answer"] for one in answer] for answer in answers]

    on_a_line(tmp_path, play)


def test_a_token_that_ended_is_refused_on_the_short_way_too(tmp_path, short):
    """Remembered is how a head reads, never whether it may."""

    async def play(line: Line, till: Till, door: Listener) -> None:
        await line.answered(request(till))
        till.shop.app._entries._access.tokens.give(till.id)  # Another one from now on.
        head, told = await line.answered(request(till))
        assert (1, "not-signed-in") == (len(short), told["code"])
        assert head.startswith(b"HTTP/1.1 401 ")

    on_a_line(tmp_path, play)


def test_a_sale_under_way_is_answered_before_the_box_ends(tmp_path, short):
    """Whoever stops the box does not cut off a till that waits; the line is closed after the answer."""

    async def play(line: Line, till: Till, door: Listener) -> None:
        await line.answered(request(till, till.sign()))
        line.write(request(till, till.sign()))
        while not short:
            await asyncio.sleep(0)
        stopping = asyncio.create_task(door.stop())
        _, told = await line.answer()
        assert "created" == told["answers"][0]["answer"]
        assert b"" == await line.reader.read()
        await stopping

    on_a_line(tmp_path, play)
