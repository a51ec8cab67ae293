"""A mobile modem on a pseudo-terminal: diversions go over and come back as they were, text messages arrive letter by letter."""

from __future__ import annotations

import asyncio
from copy import deepcopy

import pytest

from tideover.app import Seams, open_house
from tideover.drivers import at
from tideover.drivers import modem as under_test
from tideover.drivers.at import Forward
from tideover.drivers.found_before import Shelf
from tideover.drivers.modem import Modem, SerialModem
from tideover.drivers.short_text import parts_of
from tideover.rules.phone import dialled, is_same, masked
from tideover.world import real_world
from unit.drivers import at_modem
from unit.drivers.at_modem import Divert, read_pdu

MOBILE = "+358401234567"
VOICEMAIL = {2: Divert(True, "+358500000001", 145, 15), 3: Divert(True, "0500000001", 129)}
BEFORE = {
    "nothing": {},
    "voicemail": VOICEMAIL,
    "always": {0: Divert(True, "0501112223", 129), **VOICEMAIL},
    "switched off": {0: Divert(False, "0501112223", 129), 3: Divert(False, "+358500000001", 145)},
}


def modem_at(modem: at_modem.Modem, folder, answer_s: float = 1.0, network_s: float = 1.0, text_s: float = 1.0) -> Modem:
    serial = SerialModem(modem.path, real_world(), answer_s, network_s, text_s)
    serial.settle_s = 0.02
    return Modem(serial, Shelf(folder, "modem"), real_world())


def play(folder, work, modem: at_modem.Modem | None = None, **spans: float):
    with modem or at_modem.Modem() as played:
        return asyncio.run(work(modem_at(played, folder, **spans), played))


async def over_and_back(driver, modem):
    found = [await driver.arm(), await driver.engage("+358 40 123 4567")]
    between = deepcopy(modem.diverts)
    return [*found, await driver.restore()], between, modem.diverts, modem.commands


@pytest.mark.parametrize(
    ("before", "mood"),
    [*((one, "well") for one in BEFORE), *(("always", mood) for mood in ("unasked", "hides", "own-format")), ("nothing", "lte-only")],
)
def test_calls_go_over_and_everything_comes_back_as_it_was(tmp_path, before, mood):
    """Voicemail, a diversion of before, one that was switched off; whatever comes in between, hides or writes numbers its own way."""
    answers, between, after, commands = play(tmp_path, over_and_back, at_modem.Modem(mood, deepcopy(BEFORE[before])))
    assert ["done"] * 3 == [one.word for one in answers], answers
    assert (True, MOBILE, 145) == (between[0].is_on, between[0].number, between[0].kind)
    assert {one: between[one] for one in (2, 3) if one in between} == {one: value for one, value in BEFORE[before].items() if one}
    assert BEFORE[before] == after
    changed = [one for one in commands if one.startswith("AT+CCFC") and ",2" not in one[8:11]]
    assert all(",1" in one for one in changed), "voice alone"
    assert not any(one.startswith(("AT+CCFC=4", "AT+CCFC=5", "AT+CCFC=1")) for one in commands), "never all at once"
    assert ("AT+CCFC=0,4,,,1" in commands) == (0 not in BEFORE[before])


def test_a_network_that_does_not_erase_takes_it_off(tmp_path):
    """Nothing was there before: what is off and registered makes no difference to a caller."""
    answers, _, after, _ = play(tmp_path, over_and_back, at_modem.Modem("no-erase"))
    assert (["done"] * 3, False) == ([one.word for one in answers], after[0].is_on)


@pytest.mark.parametrize(
    ("mood", "why"),
    [("pin", under_test.PIN), ("no-sim", under_test.NO_SIM), ("no-network", under_test.NO_NETWORK), ("refuses", under_test.SAYS_NO)],
)
def test_a_modem_that_cannot_changes_nothing_and_says_why(tmp_path, mood, why):
    """Refused; the reason is one a shopkeeper can act on."""

    async def work(driver, modem):
        return [await driver.arm(), await driver.engage(MOBILE), await driver.read_back()], modem.diverts

    answers, diverts = play(tmp_path, work, at_modem.Modem(mood))
    assert [("refused", why)] * 3 == [(one.word, one.why) for one in answers] and {} == diverts


