"""A slice of `make rehearse-all`: whole days through real processes, with every fault, and with each defect planted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from rehearse.days import write_day
from tideover.learn import play
from tideover.learn.claim import Claim
from tideover.learn.conductor import Options, Progress, demo, rehearse
from tideover.learn.input import InputDocument
from tideover.model.sale import Document

FAULTS = {"lost-reply": 0.1, "duplicate": 0.05, "refuse": 0.02, "busy": 0.1, "slow": 0.1, "expire-login": 2.0, "crash": 3.0}
REAL_DAY = Path(__file__).parents[2].parent / "shared" / "data" / "retail-week" / "2011-11-18.csv"
DEFECTS = str(Path(__file__).parent / "defects.py")
DAY = "2011-11-18"


def quiet(progress: Progress) -> None:
    """Nobody watches."""


def holds(claim: Claim) -> None:
    """Every promise, looked at once more."""
    entries = claim.fallback_sales + claim.fallback_refunds
    assert "holds" == claim.proof
    assert (0, 0, 0, ()) == (claim.lost, claim.doubled, claim.difference_minor, claim.parked)
    assert entries == claim.booked
    assert claim.input_lines == claim.cloud_lines + claim.booked_lines + claim.unbookable_lines
    assert claim.input_sum_minor == claim.cloud_sum_minor + claim.booked_sum_minor + claim.unbookable_sum_minor
    assert (claim.cash.expected_minor, claim.card.expected_minor) == (claim.cash.counted_minor, claim.card.batch_minor)


@pytest.mark.parametrize(("cloud", "seed"), [("practice", 1), ("assisted", 2)])
def test_a_day_with_every_fault_is_proven(tmp_path: Path, cloud: str, seed: int) -> None:
    """Nothing lost, nothing doubled, nobody left waiting, to the cent, though each fault struck."""
    day = write_day(tmp_path / "days", DAY, seed, documents=120)

    claim = rehearse(Options(files=(day,), cloud=cloud, seed=seed, faults=FAULTS), quiet).claim

    holds(claim)
    assert set(FAULTS) == {name for name, count in claim.faults_injected.items() if count > 0}
    assert claim.parked_peak > 0


@pytest.mark.skipif(not REAL_DAY.exists(), reason="the real week lies outside the repository")
def test_a_real_day_is_proven_and_kept(tmp_path: Path) -> None:
    """Real invoices, nobody confirms; the folder keeps journal, cloud, report and claim."""
    kept = tmp_path / "kept"

    played = rehearse(Options(files=(REAL_DAY,), nobody=True, keep=kept), quiet)

    holds(played.claim)
    assert 120 <= played.claim.declare_s <= 140
    assert {"journal.db", "practice.db", "report.html", "claim.json"} <= {path.name for path in kept.iterdir()}
    assert played.claim.chain_head == json.loads((kept / "claim.json").read_text(encoding="utf-8"))["chain_head"]


def test_the_demo_is_proven() -> None:
    """The corner shop's Friday with a nasty cloud: noticed in ten seconds, hardly any work afterwards."""
    claim = demo(Options(), quiet).claim

    holds(claim)
    assert claim.detect_s <= 10
    assert claim.human_minutes_per_100 <= 1
    assert claim.fallback_refunds > 0


def test_several_days_are_one_claim(tmp_path: Path) -> None:
    """The outage is played on each day; one journal, one claim over all."""
    days = tuple(write_day(tmp_path / "days", f"2011-11-1{n}", n, documents=40) for n in (7, 8))

    claim = rehearse(Options(files=days, faults={"lost-reply": 0.2}), quiet).claim

    holds(claim)
    assert ["2011-11-17", "2011-11-18"] == [pair.key for pair in claim.by_day]


# Planted defects ------------------------------------------------------------------------------------


def broken(tmp_path: Path, defect: str, faults: dict[str, float]) -> str:
    """The proof of a day that the box played with that defect."""
    day = write_day(tmp_path / "days", DAY, 1, documents=120)
    return rehearse(Options(files=(day,), faults=faults, box=(DEFECTS, defect)), quiet).claim.proof


def test_a_send_without_asking_is_noticed(tmp_path: Path) -> None:
    """The proof names the entry and both documents."""
    assert "is doubled: the cloud holds" in broken(tmp_path, "send_without_asking", {"lost-reply": 0.3})


def test_an_outbox_that_drops_on_4xx_is_noticed(tmp_path: Path) -> None:
    """The proof names the entry that nobody has."""
    assert "is lost: neither in the cloud nor parked" in broken(tmp_path, "drop_on_4xx", {"refuse": 0.1})


def test_a_tail_that_was_cut_off_is_noticed(tmp_path: Path) -> None:
    """The tills saw a head that lies beyond the journal's end."""
    assert "the journal's tail is cut" in broken(tmp_path, "cut_tail", {})


def test_a_line_rounded_twice_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof names the document and the line. Planted in the tills, which the rehearsal plays itself."""
    right = play.document_of

    def twice(given: InputDocument, number: str, currency: str, **more: Any) -> Document:
        document = right(given, number, currency, **more)
        if len(document.lines) <= play.SLIP_LINES_MAX:  # Those may be keyed from slips, and the box checks slips.
            return document
        first = structs.replace(document.lines[0], amount_minor=document.lines[0].amount_minor + 1)
        return structs.replace(document, lines=(first, *document.lines[1:]))

    monkeypatch.setattr(play, "document_of", twice)

    assert ", line 1: " in broken(tmp_path, "none", {})
