"""A slice of a day against a real Tryton, with every fault; checked by a query of Tryton's own database.

Tryton is slow for a test (some 30 ms a line), so that the slice is small; `make rehearse-all` plays whole days.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rehearse.days import write_day
from rehearse.test_rehearse import DEFECTS, FAULTS, holds, quiet
from tideover.learn.conductor import Options, rehearse

pytest.importorskip("trytond")
pytestmark = pytest.mark.xdist_group("tryton")  # One worker: the ready-made file is made once, and Tryton is hungry.

DAY = "2011-11-18"
FEW = 12  # Documents; some 60 lines.
ONCE = FAULTS | {"expire-login": 1.0, "crash": 1.0}  # Each start of the box reads the whole shop again.


def test_a_slice_with_every_fault_is_proven(tmp_path: Path) -> None:
    """Every equation holds, each fault struck, and Tryton's own tables say the same once more."""
    day = write_day(tmp_path / "days", DAY, 3, documents=FEW)
    kept = tmp_path / "kept"

    claim = rehearse(Options(files=(day,), cloud="tryton", tills=2, faults=ONCE, keep=kept), quiet).claim

    holds(claim)
    assert set(ONCE) == {name for name, count in claim.faults_injected.items() if count > 0}
    assert claim.parked_peak > 0
    assert 0 == claim.rounding_minor
    with closing(sqlite3.connect(kept / "shop.sqlite")) as books:
        states = Counter(state for (state,) in books.execute("SELECT state FROM account_invoice WHERE type = 'out'"))
        drafts = books.execute("SELECT count(*) FROM sale_sale WHERE state NOT IN ('processing', 'done', 'cancelled')").fetchone()[0]
        days = {day for (day,) in books.execute("SELECT DISTINCT date FROM account_move")}
        unbalanced = books.execute(
            "SELECT count(*) FROM (SELECT move FROM account_move_line GROUP BY move"
            " HAVING abs(sum(CAST(CAST(debit AS TEXT) AS REAL)) - sum(CAST(CAST(credit AS TEXT) AS REAL))) > 0.001)"
        ).fetchone()[0]
    assert claim.cloud_sales + claim.booked == states["paid"] + states["posted"]
    assert (0, 0) == (drafts, unbalanced)
    assert {DAY} == days


def test_a_send_without_asking_is_noticed(tmp_path: Path) -> None:
    """One lost answer, a box that sends again and looks only at the newest: a second sale stands there, and the proof names it."""
    day = write_day(tmp_path / "days", DAY, 3, documents=FEW // 2)
    defect = (DEFECTS, "tryton_without_asking")

    claim = rehearse(Options(files=(day,), cloud="tryton", tills=1, faults={"lost-reply": 0.001}, box=defect), quiet).claim

    assert claim.proof.startswith("broken: ")
    assert claim.doubled > 0 or "draft" in claim.proof


def test_one_request_after_the_other() -> None:
    """Two invoices posted at once would get one number in SQLite: the server lets in one request at a time."""
    from tideover.learn.erp_serve import with_till

    inside, most = [0], [0]
    both_came = threading.Barrier(2)

    def app(environ: Any, start_response: Any) -> list[bytes]:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        threading.Event().wait(0.05)  # Long enough for the other to come in, if it may.
        inside[0] -= 1
        return []

    serve = with_till(app)

    def call() -> None:
        both_came.wait(10)
        serve({"PATH_INFO": "/shop/rpc/"}, None)

    callers = [threading.Thread(target=call) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(10)

    assert 1 == most[0]
