"""Takes the tills' signed entries into the journal: the one path that must stay short, so it stands outside the router.

An answer leaves only after the journal has the entries on stable storage. One bad entry blocks only itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from tideover.errors import BadSignature, NotSignedIn, Rejected, TideoverError, TooBig, UnknownTill
from tideover.journal.chain import Head
from tideover.journal.outcome import Outcome
from tideover.web.access import Access, bearer_of
from tideover.web.faults import as_body
from tideover.web.house import House
from tideover.web.language import say_by
from tideover.web.pins import SealedPin, SealedPins
from tideover.web.strict import BODY_BYTES_MAX
from tideover.words import Say
from tideover.world import to_ms

PATH = "/v1/entries"
CONTENT_TYPE = b"application/json"
ENTRIES_MAX = 500  # A till that was away all day sends its 400 sales in one request.

WITNESS_MS = 10_000  # A till's head is written to the witness files at most so often; a file for each sale would cost more than the sale.

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)  # What a decoder raises for bytes that are no JSON of ours.

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Signed(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry as the till signed it; both in base64."""

    signed: bytes  # RFC 8785 canonical JSON of the ten keys.
    signature: bytes  # ECDSA P-256 over those bytes: 64 bytes, r then s.


class Batch(Struct, frozen=True, forbid_unknown_fields=True):
    """A till's waiting entries, in their order."""

    entries: Annotated[list[Signed], Meta(max_length=ENTRIES_MAX)]
    known_head: Annotated[str, Meta(pattern=r"^[0-9]{1,16}:[0-9a-f]{64}$")] | None = None  # The last head this till was given …
    head_proof: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")] | None = None  # … and what came with it; without it the head is a hint.
    pins: Annotated[list[SealedPin], Meta(max_length=ENTRIES_MAX)] = []  # Shown at the till while the box was away, sealed to it.


class Taken(Struct, frozen=True, omit_defaults=True):
    """What became of one entry: created, exists, differs, or error with what to do."""

    answer: str
    id: str | None = None  # None where the bytes could not be read.
    seq: int | None = None
    code: str = ""
    message: str = ""
    hint: str = ""
    expected: int | None = None  # With till-gap: the number that comes next.


class Answers(Struct, frozen=True):
    """One answer per entry, in their order."""

    answers: list[Taken]
    head: str  # SEQ:HEX after them; the till keeps it as a witness …
    head_proof: str  # … with this, which only this box can make.


class Caller(Struct, frozen=True):
    """Who sends entries, as the request's head says: not yet checked."""

    token: str
    say: Say  # In the caller's language.


