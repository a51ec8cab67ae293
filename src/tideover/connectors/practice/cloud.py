"""Speaks to the practice cloud: pulls its datasets, books under the entry's id, asks after silence, reads days back.

Every answer is a value of model.answer. It never sends anything twice by itself: what comes
next is the outbox's decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from tideover.connectors.calls import Calls, Heard, silent
from tideover.connectors.content import answer_about, gross_total
from tideover.connectors.practice import shapes
from tideover.connectors.practice.promises import manifest
from tideover.errors import LoginRefused, Misconfigured
from tideover.model.answer import Answer, CloudDocument
from tideover.model.item import Dataset
from tideover.model.money import sum_text
from tideover.model.outage import Observation
from tideover.ports import PAGE_ROWS_MAX, PAGES_MAX, Booking, Page
from tideover.world import Turns, World

if TYPE_CHECKING:
    import httpx

    from tideover.secret import Secrets
    from tideover.settings import Settings

T = TypeVar("T")

WHO = "The practice cloud"
SECRET = "cloud.login"  # JSON: user, password.
CAUSES = frozenset({"closed-period", "item-gone", "customer-merged"})
NOT_LOGGED_IN, GONE, KEY_REUSED = 401, 404, 409


class PracticeCloud:
    """Source and Sink over its HTTP interface."""

    manifest = manifest

    def __init__(self, calls: Calls, login: Callable[[], shapes.Login]) -> None:
        """login: reads the stored log-in, afresh each time: it may have been renewed by a person."""
        self._calls, self._stored_login = calls, login
        self._token: str | None = None
        self._one_login = Turns(calls.world)

    # Log-in ---------------------------------------------------------------------------------------

    async def renew_login(self) -> bool:
        """Log in afresh with the stored password; False if the cloud did not answer, LoginRefused if it refused."""
        self._token = None
        heard = await self._log_in()
        if heard.status == NOT_LOGGED_IN:
            raise LoginRefused(who=WHO, why=_no(heard).reason)
        return self._token is not None

    async def _log_in(self) -> Heard:
        """How the log-in ended; the token is kept if it succeeded. Calls side by side log in once."""
        async with self._one_login:
            if self._token is not None:
                return Heard(200)
            heard = await self._calls.call("POST", "/login", body=self._stored_login())
            found = heard.read(shapes.Token) if heard.status == 200 else None
            if isinstance(found, str):
                return Heard(None, problem=found)
            if found is not None:
                self._token = found.token
            if heard.status in (200, NOT_LOGGED_IN):
                self._calls.observe("login", heard.status == 200, "logged in" if heard.status == 200 else _no(heard).reason)
            return heard

    async def _call(
        self, method: str, path: str, query: Mapping[str, str | int] | None = None, body: Struct | None = None, key: str | None = None
    ) -> Heard:
        """One call under the current log-in; logs in first where there is none, and ends as that did if it fails."""
        if self._token is None:
            login = await self._log_in()
            if login.status != 200:
                return login
        token = self._token
        headers = {"authorization": f"Bearer {token}"} | ({} if key is None else {"idempotency-key": key})
        heard = await self._calls.call(method, path, query, body, headers)
        if heard.status == NOT_LOGGED_IN:
            self._calls.observe("login", False, "the log-in ran out")
            if self._token == token:  # Another call may have renewed it meanwhile.
                self._token = None
        return heard

    # Source ---------------------------------------------------------------------------------------

    async def _fetch(self, path: str, query: Mapping[str, str | int], shape: type[T]) -> T:
        """A read that must come back usable; a log-in that ran out is renewed once."""
        heard = await self._call("GET", path, query)
        if heard.status == NOT_LOGGED_IN and await self.renew_login():
            heard = await self._call("GET", path, query)
        return self._calls.read(heard, shape)

    async def pull(self, dataset: Dataset, cursor: str | None, whole: bool = False) -> Page:
        """One page; the cursor is a change number, so one that does not grow is a loop."""
        query = {"after": cursor or "", "limit": PAGE_ROWS_MAX}
        found = await self._fetch(f"/api/{dataset}", query, shapes.RecordPage)
        if not _grows(cursor, found.cursor, found.more):
            raise self._calls.nonsense(f"its list goes in a circle: after {cursor or 'the start'} comes {found.cursor}")
        return Page(rows=self._calls.records(dataset, found.rows), cursor=found.cursor, more=found.more, removed=found.removed)

    async def count(self, dataset: Dataset) -> int | None:
        return (await self._fetch(f"/api/{dataset}/count", {}, shapes.Count)).count

    async def day(self, trading_day: str) -> Sequence[CloudDocument]:
        query = {"day": trading_day}
        found: list[CloudDocument] = []
        cursor: str | None = None
        for _ in range(PAGES_MAX):
            page = await self._fetch("/api/sales", {**query, "after": cursor or ""}, shapes.DocumentPage)
            if len(page.documents) > PAGE_ROWS_MAX:
                raise self._calls.nonsense(f"its page holds {len(page.documents)} documents, more than {PAGE_ROWS_MAX}")
            found += [shapes.read_back(one) for one in page.documents]  # Here: a whole day in one go would keep tills waiting.
            if not page.more:
                return found
            if not _grows(cursor, page.cursor, page.more):
                raise self._calls.nonsense(f"its list goes in a circle at {page.cursor}")
            cursor = page.cursor
        raise self._calls.nonsense(f"its list does not end after {PAGES_MAX} pages")

    # Sink -----------------------------------------------------------------------------------------

    async def send(self, booking: Booking) -> Answer:
        """One booking under the entry's id; a customer the cloud lacks is made first."""
        if booking.customer is not None:
            heard = await self._call("POST", "/api/customers", body=booking.customer)
            if heard.status not in (200, 201):
                return _answer_of_no(heard)
        heard = await self._book(booking)
        if heard.status == KEY_REUSED:  # Something stands under our key; whether it is the same, a look will show.
            return await self._look_again(booking, heard)
        if heard.status not in (200, 201):
            return _answer_of_no(heard)
        booked = heard.read(shapes.Booked)
        if isinstance(booked, str):
            return Answer("silent", reason=booked)
        if booked.total_minor != gross_total(booking):
            reason = f"it booked {sum_text(booked.total_minor)}, not {sum_text(gross_total(booking))}"
            return Answer("differs", number=booked.number, reason=reason, total_minor=booked.total_minor)
        if booked.state != "final":
            return Answer("partial", number=booked.number, reason=booked.state, total_minor=booked.total_minor)
        return Answer("exists" if booked.repeated else "created", number=booked.number, total_minor=booked.total_minor)

    async def _book(self, booking: Booking) -> Heard:
        """Finish the draft that stands there, or book; the key alone would not do: it is forgotten after its window."""
        if booking.draft is not None:
            heard = await self._call("POST", f"/api/sales/{quote(booking.draft, safe='')}/finish")
            if heard.status != GONE:  # Somebody has thrown the draft away: then there is nothing to go on from.
                return heard
        return await self._call("POST", "/api/sales", body=shapes.sale_of(booking), key=booking.entry)

    async def _look_again(self, booking: Booking, heard: Heard) -> Answer:
        found = await self.ask(booking)
        return Answer("silent", reason=_no(heard).reason) if found.word == "absent" else found

    async def ask(self, booking: Booking) -> Answer:
        """What stands there under the entry's id: the final one first, then drafts; a void alone is for a person."""
        found = await self._ask_documents({"external_id": booking.entry})
        if isinstance(found, Answer):
            return found
        return answer_about(booking, [shapes.read_back(one) for one in found])

    async def find_in_flight(self, trading_day: str, reference: str, total_minor: int) -> Answer:
        """Looks among the documents without an id of ours; without a reference only "none of that sum" is certain."""
        query: dict[str, str | int] = {"day": trading_day, "total_minor": total_minor}
        found = await self._ask_documents(query | ({"reference": reference} if reference else {}))
        if isinstance(found, Answer):
            return found
        candidates = [one for one in found if one.external_id is None and one.state == "final"]
        if any(one.day != trading_day or one.total_minor != total_minor for one in candidates):
            return Answer("silent", reason="it answered about other documents than asked for")
        if not candidates:
            return Answer("absent")
        if not reference:
            return Answer("silent", reason=f"{len(candidates)} of that sum on that day; a person must say whether it is one of them")
        return Answer("exists", number=candidates[0].number, total_minor=total_minor)

    async def _ask_documents(self, query: Mapping[str, str | int]) -> list[shapes.Document] | Answer:
        """The documents found, or the silence."""
        heard = await self._call("GET", "/api/sales", query)
        if heard.status != 200:
            return _answer_of_no(heard, asked=True)
        page = heard.read(shapes.DocumentPage)
        if isinstance(page, str):
            self._calls.observe("cloud", False, page)
            return Answer("silent", reason=page)
        if page.more or len(page.documents) > PAGE_ROWS_MAX:
            return Answer("silent", reason="it found more documents than one page may hold")
        return list(page.documents)


