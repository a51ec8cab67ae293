"""Every form of every page, and the programs' routes that the description leaves out: whatever is sent, no answer is a fault of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.forms import ROUGH, TOKEN, Form, form_of, sent
from fuzz.house import OpenBox
from fuzz.test_routes import PAGES
from models.amount import amount
from tideover.web.plan_labels import BY_NAME

ACTS = sorted(one for one in PAGES if one.startswith("POST ") and not one.startswith("POST /v1/"))
PROGRAMS = ("GET /v1/switching", "POST /v1/switching/{name}/{what}", "POST /v1/rehearsal/link", "POST /v1/kit/opened")
CARDS = ("internet-down", "cards-down")  # Playbooks.
TYPED = {field.name for kind in BY_NAME.values() for field in kind.fields} | {"language", "text", "channels.1.address"}
# What stands at a place of a path, so that a request gets past its first gate.
WORDS: dict[str, tuple[str, ...]] = {
    "name": ("lines", "calls", "modem"),
    "kind": ("items", "contacts", "orders", *BY_NAME),
    "key": ("new", "1", *CARDS),
    "bite": ("shop", "till", "line", "phone", "cards", "people"),
    "number": ("0", "1", "99999999999999999999"),
    "pad": ("A", "Z"),
}
WHATS = {
    "act": ("confirm", "all-clear", "rung", "close"),
    "kit": ("placed", "destroyed", "lost", "came-out", "again"),
    "notices": ("again", "known"),
    "receipts": ("again", "mail", "came-out", "by-hand"),
    "rehearsal": ("end", "help", "mended", "say", "monthly"),
    "switching": ("arm", "disarm", "engage", "restore", "try", "prove"),
    "v1": ("arm", "disarm", "engage", "restore", "prove"),
}
WHO = ("staff", "staff", "staff", "bare", "till", "nobody")  # Bare: without the page's token.
SHAPES = ("form", "form", "form", "files", "text", "nothing")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBox]:
    """One box for all forms: what one leaves behind the next one finds."""
    with OpenBox(tmp_path_factory.mktemp("forms")) as opened:
        staff = opened.callers["staff"]
        begun = opened.run(staff.post("/run/start", data={"playbook": CARDS[0], TOKEN: staff.headers["X-CSRF-Token"]}))
        assert begun.headers["location"].startswith("/run/"), begun.text
        WORDS["id"] = (begun.headers["location"].split("/")[2].partition("?")[0],)
        yield opened


def handler_of(box: OpenBox, act: str) -> Any:
    method, path = act.split(" ")
    route = next(one for one in box.app.router.routes if one.path_format == path and method in one.methods)
    return route.route_handler_map[method][0]


def paths(box: OpenBox, path: str) -> st.SearchStrategy[str]:
    """That path with something at each of its places."""
    ids = box.ids()

    def at(name: str) -> st.SearchStrategy[str]:
        known = WHATS[path.split("/")[1]] if name == "what" else (*WORDS.get(name, ()), *ids.get(name, ())[:4]) or tuple(ids["id"][:2])
        return st.one_of(st.sampled_from(known), st.sampled_from(known), st.sampled_from(ROUGH), st.text(min_size=1, max_size=12))

    places = re.findall(r"\{(\w+)\}", path)
    filled = st.fixed_dictionaries({name: at(name).map(lambda one: quote(one.encode("utf-8", "replace"), safe="")) for name in places})
    return filled.map(lambda one: path.format(**one))


def body_of(shape: str, fields: dict[str, str]) -> dict[str, Any]:
    if shape == "form":
        return {"data": fields}
    if shape == "files":
        return {"data": fields, "files": {"file": ("price\x01list.csv", "\n".join(fields.values()).encode(), "text/csv")}}
    return {"content": next(iter(fields.values()), "").encode()} if shape == "text" else {}


@pytest.mark.parametrize("act", ACTS)
def test_a_form_is_answered(box: OpenBox, act: str) -> None:
    """Sent by a person with the page's token or without it, by a till, by a stranger."""
    path = act.split(" ")[1]
    form = form_of(handler_of(box, act), path)
    if path == "/plan/{kind}/{key}":
        form = Form((*form.names, *sorted(TYPED)), form.values)  # Its template asks field by field.
    known = (*CARDS, *(one for some in box.ids().values() for one in some[:2]))

    @amount(8)
    @given(paths(box, path), sent(form, known), st.sampled_from(WHO), st.sampled_from(SHAPES))
    def play(url: str, fields: dict[str, str], who: str, shape: str) -> None:
        if who == "staff":
            fields = {**fields, TOKEN: box.callers["staff"].headers["X-CSRF-Token"]}
        answer = box.run(box.call("staff" if who == "bare" else who, "POST", url, **body_of(shape, fields)))
        assert answer.status_code < 500, answer.text
        if who != "staff":
            assert answer.status_code >= 400 or answer.headers.get("location", "").startswith("/sign-in"), (who, url, answer.status_code)
        if act in ("POST /sign-out", "POST /sign-in") or answer.status_code == 401:
            box.run(box.sign_in())

    play()
    assert box.house.journal.verify_piece(100_000) and box.house.journal.broken is None


@pytest.mark.parametrize("act", PROGRAMS)
def test_a_program_is_answered(box: OpenBox, act: str) -> None:
    """What no description says: fitting and other JSON, by everybody who may call."""
    method, path = act.split(" ")
    plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20) | st.sampled_from(ROUGH)
    names = st.sampled_from(("target", "why", "span_s", "copy", "at", "language", "opened", "junk"))
    bodies = st.dictionaries(names, plain | st.just(0) | st.just("mobile"), max_size=4) | st.lists(plain, max_size=2) | plain
    raw = st.binary(max_size=30) | st.just(b"") | st.just(b"{" * 3_000) | bodies.map(json.dumps).map(str.encode)

    @amount(25)
    @given(paths(box, path), raw, st.sampled_from(("staff", "staff", "till", "nobody")))
    def play(url: str, body: bytes, who: str) -> None:
        answer = box.run(box.call(who, method, url, content=body, headers={"Content-Type": "application/json"}))
        assert answer.status_code < 500, answer.text
        if answer.status_code == 401 and who == "staff":
            box.run(box.sign_in())

    play()
    assert box.house.journal.verify_piece(100_000) and box.house.journal.broken is None
