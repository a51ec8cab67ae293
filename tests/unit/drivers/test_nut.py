"""The battery as NUT tells it: real daemons where they are installed, and every answer that is none."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from tideover.drivers.nut import LINES_MAX, UpsProbe, understood, ups_probes
from tideover.errors import Misconfigured
from tideover.settings import Settings
from tideover.world import real_world
from unit.drivers.ups_room import WHY_NOT, nut, saying, until

AT = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "word", "text"),
    [
        ("OL", "mains", "on mains, battery 80 %"),
        ("OL CHRG", "mains", "on mains, battery 80 %"),
        ("OL LB", "mains", "on mains, battery 80 %"),
        ("ALARM OL RB", "mains", "on mains; its battery is worn and has to be replaced"),
        ("OL CAL DISCHRG", "mains", "on mains; the battery tries itself"),
        ("BYPASS", "mains", "on mains, past the battery: nothing holds when the mains go"),
        ("OB DISCHRG", "battery", "on battery, about 20 minutes left"),
        ("OB LB", "low", "on battery, nearly empty, about 20 minutes left"),
        ("FSD OB LB", "low", "the battery is at its end: the machine was told to go down"),
        ("FSD OL", "low", "the battery is at its end: the machine was told to go down"),
        ("WAIT", "unknown", "NUT does not know yet"),
        ("OL WAIT", "unknown", "NUT does not know yet"),
        ("OFF", "unknown", "NUT does not know yet"),
        ("", "unknown", "NUT does not know yet"),
    ],
)
def test_what_nut_says_is_understood(status, word, text):
    """Each state of NUT, and those that are none."""
    look = understood({"ups.status": status, "battery.charge": "80", "battery.runtime": "1200"}, AT)
    assert (word, text, 1200 if word in ("battery", "low") else None) == (look.word, look.text, look.left_s)
    assert ("FSD" in status) == look.is_last_call


@pytest.mark.parametrize("wrong", ["", "soon", "-1", "nan", "inf", "1e300", "\u0663"])
def test_figures_that_cannot_be_are_not_told(wrong):
    """A battery that gives a runtime of nonsense is on battery, with no figure."""
    look = understood({"ups.status": "OB", "battery.runtime": wrong, "battery.charge": wrong}, AT)
    assert ("battery", "on battery") == (look.word, look.text) or wrong == "\u0663"


ANSWERS = {
    b"ERR DRIVER-NOT-CONNECTED\n": "NUT has lost the battery: look at its cable",
    b"ERR DATA-STALE\n": "what NUT knows of the battery is old: look at its cable",
    b"ERR UNKNOWN-UPS\n": "NUT knows no battery of this name",
    b"ERR ACCESS-DENIED\n": "NUT does not let the box look",
    b"ERR SOMETHING-NEW\n": "NUT does not know yet",
    b"": "NUT does not answer",
    b"BEGIN LIST VAR counter\nVAR counter ups.status \"OL\"\n": "NUT does not answer",
    b"HTTP/1.1 400 Bad Request\r\n\r\n": "answers, but not as NUT does",
    b"x" * 100_000: "NUT does not answer",
    b"\xff\xfe\x00\n": "answers, but not as NUT does",
    b"BEGIN LIST VAR other\nVAR other ups.status \"OL\"\nEND LIST VAR other\n": "answers, but not as NUT does",
    b"BEGIN LIST VAR counter\n" + b'VAR counter a "b"\n' * LINES_MAX: "answers, but not as NUT does",
    b"BEGIN LIST VAR counter\nEND LIST VAR counter\n": "NUT does not know yet",
}  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: repr(answer[:28]))
def test_what_is_no_answer_is_unknown(answer):
    """Neither up nor down: a gap, with words that say what to look at."""

    async def play():
        async with saying(answer) as port:
            return await UpsProbe("counter", "127.0.0.1", port, real_world()).look()

    seen = asyncio.run(play())
    assert (None, ANSWERS[answer], "power", "ups", "counter") == (seen.ok, seen.text, seen.service, seen.kind, seen.target)


def test_a_server_that_hangs_is_unknown_in_time():
    """It says half of it and then nothing."""

    async def play():
        async with saying(b"BEGIN LIST VAR counter\n", hangs=True) as port:
            probe = UpsProbe("counter", "127.0.0.1", port, real_world())
            probe.timeout_s = 0.1
            return await probe.look()

    seen = asyncio.run(play())
    assert (None, "NUT does not answer") == (seen.ok, seen.text)


def test_quotes_in_a_value_are_read():
    """NUT escapes them; a value does not end early."""

    async def play():
        async with saying(b'BEGIN LIST VAR c\nVAR c ups.mfr "The \\"best\\" \\\\ one"\nVAR c ups.status "OL"\nEND LIST VAR c\n') as port:
            probe = UpsProbe("c", "127.0.0.1", port, real_world())
            return await probe._ask()

    assert {"ups.mfr": 'The "best" \\ one', "ups.status": "OL"} == asyncio.run(play())


@pytest.mark.parametrize(
    ("setting", "where"),
    [
        ("counter@nas", ("counter", "nas", 3493)),
        ("counter@nas:3500", ("counter", "nas", 3500)),
        ("counter", ("counter", "localhost", 3493)),
        ("counter@[fd00::1]:3500", ("counter", "fd00::1", 3500)),
        ("counter@[fd00::1]", ("counter", "fd00::1", 3493)),
    ],
)
def test_the_setting_names_battery_and_server(setting, where):
    """NAME@HOST, NAME@HOST:PORT; without a host this machine."""
    (probe,) = ups_probes(Settings(ups=setting), real_world())
    assert where == (probe.name, probe._host, probe._port)


@pytest.mark.parametrize("setting", ["@nas", "a b@nas", "counter@nas:0", "counter@nas:x", "counter\nSET@nas", "counter@nas:70000"])
def test_a_setting_that_names_none_is_refused(setting):
    """Before anything is asked; nothing in it becomes a command."""
    with pytest.raises(Misconfigured):
        ups_probes(Settings(ups=setting), real_world())


def test_no_battery_is_no_probe():
    """The empty setting."""
    assert [] == ups_probes(Settings(), real_world())


@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
def test_real_nut_from_mains_to_battery_to_low_and_a_lost_driver(tmp_path):
    """upsd and dummy-ups: every change is seen, a killed driver is unknown at once, and it comes back."""
    heard = []

    async def play(room):
        (probe,) = ups_probes(Settings(ups=room.setting), real_world(), heard.append)
        seen = [await until(probe.look, lambda one: one.ok is True)]
        for status, left in (("OB DISCHRG", "1260"), ("OB DISCHRG LB", "80"), ("OL CHRG", "90")):
            await asyncio.to_thread(room.set, "battery.runtime", left)
            await asyncio.to_thread(room.set, "ups.status", status)
            words = {"OB DISCHRG": "minutes", "OB DISCHRG LB": "nearly empty"}.get(status, "on mains")
            seen.append(await until(probe.look, lambda one, words=words: words in one.text))
        room.kill_driver()
        seen.append(await until(probe.look, lambda one: one.ok is None))
        room.start_driver()
        seen.append(await until(probe.look, lambda one: one.ok is True))
        return seen

    with nut(tmp_path) as room:
        seen = asyncio.run(play(room))
    texts = [(one.ok, one.text) for one in seen]
    assert [
        (True, "on mains, battery 97 %"),
        (False, "on battery, about 21 minutes left"),
        (False, "on battery, nearly empty, about 80 seconds left"),
        (True, "on mains, battery 97 %"),
    ] == texts[:4]
    assert texts[4][0] is None and texts[4][1].startswith(("NUT has lost", "what NUT knows"))
    assert True is texts[5][0]
    assert {"mains", "battery", "low", "unknown"} == {one.word for one in heard}
