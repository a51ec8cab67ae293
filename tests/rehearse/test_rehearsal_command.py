"""`tideover rehearsal`: begin and end one in the box that runs, and read what it showed, with and without that box."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tideover.app import open_house
from tideover.learn.processes import Program
from tideover.model.run import Part, PracticeFinding, PracticeFindingClosed, Rehearsed
from tideover.world import real_world

OONA, MAIJA = "Oona Öystilä", "Maija Mäkelä"
WRONG_USE, OPEN, UNREACHABLE = 2, 3, 4
WAIT_S = 60.0


def tideover(*given: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tideover", "rehearsal", *map(str, given)], capture_output=True, text=True, timeout=120)


def said(*given: object) -> Any:
    """The one object on standard output."""
    done = tideover(*given, "--json")
    assert done.returncode in (0, OPEN), done.stderr
    return json.loads(done.stdout)


def kept(folder: Path, missed: tuple[str, ...] = ("slip",), is_mended: bool = False) -> str:
    """A shop in which somebody rehearsed: the rehearsal's id."""

    async def play() -> str:
        house = open_house(folder, real_world(), port=0)
        parts = (Part(OONA, "decides, sells"), Part(MAIJA, "reads, writes"))
        body = Rehearsed("internet-down", 1_000_000, 1_700_000, "finished", parts, 61, 185, None, missed, ("refund",))
        id = (await house.journal.record("rehearsed", body)).id
        for one in missed:
            finding = PracticeFinding(f"internet-down/{one}", f"Nobody did it: {one}", MAIJA, "2026-12-20")
            raised = await house.journal.record("practice_finding", finding, refers_to=id)
            if is_mended:
                await house.journal.record("practice_finding_closed", PracticeFindingClosed(id), refers_to=raised.id)
        await house.shut()
        return id

    folder.mkdir()
    return asyncio.run(play())


def test_begun_and_ended_in_the_running_box(tmp_path: Path) -> None:
    """start says who plays what; a second start is refused; end breaks it off; list and show know it beside the running box."""
    folder = tmp_path / "shop"
    folder.mkdir()

    async def play() -> tuple[Any, ...]:
        box = Program("box", tmp_path, "-m", "tideover", "box", "--data", str(folder), "--port", "0", "--with-parent", "--json")
        ready = await box.start()
        try:
            begin = ("start", "--data", folder, "--scenario", "cloud-down", "--with", OONA, "--with", MAIJA)
            started = await asyncio.to_thread(said, *begin)
            again = await asyncio.to_thread(tideover, *begin)
            ended = await asyncio.to_thread(tideover, "end", "--data", folder)
            token = (folder / "operator.token").read_text().strip()
            async with httpx.AsyncClient(trust_env=False, headers={"Authorization": f"Bearer {token}"}) as client, asyncio.timeout(WAIT_S):
                while (await client.get(f"http://127.0.0.1:{ready['port']}/v1/rehearsal")).json()["running"] is not None:
                    await asyncio.sleep(0.1)
            listed = await asyncio.to_thread(said, "list", "--data", folder)
            shown = await asyncio.to_thread(tideover, "show", "--data", folder, started["id"][-6:])
            none = await asyncio.to_thread(tideover, "end", "--data", folder, "--json")
            return started, again, ended, listed, shown, none
        finally:
            await box.end()

    started, again, ended, listed, shown, none = asyncio.run(play())

    assert ("cloud-down", {OONA, MAIJA}) == (started["scenario"], set(started["people"]))
    assert again.returncode != 0 and "one is running" in again.stderr and "Traceback" not in again.stderr
    assert (0, "It ends now.") == (ended.returncode, ended.stdout[:12])
    assert [(started["id"], "interrupted", "A real customer came.")] == [
        (one["id"], one["how"], one["note"]) for one in listed["rehearsals"]
    ]
    assert [] == listed["findings"]
    assert 0 == shown.returncode and OONA in shown.stdout and "A real customer came." in shown.stdout
    assert none.returncode != 0 and "none is running" in none.stderr and "" == none.stdout


def test_what_is_open_is_the_exit_code(tmp_path: Path) -> None:
    """3 while a finding is open, 0 once it is shown to be mended; the object on standard output says the same."""
    kept(tmp_path / "open")
    kept(tmp_path / "mended", is_mended=True)

    still, done = tideover("list", "--data", tmp_path / "open"), tideover("list", "--data", tmp_path / "mended")
    objects = [said("list", "--data", tmp_path / name)["findings"][0] for name in ("open", "mended")]

    assert (OPEN, 0) == (still.returncode, done.returncode)
    assert f"open  Nobody did it: slip  {MAIJA}, due 2026-12-20" in still.stdout and "open " not in done.stdout
    assert "first sale 3:05" in still.stdout
    assert [True, False] == [one["is_open"] for one in objects]


def test_one_is_shown_with_its_figures(tmp_path: Path) -> None:
    """By the end of its id; times as minutes, what is not known as a dash; the same as one object."""
    id = kept(tmp_path / "shop")

    plain, whole = tideover("show", "--data", tmp_path / "shop", id[-6:].upper()), said("show", "--data", tmp_path / "shop", id)

    assert 0 == plain.returncode
    lines = [" ".join(one.split()) for one in plain.stdout.splitlines()]
    assert {"right next step 1:01", "first sale 3:05", "books closed –", "missed slip", "with help refund"} <= set(lines)
    assert f"{OONA}: decides, sells" in lines
    assert (id, 61, ["slip"], ["Nobody did it: slip"]) == (
        whole["id"],
        whole["to_step_s"],
        whole["missed"],
        [one["text"] for one in whole["findings"]],
    )


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (("start", "--with", OONA), UNREACHABLE),
        (("end",), UNREACHABLE),
        (("start",), WRONG_USE),
        (("end", "--how", "magic"), WRONG_USE),
        (("show", "nothing"), WRONG_USE),
        (("show", ""), WRONG_USE),
    ],
    ids=str,
)
def test_what_cannot_be_asked(tmp_path: Path, given: tuple[str, ...], code: int) -> None:
    """No box, no such rehearsal, no such end: the contract's exit code and a word, nothing on standard output."""
    kept(tmp_path / "shop")
    done = tideover(*given, "--data", tmp_path / "shop", "--json")
    assert (code, "", False) == (done.returncode, done.stdout, "Traceback" in done.stderr), done.stderr


def test_nobody_has_rehearsed_yet(tmp_path: Path) -> None:
    """Not an error: an empty list."""
    kept(tmp_path / "shop", missed=())
    folder = tmp_path / "new"
    folder.mkdir()

    async def make() -> None:
        await open_house(folder, real_world(), port=0).shut()

    asyncio.run(make())
    done = tideover("list", "--data", folder)
    assert (0, "") == (done.returncode, done.stdout) and "Nobody has rehearsed yet." in done.stderr
    assert {"rehearsals": [], "findings": []} == said("list", "--data", folder)
