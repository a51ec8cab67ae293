"""A box that dies or whose disk is full in the middle of its work: what it acknowledged is there, what it did not is not lost."""

from __future__ import annotations

import resource
import sys
import threading
from pathlib import Path

import httpx
import pytest

from bad_luck.box import Box, Till, id_of, tideover, verified
from tideover.journal.verify import verify_file

TILLS = 3
KILLED_AFTER = 60  # Acknowledged sales, counted over all tills.
DISK_BYTES = 300_000  # The largest file that this child may write: the journal's log meets it first.
DISK_FAILED = 507


def sell_on(till: Till, acknowledged: list[str], enough: threading.Event) -> list[dict[str, str]]:
    """Sale after sale until the box is gone; returns what was sent without an answer."""
    while True:
        batch = [till.sale(), till.sale()]
        try:
            reply = till.send(batch)
        except httpx.TransportError:
            return batch
        acknowledged += [one["id"] for one in reply.json()["answers"] if one["answer"] == "created"]
        if len(acknowledged) >= KILLED_AFTER:
            enough.set()


def test_kill_9_in_the_middle_of_appends(tmp_path: Path) -> None:
    """Every acknowledged sale is in the journal after the restart; what was on its way is sent again and stands once."""
    acknowledged: list[str] = []
    unsure: list[list[dict[str, str]]] = []
    enough = threading.Event()
    with Box(tmp_path / "shop") as box:
        tills = [Till(box.url, f"T{n}").enrol(box.staff) for n in range(TILLS)]
        threads = [threading.Thread(target=lambda till=till: unsure.append(sell_on(till, acknowledged, enough))) for till in tills]
        for thread in threads:
            thread.start()
        assert enough.wait(30)
        box.kill()
        for thread in threads:
            thread.join(30)
    for till in tills:
        till.client.close()

    assert "whole" == verify_file(box.data / "journal.db").chain
    with Box(box.data) as again:
        answers = []
        for batch in unsure:
            till = next(one for one in tills if f'"till":"{one.id}"'.encode() in _signed(batch[0]))
            with Till(again.url) as resent:
                resent.token = till.token
                answers += resent.answers(*batch)
    assert {"created", "exists"} >= {one["answer"] for one in answers}
    assert verified(box.data)[1]["chain"] == "whole"
    assert set(acknowledged) <= ids_in(box.data)
    assert {id_of(one) for batch in unsure for one in batch} <= ids_in(box.data)


def _signed(entry: dict[str, str]) -> bytes:
    import base64

    return base64.b64decode(entry["signed"])


def ids_in(data: Path) -> set[str]:
    import apsw

    connection = apsw.Connection(str(data / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        ids = [id for (id,) in connection.execute("SELECT id FROM entry WHERE kind = 'sale'")]
    finally:
        connection.close()
    assert len(ids) == len(set(ids))
    return set(ids)


def _small_disk() -> None:
    """Runs in the child: no file may grow beyond this, as on a full disk."""
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (DISK_BYTES, DISK_BYTES))


@pytest.mark.skipif(sys.platform == "win32", reason="a child's largest file is limited by RLIMIT_FSIZE")
def test_a_full_disk_takes_no_sale_and_says_so(tmp_path: Path) -> None:
    """507 with 'write a numbered slip'; the status says stop; what was acknowledged before is there, and with room all goes on."""
    acknowledged: list[str] = []
    with Box(tmp_path / "shop") as roomy:
        pass
    with Box(roomy.data, before=_small_disk) as box, Till(box.url).enrol(box.staff) as till:
        while (reply := till.send(batch := [till.sale() for _ in range(20)])).status_code == 200:
            acknowledged += [one["id"] for one in reply.json()["answers"] if one["answer"] == "created"]
        refused, status, page = reply.json(), box.get("/v1/status"), box.staff.get("/")

    assert DISK_FAILED == reply.status_code
    assert "NOT recorded" in refused["hint"] and "numbered slip" in refused["hint"]
    assert False is status["journal"]["writable"]
    assert "cannot record sales" in page.text
    assert "Traceback" not in box.said
    with Box(roomy.data) as again, Till(again.url) as resent:
        resent.token = till.token
        answers = resent.answers(*batch)
    assert {"created", "exists"} >= {one["answer"] for one in answers}
    assert len(acknowledged) > 20
    assert set(acknowledged) <= ids_in(roomy.data)
    assert (0, "whole") == ((found := verified(roomy.data))[0], found[1]["chain"])


@pytest.mark.skipif(sys.platform == "win32", reason="a child's largest file is limited by RLIMIT_FSIZE")
def test_a_disk_that_is_full_at_the_start(tmp_path: Path) -> None:
    """Not one page can be written: the box names the file and what to do, and ends with 5 or 2."""

    def no_disk() -> None:
        _small_disk()
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))

    said = tideover("box", "--data", tmp_path / "shop", "--port", "0", preexec_fn=no_disk)

    assert said.code in (2, 5)
    assert said.is_plain, said.err
