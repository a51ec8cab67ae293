"""What comes from outside, made hostile: JSON, exports, reports, cursors, settings, cookies, tokens, cloud's answers, names on paper.

Each reader gives a record or one of our own errors with a hint; nothing else gets out, and nothing half-read is kept.
"""

from __future__ import annotations

import asyncio
import io
import json
import math
import unicodedata
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from fuzz.house import ITEMS, OpenBox
from models.amount import amount
from sim.virtual import Elapsed, SimWorld, run_virtual
from tideover.connectors.calls import Calls
from tideover.connectors.practice import manifest, shapes
from tideover.connectors.practice.cloud import PracticeCloud
from tideover.errors import Misconfigured, TideoverError
from tideover.journal.entry import decode
from tideover.learn.files import read_rows
from tideover.model.answer import Answer
from tideover.model.sale import Document, Line, Tender
from tideover.ports import Booking
from tideover.settings import Settings, read_settings
from tideover.trade.receipt import receipt
from tideover.web import strict
from tideover.words import SOURCE, say, wished
from unit.web.till import wire

DEEP = b"[" * 5_000  # More than any decoder goes down.
ANY_TEXT = st.text(max_size=60)
NASTY = st.sampled_from(
    ["=1+1", "+1", "-1", "@x", "\t=1", "\x1b@\x1dV0", "\u202eabc", "a\x00b", '"', "';", "1" * 400, "NaN", "inf", "1e999", "−5", "½"]
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBox]:
    """One open box for all that goes through its routes."""
    with OpenBox(tmp_path_factory.mktemp("input")) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


# JSON -------------------------------------------------------------------------------------------------


def json_bytes() -> st.SearchStrategy[bytes]:
    """JSON, nearly JSON, and no JSON."""
    good = PLAIN.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    cut = st.tuples(good, st.integers(0, 40), st.binary(max_size=4)).map(lambda it: it[0][: it[1]] + it[2] + it[0][it[1] :])
    return good | cut | st.binary(max_size=60)


@amount(200)
@given(json_bytes())
@example(b'{"a": 1, "a": 2}')
@example(b'{"x": ' + DEEP)
@example(b'["\\ud800"]')
@example(b"[1e999]")
@example(b"[" + b"9" * 5_000 + b"]")
@example(b'["\xff"]')
def test_strict_json_is_read_or_refused(body: bytes) -> None:
    """What is read holds no number beyond 2^53−1, no NaN, and can be written again."""
    for read in (lambda: strict.decode(body, Any), lambda: decode(body)):  # type: ignore[arg-type]
        try:
            found = read()
        except TideoverError as error:
            assert error.hint
            continue
        msgspec.json.encode(found)
        assert all(abs(number) < 2**53 for number in numbers_in(found) if isinstance(number, int))
        assert all(math.isfinite(number) for number in numbers_in(found))


def numbers_in(value: Any) -> Iterator[int | float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from numbers_in(one)
    elif isinstance(value, int | float):
        yield value


@amount(60)
@given(json_bytes())
@example(b'{"entries": [{"signed": ' + DEEP)
@example(b'{"entries": [{"signed": "\xff"}]}')
def test_any_body_of_the_entries_route_is_answered(box: OpenBox, body: bytes) -> None:
    """By our own error; the journal stays writable."""
    reply = box.run(box.call("till", "POST", "/v1/entries", content=body))
    assert reply.status_code in (200, 400), reply.text
    assert box.house.journal.is_writable


@amount(60)
@given(json_bytes())
def test_one_unreadable_entry_blocks_only_itself(box: OpenBox, signed: bytes) -> None:
    """Its neighbours in the batch are taken, and it is told what is wrong with it."""
    bad, good = wire(signed, bytes(64)), box.till.sign()
    first, second = box.run(box.till.send(bad, good))["answers"]
    assert ("error", "created") == (first["answer"], second["answer"])
    assert first["hint"]


@pytest.mark.parametrize("signed", [b'{"id": ' + DEEP, b'{"id": "\xff"}'], ids=["deep", "no text"])
def test_an_entry_that_no_decoder_reads_blocks_only_itself(box: OpenBox, signed: bytes) -> None:
    """Looking for its id, to tell which one it was, used to end the whole request in a fault of ours."""
    first, second = box.run(box.till.send(wire(signed, bytes(64)), box.till.sign()))["answers"]
    assert ("error", "bad-record", "created") == (first["answer"], first["code"], second["answer"])


# Files ------------------------------------------------------------------------------------------------

CELL = ANY_TEXT | NASTY | st.integers().map(str) | st.floats().map(str)
HEADINGS = st.sampled_from(
    ["Koodi", "Nimi", "Hinta", "ALV", "code", "name", "price", "number", "day", "total", "item", "quantity", "reference", "€", ""]
)
REPORT = "/v1/day-report?day=2026-11-20"


@st.composite
def sheets(draw: st.DrawFn) -> bytes:
    """A table as CSV in some separator and encoding, or as XLSX, sometimes cut or with a few bytes changed."""
    head = draw(st.lists(HEADINGS, min_size=1, max_size=6))
    rows = [head, *draw(st.lists(st.lists(CELL, max_size=6), max_size=6))]
    if draw(st.booleans()):
        text = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(draw(st.sampled_from(";,\t|")).join(row) for row in rows)
        content = text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])), "replace")
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in row])
        kept = io.BytesIO()
        book.save(kept)
        content = kept.getvalue()
    if draw(st.booleans()):
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.binary(max_size=8)) + content[at + draw(st.integers(0, 20)) :]
    return content


