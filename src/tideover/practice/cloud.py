"""The practice cloud: a small vendor's system with an interface, a till of its own and reports.

`make_cloud` is an ASGI app over one practice.db, for a process of its own (`python -m
tideover.practice.cloud`) or inside a simulation. It keeps no friendlier promises than a real
cloud: keys are forgotten after ten minutes, and it books whatever its own till tells it.
Never listens on anything but this machine's loopback address.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote
from zoneinfo import available_timezones

import apsw
import msgspec

from tideover.db import Database
from tideover.model.item import DATASETS
from tideover.practice import records, reports, shapes
from tideover.practice.books import DOCUMENTS_PER_PAGE, Books, Declined, fact, put_fact
from tideover.practice.tables import MIGRATIONS
from tideover.world import World, to_ms

USER, PASSWORD = "shop", "practice"  # What `connect` gives; there is nothing to protect here.
TOKEN_S = 3_600  # A log-in lasts this long.
BODY_BYTES_MAX = 64 * 2**20  # A shop of 100,000 items is loaded in one go.

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Request(msgspec.Struct, frozen=True):
    """One request, read whole."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, method: str, target: str, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Request:
        """From what stands on the wire; target: path and query."""
        path, _, query = target.partition("?")
        fields = parse_qs(query, keep_blank_values=True)
        return cls(
            method=method,
            path=path,
            query={name: values[-1] for name, values in fields.items()},
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers},
            body=body,
        )

    def read(self, shape: Any) -> Any:
        """The body as a record; raises Declined 400."""
        try:
            return msgspec.json.decode(self.body, type=shape, strict=True)
        except msgspec.DecodeError as error:
            raise Declined(400, "malformed", str(error)) from error


class Reply(msgspec.Struct, frozen=True):
    """A status and a body: a record for JSON, bytes for CSV."""

    status: int
    value: Any


Route = Callable[..., Reply]


