"""The guided card: codes that a network takes, the old diversion asked first and put back, and never all erased at once."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from tideover.plan.calls import ABROAD, CHECK, KINDS, NEVER, armed_checks, card_of, tel
from tideover.settings import Settings

MOBILE = "+358 40 123 4567"


def codes(steps) -> list[str]:
    return [one.code for one in steps if one.code]


def test_a_mobile_is_asked_diverted_and_asked_again():
    """What is there first; then the number; then what the network says."""
    card = card_of("mobile", MOBILE)
    assert ["*#21#", "**21*+358401234567#", "*#21#"] == codes(card.go)
    assert ["#21#", "*#21#"] == codes(card.back)
    assert ["*#62#", "**62*+358401234567#", "**61*+358401234567*11*20#", "*#62#"] == codes(card.beforehand)


def test_the_old_diversion_of_a_mobile_is_put_back():
    """Registered anew, not only switched off."""
    assert ["**21*0501112223#", "*#21#"] == codes(card_of("mobile", MOBILE, "050 111 2223").back)


@pytest.mark.parametrize(
    ("country", "to", "dialled"),
    [
        ("FI", "+358 40 123 4567", "*21*0401234567#"),
        ("FI", "+46 70 123 45 67", "*21*0046701234567#"),
        ("GB", "+44 7700 900123", "*21*07700900123#"),
        ("AU", "+358401234567", "*21*0011358401234567#"),
        ("AU", "+61 2 5550 1234", "*21*0255501234#"),
        ("FI", "040 123 4567", "*21*0401234567#"),
    ],
)
def test_a_fixed_line_dials_no_plus(country, to, dialled):
    """As one dials from that country, with one star."""
    assert dialled == codes(card_of("fixed", to, country=country).go)[1]
    assert "0011" == ABROAD["AU"]


def test_a_telephone_system_is_told_its_own_codes():
    """FreePBX's, and their way back."""
    assert (["*720401234567"], ["*73"]) == (codes(card_of("pbx", MOBILE).go), codes(card_of("pbx", MOBILE).back))
    assert ["*72" + "0501112223"] == codes(card_of("pbx", MOBILE, "0501112223").back)


def test_a_portal_is_opened_and_has_no_codes():
    """Its address, once; an address that is none of the web is left out."""
    card = card_of("sip-portal", MOBILE, portal="https://carrier.example/calls")
    assert ("https://carrier.example/calls", [], False) == (card.go[0].href, codes(card.go), card.has_codes)
    assert "" == card_of("sip-portal", MOBILE, portal="javascript:alert(1)").go[0].href


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("before", ["", "0501112223", "the voicemail, after 20 seconds"])
@pytest.mark.parametrize("to", ["", MOBILE])
def test_no_step_of_any_card_erases_anything(kind, before, to):
    """No ## code at all; each card has a test call and a way back that ends with a ring in the shop."""
    card = card_of(kind, to, before, "https://carrier.example")
    steps = [*card.go, *card.back, *card.beforehand]
    assert not any("##" in one.code or "002" in one.code for one in steps)
    assert "another phone" in card.go[-1].text and "in the shop again" in card.back[-1].text
    assert all(one.href.startswith(("tel:", "https://")) or not one.href for one in steps)
    assert ("##002#" in NEVER) and any("write" in one.text.lower() for one in card.go)


def test_without_a_number_there_is_nothing_to_dial():
    """The code is shown with a gap, and no telephone is given it."""
    step = card_of("mobile", "").go[1]
    assert ("**21*…#", "") == (step.code, step.href)


@pytest.mark.parametrize("code", ["*#21#", "**21*+358401234567#", "**61*040*11*20#"])
def test_an_address_for_telephones_holds_the_whole_code(code):
    """# would end an address: it is written %23."""
    address = tel(code)
    assert code == unquote(address.removeprefix("tel:")) and re.fullmatch(r"tel:[0-9*+%A-F]+", address)


def test_the_plan_asks_whether_the_carrier_diverts_by_itself():
    """Every three months, where the shop says what its phones are."""
    (check,) = armed_checks(Settings(phone_kind="mobile"), "Anna", "Pekka")
    assert (CHECK, 90, "Anna", "Pekka") == (check.key, check.period_days, check.first_person, check.second_person)
    assert [] == armed_checks(Settings(), "Anna")
