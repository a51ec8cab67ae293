"""`tideover switch` and `tideover rehearsal link`: in a practice box, where lines exist in memory only; nothing of this machine moves."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import to_builtins

from tideover.activate.mover import Mover
from tideover.app import Seams, open_house
from tideover.drivers.pretend import Pretend
from tideover.drivers.switches import Surroundings
from tideover.settings import Settings
from tideover.world import real_world

LINES = 'lines = ["fibre device=wan0", "mobile device=wwan0 metered allowance_mb=500"]\n'


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "tideover.toml").write_text(LINES)
    return tmp_path


def run(folder: Path, *words: str, said: str = "") -> tuple[int, str, str]:
    command = [sys.executable, "-m", "tideover", *words, "--data", str(folder)]
    done = subprocess.run(command, input=said, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_list_works_on_a_folder_that_never_had_a_box(folder):
    """The lines of the settings, and that nobody has allowed anything."""
    code, out, _ = run(folder, "switch", "list", "--json")
    told = json.loads(out)
    assert (0, ["fibre", "mobile"], [], []) == (code, told["lines"], told["switches"], told["acts"])
    assert "Nobody has allowed anything" in run(folder, "switch", "list")[1]


def test_a_password_is_kept_among_the_secrets_and_printed_nowhere(folder):
    """Read from standard input; an empty one is none."""
    code, out, err = run(folder, "switch", "password", "router", said="s3cret-word\n")
    assert 0 == code and "s3cret" not in out + err
    assert all(b"s3cret-word" not in one.read_bytes() for one in folder.rglob("*") if one.is_file())
    assert 2 == run(folder, "switch", "password", "router", said="\n")[0]


def test_what_is_no_switch_is_wrong_use(folder):
    """It is named, and nothing is written."""
    code, _, err = run(folder, "switch", "disarm", "toaster")
    assert 2 == code and "toaster" in err and "'lines', 'router', 'pbx', 'modem'" in err
    assert ["tideover.toml"] == [one.name for one in folder.iterdir()]


def test_what_the_settings_do_not_name_is_told_with_its_setting(folder):
    """The list says what there is; whoever asks for another is told where it is named, and nothing is written."""
    assert "Can be moved: lines" in run(folder, "switch", "list")[1]
    code, _, err = run(folder, "switch", "arm", "pbx")
    assert 2 == code and "setting pbx" in err and "tideover.toml" in err
    (folder / "tideover.toml").write_text('lines = ["fibre", "mobile"]')
    assert "A person moves the lines" in run(folder, "switch", "list")[1]
    (folder / "tideover.toml").write_text("")
    assert "name 'lines', 'router', 'pbx' or 'modem' in tideover.toml" in run(folder, "switch", "list")[1]
    assert ["tideover.toml"] == [one.name for one in folder.iterdir()]


def test_a_box_for_practice_or_a_simulation_moves_memory_only(folder):
    """No driver of this machine is made there, whatever the settings name."""
    around = Surroundings(folder, real_world(), Settings(lines=("fibre device=wan0", "mobile device=wwan0"), is_practice=True))
    around.make_played()
    assert [Pretend] == [type(one) for one in around.switches]
    house = open_house(folder, real_world(), Seams(probes=[SilentProbe()]))
    try:
        assert isinstance(house.mover, Mover) and isinstance(house.mover.driver, Pretend)
        assert house.bells["switch"] is house.mover.switching.wake
    finally:
        import asyncio

        asyncio.run(house.shut())


class SilentProbe:
    """Says nothing about anything."""

    name, timeout_s = "nothing", 1.0

    async def look(self):
        raise NotImplementedError


def test_the_rehearsal_of_a_link_says_why_it_moved_nothing(folder):
    """On a machine whose lines do not answer: a reason, and no entry that anything was moved."""
    shutil.copy(folder / "tideover.toml", folder / "kept.toml")
    (folder / "tideover.toml").write_text('lines = ["fibre", "mobile"]\n')
    code, out, err = run(folder, "rehearsal", "link", "--yes", "--span", "0")
    assert 2 == code and "the box may not move it" in err and not out
    assert [] == json.loads(run(folder, "switch", "list", "--json")[1])["acts"]


@pytest.mark.parametrize(("hour", "asks"), [(12, True), (2, False)], ids=["by day", "by night"])
def test_while_the_shop_may_be_open_it_asks(folder, hour, asks):
    """Nobody answers: nothing is done. By night it goes on, to say why it moved nothing."""
    zone = zone_where_it_is(hour)
    (folder / "tideover.toml").write_text(f'lines = ["fibre", "mobile"]\ntime_zone = "{zone}"\n')
    code, _, err = run(folder, "rehearsal", "link", "--span", "0", said="n\n")
    assert (1 if asks else 2, asks) == (code, "may be open" in err), err


def zone_where_it_is(hour: int) -> str:
    """Etc/GMT-2 is two hours ahead."""
    ahead = (hour - real_world().now().hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}"


def test_figures_are_plain_values(folder):
    """What a program reads of a trial is what a person reads."""
    from tideover.activate.mover import Trialled

    assert {"line", "word", "why", "decided_ms", "carried_ms", "back_ms", "proof", "bytes_per_s", "is_back"} == set(
        to_builtins(Trialled("mobile", "done", ""))
    )
