"""The rehearsal's Tryton, as far as it can be looked at without one: what is missing is said, books come to the cent."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from tideover.errors import ExtraMissing
from tideover.learn import erp
from tideover.learn.conductor import Options, rehearse
from tideover.learn.erp_books import spread
from tideover.learn.erp_shape import Shape
from tideover.practice.speech import TrytonSpeech
from tideover.practice.wire import Request

ENTRY = "0133b71d-bfa0-70d2-bf58-df111a3b45ad"


def call(method: str, *params: object, session: str = "Session x") -> Request:
    body = msgspec.json.encode({"id": 7, "method": method, "params": params})
    return Request("POST", "/shop/rpc/", [(b"authorization", session.encode())] if session else [], body)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint is the whole command."""

    def nothing(name: str) -> str:
        raise erp.PackageNotFoundError(name)

    monkeypatch.setattr(erp, "version", nothing)

    with pytest.raises(ExtraMissing) as caught:
        erp.tryton_version()

    assert "Install it with: pip install 'tideover[tryton]'" == caught.value.hint


def test_nothing_of_tryton_is_imported_by_the_conductor() -> None:
    """Only child processes load it: a shop without it rehearses with the practice cloud."""
    check = "import sys, tideover.learn.conductor; print([one for one in sys.modules if one.split('.')[0] in ('trytond', 'proteus')])"

    said = subprocess.run((sys.executable, "-c", check), capture_output=True, text=True, check=True).stdout

    assert "[]" == said.strip()


def test_the_generated_shop_is_not_for_tryton(tmp_path: Path) -> None:
    """It is refused before anything is set up."""
    with pytest.raises(Exception, match="with Tryton a file is played"):
        rehearse(Options(cloud="tryton", keep=tmp_path / "kept"), lambda progress: None)


def test_rates_of_all_years_are_set_up() -> None:
    """Britain's standard rate before and after January 2011, and one that only this file has."""
    assert {200_000, 175_000, 50_000, 0, 123_000} <= set(Shape(extra_rates_ppm=(123_000,)).rates_ppm)


@pytest.mark.parametrize("vat", [0, 167, -3])
def test_lines_come_to_the_books_to_the_cent(vat: int) -> None:
    """Whatever VAT the books have, the lines of a rate come to net and VAT together; each is near its own."""
    lines = [("A", 1_000, 333, 200_000), ("B", 2_000, 501, 200_000), ("C", 1_000, 999, 0)]

    found = spread(lines, Counter({200_000: vat}))

    assert 333 + 501 + vat == sum(one.amount_minor for one in found if one.vat_ppm == 200_000)
    assert [999] == [one.amount_minor for one in found if one.vat_ppm == 0]


def test_the_proxy_knows_which_call_begins_a_document() -> None:
    """A record made with our id in it; a look for the id, or another record, begins none."""
    speech = TrytonSpeech()

    assert speech.is_send(call("model.sale.sale.create", [{"reference": ENTRY}]))
    assert ENTRY == speech.entry_of(call("model.sale.sale.create", [{"reference": ENTRY}]))
    assert not speech.is_send(call("model.sale.sale.search_read", [["reference", "=", ENTRY]]))
    assert not speech.is_send(call("model.party.party.create", [{"name": "Aino"}]))


def test_only_calls_under_a_session_are_turned_away_later() -> None:
    """A log-in has no session: an ended one must not keep the shop out for good."""
    speech = TrytonSpeech()

    assert speech.needs_login(call("model.sale.sale.read"))
    assert not speech.needs_login(call("common.db.login", "tideover", {}, session=""))


def test_a_refusal_has_trytons_own_shape() -> None:
    """A UserError under the call's id, with 200."""
    said = TrytonSpeech().refusal(call("model.sale.sale.create", [{"reference": ENTRY}]))

    assert 200 == said.status
    assert {
        "id": 7,
        "error": ["UserError", ["The cloud does not take this one.", "Look at it with the vendor.", None]],
    } == msgspec.json.decode(said.body)