@pytest.mark.parametrize("mood", ["hangs", "half", "garbage", "endless"])
def test_a_modem_that_says_nothing_sensible_is_left_in_time(tmp_path, mood):
    """Nothing, half an answer, noise, no end of it: a value, and the device is free again."""

    async def work(driver, modem):
        words = [(await driver.engage(MOBILE)).word, (await driver.read_back()).word]
        modem.mood = "well"
        return words, (await driver.read_back()).word, modem.diverts

    words, afterwards, diverts = play(tmp_path, work, at_modem.Modem(mood), answer_s=0.1, network_s=0.1)
    assert (["refused"] * 2, "done", {}) == (words, afterwards, diverts)


@pytest.mark.parametrize("when", ["hangs", "half", "refuses"])
def test_a_modem_that_fails_after_the_change_is_put_back_later(tmp_path, when):
    """The network took it and the modem fell silent: failed, and restore leads back."""

    async def work(driver, modem):
        def falls_silent() -> None:
            modem.mood = when
            modem.step = lambda: None

        modem.step = falls_silent
        word = (await driver.engage(MOBILE)).word
        modem.mood = "well"
        return word, modem.diverts[0].number, (await driver.restore()).word, modem.diverts

    modem = at_modem.Modem(diverts=deepcopy(VOICEMAIL))
    assert ("failed", MOBILE, "done", VOICEMAIL) == play(tmp_path, work, modem, answer_s=0.3, network_s=0.3)


def test_an_open_box_sends_its_notices_over_the_modem_too(tmp_path):
    """The second way out, where no line is left; the same modem diverts."""
    house = open_house(tmp_path, real_world(), Seams(tell=lambda text: None), modem="/dev/nowhere")
    try:
        assert house.mover.switching.switch("modem").texter is house.notices.texter
    finally:
        asyncio.run(house.shut())


def test_a_device_that_is_not_there_is_refused(tmp_path):
    """Unplugged, or the wrong name."""
    driver = Modem(SerialModem(str(tmp_path / "ttyUSB9"), real_world()), Shelf(tmp_path, "modem"), real_world())

    async def work():
        return await driver.engage(MOBILE), await driver.health(), await driver.texter.send(MOBILE, "x")

    engaged, health, sent = asyncio.run(work())
    assert ("refused", "its device is not there") == (engaged.word, engaged.why)
    assert (False, "away") == (health.is_ready, sent.word)


@pytest.mark.parametrize(
    ("mood", "signal", "ready", "text"),
    [
        ("well", 31, True, "ready, signal 100 %"),
        ("well", 99, True, "ready"),
        ("pin", 18, False, under_test.PIN),
        ("hangs", 18, False, "it does not answer"),
    ],
)
def test_its_health_in_words(tmp_path, mood, signal, ready, text):
    """SIM, network and signal."""

    async def work(driver, modem):
        modem.signal = signal
        return await driver.health()

    health = play(tmp_path, work, at_modem.Modem(mood), answer_s=0.2)
    assert (ready, text) == (health.is_ready, health.text)


# Text messages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("The line is down.", "Myymälän yhteys katkesi. Åbo € [5] ~", "Сеть упала 😀 š", ""),
        *("a" * 160, "ä" * 161, "š" * 71, "😀" * 60, "€" * 90),
        *("a" * 459, "a" * 152 + "€" * 80, "š" * 201, "😀" * 99),
        *("a" * 460, "š" * 202, "😀" * 101, "€" * 230),
    ],
    ids=lambda text: f"{text[:12]}-{len(text)}",
)
def test_every_letter_of_a_text_arrives(tmp_path, text):
    """Finnish in the old alphabet, any other in UTF-16; a long one in three parts at most, and only what is longer still is cut."""

    async def work(driver, modem):
        return (await driver.texter.send("+358 40 123 4567", text)).word, modem.texts

    word, texts = play(tmp_path, work, at_modem.Modem("unasked"))
    number, arrived = texts[0]
    assert ("sent", MOBILE) == (word, number)
    is_too_long = len(text) in (460, 202, 101, 230)
    assert text == arrived if not is_too_long else (arrived.endswith("..") and text.startswith(arrived[:-2]) and len(arrived) > 97)


@pytest.mark.parametrize("mood", ["second-lost", "second-refused"])
def test_a_text_that_breaks_off_in_its_middle_may_have_gone(tmp_path, mood):
    """Its first part has arrived: said as not known, so that it goes once more and says so."""

    async def work(driver, modem):
        first = (await driver.texter.send(MOBILE, "a" * 300)).word
        modem.mood = "well"
        return first, (await driver.texter.send(MOBILE, "b" * 300)).word, modem.texts

    first, second, texts = play(tmp_path, work, at_modem.Modem(mood), answer_s=0.2, text_s=0.2)
    assert ("unknown", "sent", [(MOBILE, "b" * 300)]) == (first, second, texts)


