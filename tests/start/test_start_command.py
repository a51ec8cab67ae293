"""`tideover start` as a process of its own: from nothing to papers, twice, with bad files, beside a box and beside another shop."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
from pathlib import Path

import httpx
import pytest

from bad_luck.box import Box, Said, tideover
from tideover.commands.reading import opened
from tideover.plan.records import Party, Thing
from tideover.world import real_world

ANSWERS = Path(__file__).parents[2] / "docs" / "answers.toml"
HEADER = "Koodi;Nimi;Hinta;ALV;Osasto\n"
ROWS = [f"{n};Tuote ÄÖÅ {n};{n % 90},95;25,5;Osasto {n % 3}\n" for n in range(1, 61)]
PRICES = HEADER + "".join(ROWS)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home with nothing in it."""
    for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    (tmp_path / "home").mkdir()
    (tmp_path / "prices.csv").write_text(PRICES, encoding="utf-8")
    return tmp_path


def start(home: Path, *more: str | Path, answers: Path = ANSWERS, prices: str = "prices.csv") -> Said:
    """Of the small kit: the whole one is made in tests of the kit."""
    return tideover("start", "--answers", answers, "--prices", prices, "--out", "kit", "--json", *more, cwd=home)


def told(said: Said) -> dict:
    assert said.code in (0, 3), said.err
    return json.loads(said.out)


def codes(data: Path) -> set[str]:
    with opened(data, real_world()) as found:
        return {one.code for one in found.copies.rows("items", None).rows}


def test_from_nothing_to_papers_and_once_more(home: Path) -> None:
    """Every file is there with its hash; what is missing is named; a second run changes nothing in plan or journal."""
    first = told(start(home, "--data", "shop"))
    assert {"plan", "slips", "price-list", "blank", "contacts", "card"} <= {one["kind"] for one in first["files"]}
    for one in first["files"]:
        body = (home / "kit" / one["path"]).read_bytes()
        assert one["sha256"] == hashlib.sha256(body).hexdigest()
        assert {"kind", "path", "pages", "rows", "sha256", "as_of"} == set(one)
    assert {"code": "Koodi", "name": "Nimi", "unit_price": "Hinta", "vat_percent": "ALV", "department": "Osasto"} == first["brought"][
        "items"
    ]["columns"]
    assert 60 == first["brought"]["items"]["rows"]
    assert (5, "print") == (len(first["checks"]), first["next"][0]["key"])
    before = state(home / "shop")
    second = told(start(home, "--data", "shop"))
    assert (before, first["checks"]) == (state(home / "shop"), second["checks"])


def state(data: Path) -> tuple[str, int, int]:
    """Revision of the plan, entries of the journal, pads."""
    with opened(data, real_world()) as found:
        return found.plan.revision(), len(found.journal.read()), len(found.plan.pads())


def test_a_changed_answer_changes_that_and_nothing_else(home: Path) -> None:
    """The carrier is another one; what a hand wrote beside it stays."""
    told(start(home, "--data", "shop", prices="prices.csv"))
    assert 0 == tideover("plan", "set", "thing", "spare-computer", "place=Back room", "--data", "shop", cwd=home).code
    changed = home / "mine.toml"
    changed.write_text(ANSWERS.read_text(encoding="utf-8").replace('"Elisa"', '"Telia"'), encoding="utf-8")
    told(start(home, "--data", "shop", answers=changed))
    with opened(home / "shop", real_world()) as found:
        assert "Telia" == found.plan.get(Party, "line-carrier").name
        assert "Back room" == found.plan.get(Thing, "spare-computer").place


