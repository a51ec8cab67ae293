"""What the way to the cloud does to calls, without sockets: order, time, and nonsense."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx
import msgspec
import pytest

from sim.virtual import SimWorld, run_virtual
from tideover.practice.cloud import PASSWORD, USER
from tideover.practice.hostile import HOSTILE, spoil
from tideover.practice.inside import InsideTransport
from tideover.practice.luck import Luck
from tideover.practice.wire import Answer, Dropped, Request, Response
from unit.practice.cloud_at_hand import AtHand, sale


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


def test_a_simulated_shop_has_the_same_luck(tmp_path: Path) -> None:
    """Over the in-process transport: a seed plays alike twice, a line that is down refuses, a lost reply is booked."""

    def run(seed: str, folder: Path) -> list[str]:
        folder.mkdir()
        at_hand = AtHand(folder)
        seen: list[str] = []

        async def main() -> None:
            world = SimWorld(datetime(2026, 11, 20, 12, 0, tzinfo=UTC), seed)
            transport = InsideTransport(at_hand.app, world)
            async with httpx.AsyncClient(transport=transport, base_url="http://cloud") as client:
                token = (await client.post("/login", json={"user": USER, "password": PASSWORD})).json()["token"]
                client.headers["authorization"] = f"Bearer {token}"
                transport.line_up = False
                with pytest.raises(httpx.ConnectError):
                    await client.get("/api/items")
                transport.line_up = True
                transport.luck.arm({"lost-reply": 0.5}, 20, ())
                for n in range(20):
                    try:
                        reply = await client.post("/api/sales", json=sale(external_id=f"e{n}"), headers={"idempotency-key": f"e{n}"})
                        seen.append(f"{reply.status_code} at {world.now():%H:%M:%S.%f}")
                    except httpx.ReadError:
                        seen.append(f"lost at {world.now():%H:%M:%S.%f}")

        run_virtual(main())
        assert 20 == len(at_hand.call("GET", "/admin/documents")[1])
        at_hand.app.close()
        return seen

    one, same, other = run("a", tmp_path / "1"), run("a", tmp_path / "2"), run("b", tmp_path / "3")

    assert one == same
    assert one != other
    assert any(text.startswith("lost") for text in one)


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
