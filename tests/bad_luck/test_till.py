"""A till that sends again, out of order, with a gap, with another content, or that nobody knows: over HTTP, at a real box."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bad_luck.box import WORLD, Box, Till, id_of, verified
from tideover.world import to_ms

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    with Box(tmp_path_factory.mktemp("shop")) as box:
        yield box


@pytest.fixture
def till(box: Box) -> Iterator[Till]:
    with Till(box.url).enrol(box.staff) as till:
        yield till


def test_what_is_sent_again_exists(till: Till) -> None:
    """The answer was lost, so the till sends the same bytes: one entry, and it says so."""
    first, second = till.sale(), till.sale()

    assert ["created", "created"] == [one["answer"] for one in till.answers(first, second)]
    assert ["exists", "exists"] == [one["answer"] for one in till.answers(first, second)]
    assert ["exists"] == [one["answer"] for one in till.answers(first)]


def test_what_comes_out_of_order_waits_for_its_number(till: Till) -> None:
    """The second before the first: refused with the number that comes next; in order both are taken."""
    first, second = till.sale(), till.sale()

    swapped = till.answers(second, first)

    assert [("error", "till-gap", 1), ("created", None, None)] == [(x["answer"], x.get("code"), x.get("expected")) for x in swapped]
    assert "comes next" in swapped[0]["message"] and "nothing is lost" in swapped[0]["hint"]
    assert ["exists", "created"] == [one["answer"] for one in till.answers(first, second)]


def test_a_skipped_number_is_asked_for(till: Till) -> None:
    """The till lost an entry on its way: everything after it is refused until it comes."""
    till.answers(till.sale())

    skipped = till.answers(till.sale(seq=3))[0]

    assert ("error", "till-gap", 2) == (skipped["answer"], skipped["code"], skipped["expected"])


def test_a_changed_entry_is_kept_aside_for_a_person(box: Box, till: Till) -> None:
    """The same id with other content changes nothing, and the owner finds it on the list."""
    sold = till.sale()
    till.answers(sold)

    changed = till.answers(till.sale(seq=1, id=id_of(sold), document={"note": "changed"}))[0]

    assert ("differs", "conflict") == (changed["answer"], changed["code"])
    assert "both versions are kept" in changed["hint"]
    assert any(id_of(sold) in str(one) for one in box.get("/v1/findings"))
    assert ["exists"] == [one["answer"] for one in till.answers(sold)]


def test_an_unknown_device_writes_nothing(box: Box) -> None:
    """Without a token 401; with another till's token but its own key 403 in words; the journal stays as it was."""
    before = box.get("/v1/status")["journal"]["head"]
    with Till(box.url) as stranger:
        reply = stranger.send([stranger.sale()])

    assert 401 == reply.status_code
    assert "enrol the till" in reply.json()["hint"]
    assert before == box.get("/v1/status")["journal"]["head"]


def test_a_stolen_token_does_not_sign(box: Box, till: Till) -> None:
    """Whoever has the token but not the key is refused, entry by entry, with what to do."""
    with Till(box.url) as thief:
        thief.token = till.token
        unknown = thief.answers(thief.sale())[0]
        thief.id = till.id
        forged = thief.answers(thief.sale(seq=1))[0]

    assert ("unknown-till", "bad-signature") == (unknown["code"], forged["code"])
    assert all("nrol it" in one["hint"] for one in (unknown, forged))


@pytest.mark.parametrize("days", [-1, 1, -400])
def test_a_clock_days_wrong_loses_no_sale(till: Till, days: int) -> None:
    """What the device says is kept as it was; the box's own time stands beside it."""
    at_ms = to_ms(WORLD.now()) + days * DAY_MS

    assert ["created"] == [one["answer"] for one in till.answers(till.sale(happened_ms=at_ms))]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"entries": 1}', b'{"entries": [{"signed": "!", "signature": ""}]}', b"\xff\xfe", b'{"entries": []}' * 2],
    ids=["empty", "torn", "list", "number", "no base64", "no text", "twice"],
)
def test_nonsense_is_a_clear_refusal(till: Till, body: bytes) -> None:
    """Never a 5xx: 400 with code, message and hint."""
    reply = till.client.post("/v1/entries", content=body, headers={"Authorization": f"Bearer {till.token}"})

    assert 400 == reply.status_code
    assert {"code", "message", "hint"} == set(reply.json())


def test_the_journal_is_whole_after_all_that(box: Box) -> None:
    """Whatever was tried, `verify` finds every entry sound."""
    code, found = verified(box.data)

    assert (0, "whole") == (code, found["chain"])


def test_the_box_ends_by_itself_when_told(tmp_path: Path) -> None:
    """SIGTERM: nothing on stderr, exit 0, and the journal verifies."""
    with Box(tmp_path / "shop") as box:
        pass

    assert (0, "") == (box.code, box.said)