def test_another_shop_keeps_its_place(home: Path) -> None:
    """Without --data the platform's place is used while it is free; a second shop gets a folder beside its papers."""
    first = told(start(home))
    other = home / "other.toml"
    text = ANSWERS.read_text(encoding="utf-8").replace("Kulmakauppa", "Toinen").replace("1234567-1", "7654321-9")
    other.write_text(text, encoding="utf-8")
    kept = {path: path.read_bytes() for path in Path(first["data"]).glob("*.toml")}
    second = start(home, answers=other)
    assert (str((home / "kit" / "shop-data").resolve()), True) == (
        told(second)["data"],
        "holds Kulmakauppa and stays as it is" in second.err,
    )
    assert kept == {path: path.read_bytes() for path in Path(first["data"]).glob("*.toml")}
    refused = start(home, "--data", first["data"], answers=other)
    assert (2, True) == (refused.code, "holds Kulmakauppa" in refused.err and refused.is_plain)


@pytest.mark.parametrize(
    ("name", "content", "more", "why"),
    [
        ("empty.csv", b"", (), "it is empty"),
        ("heads.csv", HEADER.encode(), (), "no row below them"),
        ("noprice.csv", b"Koodi;Nimi\n1;a\n2;b\n", (), '--column unit_price="HEADING"'),
        ("page.csv", b"<!doctype html>", (), "log-in page"),
        ("torn.xlsx", b"PK\x03\x04torn", (), "torn.xlsx cannot be read"),
        ("old.xls", b"\xd0\xcf\x11\xe0old", (), "old Excel file"),
        ("nul.csv", b"a;b\n\0;1\n", (), "bytes that no text has"),
        ("prices.csv", PRICES.encode(), ("--column", "price=Foo"), "it has no column 'Foo'"),
        ("prices.csv", PRICES.encode(), ("--column", "Foo"), "write FIELD=HEADING"),
        ("prices.csv", PRICES.encode(), ("--vat", "abc"), "is no percentage"),
        ("prices.csv", PRICES.encode(), ("--data", "prices.csv/x"), "cannot be used"),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_written(
    home: Path, name: str, content: bytes, more: tuple[str, ...], why: str
) -> None:
    """Exit 2, words, and no data directory."""
    (home / name).write_bytes(content)
    said = start(home, *(more if "--data" in more else ("--data", "shop", *more)), prices=name)
    assert (2, True, True) == (said.code, why in said.err, said.is_plain), said.err
    assert not (home / "shop").exists()


@pytest.mark.parametrize(
    ("content", "items"),
    [
        ("Koodi;Nimi;Hinta\n1;Kääpä;2,50\n".encode("latin-1"), {"1": ("Kääpä", 25_000, 255_000)}),
        ("Koodi;Nimi;Hinta;ALV\n1;=cmd|'/c calc'!A0;2,50;25,5\n2;שלום;3,00;13,5\n".encode(), {"2": ("שלום", 30_000, 135_000)}),
    ],
    ids=["latin-1 without VAT", "formula and right-to-left"],
)
def test_odd_files_are_read_and_what_was_assumed_is_said(home: Path, content: bytes, items: dict) -> None:
    """Old letters, no VAT column, a formula for a name."""
    (home / "odd.csv").write_bytes(content)
    said = start(home, "--data", "shop", prices="odd.csv")
    remarks = " ".join(told(said)["remarks"])
    assert ("All items take 25.5 % VAT." in remarks) != ("is a formula" in remarks)
    with opened(home / "shop", real_world()) as found:
        assert items == {one.code: (one.name, one.unit_price, one.vat_ppm) for one in found.copies.rows("items", None).rows}


def test_a_spreadsheet_is_read(home: Path) -> None:
    """As Excel writes it: numbers as numbers, codes as texts."""
    import openpyxl

    book, body = openpyxl.Workbook(), io.BytesIO()
    for row in (["SKU", "Name", "Price", "VAT %"], ["001", "Kahvi", 2.5, 0.135], ["002", "Tee", 3, 0.255]):
        book.active.append(row)
    book.save(body)
    (home / "prices.xlsx").write_bytes(body.getvalue())
    told(start(home, "--data", "shop", prices="prices.xlsx"))
    with opened(home / "shop", real_world()) as found:
        assert {"001": 135_000, "002": 255_000} == {one.code: one.vat_ppm for one in found.copies.rows("items", None).rows}


def test_prices_of_another_shop_leave_the_copy_as_it_is(home: Path) -> None:
    """Another currency, other codes, other VAT: each is named; --replace takes them."""
    told(start(home, "--data", "shop"))
    before = codes(home / "shop")
    (home / "uk.csv").write_text("Code,Name,Price GBP,VAT\n" + "".join(f"X{n},Thing,1.00,20\n" for n in range(30)), encoding="utf-8")
    said = start(home, "--data", "shop", prices="uk.csv")
    for needed in ("GBP", "of the 60 records known until now only 0", "20 % is no VAT rate of FI", "--replace"):
        assert needed in said.err
    assert (2, before) == (said.code, codes(home / "shop"))
    told(start(home, "--data", "shop", "--replace", prices="uk.csv"))
    assert {f"X{n}" for n in range(30)} == codes(home / "shop")


def test_it_works_beside_a_running_box(home: Path) -> None:
    """Through its API; the box takes the new settings by itself, and whoever calls meanwhile is answered."""
    with Box(home / "shop") as box:
        done = told(start(home, "--data", "shop"))
        assert 60 == done["brought"]["items"]["rows"]
        deadline = real_world().stopwatch_s() + 30
        while (shop := httpx.get(f"{box.url}/v1/status", trust_env=False, timeout=30).json()["shop"]) != "Kulmakauppa":
            assert real_world().stopwatch_s() < deadline, shop
        assert 60 == next(one["count"] for one in box.get("/v1/status")["copies"] if one["dataset"] == "items")
        refused = start(home, "--data", "shop", prices=str(_uk(home)))
        assert (2, True) == (refused.code, "GBP" in refused.err)
    assert 60 == len(codes(home / "shop"))


def _uk(home: Path) -> Path:
    path = home / "uk.csv"
    path.write_text("Code,Name,Price GBP,VAT\n1,Thing,1.00,25.5\n", encoding="utf-8")
    return path


def test_what_a_person_reads_at_the_end(home: Path) -> None:
    """Without --json: what was made, what could not be and why, the checks, the next bite and the trial, in the papers' language."""
    said = tideover("start", "--answers", ANSWERS, "--data", "shop", "--out", "kit", cwd=home)
    ends = "Seuraava pala (3 min): Tuo hinnasto", "Irrota nyt netti"
    needed = ("paperia, ", "Viisi tarkistusta", *ends, "tekemättä: open-orders: Avoimista")
    assert (3, []) == (said.code, [one for one in needed if one not in said.out]), said.out + said.err


def test_faults_of_the_answers_come_all_at_once(home: Path) -> None:
    """With line and field; nothing was written."""
    (home / "bad.toml").write_text('[shop]\nnmae = "x"\ncountry = "Finland"\n', encoding="utf-8")
    said = start(home, "--data", "shop", answers=home / "bad.toml")
    assert (2, True, True) == (said.code, "line 2, shop.nmae" in said.err, "line 3, shop.country" in said.err)
    assert not (home / "shop").exists()


def test_the_terminal_asks_what_the_pages_ask(home: Path) -> None:
    """Enter skips, < goes back, a wrong number is asked again; what was answered is kept even if the line is hung up."""
    import pty
    import subprocess

    main, side = pty.openpty()
    command = [sys.executable, "-m", "tideover", "start", "--no-browser", "--lang", "en", "--data", "shop", "--out", "kit"]
    process = subprocess.Popen(command, stdin=side, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=home)
    os.close(side)
    typed = ["Äyräs", "", "<", "1234567-1", "", "", "2", "call me", "09 123"]
    os.write(main, "".join(f"{one}\n" for one in typed).encode())
    os.write(main, b"\x04")  # Hung up at the seventh prompt.
    out, err = process.communicate(timeout=60)
    os.close(main)
    text = (home / "shop" / "answers.toml").read_text(encoding="utf-8")
    for needed in ('name = "Äyräs"', 'business_id = "1234567-1"', 'brand = "Brightpearl"', 'support = "09 123"'):
        assert needed in text, err.decode()
    assert (b"'call me' is no phone number" in err, b"Traceback" in err + out) == (True, False)
