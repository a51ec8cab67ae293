"""One call to a cloud over HTTP, made safely: paced, timed, bounded, and heard by the detector.

For every connector with an interface. Whatever the cloud does, a call ends as a `Heard`: a whole
answer with its status, or the reason why there is none. It never repeats a call by itself.
"""

from __future__ import annotations

import email.utils
import ipaddress
import zlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import httpx
import msgspec
from msgspec import Struct

from tideover.errors import CloudSilent, Misconfigured
from tideover.model.answer import Answer
from tideover.model.item import RECORDS, Dataset
from tideover.model.manifest import Manifest
from tideover.model.outage import Observation
from tideover.ports import PAGE_BYTES_MAX, PAGE_ROWS_MAX
from tideover.world import World

T = TypeVar("T")

RETRY_AFTER_S_MAX = 3_600.0  # A cloud that asks for more is asked again after an hour.
TEXT_LENGTH_MAX = 300  # Of what a cloud says, so much is shown to a person.


def in_words(error: httpx.HTTPError | httpx.InvalidURL) -> str:
    """Why there is no answer, as people read it on the wall; never the name of an error."""
    match error:
        case httpx.ConnectError() if "SSL" in str(error):
            return "no secure connection"
        case httpx.ConnectError() | httpx.ProxyError():
            return "it cannot be reached"
        case httpx.TimeoutException():
            return "no answer"
        case httpx.DecodingError():
            return "its answer cannot be read"
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return "its address is wrong"
    return "breaks off the connection"


class Heard(Struct, frozen=True):
    """How a call ended."""

    status: int | None  # None: no whole answer came.
    body: bytes = b""
    problem: str = ""  # Why the answer cannot be used: "no answer in 10 s", "a web page instead of data" …
    retry_after_s: float | None = None

    def read(self, shape: type[T]) -> T | str:
        """The body as a record, decoded strictly; or the sentence that says why not."""
        try:
            return msgspec.json.decode(self.body, type=shape, strict=True)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:  # The last: lists in lists without end.
            return f"its answer has another shape than agreed: {error}"


def silent(heard: Heard) -> Answer:
    """The value of an answer that says nothing: whatever was sent may or may not be booked."""
    return Answer("silent", reason=heard.problem or f"it answered {heard.status}", retry_after_s=heard.retry_after_s)


class _NotUsable(Exception):
    """The answer came but cannot be used."""


class Unpacked:
    """An answer's body, unpacked piece by piece and never beyond the limit: a few packed bytes can hold gigabytes."""

    def __init__(self, packing: str) -> None:
        """packing: the answer's Content-Encoding; only gzip was asked for."""
        if packing not in ("", "identity", "gzip"):
            raise _NotUsable("it is packed in a way that was not asked for")
        self._gzip = zlib.decompressobj(wbits=31) if packing == "gzip" else None
        self.body = bytearray()

    def add(self, part: bytes) -> None:
        try:
            self.body += part if self._gzip is None else self._gzip.decompress(part, PAGE_BYTES_MAX + 1 - len(self.body))
        except zlib.error as error:
            raise _NotUsable("it is packed wrongly") from error
        if len(self.body) > PAGE_BYTES_MAX:
            raise _NotUsable(f"its answer is longer than {PAGE_BYTES_MAX} bytes")


def refuse_readable_line(url: str) -> None:
    """Raises Misconfigured for http:// to anywhere but this machine and the shop's own network: the password would be readable."""
    try:
        at = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Misconfigured(setting="cloud_url", why=f"{url!r} is not an http or https address", file="tideover.toml") from error
    if at.scheme == "http" and not _is_near(at.host):
        why = "http:// to another network shows everybody the password; use https://"
        raise Misconfigured(setting="cloud_url", why=why, file="tideover.toml")


def _is_near(host: str) -> bool:
    """True for this machine, an address of a private network, or a name without a dot, which only the shop's own network knows."""
    try:
        at = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local"))
    return at.is_loopback or at.is_private or at.is_link_local