class Cloud:
    """The routes over the books and the records."""

    def __init__(self, database: Database, world: World) -> None:
        self.database, self._world = database, world
        self.books = Books(database, world)
        self._tokens: dict[str, int] = {}  # Token to the ms at which it ends.
        self._routes: tuple[tuple[str, re.Pattern[str], Route], ...] = tuple(
            (method, re.compile(path), route)
            for method, path, route in (
                ("POST", "/login", self.login),
                ("GET", "/api/sales", self.sales),
                ("POST", "/api/sales", self.book),
                ("POST", "/api/sales/([^/]+)/finish", self.finish),
                ("POST", "/api/customers", self.new_customer),
                ("GET", "/api/([a-z]+)/count", self.count),
                ("GET", "/api/([a-z]+)", self.pull),
                ("POST", "/till/sales", self.till_book),
                ("POST", "/till/sales/([^/]+)/void", self.till_void),
                ("GET", "/till/day-report.csv", self.day_report),
                ("GET", "/till/day-lines.csv", self.day_lines),
                ("GET", "/till/export/([a-z]+).csv", self.export),
                ("POST", "/admin/load", self.load),
                ("POST", "/admin/change", self.change),
                ("POST", "/admin/merge-customer", self.merge),
                ("POST", "/admin/close-period", self.close_period),
                ("POST", "/admin/open-period", self.open_period),
                ("POST", "/admin/leave-draft", self.leave_draft),
                ("GET", "/admin/documents", self.documents),
                ("GET", "/healthz", lambda _: Reply(200, {"up": True})),
            )
        )

    def answer(self, request: Request) -> Reply:
        """One request, one reply; never raises for anything that a caller can send."""
        try:
            if request.path.startswith("/api/"):
                self._signed_in(request)
            for method, pattern, route in self._routes:
                match = pattern.fullmatch(request.path)
                if match and method == request.method:
                    return route(request, *map(unquote, match.groups()))
            raise Declined(404, "not-found", f"There is no {request.method} {request.path}.")
        except Declined as declined:
            return Reply(declined.status, declined.no)

    # Log-in -------------------------------------------------------------------------------------

    def login(self, request: Request) -> Reply:
        given = request.read(shapes.Login)
        if (given.user, given.password) != (USER, PASSWORD):
            raise Declined(401, "login", "User or password is wrong.")
        token = self._world.secret_bytes(16).hex()
        self._tokens[token] = to_ms(self._world.now()) + TOKEN_S * 1000
        return Reply(200, {"token": token, "expires_in_s": TOKEN_S})

    def _signed_in(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, 0) <= to_ms(self._world.now()):
            self._tokens.pop(token, None)
            raise Declined(401, "login", "Nobody is logged in, or the log-in ran out.")

    # The interface --------------------------------------------------------------------------------

    def pull(self, request: Request, dataset: str) -> Reply:
        """Without a search, `sales` is the dataset of recent sales like any other."""
        with self.database.read() as db:
            limit = _limit(request, records.ROWS_PER_PAGE)
            return Reply(200, records.page(db, _known(dataset), request.query.get("after", ""), limit))

    def count(self, request: Request, dataset: str) -> Reply:
        with self.database.read() as db:
            return Reply(200, {"count": records.count(db, _known(dataset))})

    def sales(self, request: Request) -> Reply:
        where: dict[str, object] = {name: request.query[name] for name in ("external_id", "day", "reference") if name in request.query}
        if "total_minor" in request.query:
            where["total_minor"] = _whole(request.query["total_minor"])
        if not where:
            return self.pull(request, "sales")
        page = self.books.documents(where, request.query.get("after", ""), _limit(request, DOCUMENTS_PER_PAGE))
        return Reply(200, page)

    def book(self, request: Request) -> Reply:
        return Reply(*self.books.book(request.read(shapes.SaleIn), request.headers.get("idempotency-key"), may_stop=True))

    def finish(self, request: Request, number: str) -> Reply:
        return Reply(200, self.books.finish(number))

    def new_customer(self, request: Request) -> Reply:
        customer = request.read(records.RECORDS["customers"])

        def work(db: apsw.Connection) -> bool:
            if records.record(db, "customers", customer.code) is not None:
                return False
            return records.put_all(db, "customers", [customer]) == 1

        created = self.database.write(work)
        return Reply(201 if created else 200, {"code": customer.code, "created": created})

    # The vendor's own till and its reports ------------------------------------------------------

    def till_book(self, request: Request) -> Reply:
        return Reply(*self.books.book(request.read(shapes.SaleIn), None))

    def till_void(self, request: Request, number: str) -> Reply:
        return Reply(200, self.books.void(number, request.read(shapes.Void).why if request.body else ""))

    def day_report(self, request: Request) -> Reply:
        with self.database.read() as db:
            zone = fact(db, "zone") or "UTC"
        return Reply(200, reports.day_report(self.books.day(_day(request)), zone))

    def day_lines(self, request: Request) -> Reply:
        return Reply(200, reports.day_lines(self.books.day(_day(request))))

    def export(self, request: Request, dataset: str) -> Reply:
        with self.database.read() as db:
            return Reply(200, reports.export(records.RECORDS[_known(dataset)], records.all_rows(db, dataset)))

    # The owner's hand ----------------------------------------------------------------------------

    def load(self, request: Request) -> Reply:
        load = request.read(shapes.Load)
        if load.zone is not None and load.zone not in available_timezones():
            raise Declined(400, "malformed", f"{load.zone!r} is not a time zone.")

        def work(db: apsw.Connection) -> dict[str, int]:
            if load.zone is not None:
                put_fact(db, "zone", load.zone)
            return {dataset: records.put_all(db, dataset, getattr(load, dataset)) for dataset in DATASETS}

        return Reply(200, self.database.write(work))

    def change(self, request: Request) -> Reply:
        what = request.read(shapes.Change)
        _known(what.dataset)
        try:
            return Reply(200, {"changed": self.database.write(lambda db: records.change(db, what))})
        except msgspec.ValidationError as error:
            raise Declined(400, "malformed", str(error)) from error

    def merge(self, request: Request) -> Reply:
        merge = request.read(shapes.Merge)

        def work(db: apsw.Connection) -> None:
            customer = records.record(db, "customers", merge.code)
            if customer is None or records.record(db, "customers", merge.into) is None:
                raise Declined(404, "not-found", f"There is no customer {merge.code} or {merge.into}.")
            records.put_record(db, "customers", merge.code, {**customer, "merged_into": merge.into}, records.next_version(db))

        self.database.write(work)
        return Reply(200, {"merged": merge.code})

    def close_period(self, request: Request) -> Reply:
        until = request.read(shapes.Until).until
        self.database.write(lambda db: put_fact(db, "closed_until", until))
        return Reply(200, {"closed_until": until})

    def open_period(self, _: Request) -> Reply:
        self.database.write(lambda db: put_fact(db, "closed_until", None))
        return Reply(200, {"closed_until": None})

    def leave_draft(self, request: Request) -> Reply:
        self.books.leave_drafts(request.read(shapes.LeaveDraft).count)
        return Reply(200, {})

    def documents(self, request: Request) -> Reply:
        return Reply(200, self.books.day(request.query["day"]) if "day" in request.query else self.books.everything())


