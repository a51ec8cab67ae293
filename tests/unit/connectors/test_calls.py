"""One call, whatever the cloud does: paced, ended, bounded, and heard; never an exception, never a second try."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from msgspec import Struct

from sim.virtual import Elapsed, SimWorld, run_virtual
from tideover.connectors.calls import RETRY_AFTER_S_MAX, Calls, Heard
from tideover.connectors.practice import manifest
from tideover.errors import CloudSilent
from tideover.model.outage import Observation
from tideover.ports import PAGE_BYTES_MAX, PAGE_ROWS_MAX

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
JSON = {"content-type": "application/json"}


class Stage:
    """Calls to a cloud that answers as the test says."""

    def __init__(self, answer: Callable[[httpx.Request], Any]) -> None:
        self.elapsed = Elapsed()
        self.world = SimWorld(START, "calls", self.elapsed)
        self.heard: list[Observation] = []
        self.requests: list[httpx.Request] = []

        async def serve(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            found = answer(request)
            return await found if asyncio.iscoroutine(found) else found

        self.client = httpx.AsyncClient(transport=httpx.MockTransport(serve))
        self.calls = Calls(manifest, "http://cloud/", 10, self.world, self.client, self.heard.append)

    def play(self, scene: Callable[[Calls], Any]) -> Any:
        async def main() -> Any:
            async with self.client:
                return await scene(self.calls)

        return run_virtual(main(), self.elapsed)

    def call(self) -> Heard:
        return self.play(lambda calls: calls.call("GET", "/api/items", {"after": "a&b"}))


def broken(error: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("broken", request=request)

    return answer


async def hang(request: httpx.Request) -> httpx.Response:
    await asyncio.sleep(3_600)
    raise AssertionError("nobody waited that long")


async def flood() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 2**20


def says(status: int, content: Any = b"{}", **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    """headers: kind for content-type, else as named with dashes for underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, headers=JSON | named, content=content)


UNUSABLE = [
    (broken(httpx.ConnectError), "it cannot be reached"),
    (broken(httpx.UnsupportedProtocol), "its address is wrong"),
    (broken(httpx.ReadError), "breaks off the connection"),
    (hang, "no answer in 10 s"),
    (says(302, location="/login"), "it sends us to another page; a log-in page, perhaps"),
    (says(200, b"<html>", content_type="text/html"), "a web page instead of data; a log-in page, perhaps"),
    (lambda _: httpx.Response(200, content=b"{}"), "a web page instead of data; a log-in page, perhaps"),
    (lambda _: httpx.Response(200, headers=JSON, content=flood()), f"its answer is longer than {PAGE_BYTES_MAX} bytes"),
    (says(200, b"not gzip", content_encoding="gzip"), "its answer cannot be read"),
]


@pytest.mark.parametrize(("answer", "problem"), UNUSABLE)
def test_an_unusable_answer_is_a_reason(answer: Any, problem: str) -> None:
    """No status, a sentence, one request, and the detector hears that the cloud is not well."""
    stage = Stage(answer)

    assert Heard(None, problem=problem) == stage.call()
    assert [(False, problem)] == [(one.ok, one.text) for one in stage.heard]
    assert 1 == len(stage.requests)


@pytest.mark.parametrize(("status", "ok"), [(200, True), (401, True), (404, True), (422, True), (429, True), (500, False), (503, False)])
def test_an_answer_is_heard_as_up_or_down(status: int, ok: bool) -> None:
    """A refusal comes from a cloud that works; 5xx from one that does not."""
    stage = Stage(says(status))

    assert status == stage.call().status
    assert [("cloud", "call", "practice", ok, str(status))] == [(x.service, x.kind, x.target, x.ok, x.text) for x in stage.heard]


def test_a_call_says_what_it_must() -> None:
    """Path behind the address, values escaped, JSON accepted."""
    stage = Stage(says(200))
    stage.call()
    (request,) = stage.requests

    assert "http://cloud/api/items?after=a%26b" == str(request.url)
    assert "application/json" == request.headers["accept"]


def test_how_long_it_took_is_told() -> None:
    """The detector hears the milliseconds of this world."""

    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1.5)
        return httpx.Response(200, headers=JSON, content=b"{}")

    stage = Stage(slow)
    stage.call()

    assert [1_500] == [one.took_ms for one in stage.heard]