@amount(120)
@given(content=sheets(), dataset=st.sampled_from(["items", "customers", "stock", "sales", "invoices"]))
def test_any_export_is_read_or_refused(box: OpenBox, content: bytes, dataset: str) -> None:
    """Looked at, taken, as a day report and as its lines: 200, or our own error with a hint."""
    for url in (f"/v1/exports/{dataset}/look", f"/v1/exports/{dataset}", REPORT, REPORT + "&lines=true"):
        reply = box.run(box.call("staff", "POST", url, content=content))
        assert reply.status_code < 500, (url, reply.text)
        assert reply.is_success or reply.json()["hint"]
    assert 200 == box.run(box.call("staff", "POST", "/v1/exports/items", content=ITEMS)).status_code


@amount(100)
@given(content=sheets())
def test_any_rehearsal_file_is_read_or_refused(folder: Path, content: bytes) -> None:
    path = folder / "day.csv"
    path.write_bytes(content)
    try:
        read_rows(path)
    except TideoverError as error:
        assert error.hint


@amount(100)
@given(st.binary(max_size=80) | st.text(max_size=80).map(lambda text: text.encode("utf-8", "replace")))
@example(b"port = true")
@example(b"cloud_timeout_s = nan")
def test_any_settings_file_is_read_or_refused(folder: Path, content: bytes) -> None:
    (folder / "tideover.toml").write_bytes(content)
    try:
        assert isinstance(read_settings(folder), Settings)
    except TideoverError as error:
        assert error.hint


@amount(100)
@given(
    name=st.sampled_from(list(Settings.__dataclass_fields__)),
    value=st.integers(-(10**400), 10**400) | st.booleans() | st.floats() | ANY_TEXT | st.lists(st.integers() | ANY_TEXT, max_size=3),
)
def test_any_value_of_a_setting_is_taken_or_refused(folder: Path, name: str, value: object) -> None:
    (folder / "tideover.toml").unlink(missing_ok=True)
    try:
        read_settings(folder, **{name: value})
    except TideoverError as error:
        assert error.hint


@pytest.mark.parametrize("text", [b"port = " + DEEP, b"cloud_timeout_s = " + b"9" * 400], ids=["deep", "huge"])
def test_settings_that_no_number_holds_are_refused_by_name(folder: Path, text: bytes) -> None:
    """Lists in lists without end, and a whole number that is no float: both used to end in a traceback."""
    (folder / "tideover.toml").write_bytes(text)
    with pytest.raises(Misconfigured):
        read_settings(folder)


# Headers, cursors, words ------------------------------------------------------------------------------

HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=80)


@amount(100)
@given(cookie=HEADER, bearer=HEADER, language=HEADER, csrf=HEADER)
def test_no_cookie_token_or_header_opens_or_breaks_anything(box: OpenBox, cookie: str, bearer: str, language: str, csrf: str) -> None:
    """A stranger stays one."""
    said = {"cookie": f"tideover_session={cookie}", "authorization": f"Bearer {bearer}", "accept-language": language, "x-csrf-token": csrf}
    headers = [(name.encode(), value.encode("latin-1")) for name, value in said.items()]
    told = box.run(box.call("nobody", "GET", "/v1/me", headers=headers))
    assert (200, "nobody") == (told.status_code, told.json()["kind"])
    assert 401 == box.run(box.call("nobody", "GET", "/v1/parked", headers=headers)).status_code
    assert 401 == box.run(box.call("nobody", "POST", "/v1/entries", headers=headers, json={"entries": []})).status_code


@amount(100)
@given(after=ANY_TEXT | NASTY | st.integers().map(str), limit=ANY_TEXT | st.integers().map(str), q=ANY_TEXT | NASTY)
@example(after="9" * 18, limit="1", q='"')
@example(after="٣", limit="1", q="NEAR(")
def test_any_cursor_and_any_search_is_answered(box: OpenBox, after: str, limit: str, q: str) -> None:
    for url, query in (("/v1/copies/items", {"after": after, "limit": limit}), ("/v1/search", {"q": q})):
        query = {name: text.encode("utf-8", "replace").decode() for name, text in query.items()}
        reply = box.run(box.call("till", "GET", url, params=query))
        assert reply.status_code in (200, 400), (url, reply.text)


