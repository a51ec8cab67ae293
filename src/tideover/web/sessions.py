"""Who is signed in: PINs checked slowly on purpose, sessions that end by themselves and can be ended.

No PIN leaves the box, none is kept in the clear; a session's cookie is kept only as its hash.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated

import argon2
import msgspec
from msgspec import Meta, Struct

from tideover.errors import NotSignedIn, TooOften
from tideover.secret import Secrets
from tideover.web.rate import Tries
from tideover.web.tokens import TOKEN_LENGTH_MAX, digest, fresh_token
from tideover.world import World, to_ms

COOKIE = "tideover_session"
PRACTICE_COOKIE = "tideover_practice"  # Cookies know no ports: a practice box on the same machine signs nobody out of the real one.
HOST_ONLY = "__Host-"  # Over TLS: a browser takes such a cookie from this very host alone, and sends it nowhere else.
SESSION_SPAN = timedelta(hours=12)  # One shift and the closing of the day.
SPAN_MS = round(SESSION_SPAN.total_seconds() * 1000)
SESSIONS_MAX = 500  # People times devices of one shop, with room.
PIN_TRIES_MAX = 6  # Per name and per address, within PIN_SPAN_S; then a wait of PIN_SPAN_S …
PIN_SPAN_S = 300
PIN_WAIT_S_MAX = 3_600  # … and twice as long after each further failure, to this: 24 tries a day, so 10,000 PINs take a year.
PIN_TRIES_ALL = 60  # Of all names and devices of the network together, within PIN_SPAN_S.
AT_BOX = "screen"  # The box's own is counted by itself: whoever floods the network keeps nobody from signing in there.
PIN_PREFIX = "pin."
SESSION_PREFIX = "session."

PIN_FORM = r"^[0-9]{4,12}$"
Pin = Annotated[str, Meta(pattern=PIN_FORM)]


class WrongPin(NotSignedIn):
    """A name and a PIN that do not fit together; whoever asked may ask, which a till whose right ended may not."""

    code = "pin-wrong"
    text = "Name and PIN do not fit together."
    advice = "Type both once more, the name as it stands in the plan. An owner can set a new PIN on the box's own screen."


class Session(Struct, frozen=True, forbid_unknown_fields=True):
    """One sign-in of one person on one device."""

    name: str
    csrf: str  # Must come back with each write; a foreign page cannot read it.
    ends_at_ms: int


class Pins:
    """PINs of people; the hash is deliberately slow (argon2id), so it runs beside the loop."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        # 19 MiB and 2 rounds (OWASP's lower profile): 30 ms on a till PC, and six people at once fit into its memory.
        self._hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._one_at_a_time = asyncio.Lock()

    async def put(self, name: str, pin: str) -> None:
        """That person's PIN from now on."""
        hashed = await self._slowly(self._hasher.hash, pin)
        await asyncio.to_thread(self._secrets.put, PIN_PREFIX + name, hashed.encode())

    async def fits(self, name: str, pin: str) -> bool:
        """Takes as long for an unknown name, so that names cannot be told apart by time."""
        kept = self._secrets.get(PIN_PREFIX + name)
        if kept is None:
            await self._slowly(self._hasher.hash, pin)
            return False
        try:
            return await self._slowly(self._hasher.verify, kept.decode(), pin)
        except argon2.exceptions.VerificationError:
            return False

    async def _slowly(self, work, *given):  # type: ignore[no-untyped-def]
        async with self._one_at_a_time:
            return await asyncio.to_thread(work, *given)


def cookie_name(is_secure: bool, is_practice: bool) -> str:
    """Under which name this box keeps a session in a browser."""
    name = PRACTICE_COOKIE if is_practice else COOKIE
    return f"{HOST_ONLY}{name}" if is_secure else name


