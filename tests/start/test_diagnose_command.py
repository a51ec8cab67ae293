"""`tideover diagnose` as a shop would run it: on a bare machine, with dead, lying and honest servers, beside a running box."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import threading
from pathlib import Path

import pytest

from bad_luck.box import Box, tideover
from tideover.settings import write_settings
from unit.detect.neighbours import LOCAL, certificate, datagrams, names, page, web

DONE, WRONG_USE, OPEN = 0, 2, 3
SERVICES = ("power", "network", "internet", "dns", "cloud", "login", "cards", "phones", "tills", "printer", "box")
KEYS = {"name", "state", "cause", "evidence", "since", "meaning", "next_step"}
DEAD = ("127.0.0.1:1", "127.0.0.2:1", "127.0.0.3:1")


@contextlib.contextmanager
def serving(*servers):
    """Those servers, in a thread of their own for as long as the command runs; gives their ports."""
    ready, loop, ports = threading.Event(), asyncio.new_event_loop(), []

    async def serve():
        async with contextlib.AsyncExitStack() as stack:
            for one in servers:
                found = await stack.enter_async_context(one)
                ports.append(found[0] if isinstance(found, tuple) else found)
            serve.over = asyncio.Event()
            ready.set()
            await serve.over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield ports
    finally:
        loop.call_soon_threadsafe(lambda: serve.over.set())
        thread.join()
        loop.close()


def diagnosed(folder: Path, *words: str, **given):
    """Exit code and what it said, with settings as given."""
    folder.mkdir(exist_ok=True)
    write_settings(folder, given)
    said = tideover("diagnose", *words, "--data", folder, "--json")
    return said.code, json.loads(said.out)


def of(told, name):
    return next(one for one in told["services"] if one["name"] == name)


def test_on_a_machine_with_nothing_configured(tmp_path):
    """Every service has its row, nothing is claimed, nothing is made on the disk, and the floor is told."""
    said = tideover("diagnose", "--data", tmp_path / "none", "--json")
    told = json.loads(said.out)
    assert DONE == said.code
    assert SERVICES == tuple(one["name"] for one in told["services"])
    assert {"box": "up"} == {one["name"]: one["state"] for one in told["services"] if one["state"] != "unknown"}
    assert all(KEYS == set(one) for one in told["services"])
    assert {"number", "name", "why_not_higher"} == set(told["rung"])
    assert (0, "cloud", "self") == (told["rung"]["number"], told["rung"]["name"], told["by"])
    assert not (tmp_path / "none").exists()


def test_a_dead_line_behind_a_living_router(tmp_path):
    """Anchors refuse, the router answers: our line, in both languages, with a next step and the rung that is left."""
    given = {"anchors": DEAD, "link_address": f"{LOCAL}:9", "cloud": "practice", "cloud_url": "http://127.0.0.1:2"}
    code, told = diagnosed(tmp_path, **given)
    line = of(told, "internet")
    assert (OPEN, "down", "our-line", "up") == (code, line["state"], line["cause"], of(told, "network")["state"])
    assert "127.0.0.1:1: refuses the connection" in line["evidence"][0]
    assert ("down", 5) == (of(told, "cloud")["state"], told["rung"]["number"])
    assert told["rung"]["why_not_higher"][0].startswith("0 the cloud till: the cloud is not reached")


def test_a_certificate_a_hotel_and_a_lying_name_server(tmp_path):
    """Three servers that all answer, and none of them is what it should be: each is named."""
    context, _ = certificate(tmp_path)
    hotel = page("", "302 Found", "Location: http://hotel.example/login")
    with serving(web(b""), web(page("x"), context), web(hotel), datagrams(names("192.168.1.1"))) as (anchor, cloud, proof, name):
        given = {
            "anchors": (f"{LOCAL}:{anchor}",), "cloud": "practice", "cloud_url": f"https://localhost:{cloud}",
            "proof_page": f"http://{LOCAL}:{proof}/", "proof_text": "real", "public_dns": (f"{LOCAL}:{name}",),
            "card_host": f"cards.example.com:{anchor}", "lines": (f"fibre device=lo gateway={LOCAL}",),
        }  # fmt: skip
        code, told = diagnosed(tmp_path / "shop", **given)
        finnish = tideover("diagnose", "--lang", "fi", "--data", tmp_path / "shop")
    whole = json.dumps(told)
    assert (OPEN, OPEN) == (code, finnish.code)
    assert "the cloud: its certificate is not right" in whole
    assert "shows a log-in page of the network" in whole
    assert "lies: it says that cards.example.com is an address of the shop's own network" in whole
    assert "Katsotaan …" in finnish.err
    assert "näyttää tämän: verkon kirjautumissivu" in finnish.out
    seen = [line for line in finnish.out.splitlines() if line.startswith(" " * 6)]
    assert [] == re.findall(r"\b(the|is|not|its|answers?|times)\b", "\n".join(seen).replace("the cloud over fibre", ""))


def test_all_is_well(tmp_path):
    """Real answers from everywhere: up, nothing to do, exit 0."""
    with serving(web(b""), web(b""), web(page("ok")), web(page("the real thing"))) as (one, two, cloud, proof):
        code, told = diagnosed(
            tmp_path, anchors=(f"{LOCAL}:{one}", f"{LOCAL}:{two}"), cloud="practice", cloud_url=f"http://{LOCAL}:{cloud}",
            proof_page=f"http://{LOCAL}:{proof}/", proof_text="real thing", lines=(f"fibre device=lo gateway={LOCAL}",),
        )  # fmt: skip
    states = {one["name"]: one["state"] for one in told["services"] if one["state"] != "unknown"}
    assert {"internet": "up", "cloud": "up", "network": "up", "box": "up", "line-fibre": "up"} == {**states, "network": "up"}
    assert DONE == code


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"anchors": ["1.1.1.1"]}, "is not HOST:PORT"),
        ({"lines": ["Fibre"]}, "a line begins with its name"),
        ({"public_dns": ["dns.example"]}, "public_dns"),
        ({"cloud": "practice", "cloud_url": "ftp://x"}, "is not an http or https address"),
    ],
)
def test_wrong_settings_are_named(tmp_path, given, why):
    """Which setting, and what it should be; no traceback."""
    write_settings(tmp_path, given)
    said = tideover("diagnose", "--data", tmp_path)
    assert (WRONG_USE, "") == (said.code, said.out)
    assert why in said.err and "Traceback" not in said.err


def test_things_that_take_the_connection_and_never_speak(tmp_path):
    """Battery and receipt printer have their own patience in a box; a person who waits gets the answer in ten seconds all the same."""
    with contextlib.ExitStack() as stack:
        mutes = [stack.enter_context(socket.create_server((LOCAL, 0))).getsockname()[1] for _ in range(2)]
        _, told = diagnosed(tmp_path, ups=f"ups@{LOCAL}:{mutes[0]}", receipt_printer=f"tcp://{LOCAL}:{mutes[1]}")
    assert ("unknown", "unknown") == (of(told, "power")["state"], of(told, "printer")["state"])
    assert ["ups: no answer in 2 s"] == of(told, "power")["evidence"]


def test_beside_a_running_box(tmp_path):
    """The box is asked, and says the same as its own page."""
    with Box(tmp_path / "shop") as box:
        said = tideover("diagnose", "--data", tmp_path / "shop", "--json")
        told = json.loads(said.out)
        verdicts = {one["service"]: one["state"] for one in box.staff.get("/v1/status").json()["verdicts"]}
    assert "box" == told["by"]
    assert verdicts == {one["name"]: one["state"] for one in told["services"] if one["name"] in verdicts}
    assert set(SERVICES) <= {one["name"] for one in told["services"]}


def test_a_box_that_was_killed_leaves_its_address_behind(tmp_path):
    """Nobody answers there any more: the command looks itself."""
    (tmp_path / "box.url").write_text("http://127.0.0.1:1\n", encoding="ascii")
    (tmp_path / "operator.token").write_text("x", encoding="ascii")
    said = tideover("diagnose", "--data", tmp_path, "--json")
    assert "self" == json.loads(said.out)["by"]


def test_help_names_the_exit_codes():
    """And an unknown language is wrong use."""
    assert "3: something is down" in tideover("diagnose", "--help").out
    assert WRONG_USE == tideover("diagnose", "--lang", "sv").code
