"""A journal whose bytes somebody or something changed: it is never called whole, and never makes the box fall over.

A real journal.db is spoiled at random: bits turned, pages overwritten, cut, swapped or put in, and cells edited with a database tool.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.house import OpenBox
from models.amount import amount
from tideover.errors import Damaged, DiskFailed, Misconfigured, TideoverError
from tideover.journal.chain import Head
from tideover.journal.verify import verify_file

PAGE = 4_096
SALES = 24
TEXT = st.characters(exclude_categories=["Cs"])
SIGNED = ("signed", "signature", "prev", "hash", "recorded_at", "till", "till_seq", "id", "kind", "trading_day", "happened_at", "version")


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A data directory with some sales, closed cleanly, and its head."""
    folder = tmp_path_factory.mktemp("sold")
    with OpenBox(folder) as box:
        box.run(box.till.send(*(box.till.sign() for _ in range(SALES))))
        head = str(box.house.journal.head())
    connection = apsw.Connection(str(folder / "journal.db"))
    connection.pragma("journal_mode", "delete")  # All of it in one file.
    connection.close()
    return folder, head


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the spoiled copies stand, one after the other."""
    return tmp_path_factory.mktemp("spoiled")


Spoil = st.one_of(
    st.tuples(st.just("bit"), st.floats(0, 1), st.integers(0, 7)),
    st.tuples(st.just("bytes"), st.floats(0, 1), st.binary(min_size=1, max_size=64)),
    st.tuples(st.just("page"), st.floats(0, 1), st.sampled_from([b"\0", b"\xff", b"tear"])),
    st.tuples(st.just("cut"), st.floats(0, 1), st.just(0)),
    st.tuples(st.just("swap"), st.floats(0, 1), st.floats(0, 1)),
    st.tuples(st.just("insert"), st.floats(0, 1), st.sampled_from([b"\0", b"\xff", b"tear"])),
)


def spoiled(content: bytes, how: tuple[str, float, object]) -> bytes:
    """The same file after that happened to it."""
    what, where, more = how
    at = min(int(where * len(content)), len(content) - 1)
    page = at // PAGE * PAGE
    fill = (more * PAGE)[:PAGE] if isinstance(more, bytes) else b""
    if what == "bit":
        return content[:at] + bytes([content[at] ^ (1 << more)]) + content[at + 1 :]
    if what == "bytes":
        return content[:at] + more + content[at + len(more) :]
    if what == "page":
        return content[:page] + fill + content[page + PAGE :]
    if what == "cut":
        return content[:at]
    if what == "insert":
        return content[:page] + fill + content[page:]
    other = min(int(more * len(content)), len(content) - 1) // PAGE * PAGE
    first, second = sorted((page, other))
    pages = [content[start : start + PAGE] for start in range(0, len(content), PAGE)]
    pages[first // PAGE], pages[second // PAGE] = pages[second // PAGE], pages[first // PAGE]
    return b"".join(pages)


def entries_of(path: Path) -> list[tuple[object, ...]] | None:
    """All that is chained and signed, as SQLite reads it; None where it cannot."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return connection.execute(f"SELECT seq, {', '.join(SIGNED)} FROM entry ORDER BY seq").fetchall()
        finally:
            connection.close()
    except apsw.Error:
        return None


@amount(150)
@given(spoils=st.lists(Spoil, min_size=1, max_size=3))
def test_verify_never_calls_a_changed_journal_whole(sold: tuple[Path, str], folder: Path, spoils: list[tuple[str, float, object]]) -> None:
    """It answers, or says Damaged; "whole" only where every chained byte is what it was."""
    path, content = folder / "verified.db", (sold[0] / "journal.db").read_bytes()
    before = entries_of(sold[0] / "journal.db")
    for one in spoils:
        content = spoiled(content, one) or b"x"
    path.write_bytes(content)
    try:
        said = verify_file(path, Head.parse(sold[1]))
    except (Damaged, Misconfigured):  # No journal any more, or one of a program newer than this: its number was hit.
        return
    if said.is_sound:
        assert before == entries_of(path)


@amount(50)
@given(
    column=st.sampled_from(SIGNED),
    seq=st.integers(1, SALES),
    value=st.one_of(st.integers(-(2**63), 2**63 - 1), st.binary(max_size=80), st.text(TEXT, max_size=40)),
)
def test_no_cell_of_an_entry_can_be_edited_unseen(sold: tuple[Path, str], folder: Path, column: str, seq: int, value: object) -> None:
    """With a database tool, the triggers dropped, whatever is written in whichever column."""
    path = folder / "edited.db"
    shutil.copy(sold[0] / "journal.db", path)
    before = entries_of(path)
    connection = apsw.Connection(str(path))
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    try:
        connection.execute(f"UPDATE entry SET {column} = ? WHERE seq = ?", (value, seq))
    except apsw.Error:  # The table itself says no: a wrong type, an id that is there already.
        return
    finally:
        connection.close()
    if before != entries_of(path):
        assert "broken" in verify_file(path).chain