@amount(100)
@given(text=ANY_TEXT | NASTY, header=HEADER)
def test_any_text_can_be_told_in_any_language(text: str, header: str) -> None:
    """What no catalogue knows stays as it is."""
    assert wished(header) in ("en", "fi")
    for language in (SOURCE, "fi", "xx"):
        assert isinstance(say(language).told(text), str)


# Paper ------------------------------------------------------------------------------------------------

NAME = st.text(max_size=40) | NASTY


@amount(150)
@given(name=NAME, item=NAME, number=NAME, operator=NAME, shop=NAME, width=st.integers(1, 80))
def test_no_control_byte_gets_onto_a_receipt(name: str, item: str, number: str, operator: str, shop: str, width: int) -> None:
    """Whatever things and people are called, a printer gets letters and line ends."""
    document = Document(number, "EUR", True, (Line(item, name, 1_000, 25_000, 250, 135_000),), (Tender("cash", 250),))
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    text = receipt(document, "sale", Settings(shop_name=shop), at, operator=operator, width=width)
    assert [] == [sign for sign in text if sign != "\n" and unicodedata.category(sign)[0] == "C"]


# A hostile cloud --------------------------------------------------------------------------------------

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LOAVES = Document("K1-1", "EUR", True, (Line("10", "Rye", 2_000, 34_500, 690, 135_000),), (Tender("card", 690),))
BOOKING = Booking(
    entry="01a1f8ef-6140-7242-bdf1-1f8f2b1ac3e6", document=LOAVES, kind="sale", refers_to=None, original=None, late=False,
    happened_at_ms=0, trading_day="2026-11-20",
)  # fmt: skip
KIND = st.sampled_from(["application/json", "application/json; charset=utf-16", "text/html", "", "application/json;;;=", "\xff"])
FIELDS = ["token", "number", "state", "code", "reason", "rows", "documents", "next", "cursor", "count", "total_minor", "more", "lines"]
SHAPED = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, PLAIN)).map(lambda value: json.dumps(value).encode())


async def drip(body: bytes) -> AsyncIterator[bytes]:
    """A byte a second."""
    for at in range(len(body)):
        await asyncio.sleep(1)
        yield body[at : at + 1]


class Hostile:
    """The practice connector, speaking to a cloud that says whatever it is given."""

    def __init__(self, answers: list[tuple[int, str, bytes, dict[str, str]]], drips: bool = False) -> None:
        self.answers, self.calls, self.drips = answers, 0, drips
        self.elapsed = Elapsed()
        self.world = SimWorld(AT, "hostile", self.elapsed)

        async def serve(request: httpx.Request) -> httpx.Response:
            self.calls += 1
            if request.url.path.endswith("/login") and self.calls == 1:
                return httpx.Response(200, json={"token": "t"})
            status, kind, body, more = self.answers[self.calls % len(self.answers)]
            headers = {"content-type": kind, **more} if kind else more
            said = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
            return httpx.Response(status, headers=said, content=drip(body) if self.drips else body)

        self.client = httpx.AsyncClient(transport=httpx.MockTransport(serve))
        calls = Calls(manifest, "http://cloud/", 10, self.world, self.client, lambda seen: None)
        self.cloud = PracticeCloud(calls, lambda: shapes.Login("u", "p"))

    def play(self) -> None:
        async def main() -> None:
            async with self.client:
                for act in (self.cloud.send, self.cloud.ask):
                    assert isinstance(await act(BOOKING), Answer)
                for read in (lambda: self.cloud.pull("items", None), lambda: self.cloud.day("2026-11-20"), self.cloud.renew_login):
                    try:
                        await read()
                    except TideoverError as error:
                        assert error.hint

        run_virtual(main(), self.elapsed)


@amount(120)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([200, 200, 200, 201, 204, 301, 400, 401, 404, 409, 422, 429, 500, 503]),
            KIND,
            json_bytes() | SHAPED | st.just(b'{"rows": ' + DEEP) | st.just(b'{"rows": [' + b"9" * 5_000 + b"]}"),
            st.dictionaries(st.sampled_from(["retry-after", "content-encoding", "location"]), HEADER | st.integers().map(str), max_size=2),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_a_cloud_says_is_a_value_or_our_own_error(answers: list[Any]) -> None:
    """Sends and asks end as an Answer, reads as records or a CloudSilent; nothing of the cloud's gets through as an exception."""
    encoded = [(status, kind, body, {name: text.strip() for name, text in more.items()}) for status, kind, body, more in answers]
    Hostile(encoded).play()


def test_a_cloud_whose_lists_never_end_is_silent() -> None:
    """Opening brackets without end used to end the loop that read them."""
    Hostile([(200, "application/json", b'{"rows": ' + DEEP, {})]).play()


def test_a_cloud_that_drips_is_silent_in_time() -> None:
    """A byte a second for an hour keeps nobody longer than the time-out of each call."""
    hostile = Hostile([(200, "application/json", b" " * 3_600, {})], drips=True)
    hostile.play()
    assert hostile.elapsed.s < 10 * hostile.calls + 5