def _known(dataset: str) -> str:
    if dataset not in DATASETS:
        raise Declined(404, "not-found", f"There is no dataset {dataset}.")
    return dataset


def _day(request: Request) -> str:
    if "day" not in request.query:
        raise Declined(400, "malformed", "Name a day: ?day=YYYY-MM-DD.")
    return request.query["day"]


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,16}", text):
        raise Declined(400, "malformed", f"{text!r} is not a whole number.")
    return int(text)


def _limit(request: Request, most: int) -> int:
    return max(1, min(_whole(request.query.get("limit", str(most))), most))


# HTTP --------------------------------------------------------------------------------------------


def make_cloud(database_path: Path, world: World) -> CloudApp:
    """The practice cloud over that file as an ASGI app; `close` it when done."""
    database = Database(database_path, MIGRATIONS, durable=False, threaded=False)
    return CloudApp(Cloud(database, world))


class CloudApp:
    """ASGI around Cloud: reads the body, writes the reply, decides nothing."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def close(self) -> None:
        self.cloud.database.close()

    def answer(self, request: Request) -> tuple[int, bytes, bytes]:
        """Status, content type and body."""
        reply = self.cloud.answer(request)
        if isinstance(reply.value, bytes):
            return reply.status, b"text/csv; charset=utf-8", reply.value
        return reply.status, b"application/json", msgspec.json.encode(reply.value)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        if body is None:
            no = shapes.No(cause="too-big", reason=f"More than {BODY_BYTES_MAX} bytes.")
            status, kind, payload = 413, b"application/json", msgspec.json.encode(no)
        else:
            target = scope["raw_path"].decode("latin-1") + "?" + scope.get("query_string", b"").decode("latin-1")
            status, kind, payload = self.answer(Request.of(scope["method"], target, scope["headers"], body))
        headers = [(b"content-type", kind), (b"content-length", str(len(payload)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": payload})


async def _body(receive: Receive) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_BYTES_MAX:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


def main(arguments: list[str] | None = None) -> None:
    """The program: prints {"port": N} when it is ready."""
    from tideover.practice.serve import serve_cloud, stand_alone_options

    parser = argparse.ArgumentParser(prog="python -m tideover.practice.cloud", description="The practice cloud, on this machine only.")
    parser.add_argument("--db", type=Path, required=True, help="practice.db, made if it is not there")
    stand_alone_options(parser)
    options = parser.parse_args(arguments)
    serve_cloud(options, lambda world: make_cloud(options.db, world))


if __name__ == "__main__":
    main()
