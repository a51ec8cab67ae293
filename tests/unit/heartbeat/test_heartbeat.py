"""The box calls somebody outside while it is well; whoever hears it speaks up when the calls stop, once, and when they begin again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest

from tideover.commands.listen import STATE, Listener, tell
from tideover.drivers.heartbeat import Heartbeat
from tideover.errors import Misconfigured
from tideover.ports import MailAnswer
from tideover.settings import Settings, write_settings
from unit.notices.shop_at_night import AINO, texts
from unit.receipts.counter import QuickWorld
from unit.receipts.test_mail import Box, mail_server

SECRET = "5f0c-secret"


class Ear(httpx.AsyncBaseTransport):
    """Somebody outside who hears a call."""

    def __init__(self, *statuses):
        self.statuses, self.heard = list(statuses), []

    async def handle_async_request(self, request):
        self.heard.append(str(request.url))
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 0:
            raise httpx.ConnectError(f"cannot reach {request.url}")
        return httpx.Response(status)


def beating(ear, play, *, unwell=lambda: "", url=f"https://ping.example/{SECRET}", **more):
    async def run():
        async with httpx.AsyncClient(transport=ear) as client:
            world = QuickWorld()
            return await play(Heartbeat(Settings(heartbeat_url=url, **more), client, world, unwell), world)

    return asyncio.run(run())


def test_a_box_that_is_well_is_heard_at_its_pace(caplog):
    """Any 2xx will do; a call that fails is made again sooner, and says why without the address, which stands in no log."""
    caplog.set_level("INFO")
    ear = Ear(200, 204, 503, 0, 301)

    async def play(beat, world):
        return [(await beat.turn(), beat.why) for _ in range(6)]

    expected = [(300, ""), (300, ""), (60, "it answers 503"), (60, "it cannot be reached"), (60, "it answers 301"), (300, "")]
    assert expected == beating(ear, play)
    assert (6, False) == (len(ear.heard), SECRET in caplog.text)


def test_a_box_that_is_not_well_falls_silent():
    """It cannot write, or its lookout has died: no call, so somebody outside speaks up."""
    why, ear = ["the journal takes nothing"], Ear()

    async def play(beat, world):
        found = [(await beat.turn(), beat.why)]
        why[0] = ""
        world.at += timedelta(seconds=121)
        found.append((await beat.turn(), beat.why))
        beat.looked()
        return [*found, (await beat.turn(), beat.why)]

    found = beating(ear, play, unwell=lambda: why[0])
    assert [(60, "the journal takes nothing"), (60, "the box has not looked around for a while"), (300, "")] == found
    assert 1 == len(ear.heard)


@pytest.mark.parametrize("url", ["http://ping.example/x", "ftp://ping.example", "ping.example", "http://10.0.0.1/x"])
def test_an_address_that_anybody_could_read_is_refused(url):
    """Https only, but to this machine itself; the word about it repeats nothing of it."""
    with pytest.raises(Misconfigured) as wrong:
        beating(Ear(), lambda beat, world: None, url=url + SECRET)
    assert SECRET not in wrong.value.message


def test_no_address_is_no_call():
    """And the next turn is far away."""

    async def play(beat, world):
        return await beat.turn(), beat.host

    assert (3_600.0, "") == beating(Ear(), play, url="")


def test_a_box_for_practice_is_silent():
    """Else it would sound well for the shop's own box, which is not."""
    ear = Ear()

    async def play(beat, world):
        return await beat.turn()

    assert 3_600.0 == beating(ear, play, is_practice=True)
    assert [] == ear.heard


# Whoever hears it --------------------------------------------------------------------------------


def listener(folder, world, **more):
    return Listener(folder / STATE, world, 600, Settings(shop_name="Kulmakauppa", **more))


def test_silence_is_told_once_and_so_is_its_end(tmp_path):
    """After period and grace, not before; over any number of looks and starts."""
    world, told = QuickWorld(), []
    for minutes, beats in ((0, True), (5, True), (9, False), (2, False), (60, False), (1, True), (1, True)):
        world.at += timedelta(minutes=minutes)
        one = listener(tmp_path, world)
        one._began_ms = 0  # As if it had run all the time.
        if beats:
            one.beat()
        one.look()
        told.append(len(one.heard.letters))
    assert [0, 0, 0, 1, 1, 2, 2] == told
    assert "Nothing is heard from the box of Kulmakauppa since 14:35. Ring the shop." == one.heard.letters[0]
    assert "The box of Kulmakauppa is heard again. It was silent for 72 minutes." == one.heard.letters[1]