def test_a_national_number_stays_national():
    """No plus, no guess of a country."""
    assert ("0401234567", "x") == read_pdu(bytes.fromhex(parts_of("0401234567", "x", 7)[0].text))


@pytest.mark.parametrize(
    ("mood", "word"),
    [
        *(("text-refused", "refused"), ("text-later", "away"), ("text-lost", "unknown")),
        *(("mute-prompt", "away"), ("hangs", "away"), ("no-network", "away")),
    ],
)
def test_what_became_of_a_text_is_told_as_it_is(tmp_path, mood, word):
    """Refused for good, not now, perhaps gone; and the modem works again afterwards."""

    async def work(driver, modem):
        first = (await driver.texter.send(MOBILE, "first")).word
        modem.mood = "well"
        return first, (await driver.texter.send(MOBILE, "second")).word, [text for _, text in modem.texts]

    assert (word, "sent", ["second"]) == play(tmp_path, work, at_modem.Modem(mood), answer_s=0.2, text_s=0.2)


@pytest.mark.parametrize("number", ["", "12", "nobody", '040";AT+CCFC=0,3', "0401234567\r"])
def test_what_is_no_number_is_never_told_to_the_modem(tmp_path, number):
    """Refused before the device is opened; a stray line end is no part of a number."""

    async def work(driver, modem):
        return (await driver.texter.send(number, "x")).word, modem.commands

    word, commands = play(tmp_path, work)
    assert ("refused", []) == (word, commands) or (number.strip() != number and "sent" == word)


# Lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (['+CCFC: 1,1,"+358401234567",145'], Forward(True, MOBILE)),
        (['+CCFC: 1,1,"358401234567",145,,,20'], Forward(True, MOBILE, 20)),
        (['+CCFC: 1,7,"0401234567",129'], Forward(True, "0401234567")),
        (["+CCFC: 0,255"], None),
        (["+CCFC: 0,7"], None),
        (['+CCFC: 1,2,"0401234567",129', "+CCFC: 0,1"], None),
        (['+CCFC: 0,1,"0401234567",129'], Forward(False, "0401234567")),
        (["+CCFC: 1,1"], Forward(True, "")),
        (["+CCFC: 0,1,,,,,", "+CCFC: 0,2,,"], None),
        (['+CCFC: 1,1,"0401234567",129,"",,15'], Forward(True, "0401234567", 15)),
    ],
)
def test_a_diversion_is_read_from_its_lines(lines, found):
    """Voice alone; a number as it is dialled."""
    assert found == at.forward_of(lines)


@pytest.mark.parametrize(
    "lines",
    [
        *([], ["+CREG: 1"], ["+CCFC: 2,1"], ['+CCFC: 1,1,"040;x",129'], ["+CCFC: 1," + "9" * 400]),
        ['+CCFC: 1,1,"+358 40 123",145', "+CCFC: 0,2", "+CCFC: 0,4"],
    ],
)
def test_an_answer_that_does_not_tell_is_no_answer(lines):
    """Not "nothing is diverted", though a fax line beside it may be understood: what is taken for nothing would be erased."""
    with pytest.raises(ValueError, match="CCFC"):
        at.forward_of(lines)


@pytest.mark.parametrize("forward", [Forward(True, MOBILE, 20), Forward(False, "040123"), Forward(True, "")])
def test_what_is_written_down_is_read_again(forward):
    """For the disk and back."""
    assert forward == at.forward_read(forward.written())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("040 123 4567", "+358401234567", True),
        ("+358 40 1234567", "00358401234567", True),
        ("0401234567", "0401234568", False),
        ("4567", "+358401234567", False),
        ("0401234567", "+46401234568", False),
        ("", "", True),
        ("", "0401234567", False),
    ],
)
def test_the_same_number_in_other_clothes(one, other, same):
    """Networks give back what they like."""
    assert same == is_same(one, other) == is_same(other, one)


def test_a_number_is_known_by_its_end_and_not_told():
    """For texts that others keep."""
    assert ("…567", "", "0401234567", "") == (masked("040 123 4567"), masked("nobody"), dialled("(040) 123-4567"[1:]), dialled("٠٤٠١٢٣"))
