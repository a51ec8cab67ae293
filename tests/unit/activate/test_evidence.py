"""Proofs of rungs 1 to 3: dated, expiring, and never a claim."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from tideover.activate.evidence import (
    FAILED,
    LINE_DAYS,
    LONG_AGO,
    NEVER,
    NO_MODE,
    PROOF_DAYS,
    Proof,
    better,
    offline_of,
    other_device,
    other_line,
    proofs,
    vendor_offline,
)
from tideover.activate.ladder import Facts, Way, best, ladder
from tideover.commands.doctor import examine
from tideover.journal.entry import Entry
from tideover.model.facts import Checked
from tideover.model.switching import DeviceProved
from tideover.plan.records import Check, Thing
from tideover.plan.vendors import VENDORS
from tideover.settings import write_settings
from tideover.world import to_ms

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
ID = "0192f3c4-0000-7000-8000-000000000001"
TILL = "0192f3c4-0000-7000-8000-00000000000b"
SPARE, COUNTER = Thing("spare-pc", "the spare PC", ("till",)), Thing("slips", "Slips", ("till", "receipts"))
MODE = Thing("square-offline", "Square without a line", ("vendor-offline",))


def entry(kind, body, days_ago=1.0):
    at = to_ms(NOW - timedelta(days=days_ago))
    return Entry(ID, kind, 1, TILL, 1, at, "2026-11-19", "Aino", None, body)


def seen(days_ago, works=True):
    return {"spare-pc": Proof(NOW - timedelta(days=days_ago), works), "square-offline": Proof(NOW - timedelta(days=days_ago), works)}


@pytest.mark.parametrize(
    ("known", "ready", "why"),
    [
        ({}, False, NEVER),
        (seen(3), True, ""),
        (seen(PROOF_DAYS), True, ""),
        (seen(PROOF_DAYS + 1), False, LONG_AGO),
        (seen(3, works=False), False, FAILED),
        (seen(-2), True, ""),
    ],
)
def test_a_spare_counts_as_long_as_its_proof_is_fresh(known, ready, why):
    """Never tried, tried long ago and failed are three different things, and none of them is a rung."""
    way = other_device([COUNTER, SPARE], known, NOW)
    assert (ready, why) == (way.ready, way.why)
    assert "the spare PC" == way.name


PHONE = Thing("phone-line", "Maija's phone", ("internet",), stands_in_for="line")


@pytest.mark.parametrize(
    ("known", "ready", "why"),
    [
        ({}, False, NEVER),
        ({"phone-line": Proof(NOW - timedelta(days=LINE_DAYS), True)}, True, ""),
        ({"phone-line": Proof(NOW - timedelta(days=LINE_DAYS + 1), True)}, False, LONG_AGO),
        ({"phone-line": Proof(NOW - timedelta(days=1), False)}, False, FAILED),
    ],
)
def test_a_shared_phone_is_another_line_while_its_proof_is_fresh(known, ready, why):
    """Also in a shop whose lines the box does not see; the line itself is no stand-in."""
    way = other_line([Thing("line", "Our line", ("internet",)), PHONE, SPARE], known, NOW)
    assert ("Maija's phone", ready, why) == (way.name, way.ready, way.why)
    assert other_line([SPARE], known, NOW) is None


def test_a_line_that_the_box_sees_comes_before_a_phone():
    """As long as it is ready; when it is not, the phone counts, and without any the shop's own line says why not."""
    dead, mobile, phone = Way("mobile", False, None, "it is dead"), Way("mobile", True), Way("phone", True)
    assert [mobile, phone, dead, phone, None] == [
        better(one) for one in ((mobile, phone), (dead, phone), (dead, None), (None, phone), (None, None))
    ]


def test_of_two_spares_the_one_that_works_counts():
    """However lately the other one failed."""
    other = Thing("tablet", "the tablet", ("till",))
    known = {"spare-pc": Proof(NOW - timedelta(days=20), True), "tablet": Proof(NOW, False)}
    assert "the spare PC" == other_device([other, SPARE], known, NOW).name


