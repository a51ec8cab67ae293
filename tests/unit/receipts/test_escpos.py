"""Bytes of a receipt: Finnish letters as the code page has them, nothing that a printer obeys, no line wider than the paper."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tideover.drivers.escpos import CUT, DRAWER, PROFILES, document, encoded, id_of, is_done, is_status, trouble_of
from tideover.model.receipt import Row, Slip
from tideover.model.sale import Document, Line, Tender
from tideover.trade.receipt import receipt_rows
from unit.receipts.counter import SHOP

LETTERS = {"cp858": b"\x8e\x99\x8f\x84\x94\x86\xd5SsZz", "cp1252": b"\xc4\xd6\xc5\xe4\xf6\xe5\x80\x8a\x9a\x8e\x9e"}


@pytest.mark.parametrize("codec", sorted(LETTERS))
def test_finnish_letters_are_the_code_pages_bytes(codec):
    """ÄÖÅ äöå € Š š Ž ž; a page without the last four drops their hook, never prints a question mark."""
    assert LETTERS[codec] == encoded("ÄÖÅäöå€ŠšŽž", codec)


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(sorted(PROFILES)))
def test_no_text_holds_a_byte_that_a_printer_obeys(text, name):
    """Whatever a customer or an item is called: one byte for a sign, none below a space."""
    profile = PROFILES[name]
    found = encoded(text, profile.codec)
    assert all(byte >= 0x20 and byte != 0x7F for byte in found)
    assert len(found) <= len(unicodedata.normalize("NFC", text))
    bytes_of_job = document(Slip((Row(text),)), profile, "abcd")
    assert (0, 1 if profile.has_knife else 0) == (bytes_of_job.count(b"\x1bp"), bytes_of_job.count(CUT))


@pytest.mark.parametrize("name", sorted(PROFILES))
@pytest.mark.parametrize("language", ["en", "fi"])
def test_no_line_is_wider_than_the_paper(name, language):
    """Names of forty letters, sums of six digits, dots and dashes that a code page writes in another way."""
    profile = PROFILES[name]
    lines = (Line("A1", "Hääkakku Åkerblom … mansikka – 40 hengelle", 123_456, 1_234_500, 15_240_643, 135_000, 100),)
    sale = Document("K1-123456", "EUR", True, lines, (Tender("card", 15_240_643, "0042-7712345678901234567890"),), note="Kiitos… " * 20)
    rows = receipt_rows(sale, "sale", SHOP, datetime(2026, 11, 20, 12, 30, tzinfo=UTC), operator="Ä" * 40, width=profile.width)
    printed = [encoded(row.text.rstrip(), profile.codec) for row in rows]
    assert profile.width >= max(map(len, printed))
    assert any(line.endswith(b"152406,43") for line in printed)


def test_the_drawer_opens_for_cash_alone():
    """And not by a profile without one."""
    slip = Slip((Row("x"),), opens_drawer=True)
    assert 1 == document(slip, PROFILES["epson-80"], "abcd").count(DRAWER)
    assert 0 == document(Slip(slip.rows), PROFILES["epson-80"], "abcd").count(DRAWER)


def test_only_the_word_about_this_job_counts():
    """A late answer to the job before, a status, half an answer."""
    epson, generic = PROFILES["epson-80"], PROFILES["generic-80"]
    assert is_done(b"\x127\x22abcd\0", epson, "abcd")
    assert not any(is_done(said, epson, "abcd") for said in (b"7\x22abce\0", b"7\x22abc", b"\x12\x12", b""))
    assert is_done(b"\x12\x00", generic, "") and is_done(b"\x0c", generic, "")
    assert not any(is_done(said, generic, "") for said in (b"\x12", b"\x1a\x32", b""))
    assert len({id_of(number) for number in range(5_000)}) == 5_000 and all(len(id_of(number)) == 4 for number in (0, 2**24))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((0x12, 0x12, 0x12), ""),
        ((0x1A, 0x32, 0x72), "it is out of paper"),
        ((0x12, 0x12, 0x72), "it is out of paper"),
        ((0x1A, 0x16, 0x12), "its cover is open"),
        ((0x1A, 0x52, 0x12), "it reports an error: switch it off and on, and look for jammed paper"),
        ((0x1A, 0x12, 0x12), "it is paused: press its feed button"),
        ((0x12, 0x12, 0x1E), ""),
    ],
)
def test_a_status_is_told_in_words(said, words):
    """As Epson's reference has the bits; a roll that is nearly out still prints."""
    assert all(is_status(byte) for byte in said)
    assert words == trouble_of(*said)