def test_what_was_away_itself_says_nothing_at_once(tmp_path):
    """The listener's own machine was off for a night: first it listens for as long as a silence lasts."""
    world = QuickWorld()
    listener(tmp_path, world).beat()
    world.at += timedelta(hours=9)
    one = listener(tmp_path, world)
    one.look()
    assert () == one.heard.letters
    world.at += timedelta(minutes=11)
    one.look()
    assert 1 == len(one.heard.letters)


class Post:
    """A mail server that answers each address as it is told."""

    name, timeout_s = "post", 1.0

    def __init__(self, **words):
        self.words, self.sent = words, []

    async def send(self, letter):
        word = self.words.get(letter.to.partition("@")[0], "sent")
        self.sent.append((letter.to, letter.text.strip()))
        return MailAnswer(word, "" if word == "sent" else "later")


def test_a_word_reaches_everybody_and_nobody_twice():
    """The server takes the letter to one of two: the other is tried again, alone. A refused address holds nobody up."""
    post, world = Post(aino="sent", ville="away", wrong="refused"), QuickWorld()
    left = asyncio.run(tell("Silent.", post, world, ("aino@x.fi", "ville@x.fi", "wrong@x.fi")))
    assert ("ville@x.fi",) == left
    post.words["ville"] = "sent"
    assert () == asyncio.run(tell("Silent.", post, world, left))
    assert ["aino@x.fi", "ville@x.fi", "wrong@x.fi", "ville@x.fi"] == [to for to, _ in post.sent]


def test_a_full_disk_does_not_deafen_it(tmp_path):
    """What it hears counts though it cannot be kept, and silence is told all the same."""
    world = QuickWorld()
    one = listener(tmp_path, world)
    one.beat()
    (tmp_path / f"{STATE}.new").mkdir()  # No file can be written beside it from here on.
    world.at += timedelta(minutes=9)
    one.beat()
    world.at += timedelta(minutes=9)
    one.look()
    assert () == one.heard.letters
    world.at += timedelta(minutes=2)
    one.look()
    assert 1 == len(one.heard.letters)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    """And never replaced by a new address in silence."""
    (tmp_path / STATE).write_bytes(b"{")
    with pytest.raises(Misconfigured):
        listener(tmp_path, QuickWorld())


# With real processes -----------------------------------------------------------------------------


@contextmanager
def program(*arguments):
    """A command of ours; its first line on stdout."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tideover", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.wait(10)
        child.stdout.close()


def until(holds, seconds=20.0):
    """Wait until it does."""
    waiting = threading.Event()
    for _ in range(round(seconds / 0.05)):
        if holds():
            return
        waiting.wait(0.05)
    raise AssertionError("it never did")


def last_ms(folder):
    return json.loads((folder / STATE).read_bytes())["last_ms"]


def test_a_box_that_is_killed_is_missed_outside(tmp_path):
    """Real box, real listener, real mail server: the box dies, somebody is written to; it starts again, somebody is told."""
    out, shop, post = tmp_path / "out", tmp_path / "shop", Box()
    for folder in (out, shop):
        folder.mkdir()
    with mail_server(post) as port:
        write_settings(
            out, {"mail_server": f"127.0.0.1:{port}", "mail_security": "none", "mail_from": "vahti@example.fi", "shop_name": "Kulma"}
        )
        hears = ("listen", "--port", 0, "--bind", "127.0.0.1", "--every", 1, "--grace", 1, "--notify", AINO, "--data", out)
        with program(*hears) as ear:
            url = json.loads(ear.stdout.readline())["heartbeat_url"].replace("{host}", "127.0.0.1")
            assert [404, 404] == [httpx.get(one).status_code for one in (url[:-1], url.rpartition("/")[0])]
            write_settings(shop, {"heartbeat_url": url, "heartbeat_s": 30})
            with program("box", "--data", shop, "--port", 0) as box:
                until(lambda: last_ms(out) > 0)
                os.kill(box.pid, signal.SIGKILL)
            until(lambda: len(post.letters) == 1)
            with program("box", "--data", shop, "--port", 0) as box:
                until(lambda: len(post.letters) >= 2)
    silent, again = texts(post)[:2]
    assert silent.startswith("Nothing is heard from the box of Kulma since ") and again.startswith("The box of Kulma is heard again.")