class Sessions:
    """Sign-ins, kept through a restart of the box."""

    def __init__(self, secrets: Secrets, world: World, has_left: Callable[[str, int], bool] = lambda name, at_ms: False) -> None:
        """has_left: True if that person was taken off the plan since that instant (UTC ms)."""
        self._secrets, self._world, self._has_left = secrets, world, has_left
        self._pins = Pins(secrets)
        self.on_guessing: Callable[[str], Awaitable[None]] | None = None  # Told a name whose PIN is tried too often.
        self._tries = Tries(world, "Signing in", PIN_SPAN_S, PIN_WAIT_S_MAX)
        self._all_tries = Tries(world, "Signing in", PIN_SPAN_S)
        self._known: dict[str, Session] = {}
        for name in secrets.names():
            if name.startswith(SESSION_PREFIX):
                self._recall(name)

    def _recall(self, name: str) -> None:
        kept = self._secrets.get(name)
        session = msgspec.json.decode(kept, type=Session) if kept else None
        if session is None or self._is_over(session):
            self._secrets.delete(name)
        else:
            self._known[name.removeprefix(SESSION_PREFIX)] = session

    def _is_over(self, session: Session) -> bool:
        return session.ends_at_ms <= to_ms(self._world.now())

    @property
    def pins(self) -> Pins:
        return self._pins

    async def sign_in(self, name: str, pin: str, address: str, before: str = "") -> tuple[str, Session]:
        """The cookie's text and its session, always fresh ones; raises WrongPin, TooOften.

        address: "" for the box's own screen. before: the cookie that this browser came with; its session ends.
        """
        await self.prove(name, pin, address)
        return await self.begin(name, before)

    async def prove(self, name: str, pin: str, address: str) -> None:
        """Returns if the PIN is that person's; raises WrongPin, TooOften. Tills and pages share one count of tries."""
        keys = (f"name {name}", f"address {address}") if address else (f"{AT_BOX} {name}",)
        try:
            self._tries.count(**dict.fromkeys(keys, PIN_TRIES_MAX))
        except TooOften:
            if self.on_guessing is not None and self._secrets.get(PIN_PREFIX + name) is not None:
                await self.on_guessing(name)
            raise
        if address:
            self._all_tries.count(everybody=PIN_TRIES_ALL)
        if not await self.knows(name, pin):
            raise WrongPin
        self._tries.forget(*keys)

    async def knows(self, name: str, pin: str) -> bool:
        """The PIN is that person's, and they are one of the shop's. Counts nothing: never hand its answer to whoever asks."""
        return await self._pins.fits(name, pin) and not self._has_left(name, 0)

    async def begin(self, name: str, before: str = "") -> tuple[str, Session]:
        """A session of somebody who has shown who they are; that of the cookie `before` ends."""
        self.sign_out(before)
        ends_at_ms = to_ms(self._world.now() + SESSION_SPAN)
        cookie = fresh_token(self._world)
        session = Session(name, fresh_token(self._world), ends_at_ms)
        self._make_room()
        key = digest(cookie).hex()
        await asyncio.to_thread(self._secrets.put, SESSION_PREFIX + key, msgspec.json.encode(session))
        self._known[key] = session
        return cookie, session

    def _make_room(self) -> None:
        over = [key for key, session in self._known.items() if self._is_over(session)]
        if not over and len(self._known) >= SESSIONS_MAX:
            over = [next(iter(self._known))]
        for key in over:
            self._end(key)

    def of(self, cookie: str) -> Session | None:
        """The live session of that cookie."""
        if not cookie or len(cookie) > TOKEN_LENGTH_MAX:
            return None
        key = digest(cookie).hex()
        session = self._known.get(key)
        if session is None or self._is_over(session):
            return None
        if self._has_left(session.name, session.ends_at_ms - SPAN_MS):
            self._end(key)
            return None
        return session

    def sign_out(self, cookie: str) -> None:
        if len(cookie) <= TOKEN_LENGTH_MAX:
            self._end(digest(cookie).hex())

    async def set_pin(self, name: str, pin: str, cookie: str = "") -> None:
        """That person's PIN from now on; every sign-in of theirs ends, but the one that holds `cookie`."""
        await self._pins.put(name, pin)
        self._tries.forget(f"name {name}", f"{AT_BOX} {name}")  # They were tries of the one that is no more.
        kept = digest(cookie).hex()
        for key in [key for key, session in self._known.items() if session.name == name and key != kept]:
            self._end(key)

    def end_pin(self, name: str) -> bool:
        """That person has no PIN any more, and every sign-in of theirs ends; False if there was none."""
        had = self._secrets.get(PIN_PREFIX + name) is not None
        self._secrets.delete(PIN_PREFIX + name)
        for key in [key for key, session in self._known.items() if session.name == name]:
            self._end(key)
        return had

    def _end(self, key: str) -> None:
        if self._known.pop(key, None) is not None:
            self._secrets.delete(SESSION_PREFIX + key)


def is_same(given: str, kept: str) -> bool:
    """Compares two secrets in a time that tells nothing."""
    return hmac.compare_digest(given.encode(), kept.encode())
