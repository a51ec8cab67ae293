"""Every route of the described API, by schemathesis: a person, a till and a stranger send what fits and what does not.

No answer is a fault of ours, each is of the shape and the kind that the description says, and who may not call gets nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fuzz.house import CALLERS, OpenBox
from models.amount import amount

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Described by people for people, or by the browser for itself: no part of the API.
PAGES = {
    "GET /", "GET /sign-in", "POST /sign-in", "POST /sign-out", "POST /act/{what}", "POST /parked/{id}", "POST /in-flight/{id}",
    "POST /findings/{id}", "GET /keying", "POST /keying/{entry}/begin", "POST /keying/{entry}/done", "POST /keying/day-report",
    "GET /kit", "POST /kit/make", "GET /kit/files/{path}", "POST /kit/print", "GET /kit/jobs/{id}", "POST /kit/jobs/{id}/{what}",
    "POST /kit/copies/{id}/{what}", "POST /kit/pocket", "GET /kit/pocket/{copy}", "POST /v1/kit/opened",
    "GET /slips", "GET /slips/next", "GET /slips/{slip}", "GET /slips/{slip}/again", "GET /slips/{slip}/photo", "POST /slips/key",
    "POST /slips/{slip}/say", "POST /slips/{slip}/undo", "POST /pads/issue", "POST /pads/{pad}/count", "GET /notes", "POST /notes",
    "GET /start", "POST /start/open", "GET /start/ask/{bite}", "POST /start/ask/{bite}", "GET /start/file/{kind}",
    "POST /start/file/{kind}", "POST /start/file/{kind}/take", "POST /start/make", "GET /start/done",
    "GET /start/try", "POST /start/try", "POST /start/pin",
    "GET /plan", "GET /plan/changes", "POST /plan/undo", "GET /plan/{kind}", "GET /plan/{kind}/{key}", "POST /plan/{kind}/{key}",
    "GET /checks", "POST /checks", "GET /spare", "POST /spare",
    "GET /calls", "POST /calls/diverted", "POST /calls/restored", "POST /calls/test",
    "GET /notices", "POST /notices/test", "POST /notices/items/{number}/{what}", "POST /notices/mail",
    "GET /switching", "POST /switching/{name}/{what}", "GET /v1/switching", "POST /v1/switching/{name}/{what}", "POST /v1/rehearsal/link",
    "GET /receipts", "POST /receipts/try", "POST /receipts/now", "POST /receipts/{job}/{what}",
    "GET /till", "GET /till/{name}", "GET /trust", "GET /trust/tideover-ca.crt", "GET /tills", "POST /tills/code",
    "POST /tills/{till}/revoke", "POST /tills/pin", "POST /tills/pin/set", "POST /tills/rescued", "POST /tills/late",
    "GET /run", "POST /run/start", "GET /run/{id}", "GET /run/{id}/record", "POST /run/{id}/mark", "POST /run/{id}/reader",
    "POST /run/{id}/end", "POST /run/told", "POST /run/word",
    "POST /wall/hand-over", "POST /wall/note", "POST /wall/report", "POST /wall/word",
    "GET /day", "POST /day/close", "GET /services", "GET /vendors", "GET /vendors/record.csv", "POST /vendors/remark",
    "GET /rehearsal", "POST /rehearsal/start", "POST /rehearsal/{what}", "GET /acknowledge", "GET /acknowledge/{key}",
    "POST /acknowledge/{key}", "GET /readiness", "GET /calendar.ics", "GET /calendar/mine.ics", "GET /practice", "POST /practice",
    "GET /static/{name}", "GET /v1/api", "GET /v1/openapi.json",
}  # fmt: skip


def described() -> dict[str, Any]:
    """The box's own description, from a box of its own."""
    with tempfile.TemporaryDirectory() as folder, OpenBox(Path(folder)) as box:
        return box.run(box.machine.get("/v1/openapi.json")).json()


DOCUMENT = described()
OPERATIONS = [one.ok() for one in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBox]:
    """One box for all routes: what one leaves behind the next one finds."""
    with OpenBox(tmp_path_factory.mktemp("routes")) as opened:
        opened.app.end()  # Streams of events end after their first.
        yield opened


def test_every_route_is_described_or_a_page(box: OpenBox) -> None:
    """What the router serves is in the document, but for the pages named here."""
    served = {
        f"{method} {route.path_format}"
        for route in box.app.router.routes
        for method in route.methods - {"OPTIONS", "HEAD"}
        if not route.path_format.startswith("/v1/schema")
    } | {"POST /v1/entries"}
    in_document = {f"{method.upper()} {path}" for path, item in DOCUMENT["paths"].items() for method in item}
    assert served == in_document | PAGES


def strategies(operation: Any) -> st.SearchStrategy[Any]:
    """Cases that fit the description, and, where it asks for anything, cases that do not."""
    fitting = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    asks = operation.path_parameters or operation.query or operation.body or operation.headers
    return fitting | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE) if asks else fitting


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_a_route_keeps_to_its_description(box: OpenBox, operation: Any) -> None:
    """Whatever is sent, by whomever."""
    who = operation.definition.raw["x-who"]
    ids = box.ids()

    @amount(60)
    @given(strategies(operation), st.sampled_from(CALLERS), st.randoms(use_true_random=False))
    def play(case: Any, caller: str, chance: Any) -> None:
        for name in case.path_parameters or ():
            if name in ids and chance.random() < 0.5:
                case.path_parameters[name] = chance.choice(ids[name])
        sent = case.as_transport_kwargs()
        sent["headers"].pop("Authorization", None)
        del sent["cookies"]  # Who calls has its own.
        if isinstance(sent.get("data"), bytes | str):
            sent["content"] = sent.pop("data")
        answer = box.run(box.call(caller, sent.pop("method"), sent.pop("url"), **sent))
        case.validate_response(answer, checks=CHECKS)
        if caller == "nobody" and who != "anyone":
            assert answer.status_code in (401, 403), answer.text
        if caller == "staff" and answer.status_code == 401:
            box.run(box.sign_in())

    play()
    assert box.house.journal.verify_piece(100_000) and box.house.journal.broken is None