class Intake:
    """POST /v1/entries as a bare ASGI application."""

    def __init__(self, house: House, access: Access) -> None:
        self._journal, self._world, self._access = house.journal, house.world, access
        self._language = house.settings.language
        self._suspicions = access.suspicions
        self.pins = SealedPins(house, access.sealing, access.sessions, access.suspicions)
        self._witnessed_ms: dict[str, int] = {}
        self._told: dict[str, str] = {}  # Till to the head that it was told last, since this box runs.
        self._batches = msgspec.json.Decoder(Batch)
        self._encode = msgspec.json.Encoder().encode

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        caller = self.caller_of(scope)
        try:
            self._till_of(caller)  # Before anything is read.
            status, body = await self.answer(caller, await _body(scope, receive))
        except TideoverError as error:
            status, body = self._refusal(error, caller)
        headers = [(b"content-type", CONTENT_TYPE), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def caller_of(self, scope: dict[str, Any]) -> Caller:
        """Who sends this request, by its head."""
        tokens = [bearer_of(value.decode("latin-1")) for name, value in scope["headers"] if name == b"authorization"]
        return Caller(next(filter(None, tokens), ""), say_by(scope["headers"], self._language))

    async def answer(self, caller: Caller, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to a whole request."""
        try:
            return 200, self._encode(await self.take(self._till_of(caller), body, caller.say))
        except TideoverError as error:
            return self._refusal(error, caller)

    def _till_of(self, caller: Caller) -> str:
        till = self._access.tokens.till_of(caller.token)
        if till is None:
            raise NotSignedIn(why="only an enrolled till may send entries")
        return till

    def _refusal(self, error: TideoverError, caller: Caller) -> tuple[int, bytes]:
        return error.status, self._encode(as_body(error, caller.say))

    async def take(self, till: str, body: bytes, say: Say) -> Answers:
        """The journal's answers to a till's batch, after they are on stable storage."""
        batch = self._decoded(body)
        if batch.known_head is not None:
            await self._witness(till, batch.known_head, batch.head_proof or "")
        pairs = [(one.signed, one.signature) for one in batch.entries]
        appended = await self._journal.append_batch(pairs) if pairs else ()
        self._access.seen.note(till)
        await self._look(till, pairs, appended)
        if batch.pins:
            await self.pins.take(till, batch.pins)
        self._told[till], proof = self._journal.proven_head()
        return Answers(_all_taken(appended, pairs, say), self._told[till], proof)

    async def append(self, pairs: list[tuple[bytes, bytes]], say: Say) -> list[Taken]:
        """The same for entries that a person brought: each is signed by its till, whoever carries it."""
        return _all_taken(await self._journal.append_batch(pairs) if pairs else (), pairs, say)

    async def _witness(self, till: str, head: str, proof: str) -> None:
        """Keeps what the till saw: always if it is not what it was told last, else now and then.

        A request that comes late on the network says an older head: that one is ours proves nothing about the next.
        """
        now_ms = to_ms(self._world.now())
        due = abs(now_ms - self._witnessed_ms.get(till, 0)) >= WITNESS_MS
        if due or head != self._told.get(till):
            self._witnessed_ms[till] = now_ms
            is_ours = await asyncio.to_thread(self._journal.witness, Head.parse(head), till, proof)
            if not is_ours and self._journal.is_enrolled(till):  # What one says whose right has ended counts by its proof alone.
                await self._suspicions.of_till("strange-head", till)

    async def _look(self, till: str, pairs: list[tuple[bytes, bytes]], appended: Sequence[Outcome]) -> None:
        """Tells a person of what was refused for good, and of entries that another till had signed."""
        own = b'"till":"%b"' % till.encode()
        for (signed, _), outcome in zip(pairs, appended, strict=True):
            if isinstance(outcome, BadSignature):
                await self._suspicions.of_till("forged-entry", till)
            elif isinstance(outcome, UnknownTill) and self._access.is_revoked(till):
                await self._suspicions.of_till("revoked-till", till)
            elif own not in signed and not isinstance(outcome, TideoverError):
                await self._suspicions.of_till("foreign-batch", till)

    def _decoded(self, body: bytes) -> Batch:
        try:
            batch = self._batches.decode(body)
        except UNREADABLE as error:
            raise Rejected(why=f"its JSON does not fit: {error}") from error
        # No value here can hold a quote (base64, hex), so counting the keys finds one that stands twice.
        count = len(batch.entries)
        if body.count(b'"signed"') != count or body.count(b'"signature"') != count or body.count(b'"entries"') != 1:
            raise Rejected(why="a key stands in it twice")
        return batch


def _all_taken(appended: Sequence[Outcome], pairs: list[tuple[bytes, bytes]], say: Say) -> list[Taken]:
    return [_taken(one, pair[0], say) for one, pair in zip(appended, pairs, strict=True)]


def _taken(one: Outcome, signed: bytes, say: Say) -> Taken:
    if isinstance(one, TideoverError):
        expected = one.facts.get("expected")
        return Taken("error", _id_in(signed), None, one.code, *say.error(one), expected if isinstance(expected, int) else None)
    if one.answer == "differs":
        return Taken("differs", one.id, one.seq, "conflict", say(DIFFERS), say(DIFFERS_HINT))
    return Taken(one.answer, one.id, one.seq)


DIFFERS = "An entry with this id is already here with other content."
DIFFERS_HINT = "Nothing was changed; both versions are kept for a person to compare."


def _id_in(signed: bytes) -> str | None:
    """The id in bytes that were refused, as far as they can be read."""
    try:
        found = msgspec.json.decode(signed, type=dict[str, Any]).get("id")
    except UNREADABLE:
        return None
    return found if isinstance(found, str) and len(found) <= 100 else None


async def _body(scope: dict[str, Any], receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Rejected(why="the connection ended before its end came")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_BYTES_MAX:
            raise TooBig(what="The request", limit=f"{BODY_BYTES_MAX // 2**20} MiB")
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)
