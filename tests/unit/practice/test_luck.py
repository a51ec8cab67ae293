"""What the way to the cloud does to calls, without sockets: order, time, and nonsense."""

from __future__ import annotations

import asyncio
from random import Random

import msgspec
import pytest

from tideover.practice.hostile import HOSTILE, spoil
from tideover.practice.luck import Luck
from tideover.practice.wire import Answer, Dropped, Request, Response


def send(name: str) -> Request:
    return Request("POST", "/api/sales", [(b"idempotency-key", name.encode())], b"{}")


def test_time_passes_only_when_the_calls_beside_are_through() -> None:
    """A hanging call lets the clock jump after its neighbour has its answer, not before."""
    happened: list[str] = []

    async def main() -> None:
        go_on = asyncio.Event()

        async def forward(request: Request) -> Answer:
            name = request.header("idempotency-key")
            if name == "beside":
                await go_on.wait()
            happened.append(f"{name} reached the cloud")
            return Response(201, [], b"{}")

        async def spend(seconds: float) -> None:
            happened.append(f"{seconds:g} s pass")

        luck = Luck(forward, spend, lambda: False, Random(1))
        beside = asyncio.ensure_future(luck.serve(send("beside")))
        await asyncio.sleep(0)
        luck.arm({"lost-reply": 1.0}, 10, ())
        lost = [asyncio.ensure_future(luck.serve(send(f"lost {n}"))) for n in range(6)]
        for _ in range(10):
            await asyncio.sleep(0)
        assert not any(text.endswith("pass") for text in happened)
        go_on.set()
        assert 201 == (await beside).status  # type: ignore[union-attr]
        assert {Dropped()} == set(await asyncio.gather(*lost))

    asyncio.run(main())
    place = happened.index("beside reached the cloud")
    assert any(text == "30 s pass" for text in happened[place:])


@pytest.mark.parametrize("mode", HOSTILE)
def test_nonsense_is_nonsense(mode: str) -> None:
    """Every hostile mode changes a right answer; "off" changes nothing."""
    page = {"rows": [{"code": "a", "on_hand": 1}], "cursor": "5", "more": False, "removed": []}
    right = Response(200, [(b"content-type", b"application/json")], msgspec.json.encode(page))

    assert right != spoil(mode, right)
    assert right == spoil("off", right)


def test_a_refusal_stays_a_refusal_when_pages_are_spoiled() -> None:
    """Modes that bend a page leave errors and broken lines as they are."""
    no = Response(401, [], b"{}")

    assert [no, Dropped()] == [spoil("wrong-types", no), spoil("looping-cursor", Dropped())]
