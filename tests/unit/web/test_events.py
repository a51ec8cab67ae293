"""Open pages and tills hear of every change; over a real port, as a browser would."""

import asyncio
import json

import httpx
import pytest

from tideover.errors import Misconfigured, TooOften
from tideover.web import events
from tideover.web.listen import Listener
from tideover.world import real_world
from unit.web.shop import Shop, StillWorld, in_shop, make_house
from unit.web.till import Till


async def next_status(lines) -> dict:
    """The next status that the stream brings."""
    async for line in lines:
        if line.startswith("data: "):
            return json.loads(line.removeprefix("data: "))
    raise AssertionError("the stream ended")


def test_a_status_comes_at_once_and_after_a_change(tmp_path):
    """A till is enrolled: whoever listens sees it without asking."""

    async def play(shop: Shop):
        door = Listener(shop.app, "127.0.0.1", 0)
        await door.start()
        async with asyncio.timeout(20), httpx.AsyncClient(base_url=f"http://127.0.0.1:{door.port}") as browser:
            async with browser.stream("GET", "/v1/events") as stream:
                assert "text/event-stream" in stream.headers["content-type"]
                lines = stream.aiter_lines()
                assert [] == (await next_status(lines))["tills"]
                await Till(shop, "Till 1").enrol()
                assert ["Till 1"] == [till["name"] for till in (await next_status(lines))["tills"]]
            await door.stop()

    in_shop(tmp_path, play)


def test_the_streams_end_when_the_box_does(tmp_path):
    """An open page does not keep the box from stopping."""

    async def play(shop: Shop):
        door = Listener(shop.app, "127.0.0.1", 0)
        await door.start()
        async with (
            asyncio.timeout(20),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{door.port}") as browser,
            browser.stream("GET", "/v1/events") as stream,
        ):
            lines = stream.aiter_lines()
            await next_status(lines)
            stopping = asyncio.create_task(door.stop())
            assert [] == [line async for line in lines if line.startswith("data")]
            await stopping

    in_shop(tmp_path, play)


def test_changes_in_a_burst_are_one_event(tmp_path):
    """A slow reader gets the newest status, never a queue of old ones."""

    async def play(shop: Shop):
        changes = shop.app.router.state.changes
        async with asyncio.timeout(20):
            listening = changes.listen()
            assert await anext(listening)
            for _ in range(50):
                changes.ring()
            assert await anext(listening)
            waiting = asyncio.ensure_future(anext(listening))
            await asyncio.wait({waiting}, timeout=3 * events.GATHER_S)
            assert not waiting.done()
            changes.end()
            with pytest.raises(StopAsyncIteration):
                await waiting

    in_shop(tmp_path, play)


def test_readers_are_bounded(tmp_path, monkeypatch):
    """A page that opens streams without end does not use the box up."""

    async def play(shop: Shop):
        changes = shop.app.router.state.changes
        open_streams = [changes.listen() for _ in range(events.READERS_MAX)]
        for one in open_streams:
            await anext(one)
        with pytest.raises(TooOften):
            await anext(changes.listen())
        for one in open_streams:
            await one.aclose()
        last = changes.listen()
        assert await anext(last)
        await last.aclose()

    in_shop(tmp_path, play)


def test_a_port_that_is_taken_is_named(tmp_path):
    """With the setting to change."""

    async def play(shop: Shop):
        door = Listener(shop.app, "127.0.0.1", 0)
        with pytest.raises(Misconfigured, match=str(door.port)):
            Listener(shop.app, "127.0.0.1", door.port)
        await door.start()
        await door.stop()

    in_shop(tmp_path, play)


def test_twenty_tills_send_at_once_over_a_real_port(tmp_path):
    """Every acknowledged entry is in the journal, and the chain is whole."""

    async def play():
        house = make_house(tmp_path, real_world())
        shop = Shop(house)
        tills = [await Till(shop, f"Till {n}").enrol() for n in range(20)]
        door = Listener(shop.app, "127.0.0.1", 0)
        await door.start()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{door.port}", timeout=60) as line:

            async def sell(till: Till) -> list[str]:
                headers, told = {"Authorization": f"Bearer {till.token}"}, []
                for _ in range(5):
                    reply = await line.post("/v1/entries", json={"entries": [till.sign(), till.sign()]}, headers=headers)
                    told += [one["id"] for one in reply.json()["answers"] if one["answer"] == "created"]
                return told

            acknowledged = [id for told in await asyncio.gather(*map(sell, tills)) for id in told]
        await door.stop()
        assert 200 == len(acknowledged)
        assert set(acknowledged) == {kept.entry.id for kept in house.journal.read(kinds=("sale",), limit=1_000)}
        assert house.journal.verify_piece(1_000) and house.journal.broken is None
        await shop.end()

    asyncio.run(play())


def test_a_still_world_is_enough_for_the_web(tmp_path):
    """Nothing here waits by the World's clock: a rehearsal's box may answer while its time stands still."""
    assert not hasattr(StillWorld, "pause")
    assert 200 == in_shop(tmp_path, lambda shop: _code(shop))


async def _code(shop: Shop) -> int:
    return (await shop.client().get("/v1/status")).status_code