def test_calls_keep_the_manifest_s_pace() -> None:
    """In no second do more begin than promised, side by side or not; none is dropped."""
    stage = Stage(says(200))
    began: list[float] = []

    async def scene(calls: Calls) -> None:
        async def one() -> None:
            await calls.call("GET", "/x")
            began.append(round(stage.world.stopwatch_s() * 1000))

        await asyncio.gather(*(one() for _ in range(170)))

    stage.play(scene)
    most = int(manifest.calls_per_s_max)

    assert 170 == len(stage.requests)
    assert all(sum(at <= other < at + 1_000 for other in began) <= most for at in began)
    assert max(began) < 3_600  # 170 at a little less than 50 a second.


def test_a_clock_that_is_set_back_makes_no_call_wait() -> None:
    """The pace is counted in what passes, not in what a clock shows."""
    stage = Stage(says(200))

    async def scene(calls: Calls) -> float:
        await asyncio.gather(*(calls.call("GET", "/x") for _ in range(50)))
        stage.world.step(-7_200)
        since = stage.world.stopwatch_s()
        await calls.call("GET", "/x")
        return stage.world.stopwatch_s() - since

    assert stage.play(scene) <= 1.0


def test_many_calls_begin_evenly() -> None:
    """A few at once, as a page or a person needs them; not fifty, behind which a till would wait, and then none."""
    stage = Stage(says(200))
    began: list[float] = []

    async def scene(calls: Calls) -> None:
        async def one() -> None:
            await calls.call("GET", "/x")
            began.append(stage.world.stopwatch_s())

        await asyncio.gather(*(one() for _ in range(60)))

    stage.play(scene)
    at_once = began.count(0.0)

    assert 5 <= at_once <= int(manifest.calls_per_s_max) // 4
    assert all(sum(at <= other < at + 0.1 for other in began) <= 6 for at in began if at > 0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("999999", RETRY_AFTER_S_MAX),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("1e9", None),
        ("99999999999999999999", None),
        ("", None),
        ("Fri, 20 Nov 2026 12:00:30", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    """Bounded, never negative, and nonsense is nothing."""
    assert seconds == Stage(says(429, retry_after=text)).call().retry_after_s


class Shape(Struct):
    count: int


@pytest.mark.parametrize("body", [b"", b"{", b'{"count": "1"}', b'{"count": true}', b"[]", b'{"count": 1.0e400}', b"\xff", b"null"])
def test_another_shape_than_agreed_is_nonsense(body: bytes) -> None:
    """It is CloudSilent, with the reason, and the detector hears of it."""
    stage = Stage(says(200, body))

    async def scene(calls: Calls) -> None:
        calls.read(await calls.call("GET", "/api/items/count"), Shape)

    with pytest.raises(CloudSilent) as error:
        stage.play(scene)
    assert "shape" in error.value.message
    assert [True, False] == [one.ok for one in stage.heard]


def test_a_wait_that_was_asked_for_comes_with_the_error() -> None:
    """CloudSilent of a 429 carries the seconds."""
    stage = Stage(says(429, retry_after="4"))

    async def scene(calls: Calls) -> None:
        calls.read(await calls.call("GET", "/api/items/count"), Shape)

    with pytest.raises(CloudSilent) as error:
        stage.play(scene)
    assert 4.0 == error.value.retry_after_s


def test_half_a_page_is_no_page() -> None:
    """One wrong row, or too many, spoils the whole page."""
    stage = Stage(says(200))
    good = {"code": "tea", "on_hand": 1}

    bad = ([good, {"code": "jam", "on_hand": "1"}], [good, {"code": "jam"}], [good | {"new": 1}], [good] * (PAGE_ROWS_MAX + 1))

    async def scene(calls: Calls) -> None:
        assert 2 == len(calls.records("stock", [good, good]))
        for rows in bad:
            with pytest.raises(CloudSilent):
                calls.records("stock", rows)

    stage.play(scene)


def test_the_detector_hears_no_long_stories() -> None:
    """What a cloud says is cut before it is stored with every look."""
    stage = Stage(says(200))

    async def scene(calls: Calls) -> None:
        calls.observe("cloud", False, "x" * 10_000)

    stage.play(scene)

    assert [300] == [len(one.text) for one in stage.heard]
