"""The way to one Tryton: the log-in, one call, and its answer as a record or as the reason why there is none.

The session stands in a header and nowhere else. It repeats no call by itself, with two exceptions: a read
whose session ran out, and a call that Tryton answered with a harmless question (it did nothing then).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from tideover.connectors.calls import Calls, Heard
from tideover.connectors.tryton import wire
from tideover.connectors.tryton.promises import ONLY, TENDERS, manifest
from tideover.errors import LoginRefused
from tideover.model.answer import Answer
from tideover.world import Turns

T = TypeVar("T")

WHO = manifest.title
NOT_LOGGED_IN, FORBIDDEN = 401, 403
NO_DATABASE = frozenset({404, 405})  # Which of them depends on what stands in the name.
QUESTIONS_MAX = 5  # Questions of Tryton answered with "go on" in one call.
# What Tryton asks back about a sale that happened days ago; each is answered with "go on", all others with no.
HARMLESS = (".invoice_taxes", ".invoice_payment_term", ".invoice_date_future", ".account.invoice eu_vat valid")


class Login(Struct, frozen=True):
    """What `tideover connect` stored."""

    database: str
    user: str
    password: str
    company: str = ONLY
    customer: str = "WALK-IN"
    tenders: str = TENDERS


class Silent(Exception):
    """No usable answer came; whatever was asked for may or may not be done."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


class Said(Exception):
    """Tryton answered with no."""

    def __init__(self, trouble: wire.Trouble) -> None:
        super().__init__(trouble.text)
        self.trouble = trouble


class Link:
    """Calls under one log-in."""

    def __init__(self, calls: Calls, stored: Callable[[], Login]) -> None:
        """stored: reads the log-in, afresh each time: a person may have renewed it."""
        self.calls, self._stored = calls, stored
        self._session: str | None = None
        self._path = ""
        self._ids = 0
        self._one_login = Turns(calls.world)
        self.logins = 0  # How often it logged in: what was learnt under an older one is learnt anew.
        self.context: dict[str, Any] = {}

    @property
    def login(self) -> Login:
        return self._stored()

    # Log-in -------------------------------------------------------------------------------------------

    async def log_in(self) -> Heard:
        """How the log-in ended; calls side by side log in once. Raises LoginRefused where nothing is stored."""
        async with self._one_login:
            if self._session is not None:
                return Heard(200)
            login = self._stored()
            self._path = f"/{quote(login.database, safe='')}/rpc/"
            heard = await self._post("common.db.login", [login.user, {"password": login.password}, "en"], {})
            found = _result(heard, tuple[int, str, Any]) if heard.status == 200 else None
            if isinstance(found, str):
                return Heard(None, problem=found)
            if isinstance(found, wire.Trouble):  # It wants a second factor: nobody is there to give one.
                heard = Heard(NOT_LOGGED_IN, problem=f"it asks for more than a password: {found.text}")
            elif found is not None:
                number, token, _ = found
                self._session = base64.b64encode(f"{login.user}:{number}:{token}".encode()).decode("ascii")
                self.logins += 1
            if heard.status in NO_DATABASE:
                heard = Heard(NOT_LOGGED_IN, problem=f"there is no database {login.database!r} at this address")
            if heard.status in (200, NOT_LOGGED_IN):
                text = "logged in" if heard.status == 200 else heard.problem or "user or password is wrong"
                self.calls.observe("login", heard.status == 200, text)
            return heard

    async def renew(self) -> bool:
        """Log in afresh; False if it did not answer. Raises LoginRefused if it will not."""
        self._session = None
        heard = await self.log_in()
        if heard.status == NOT_LOGGED_IN:
            raise LoginRefused(who=WHO, why=heard.problem or "user or password is wrong")
        return self._session is not None

    # Calls --------------------------------------------------------------------------------------------

    async def tell(self, method: str, *params: Any, shape: type[T], **context: Any) -> T:
        """One call of a send or an ask. Raises Silent (also when the session ran out) and Said."""
        for _ in range(QUESTIONS_MAX):
            heard = await self._under_session(method, params, context)
            if heard.status == NOT_LOGGED_IN:
                raise Silent(Answer("silent", reason=heard.problem or "the log-in ran out", login=True))
            if heard.status == FORBIDDEN:
                raise Said(wire.Trouble("user", f"It does not let {self.login.user!r} call {method}."))
            if heard.status != 200:
                reason = heard.problem or f"it answered {heard.status}"
                raise Silent(Answer("silent", reason=reason, retry_after_s=heard.retry_after_s))
            found = _result(heard, shape)
            if isinstance(found, str):
                self.calls.observe("cloud", False, found)
                raise Silent(Answer("silent", reason=found))
            if not isinstance(found, wire.Trouble):
                return found
            if found.kind in ("inside", "busy"):
                raise Silent(Answer("silent", reason=f"it failed inside: {found.text}"))
            if found.kind != "warning" or not found.name.endswith(HARMLESS):
                raise Said(found)
            await self.tell("model.res.user.warning.skip", found.name, shape=type(None))
        raise Said(wire.Trouble("warning", "It asks back again and again."))

    async def read(self, method: str, *params: Any, shape: type[T], **context: Any) -> T:
        """One read of a pull; a session that ran out is renewed once. Raises CloudSilent, LoginRefused."""
        for first in (True, False):
            try:
                return await self.tell(method, *params, shape=shape, **context)
            except Silent as error:
                if error.answer.login and first and await self.renew():
                    continue
                silence = self.calls.nonsense(error.answer.reason)
                silence.retry_after_s = error.answer.retry_after_s
                raise silence from error
            except Said as error:
                raise self.calls.nonsense(f"it refuses {method}: {error.trouble.text}") from error
        raise self.calls.nonsense("its log-in runs out at once")

    async def _under_session(self, method: str, params: tuple[Any, ...], context: Mapping[str, Any]) -> Heard:
        if self._session is None:
            login = await self.log_in()
            if login.status != 200:
                return login
        session = self._session
        heard = await self._post(method, [*params, {**self.context, **context}], {"authorization": f"Session {session}"})
        if heard.status == NOT_LOGGED_IN:
            self.calls.observe("login", False, "the log-in ran out")
            if self._session == session:  # Another call may have renewed it meanwhile.
                self._session = None
        return heard

    async def _post(self, method: str, params: list[Any], headers: Mapping[str, str]) -> Heard:
        self._ids += 1
        return await self.calls.call("POST", self._path, body=wire.Call(self._ids, method, params), headers=headers)


def _result(heard: Heard, shape: type[T]) -> T | wire.Trouble | str:
    """The result as that shape; Tryton's no; or the sentence that says why it is neither."""
    said = heard.read(wire.Said)
    if isinstance(said, str):
        return said
    if said.error is not msgspec.UNSET:
        return wire.trouble(said.error)
    if said.result is msgspec.UNSET:
        return "its answer has neither a result nor an error"
    try:
        return msgspec.json.decode(said.result, type=shape, strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"its answer has another shape than agreed: {error}"