def test_a_shop_without_a_spare_has_none():
    """The till at the counter is no spare of itself."""
    assert other_device([COUNTER], {}, NOW) is None


def test_a_claim_is_no_proof_and_the_newest_word_counts():
    """Somebody only said so: the proof before it stands; a failure counts whoever saw it."""
    check = Check("spare", "open it", "thing/spare-pc")
    said = Checked("spare", "thing/spare-pc", "claim", "person", True)
    shown = Checked("spare", "thing/spare-pc", "proof", "person", True)
    broke = Checked("spare", "", "claim", "person", False)
    assert {} == proofs([entry("checked", said)], [check])
    found = proofs([entry("checked", said, 1), entry("checked", shown, 9)], [check])
    assert NOW - timedelta(days=9) == found["spare-pc"].at
    assert not proofs([entry("checked", broke, 1), entry("checked", shown, 9)], [check])["spare-pc"].works
    page = DeviceProved("spare-pc", True, "Firefox 150", "Linux", True, False)
    assert proofs([entry("device_proved", page, 2), entry("checked", broke, 5)], [check])["spare-pc"].works


def test_the_vendors_mode_counts_when_its_note_and_the_shop_say_so():
    """A note alone is no proof; a brand that cannot sell alone is no rung, whatever was ticked; no note: the proof counts."""
    square, erpnext = VENDORS["square"], VENDORS["erpnext"]
    assert NEVER == vendor_offline(square, [MODE], {}, NOW).why
    assert vendor_offline(square, [MODE], seen(3), NOW).ready
    assert NO_MODE == vendor_offline(erpnext, [MODE], seen(3), NOW).why
    assert vendor_offline(None, [MODE], seen(3), NOW).ready
    assert vendor_offline(None, [SPARE], seen(3), NOW) is None


def test_after_its_time_the_vendors_mode_is_no_rung_any_more():
    """Square keeps card payments for a day: then the shop falls further, and is told why."""
    way = vendor_offline(VENDORS["square"], [MODE], seen(3), NOW)
    facts = Facts(cloud="down", cause="our-line", vendor_offline=way, away_s=86_399.0, tills=1)
    assert 3 == best(ladder(facts)).number
    late = ladder(replace(facts, away_s=86_400.0))
    assert 4 == best(late).number
    assert "Square: its time without the cloud is over (24 h)" == late[3].why


def test_a_mode_without_a_known_end_stays():
    """Where the vendor says no time, none is invented."""
    facts = Facts(cloud="down", cause="our-line", vendor_offline=Way("it", True), away_s=1e9)
    assert 3 == best(ladder(facts)).number


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Sqare", "we have no note of this brand; did you mean Square?"),
        ("shopfy pos", "we have no note of this brand; did you mean Shopify POS?"),
        ("Kassa-Kalle 3000", "we have no note of this brand"),
        (" square", ""),
        ("", ""),
    ],
)
def test_a_brand_that_is_misspelt_is_told(tmp_path, name, why):
    """On the ladder with the name as it was written, and by doctor; a mode that was seen to work counts all the same."""
    way = offline_of(name, [SPARE], seen(3), NOW)
    assert why == (way.why if way is not None and way.name == name else "")
    assert why in ("", [one.why for one in ladder(Facts(cloud="down", vendor_offline=way))][3].removeprefix(f"{name}: "))
    assert offline_of(name, [MODE], seen(3), NOW).ready
    assert (False, FAILED) == ((tried := offline_of(name, [MODE], seen(3, works=False), NOW)).ready, tried.why)
    write_settings(tmp_path, {"vendor": name})
    told = [one.found for one in examine(tmp_path) if one.what == "Vendor"]
    assert ([f"{name!r}: {why}"] if why else ["Square"] if name else []) == told
