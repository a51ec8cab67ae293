"""Notices to people outside, through a real mail server: each once, in few letters, and nothing lost between two lines."""

from __future__ import annotations

import socket

import pytest

from tideover.errors import NotFound, WrongState
from tideover.model.facts import OutageStep
from tideover.model.switching import PowerChanged, Switched
from tideover.ports import MailAnswer
from unit.notices.shop_at_night import AINO, SMS, Modem, away, back, later, notices_of, subjects, texts, turns
from unit.receipts.counter import in_shop
from unit.receipts.test_mail import Box, mail_server


def nobody_listens() -> int:
    """A port at which no server is."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def states(notices):
    return [one.state for one in (*notices.rows.open(), *notices.rows.latest(100))]


def test_a_service_that_goes_away_is_told_once(tmp_path):
    """One letter for the spell, one for its end; turning on and on sends no further one."""
    box = Box()

    async def play(shop):
        notices = notices_of(shop, port)
        await notices.turn()
        begun = await away(shop)
        await turns(shop, notices, 300)
        await back(shop, begun)
        await turns(shop, notices, 600)
        assert ["sent", "sent"] == states(notices)

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    assert "Kulmakauppa: The internet line does not work" == subjects(box)[0]
    assert ["14:30: The internet line does not work", "14:35: The internet line works again."] == [
        text.partition(". Our")[0].partition("\n")[0] for text in texts(box)
    ]


def test_one_fault_is_one_letter(tmp_path):
    """Network, internet and phones go within a few seconds: three lines, not three letters; in Finnish for a Finnish shop."""
    box = Box()

    async def play(shop):
        notices = notices_of(shop, port, language="fi")
        await notices.turn()
        for service in ("network", "internet", "phones"):
            await away(shop, service, "")
            later(shop, 2)
            await notices.turn()
        await turns(shop, notices, 300)

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    [text] = texts(box)
    assert 3 == text.count("14.30: ") and "Puhelimet eivät toimi." in text


def test_a_long_outage_goes_out_as_one_summary(tmp_path):
    """Forty happenings while the line was down: nobody knocks; then one letter, each begun and ended matter in one line of it."""
    box, line = Box(), [False]

    async def play(shop):
        notices = notices_of(shop, port, line=lambda: line[0])
        await notices.turn()
        for _ in range(20):
            begun = await away(shop)
            await turns(shop, notices, 1_800)
            await back(shop, begun)
            await turns(shop, notices, 1_800)
        assert [] == box.letters and ["waiting"] * 40 == states(notices)
        line[0] = True
        await turns(shop, notices, 3_600)
        assert ["sent"] * 40 == states(notices)

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    assert ["Kulmakauppa: 20 notices"] == subjects(box)
    assert 20 == texts(box)[0].count("over: The internet line does not work.")


def test_the_way_for_texts_needs_no_line(tmp_path):
    """The line is down: the text message goes at once, the mail waits for the line."""
    box, line, modem = Box(), [False], Modem()

    async def play(shop):
        notices = notices_of(shop, port, texter=modem, to=(AINO, SMS), line=lambda: line[0])
        await notices.turn()
        begun = await away(shop)
        await turns(shop, notices, 120)
        assert ([SMS], []) == ([to for to, _ in modem.sent], box.letters)
        line[0] = True
        await turns(shop, notices, 300)
        await back(shop, begun)
        await turns(shop, notices, 600)

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    assert (2, 2) == (len(modem.sent), len(box.letters))
    assert modem.sent[1][1].startswith("Kulmakauppa: ") and "works again" in modem.sent[1][1]


def test_a_server_that_is_away_is_knocked_at_ever_more_rarely(tmp_path):
    """A day without its server: some hundred knocks at most, and the letter goes when it is back."""
    box = Box()

    async def play(shop):
        gone = notices_of(shop, nobody_listens())
        await gone.turn()
        await away(shop)
        knocks = 0
        send = gone.mailer.send

        async def counted(letter):
            nonlocal knocks
            knocks += 1
            return await send(letter)

        gone.mailer.send = counted
        await turns(shop, gone, 86_400, most=20_000)
        assert 80 < knocks < 150 and ["waiting"] == states(gone)
        assert "refuses the connection" in gone.rows.open()[0].why
        await turns(shop, notices_of(shop, port), 60)

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    assert 1 == len(box.letters)


def test_an_answer_that_was_lost_is_asked_again_once_and_says_so(tmp_path):
    """The server broke off after it had the letter: it goes once more, marked; a third time only if a person wants it."""
    box = Box(dies=True)

    async def play(shop):
        notices = notices_of(shop, port)
        await notices.turn()
        await away(shop)
        await turns(shop, notices, 3_600)
        [notice] = notices.rows.latest(5)
        assert ("unknown", 2) == (notice.state, len(box.letters))
        box.dies = False
        await notices.send_again(notice.number)
        await turns(shop, notices, 60)
        assert ["sent"] == states(notices)

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    assert [False, True, True] == ["(again)" in one for one in subjects(box)]
    assert "perhaps it comes for the second time" in texts(box)[1]


def test_a_box_killed_while_a_letter_left_sends_it_again_and_says_so(tmp_path):
    """It stands as sending: the box that starts does not know, and tells."""
    box = Box()

    async def play(shop):
        notices = notices_of(shop, port)
        await notices.turn()
        await away(shop)
        await notices.turn()
        await notices.rows.move(notices.rows.open(), state="sending", letter="1")
        await turns(shop, notices_of(shop, port), 300)

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    [subject] = subjects(box)
    assert subject.endswith("(again)")


def test_an_entry_is_told_once_whatever_happens_between(tmp_path):
    """A box that is opened anew takes up only what came since; the same event told by hand twice is one."""
    box = Box()

    async def play(shop):
        await notices_of(shop, port).turn()
        await away(shop)
        for _ in range(5):
            notices = notices_of(shop, port)
            await notices.tell("allowance/mobile/2026-11/75", "Three quarters of the allowance are used.")
            await notices.turn()
        await turns(shop, notices, 300)
        assert ["sent", "sent"] == states(notices)

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    assert 1 == len(box.letters)


def test_history_is_nobodys_news(tmp_path):
    """A shop that is years old gets its first box with notices: what happened before is not told."""

    async def play(shop):
        begun = await away(shop)
        notices = notices_of(shop)
        await notices.turn()
        await back(shop, begun)
        await notices.turn()
        return states(notices)

    assert [] == in_shop(tmp_path, play)


def test_few_things_are_worth_a_message(tmp_path):
    """Fallback, moved lines, an ending battery; not: a till that is off, a suspicion, the receipt printer."""

    async def play(shop):
        notices = notices_of(shop)
        await notices.turn()
        record = shop.journal.record
        for service in ("tills", "printer", "line-mobile"):
            await away(shop, service, "")
        for phase in ("suspected", "fallback", "recovering", "closed"):
            await record("outage", OutageStep("1", phase, "our-line", "confirmed", 0))
        for what in ("began", "engaged"):
            await record("switched", Switched("lines", what, "fibre", "mobile", "dead"))
        await record("switched", Switched("pbx", "engaged", "", "+358 40 1234567", "dead"))
        for state in ("battery", "stopping"):
            await record("power", PowerChanged(state))
        await notices.turn()
        return [one.text for one in notices.rows.open()]

    told = in_shop(tmp_path, play)
    assert [
        "The line 'mobile' does not work.",
        "The fallback is open: the shop sells without its cloud till.",
        "The fallback has ended: what was sold meanwhile goes to the cloud till.",
        "The shop's internet goes over 'mobile' now.",
        "The shop's calls are diverted now.",
        "The box stops in good order, because its battery ends. Sell on numbered slips.",
    ] == told


def test_no_is_told_and_another_address_is_not_held_up(tmp_path):
    """One receiver's mailbox is gone: that one is refused, the other's letter goes."""
    box, modem = Box(refuses="550 no such mailbox"), Modem()

    async def play(shop):
        notices = notices_of(shop, port, texter=modem, to=(AINO, SMS, "no address"))
        await notices.turn()
        await away(shop)
        await turns(shop, notices, 300)
        refused = [one for one in notices.rows.latest(9) if one.state == "refused"]
        assert [AINO] == [one.receiver for one in refused] and "no such mailbox" in refused[0].why
        assert [(SMS, ""), ("no address", "that is no receiver")] == [(one.address, one.lacks) for one in notices.receivers[1:]]

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    assert 1 == len(modem.sent)


def test_a_bearer_of_texts_that_is_not_sure_is_asked_once_more(tmp_path):
    """The modem lost the network's answer: the second text says that it may be the second."""
    modem = Modem()
    modem.answer = MailAnswer("unknown", "the modem did not answer")

    async def play(shop):
        notices = notices_of(shop, to=(SMS,), texter=modem)
        await notices.turn()
        await away(shop)
        await turns(shop, notices, 900)
        return states(notices)

    assert ["unknown"] == in_shop(tmp_path, play)
    assert [False, True] == ["(again)" in text for _, text in modem.sent]


