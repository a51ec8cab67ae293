"""The telephone system's diversion: what is sent, what is believed, what is put back, and that no password or number leaks."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing

import pytest

from tideover.drivers.pbx import LOG_IN, NO_EXTENSION, NO_RIGHT, PASSWORD, pbx_of
from tideover.errors import Misconfigured
from tideover.secret import Secrets
from tideover.settings import Settings
from tideover.world import real_world
from unit.drivers import phone_system
from unit.drivers.phone_system import USER, PhoneSystem

MOBILE, OLD = "+358401234567", "0501112223"


def settled(port: int, **settings: str) -> Settings:
    return Settings(**{"pbx": f"ami:127.0.0.1:{port}", "pbx_user": USER, "pbx_extension": "200", **settings})


def play(tmp_path, work, system: PhoneSystem | None = None, password: str = phone_system.PASSWORD, timeout_s: float = 5.0, **settings):
    """What `work(pbx, system)` came to."""
    system = system or PhoneSystem()

    async def run():
        async with system:
            world = real_world()
            with closing(Secrets(tmp_path, world)) as secrets:
                secrets.put(PASSWORD, password.encode())
                pbx = pbx_of(settled(system.port, **settings), secrets, world, tmp_path)
                pbx.timeout_s = timeout_s
                return await work(pbx, system)

    return asyncio.run(run())


async def over_and_back(pbx, system):
    found = [await pbx.arm(), await pbx.engage("+358 40 123 4567")]
    between = dict(system.database)
    return [*found, await pbx.restore()], between, dict(system.database)


@pytest.mark.parametrize("before", [{}, {"CF/200": OLD}], ids=["nothing", "diverted before"])
def test_calls_go_over_and_the_old_diversion_comes_back(tmp_path, before):
    """Exactly what was there, or nothing; other extensions are left alone."""
    answers, between, after = play(tmp_path, over_and_back, PhoneSystem(database={**before, "CF/201": "77", "CFIM/200": "9"}))
    assert ["done"] * 3 == [one.word for one in answers]
    assert MOBILE == between["CF/200"] and MOBILE == answers[1].now
    assert {**before, "CF/201": "77", "CFIM/200": "9"} == after


def test_another_dial_plan_reads_another_family(tmp_path):
    """ami:HOST:PORT/CFIM."""

    async def work(pbx, system):
        await pbx.engage(MOBILE)
        return dict(system.database)

    system = PhoneSystem()

    async def run():
        async with system:
            with closing(Secrets(tmp_path, real_world())) as secrets:
                secrets.put(PASSWORD, phone_system.PASSWORD.encode())
                pbx = pbx_of(settled(system.port, pbx=f"ami:127.0.0.1:{system.port}/CFIM"), secrets, real_world(), tmp_path)
                return await work(pbx, system)

    assert {"CFIM/200": MOBILE} == asyncio.run(run())


def test_the_password_is_never_sent(tmp_path):
    """Only a hash of it with the server's challenge."""

    async def work(pbx, system):
        await pbx.engage(MOBILE)
        return system.seen

    seen = play(tmp_path, work)
    assert b"AuthType: MD5" in seen and b"s3cret" not in seen


def test_a_wrong_password_changes_nothing_and_says_what_to_do(tmp_path):
    """Refused; the sentence names the command, not the password."""

    async def work(pbx, system):
        return [await pbx.arm(), await pbx.engage(MOBILE), await pbx.read_back()], await pbx.calls_up(), system.database

    answers, calls, database = play(tmp_path, work, password="wrong")
    assert [("refused", LOG_IN)] * 3 == [(one.word, one.why) for one in answers]
    assert calls is None and {} == database


@pytest.mark.parametrize("mood", ["no-right", "read-only"])
def test_a_user_without_the_right_changes_nothing(tmp_path, mood):
    """Refused with the right that is missing; nothing is left to be put back."""

    async def work(pbx, system):
        answer = await pbx.engage(MOBILE)
        return answer, system.database

    answer, database = play(tmp_path, work, PhoneSystem(mood=mood, database={"CF/200": OLD}))
    assert ("refused", NO_RIGHT, {"CF/200": OLD}) == (answer.word, answer.why, database)


@pytest.mark.parametrize("mood", ["hangs", "garbage", "oversized", "web"])
def test_what_is_no_telephone_system_is_refused_in_time(tmp_path, mood):
    """A port that answers nothing, something else, or without end."""

    async def work(pbx, system):
        return [await pbx.engage(MOBILE), await pbx.read_back()], await pbx.calls_up()

    answers, calls = play(tmp_path, work, PhoneSystem(mood=mood), timeout_s=0.3)
    assert ["refused"] * 2 == [one.word for one in answers] and all(one.why for one in answers)
    assert calls is None


