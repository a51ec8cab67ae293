"""A journal that is not what was written: the box stops writing, says what to do, and still shows what is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from bad_luck.box import Box, Till, tideover, verified

DAMAGED, WRONG_USE = 5, 2
SALES = 300  # Enough for the file to have many pages.


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Till, str]:
    """A data directory with some sales, the till that made them, and the head it was told."""
    with Box(tmp_path_factory.mktemp("sold") / "shop") as box, Till(box.url).enrol(box.staff) as till:
        head = till.send([till.sale() for _ in range(SALES)]).json()["head"]
    return box.data, till, head


@pytest.fixture
def data(sold: tuple[Path, Till, str], tmp_path: Path) -> Path:
    """A copy to damage."""
    to = tmp_path / "shop"
    to.mkdir()
    for path in sold[0].iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    (to / "box.log").unlink()
    return to


def statement(sql: str) -> Callable[[Path], None]:
    """Someone with a database tool."""

    def damage(journal: Path) -> None:
        connection = apsw.Connection(str(journal))
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(sql)
        connection.close()

    return damage


def torn_page(journal: Path) -> None:
    """A page in the middle that the disk spoiled."""
    content = bytearray(journal.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    journal.write_bytes(content)


def cut_in_half(journal: Path) -> None:
    content = journal.read_bytes()
    journal.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(
    "damage",
    [
        statement("UPDATE entry SET trading_day = '2026-11-19' WHERE seq = 150"),
        statement("UPDATE entry SET signed = CAST(replace(CAST(signed AS TEXT), '250', '150') AS BLOB) WHERE seq = 150"),
        statement("DELETE FROM entry WHERE seq = 150"),
        statement("DELETE FROM entry WHERE seq > 290"),
    ],
    ids=["column", "amount", "hole", "tail"],
)
def test_a_damaged_journal_stops_the_writing_and_not_the_reading(
    sold: tuple[Path, Till, str], data: Path, damage: Callable[[Path], None]
) -> None:
    """The box serves its pages, refuses every sale with what to do instead, and the file stays evidence."""
    damage(data / "journal.db")
    till = sold[1]

    with Box(data) as box:
        with Till(box.url, "T1") as again:
            again.id, again.key, again.token, again.seq = till.id, till.key, till.token, till.seq
            reply = again.send([again.sale()])
        page, status = box.staff.get("/"), box.get("/v1/status")

    assert reply.status_code >= 500
    assert "numbered slips" in reply.json()["hint"]
    assert 200 == page.status_code and "cannot record sales" in page.text
    assert (False, True) == (status["journal"]["writable"], bool(status["journal"]["hint"]))
    assert "numbered slips" in box.said and "Traceback" not in box.said, box.said
    closing = tideover("close", "--data", data, "--day", "2026-11-20", "--cash", "0", "--card", "0")
    assert (DAMAGED, True) == (closing.code, closing.is_plain), closing.err


def test_a_torn_page_stops_the_writing_and_the_copies_are_still_read(data: Path) -> None:
    """Where the disk gives nothing back, the pages still come, say so and what to do; prices are still found."""
    torn_page(data / "journal.db")

    with Box(data) as box, Till(box.url) as till:
        till.token = "none"
        page, status, found = box.staff.get("/"), box.staff.get("/v1/status"), box.get("/v1/search", q="coffee")

    assert (200, 200) == (page.status_code, status.status_code)
    journal = status.json()["journal"]
    assert "numbered slips" in page.text and "numbered slips" in journal["hint"]
    assert ("chain-broken", False) == (journal["code"], journal["writable"])
    assert None is status.json()["money"]  # What the torn page held cannot be told, so it is not.
    assert [] == found["rows"]
    assert "numbered slips" in box.said and "Traceback" not in box.said, box.said


def test_a_journal_cut_in_half_does_not_open(data: Path) -> None:
    """Nothing in it can be trusted: the box names it and the way on; the file stays as it is."""
    cut_in_half(data / "journal.db")
    before = (data / "journal.db").read_bytes()

    said = tideover("box", "--data", data, "--port", "0")

    assert (DAMAGED, True) == (said.code, said.is_plain)
    assert "numbered slips" in said.err
    assert before == (data / "journal.db").read_bytes()


# tideover verify ------------------------------------------------------------------------------------


def test_a_whole_journal(sold: tuple[Path, Till, str], data: Path) -> None:
    """Exit 0, and with the head that the till keeps the tail is witnessed."""
    assert (0, "whole", "witnessed") == ((found := verified(data, "--head", sold[2]))[0], found[1]["chain"], found[1]["tail"])


def test_a_lost_tail(sold: tuple[Path, Till, str], data: Path) -> None:
    """It fits together and is still not whole: the till's head says how many entries are gone."""
    statement("DELETE FROM entry WHERE seq > 290")(data / "journal.db")
    last = int(sold[2].partition(":")[0])

    code, found = verified(data, "--head", sold[2])

    assert (DAMAGED, "whole", f"missing {last - 290}") == (code, found["chain"], found["tail"])


def test_an_edited_entry(data: Path) -> None:
    """Exit 5, and the number of the entry."""
    statement("UPDATE entry SET trading_day = '2026-11-19' WHERE seq = 150")(data / "journal.db")

    code, found = verified(data)

    assert (DAMAGED, "broken at 150") == (code, found["chain"])
    assert "columns" in found["why"]


@pytest.mark.parametrize("content", [b"", b"date;amount\n", b"\x00\xff" * 5000, b"SQLite format 3\x00" + b"\x00" * 4080])
def test_a_file_that_is_no_journal(tmp_path: Path, content: bytes) -> None:
    """Empty, text, noise, hardly a database: exit 5 in case it once was one, with what to do in both cases."""
    (tmp_path / "journal.db").write_bytes(content)

    said = tideover("verify", tmp_path / "journal.db")

    assert (DAMAGED, True, "") == (said.code, said.is_plain, said.out)
    assert "is no journal" in said.err
    assert content == (tmp_path / "journal.db").read_bytes()


def test_another_database(data: Path) -> None:
    """plan.db is a database of ours, and no journal."""
    said = tideover("verify", data / "plan.db")

    assert (DAMAGED, True) == (said.code, said.is_plain)
    assert "it holds no entries" in said.err


def test_a_truncated_journal(data: Path) -> None:
    """Half a file is told as damage, not as a crash."""
    cut_in_half(data / "journal.db")

    said = tideover("verify", data / "journal.db")

    assert DAMAGED == said.code
    assert "Traceback" not in said.err
    assert "broken at" in said.out or "too damaged" in said.err


@pytest.mark.parametrize("head", ["5", "5:00", "x:" + "0" * 64, "-1:" + "0" * 64, "7:" + "0" * 63 + "g", "", "1" * 30 + ":" + "0" * 64])
def test_a_head_that_is_none(data: Path, head: str) -> None:
    """Exit 2 and how a head is written."""
    said = tideover("verify", data / "journal.db", "--head", head)

    assert (WRONG_USE, True) == (said.code, said.is_plain), said.err
    assert "SEQ:HEX" in said.err


@pytest.mark.parametrize("path", ["nowhere.db", "."])
def test_a_path_that_is_no_file(tmp_path: Path, path: str) -> None:
    """A missing file, and a folder."""
    said = tideover("verify", tmp_path / path)

    assert (WRONG_USE, True) == (said.code, said.is_plain)
