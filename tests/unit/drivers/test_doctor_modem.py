"""What `tideover doctor` says of the modem: ready with its signal, or what to look at."""

from __future__ import annotations

from tideover.commands.doctor_receipts import checks_of
from tideover.settings import Settings
from unit.drivers.at_modem import Modem


def said(folder, device: str) -> tuple[str, ...]:
    return next(one for one in checks_of(Settings(modem=device), folder) if one[0] == "Modem")


def test_the_modem_is_asked_how_it_is(tmp_path):
    """One that answers is well; one that is not there is missing, with what to do."""
    with Modem() as modem:
        what, state, found, step = said(tmp_path, modem.path)
        assert ("Modem", "ok", "") == (what, state, step) and "ready" in found
    _, state, _, step = said(tmp_path, str(tmp_path / "gone"))
    assert "missing" == state and "SIM" in step


def test_a_shop_without_a_modem_hears_nothing_of_it(tmp_path):
    """Nothing is missing that nobody named."""
    assert "Modem" not in [one[0] for one in checks_of(Settings(), tmp_path)]