def test_events_in_between_are_not_taken_for_answers(tmp_path):
    """Hundreds of rings and an answer to somebody else's question."""
    answers, between, after = play(tmp_path, over_and_back, PhoneSystem(mood="chatters"))
    assert ["done"] * 3 == [one.word for one in answers]
    assert (MOBILE, {}) == (between["CF/200"], after)


@pytest.mark.parametrize("drops_after", range(2, 6))
def test_a_line_that_breaks_off_is_told_and_put_back_later(tmp_path, drops_after):
    """Before the change: refused. After it left: failed; either way restore leads back."""

    async def work(pbx, system):
        answer = await pbx.engage(MOBILE)
        system.mood = "well"
        return answer.word, MOBILE == system.database.get("CF/200"), (await pbx.restore()).word, system.database

    word, was_moved, restored, database = play(tmp_path, work, PhoneSystem("drops", {"CF/200": OLD}, drops_after=drops_after))
    assert {2: "refused", 3: "failed", 4: "failed", 5: "done"}[drops_after] == word
    assert (drops_after > 3, "done", {"CF/200": OLD}) == (was_moved, restored, database)


def test_a_diversion_that_a_person_made_later_is_left_alone(tmp_path):
    """Armed in May, diverted by hand in July: restoring what was never moved touches nothing."""

    async def work(pbx, system):
        await pbx.arm()
        system.database["CF/200"] = OLD
        first = await pbx.restore()
        await pbx.engage(MOBILE)
        await pbx.restore()
        return first, dict(system.database)

    first, database = play(tmp_path, work)
    assert (OLD, {"CF/200": OLD}) == (first.now, database)


def test_the_extension_that_was_moved_is_put_back_after_the_setting_changed(tmp_path):
    """What was found belongs to an extension, not to the setting."""

    async def work(pbx, system):
        await pbx.engage(MOBILE)

    system = PhoneSystem(database={"CF/200": OLD})

    async def run():
        async with system:
            with closing(Secrets(tmp_path, real_world())) as secrets:
                secrets.put(PASSWORD, phone_system.PASSWORD.encode())
                await pbx_of(settled(system.port), secrets, real_world(), tmp_path).engage(MOBILE)
                other = pbx_of(settled(system.port, pbx_extension="300"), secrets, real_world(), tmp_path)
                engaged = await other.engage(MOBILE)
                restored = await other.restore()
                return engaged.word, restored.word, system.database

    assert ("refused", "done", {"CF/200": OLD}) == asyncio.run(run())


def test_numbers_stand_in_the_drivers_own_file_and_in_no_text(tmp_path):
    """Readable by the box alone; what goes into the journal names the last digits."""
    answers, _, _ = play(tmp_path, over_and_back, PhoneSystem(database={"CF/200": OLD}))
    kept = tmp_path / "switch-pbx.json"
    assert {"number": OLD} == json.loads(kept.read_bytes())["before"] and 0o600 == kept.stat().st_mode & 0o777
    assert all(MOBILE not in one.text + one.why and OLD not in one.text + one.why for one in answers)
    assert "calls go to the number that ends in …567" == answers[1].text


@pytest.mark.parametrize("target", ["", "12", "+", "reboot", "0401234567\r\nAction: Command", "1" * 40])
def test_a_target_that_is_no_number_is_refused(tmp_path, target):
    """Nothing is asked of the telephone system."""

    async def work(pbx, system):
        return (await pbx.engage(target)).word, system.actions

    assert ("refused", []) == play(tmp_path, work)


@pytest.mark.parametrize("calls", [0, 7])
def test_it_tells_how_many_calls_are_up(tmp_path, calls):
    """For the way back, which waits for them."""

    async def work(pbx, system):
        return await pbx.calls_up()

    assert calls == play(tmp_path, work, PhoneSystem(calls=calls))


def test_without_an_extension_it_only_counts_calls(tmp_path):
    """Nothing may be moved, and it says what is missing."""

    async def work(pbx, system):
        return pbx.can_act, await pbx.engage(MOBILE), await pbx.calls_up()

    can_act, answer, calls = play(tmp_path, work, PhoneSystem(calls=2), pbx_extension="")
    assert (False, "refused", NO_EXTENSION, 2) == (can_act, answer.word, answer.why, calls)


@pytest.mark.parametrize("setting", ["asterisk", "ami:", "ami:host:0", "ami:host:99999", "ami:host:5038/ROOT", "tcp:host", "ami:a\nb"])
def test_a_setting_that_names_none_is_refused(tmp_path, setting):
    """Before anything is opened."""
    with closing(Secrets(tmp_path, real_world())) as secrets, pytest.raises(Misconfigured):
        pbx_of(Settings(pbx=setting), secrets, real_world(), tmp_path)