class Spoiled(OpenBox):
    """A box on a data directory that is there already."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder / "exports")
        super().__init__(folder)

    async def _fill(self) -> None:
        self.callers = {"nobody": self.client(), "staff": self.machine}


@amount(30)
@given(spoils=st.lists(Spoil.filter(lambda one: one[0] != "cut"), min_size=1, max_size=2))
def test_a_box_with_a_spoiled_journal_says_so(sold: tuple[Path, str], folder: Path, spoils: list[tuple[str, float, object]]) -> None:
    """It does not open, with a plain word; or its status and its first page come, and what cannot be told is not told."""
    home = folder / "shop"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(sold[0], home)
    content = (home / "journal.db").read_bytes()
    for one in spoils:
        content = spoiled(content, one)
    (home / "journal.db").write_bytes(content)
    try:
        box = Spoiled(home)
    except TideoverError as error:
        assert error.hint
        return
    with box:
        for caller in ("nobody", "staff"):
            status = box.run(box.call(caller, "GET", "/v1/status"))
            page = box.run(box.call(caller, "GET", "/", headers={"Accept": "text/html"}))
            assert (200, 200) == (status.status_code, page.status_code), (status.text, page.text)
        journal = status.json()["journal"]
        assert journal["writable"] or ("numbered slips" in page.text and journal["hint"])
        lost = [name for name in ("recover", "in_flight", "findings_open", "money") if status.json()[name] is None]
        assert not (lost and journal["writable"])


def test_no_letter_of_a_trigger_turns_unseen(sold: tuple[Path, str], folder: Path) -> None:
    """`count + 1` became `count + 0`, or a column that is not there: found by `make fuzz`, where it made a page of error 500."""
    content = (sold[0] / "journal.db").read_bytes()
    connection = apsw.Connection(str(sold[0] / "journal.db"))
    words = connection.execute("SELECT CAST(sql AS BLOB) FROM sqlite_schema WHERE name = 'outbox_row_moves'").fetchall()[0][0]
    connection.close()
    begins = content.rindex(words)
    for at in range(begins, begins + len(words), 11):
        home = folder / "turned"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(sold[0], home)
        (home / "journal.db").write_bytes(spoiled(content, ("bit", (at + 0.5) / len(content), 0)))
        with pytest.raises(Damaged) as told:
            Spoiled(home)
        assert "numbered slips" in told.value.hint


def test_a_sum_that_became_a_text_is_told(sold: tuple[Path, str], folder: Path) -> None:
    """Before each row stand the types of its values. With a bit turned there the first page was an error 500 (`make fuzz`)."""
    content = (sold[0] / "journal.db").read_bytes()
    connection = apsw.Connection(str(sold[0] / "journal.db"))
    ((root,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'outbox_sum'").fetchall()
    connection.close()
    page, told = (root - 1) * PAGE, 0
    for at in [one for one in range(page + 64, page + PAGE) if content[one]]:  # After the head of the page, its rows.
        home = folder / "summed"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(sold[0], home)
        (home / "journal.db").write_bytes(spoiled(content, ("bit", (at + 0.5) / len(content), 2)))
        with Spoiled(home) as box:
            page_of_all = box.run(box.call("staff", "GET", "/", headers={"Accept": "text/html"}))
            assert 200 == page_of_all.status_code, at - page
            told += not box.house.journal.is_writable
    assert told > 5


def test_every_torn_page_leaves_a_status(sold: tuple[Path, str], folder: Path) -> None:
    """Page by page: 200 and a picture of what is left, or a box that does not open and says why."""
    content = (sold[0] / "journal.db").read_bytes()
    answered = 0
    for page in range(1, len(content) // PAGE):
        home = folder / "torn"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(sold[0], home)
        (home / "journal.db").write_bytes(spoiled(content, ("page", page * PAGE / len(content) + 1e-9, b"\xff")))
        try:
            box = Spoiled(home)
        except TideoverError:
            continue
        with box:
            answers = [box.run(box.call("staff", "GET", url)).status_code for url in ("/v1/status", "/")]
            assert [200, 200] == answers, page
            answered += 1
    assert answered > 5


@pytest.mark.parametrize(
    ("column", "value"),
    [("operator", None), ("kind", "CAST(x'ff616c65' AS TEXT)"), ("trading_day", "CAST(x'ff' AS TEXT)")],
    ids=["nothing", "kind", "day"],
)
def test_a_text_that_is_none_any_more_is_damage(sold: tuple[Path, str], folder: Path, column: str, value: str | None) -> None:
    """Broken UTF-8 in a column used to end `verify` in a traceback."""
    path = folder / "text.db"
    shutil.copy(sold[0] / "journal.db", path)
    connection = apsw.Connection(str(path))
    connection.execute("DROP TRIGGER entry_is_never_changed")
    if value is not None:
        connection.execute(f"UPDATE entry SET {column} = {value} WHERE seq = 5")
    connection.close()
    assert ("whole" if value is None else "broken at 5") == verify_file(path).chain


def test_an_outbox_that_counts_what_it_does_not_hold_is_damage(sold: tuple[Path, str], folder: Path) -> None:
    """Its rows gone and its sums left: the status used to be a fault of ours; now it says that the journal is damaged."""
    home = folder / "counted"
    shutil.copytree(sold[0], home)
    connection = apsw.Connection(str(home / "journal.db"))
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("DELETE FROM outbox WHERE state IN ('waiting', 'sending')")
    connection.close()
    with Spoiled(home) as box:
        status = box.run(box.call("staff", "GET", "/v1/status"))
    assert 200 == status.status_code
    told = status.json()
    assert (None, False, "file-damaged") == (told["recover"], told["journal"]["writable"], told["journal"]["code"])


def test_a_disk_that_takes_no_more_is_told_with_what_to_do(tmp_path: Path) -> None:
    """A write that failed used to leave a status that said only that the journal is not writable."""
    with OpenBox(tmp_path) as box:

        def fail(connection: apsw.Connection) -> None:
            raise apsw.FullError("the disk is full")

        with pytest.raises(DiskFailed):
            box.house.journal.database.write(fail)
        told = box.run(box.call("nobody", "GET", "/v1/status")).json()["journal"]
    assert (False, "disk-failed") == (told["writable"], told["code"])
    assert "numbered slip" in told["hint"]