class Calls:
    """Calls to one cloud."""

    def __init__(
        self,
        manifest: Manifest,
        url: str,
        timeout_s: float,
        world: World,
        client: httpx.AsyncClient,
        hear: Callable[[Observation], None],
    ) -> None:
        """url: where the interface begins; a path is put behind it. Raises Misconfigured (http:// to another network)."""
        refuse_readable_line(url)
        self._manifest, self._url, self._timeout_s = manifest, url.rstrip("/"), timeout_s
        self.world, self._client, self._hear = world, client, hear
        self._begins: deque[int] = deque()  # When the calls of the last second began, and those that wait will; ms.

    async def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None = None,
        body: Struct | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Heard:
        """One request and its whole answer; raises nothing."""
        await self._pace()
        began = self.world.now()
        try:
            heard = await self.world.within(self._timeout_s, self._exchange(method, path, query, body, headers or {}))
        except TimeoutError:
            heard = Heard(None, problem=f"no answer in {self._timeout_s:g} s")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            heard = Heard(None, problem=in_words(error))
        except _NotUsable as error:
            heard = Heard(None, problem=str(error))
        self._tell(heard, round((self.world.now() - began).total_seconds() * 1000))
        return heard

    # Reading what came -----------------------------------------------------------------------------

    def read(self, heard: Heard, shape: type[T]) -> T:
        """The record in a 200; raises CloudSilent for everything else."""
        if heard.status != 200:
            raise self._silence(heard.problem or f"it answered {heard.status}", heard.retry_after_s)
        found = heard.read(shape)
        if isinstance(found, str):
            raise self.nonsense(found)
        return found

    def records(self, dataset: Dataset, rows: Sequence[Any]) -> tuple[Struct, ...]:
        """Plain rows as the dataset's records, decoded strictly; raises CloudSilent, never gives half a page."""
        if len(rows) > PAGE_ROWS_MAX:
            raise self.nonsense(f"its page holds {len(rows)} rows, more than {PAGE_ROWS_MAX}")
        try:
            return msgspec.convert(rows, tuple[RECORDS[dataset], ...], strict=True)  # type: ignore[misc]
        except msgspec.ValidationError as error:
            raise self.nonsense(f"a row of {dataset} has another shape than agreed: {error}") from error

    def nonsense(self, why: str) -> CloudSilent:
        """The error for an answer that cannot be right; the detector hears of it."""
        self.observe("cloud", False, why)
        return self._silence(why)

    def _silence(self, why: str, retry_after_s: float | None = None) -> CloudSilent:
        error = CloudSilent(who=self._manifest.title, why=why)
        error.retry_after_s = retry_after_s
        return error

    # One exchange ------------------------------------------------------------------------------------

    async def _exchange(
        self, method: str, path: str, query: Mapping[str, str | int] | None, body: Struct | None, headers: Mapping[str, str]
    ) -> Heard:
        content = None if body is None else msgspec.json.encode(body)
        kinds = {"accept": "application/json", "accept-encoding": "gzip"}
        kinds |= {} if content is None else {"content-type": "application/json"}
        said = {"params": query, "content": content, "headers": {**kinds, **headers}}
        stream = self._client.stream(method, self._url + path, **said, timeout=None, follow_redirects=False)
        async with stream as response:
            if response.is_redirect:
                raise _NotUsable("it sends us to another page; a log-in page, perhaps")
            is_whole = response.is_stream_consumed  # A transport may hand over what it has read and unpacked itself.
            packing = "" if is_whole else response.headers.get("content-encoding", "")
            unpacked = Unpacked(packing.strip().lower())
            async for part in response.aiter_bytes() if is_whole else response.aiter_raw():
                unpacked.add(part)
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if response.is_success and kind != "application/json":
                raise _NotUsable("a web page instead of data; a log-in page, perhaps")
            retry_after_s = self._retry_after(response.headers.get("retry-after", ""))
            return Heard(response.status_code, bytes(unpacked.body), retry_after_s=retry_after_s)

    async def _pace(self) -> None:
        """Waits for its turn: at most `calls_per_s_max` begin in any second of this world, and many evenly, with time for tills between."""
        now_ms, begins = round(self.world.passed_s() * 1000), self._begins  # A clock that is set back makes nobody wait.
        most = max(1, int(self._manifest.calls_per_s_max))
        while begins and begins[0] <= now_ms - 1_000:
            begins.popleft()
        turn_ms = max(now_ms, begins[-most] + 1_000 if len(begins) >= most else 0)
        if len(begins) > most // 5:  # So many at once, as a page or a person may need them.
            turn_ms = max(turn_ms, begins[-1] + 1_000 // most + 1)  # And a little to spare: a timer is late.
        begins.append(turn_ms)
        if turn_ms > now_ms:
            await self.world.pause((turn_ms - now_ms) / 1000)

    def _retry_after(self, text: str) -> float | None:
        """Seconds from a Retry-After header, which holds seconds or a date; None if it holds nothing usable."""
        if text.isascii() and text.isdigit() and len(text) < 10:
            return min(float(text), RETRY_AFTER_S_MAX)
        try:
            at = email.utils.parsedate_to_datetime(text)
            return min(max((at - self.world.now()).total_seconds(), 0.0), RETRY_AFTER_S_MAX)
        except (ValueError, TypeError):
            return None

    def _tell(self, heard: Heard, took_ms: int) -> None:
        """A 4xx is a cloud that works; 5xx, silence and nonsense are one that does not."""
        ok = heard.status is not None and heard.status < 500
        text = heard.problem or str(heard.status)
        self.observe("cloud", ok, text, took_ms)

    def observe(self, service: str, ok: bool, text: str, took_ms: int | None = None) -> None:
        """Tells the detector what a real call showed."""
        self._hear(Observation(service, "call", self._manifest.name, ok, self.world.now(), text[:TEXT_LENGTH_MAX], took_ms))