def _grows(before: str | None, after: str, more: bool) -> bool:
    """True if the cursor moved on; standing still is right only at the end."""
    if not (after.isascii() and after.isdigit()):
        return False
    start = int(before) if before and before.isdigit() else 0
    return int(after) > start if more else int(after) >= start


def _no(heard: Heard) -> shapes.No:
    found = heard.read(shapes.No)
    return shapes.No("unknown", heard.problem or f"it answered {heard.status}") if isinstance(found, str) else found


def _answer_of_no(heard: Heard, asked: bool = False) -> Answer:
    """The value for everything but a yes. Only 400 and 422 to a send are for good."""
    if heard.status == NOT_LOGGED_IN:
        return Answer("silent", reason=heard.problem or "the log-in ran out", login=True)
    if heard.status in (400, 422) and not asked:
        no = _no(heard)
        return Answer("refused", reason=" ".join(filter(None, (no.reason, no.hint))), cause=no.cause if no.cause in CAUSES else "unknown")
    return silent(heard)


def connect(
    settings: Settings, secrets: Secrets, world: World, client: httpx.AsyncClient, hear: Callable[[Observation], None]
) -> PracticeCloud:
    """The practice cloud at `cloud_url`, with the log-in stored as "cloud.login"; raises Misconfigured without an address."""
    if not settings.cloud_url:
        raise Misconfigured(setting="cloud_url", why="the practice cloud's address is missing", file="tideover.toml")
    if not settings.cloud_url.startswith(("http://", "https://")):
        raise Misconfigured(setting="cloud_url", why=f"{settings.cloud_url!r} is not an http or https address", file="tideover.toml")

    def login() -> shapes.Login:
        stored = secrets.get(SECRET)
        try:
            return msgspec.json.decode(stored or b"", type=shapes.Login)
        except msgspec.DecodeError as error:
            raise LoginRefused(who=WHO, why="no user and password are stored") from error

    return PracticeCloud(Calls(manifest, settings.cloud_url, settings.cloud_timeout_s, world, client, hear), login)
