"""A kit in a folder: all of it or what was there before, the same bytes each time, and nobody else's file touched."""

from __future__ import annotations

import hashlib
import json
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from tideover.commands.kit import sample_matter
from tideover.errors import BoxBusy, FolderUnusable
from tideover.journal.lock import hold
from tideover.kit.make import MAKERS, Pressing, count_pages, every_sheet, make_kit, path_of
from tideover.kit.sheet import KINDS
from tideover.kit.shelf import BESIDE, LIST, Shelf
from tideover.settings import Settings
from unit.kit.conftest import texts_of
from unit.kit.crowded import plain_matter

FEW = ("plan", "contacts", "log-sheet", "supplier-calls")


def make(out, press, matter=None, languages=("en",), kinds=FEW):
    return make_kit(matter or sample_matter("en"), languages, out, press, lambda *_: None, kinds=kinds)


def inside(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def test_every_kind_of_the_contract_has_a_maker():
    """Named by the contract, made by a module."""
    assert set(KINDS) == set(MAKERS)


def test_each_file_is_what_the_list_says_of_it(tmp_path, press):
    """Kind, path, pages, rows, hash and day; and progress is told from the first to the last."""
    told = []
    kit = make_kit(sample_matter("en"), ("en", "fi"), tmp_path, press, lambda *one: told.append(one), kinds=FEW)

    assert {"plan.en.pdf", "plan.fi.pdf", "contacts.en.pdf", "log-sheets.fi.pdf", "supplier-calls.en.pdf"} < {one.path for one in kit.files}
    for one in kit.files:
        body = (tmp_path / one.path).read_bytes()
        assert (hashlib.sha256(body).hexdigest(), count_pages(body)) == (one.sha256, one.pages)
        assert (one.as_of, one.rows > 0) == ("2026-11-20", True)
    assert () == kit.missing
    assert [(n, 8) for n in range(9)] == [(done, steps) for done, steps, _ in told]


def test_each_page_of_the_sample_says_so(tmp_path, press):
    """Nobody takes it for the shop's own."""
    for language, mark in (("en", "SAMPLE"), ("fi", "MALLI")):
        kit = make(tmp_path, press, sample_matter(language), (language,))
        pages = [text for one in kit.files for text in texts_of((tmp_path / one.path).read_bytes())]
        assert [page[:60] for page in pages if mark not in page] == []


def test_the_same_shop_gives_the_same_bytes_in_two_processes(tmp_path, press):
    """Also list and index; whoever keeps copies can tell by the hash that nothing has changed."""
    make(tmp_path / "here", press)
    make(tmp_path / "again", press)
    command = [sys.executable, "-m", "tideover", "kit", "--sample", "--out", str(tmp_path / "there")]
    only = [part for kind in FEW for part in ("--only", kind)]
    subprocess.run([*command, *only], check=True, capture_output=True, timeout=120)

    assert inside(tmp_path / "here") == inside(tmp_path / "again")
    assert inside(tmp_path / "here") == inside(tmp_path / "there")


def test_what_is_made_no_more_goes_and_everything_else_stays(tmp_path, press):
    """An older language and other kinds stay; a file that somebody changed or laid there is never touched."""
    make(tmp_path, press, languages=("en", "fi"))
    (tmp_path / "own.pdf").write_bytes(b"mine")
    (tmp_path / "contacts.en.pdf").write_bytes(b"written on")
    bare = replace(sample_matter("en"), parties=(), people=(), suppliers=())

    kit = make(tmp_path, press, bare, kinds=("contacts", "supplier-calls"))

    assert ["contacts", "supplier-calls"] == [lack.kind for lack in kit.missing]
    found = inside(tmp_path)
    assert (b"mine", b"written on") == (found["own.pdf"], found["contacts.en.pdf"])
    assert "supplier-calls.en.pdf" not in found
    assert {"supplier-calls.fi.pdf", "contacts.fi.pdf", "plan.en.pdf", "log-sheets.en.pdf"} < set(found)
    listed = json.loads(found[LIST])
    assert {"contacts", "supplier-calls"} == {one["kind"] for one in listed["missing"]}
    assert "supplier-calls.fi.pdf" in {one["made"]["path"] for one in listed["papers"]}


def test_a_real_kit_takes_the_place_of_the_sample_whole(tmp_path, press):
    """No page of the invented shop is left among the shop's own, in whatever language it was."""
    make(tmp_path, press, languages=("en", "fi"))

    make(tmp_path, press, plain_matter(), kinds=("log-sheet",))

    assert {"log-sheets.en.pdf", LIST, "index.html"} == set(inside(tmp_path))
    assert "SAMPLE" not in texts_of((tmp_path / "log-sheets.en.pdf").read_bytes())[0]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"papers": [{"made": {"path": 7}}]}', b"\xff\xfe" * 999])