def test_a_test_goes_at_once_to_one(tmp_path):
    """Within a turn; somebody who is no receiver, and one without a bearer, are told so."""
    box = Box()

    async def play(shop):
        notices = notices_of(shop, port, to=(AINO, SMS))
        await notices.test(AINO)
        await notices.turn()
        with pytest.raises(NotFound):
            await notices.test("someone@example.fi")
        with pytest.raises(WrongState, match="no modem"):
            await notices.test(SMS)

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    assert ["Kulmakauppa: This is a test: notices of this shop arrive here."] == subjects(box)


def test_who_is_no_longer_asked_for_gets_nothing(tmp_path):
    """A name taken out of the settings: what waited for it ends. A practice box writes to nobody."""

    async def play(shop):
        notices = notices_of(shop, nobody_listens())
        await notices.turn()
        await away(shop)
        await turns(shop, notices, 60)
        practice = notices_of(shop, is_practice=True)
        await practice.turn()
        return states(practice), practice.receivers

    assert (["ended"], ()) == in_shop(tmp_path, play)


def test_a_clock_that_jumps_holds_nothing_up(tmp_path):
    """Set back by a day between two letters: the next goes all the same."""
    box = Box()

    async def play(shop):
        notices = notices_of(shop, port)
        await notices.turn()
        begun = await away(shop)
        await turns(shop, notices, 60)
        later(shop, -86_400)
        await back(shop, begun)
        await turns(shop, notices, 300)

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    assert 2 == len(box.letters)