def test_a_damaged_list_is_as_good_as_none(tmp_path, press, text):
    """The kit is made; nothing is removed on the word of such a file."""
    make(tmp_path, press)
    (tmp_path / LIST).write_bytes(text)

    make(tmp_path, press, kinds=("log-sheet",))

    assert "plan.en.pdf" in inside(tmp_path)


def test_a_list_cannot_lead_out_of_the_folder(tmp_path, press):
    """Whoever writes into kit.json removes nothing elsewhere, and nothing that no kit names."""
    out, victim = tmp_path / "kit", tmp_path / "victim.en.pdf"
    victim.write_bytes(b"x")
    make(out, press, kinds=("log-sheet",))
    (out / "letter.pdf").write_bytes(b"x")
    listed = json.loads((out / LIST).read_bytes())
    made = listed["papers"][0]["made"] | {"sha256": hashlib.sha256(b"x").hexdigest()}
    listed["papers"] = [
        {"made": made | {"path": path}, "title": "", "language": "en"} for path in ("../victim.en.pdf", str(victim), "letter.pdf")
    ]
    (out / LIST).write_text(json.dumps(listed))

    make(out, press, kinds=("log-sheet",))

    assert (b"x", b"x") == (victim.read_bytes(), (out / "letter.pdf").read_bytes())


@contextmanager
def files_at_most(size: int):
    """The disk takes no more of a file than that, as a full one does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_leaves_the_kit_as_it_was(tmp_path, press):
    """Not one file is new, half or gone; the error names the folder, and a later run with room makes all of it."""
    make(tmp_path, press)
    before = inside(tmp_path)

    with files_at_most(20_000), pytest.raises(FolderUnusable) as told:
        make(tmp_path, press, sample_matter("fi"), ("en", "fi"))
    assert str(tmp_path) in told.value.message
    assert before == inside(tmp_path)

    make(tmp_path, press, sample_matter("fi"), ("en", "fi"))
    assert set(before) < set(inside(tmp_path))


def test_a_folder_that_is_a_file_is_told(tmp_path, press):
    """Both for the folder itself and for one that the kit needs inside it."""
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(FolderUnusable):
        make(tmp_path / "file", press)
    assert b"x" == (tmp_path / "file").read_bytes()


def test_two_runs_do_not_mix_in_one_folder(tmp_path, press):
    """The second is refused while the first is at work; what a stopped one left is cleared away by the next."""
    (tmp_path / BESIDE / "cards").mkdir(parents=True)
    (tmp_path / BESIDE / "half.pdf").write_bytes(b"half")
    with hold(tmp_path / BESIDE), pytest.raises(BoxBusy):
        make(tmp_path, press)

    make(tmp_path, press)

    assert not (tmp_path / BESIDE).exists()
    assert not [name for name in inside(tmp_path) if "half" in name]


def test_a_name_leads_nowhere_else_and_two_of_a_name_are_told_apart():
    """A paper may be called anything."""
    names = ["../../etc/passwd", "COM1:", "ä/ö", "x" * 300, "log", "LOG", "log-2"]
    taken: set[str] = set()
    for name in names:
        taken.add(path_of("log-sheet", name, "en", "pdf", taken))

    expected = {"etc-passwd", "com1", "log-sheet", "x" * 80, "log", "log-2", "log-2-2"}
    assert {f"{name}.en.pdf" for name in expected} == taken
    assert "cards/a.fi.pdf" == path_of("card", "A", "fi", "pdf", taken)


def test_a_paper_that_cannot_be_shown_is_missing_and_one_that_is_too_long_is_told(tmp_path, press):
    """One maker's defect does not take the kit away on the day it is needed."""
    (good,) = every_sheet(plain_matter(), ["en"], ["log-sheet"])
    with Shelf(tmp_path) as shelf:
        work = Pressing(plain_matter(), press, shelf)
        for sheet in (replace(good, name="bad", data={}), replace(good, pages_max=2)):
            work.sheet(sheet)

    assert ["log-sheets.en.pdf"] == [paper.made.path for paper in work.papers]
    assert ["Log sheet: 4 pages where 2 should do; make its text shorter."] == work.remarks
    assert ["This sheet cannot be read"] == [lack.why.partition(":")[0] for lack in work.lacks]


def test_the_index_says_what_to_print_first_in_each_language(tmp_path, press):
    """With links that work, and no text of the shop read as markup."""
    evil = replace(sample_matter("fi"), settings=Settings(shop_name="<script>alert(1)</script>", language="fi"))
    kit = make(tmp_path, press, evil, ("fi", "en"), kinds=("contacts", "plan", "log-sheet"))

    page = (tmp_path / "index.html").read_text()
    assert "<script" not in page
    assert page.index("Tulosta nämä ensin") < page.index("plan.fi.pdf") < page.index("contacts.fi.pdf") < page.index("log-sheets.fi.pdf")
    assert page.index('lang="fi"') < page.index("Print these first")
    assert [one.path for one in kit.files if f'href="{one.path}"' not in page] == []
