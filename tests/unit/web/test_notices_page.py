"""The page of notices: who hears, what may not have arrived, and buttons for those who lead."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tideover.drivers.mail_exchange import MailHold
from tideover.ports import MailAnswer
from unit.notices.shop_at_night import AINO, SMS, Modem, away
from unit.receipts.test_routes import person
from unit.web.shop import in_shop


class Post:
    """A mail server that answers as it is told."""

    name, timeout_s = "smtp.example.fi:587", 1.0

    def __init__(self, *answers):
        self.answers, self.letters = list(answers), []

    async def send(self, letter):
        self.letters.append(letter)
        return self.answers.pop(0) if self.answers else MailAnswer("sent")


async def pressed(client, csrf, path, **form):
    return await client.post(path, data={"csrf": csrf, **form}, headers={"accept": "text/html"}, follow_redirects=True)


def with_notices(tmp_path, play, **settings):
    in_shop(tmp_path, play, **settings)


def test_a_shop_that_tells_nobody_is_told_so(tmp_path):
    """Empty state: what to do, and no button that leads nowhere."""

    async def play(shop):
        client, _ = await person(shop)
        text = (await client.get("/notices")).text
        assert "Nobody outside the shop hears when something fails." in text and "notices_to" in text
        assert "heartbeat_url" in text and "mail_domain" in text and "/notices/test" not in text
        assert 303 == (await shop.client().get("/notices")).status_code

    with_notices(tmp_path, play)


def test_who_hears_what_waits_and_what_may_not_have_arrived(tmp_path):
    """In both languages; a test goes; an uncertain one is sent again, or settled."""

    async def play(shop):
        client, csrf = await person(shop)
        notices = shop.house.notices
        notices.mailer, notices.texter = Post(MailAnswer("unknown", "x"), MailAnswer("unknown", "the mail server broke off")), Modem()
        await notices.turn()
        await away(SimpleNamespace(journal=shop.house.journal, world=shop.world))
        for _ in range(8):
            shop.world.pass_time(seconds=150)
            await notices.turn()
        text = (await client.get("/notices")).text
        assert "Notices that may not have arrived: 1" in text and "the mail server broke off" in text
        assert AINO in text and SMS in text
        finnish = (await client.get("/notices?lang=fi")).text
        assert "Internetyhteys ei toimi." in finnish and "Ei tiedetä, tuliko se perille." in finnish
        await client.get("/notices?lang=en")
        [stuck] = notices.rows.stuck(5)
        assert 200 == (await pressed(client, csrf, f"/notices/items/{stuck.number}/again")).status_code
        await notices.turn()
        assert ([], 3) == (notices.rows.stuck(5), len(notices.mailer.letters))
        assert "The test is on its way" in (await pressed(client, csrf, "/notices/test", receiver="1")).text
        await notices.turn()
        assert "This is a test" in notices.texter.sent[-1][1]

    with_notices(tmp_path, play, notices_to=(AINO, SMS))


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/notices/test", {"receiver": "7"}, 400),
        ("/notices/test", {"receiver": "2"}, 409),
        ("/notices/test", {}, 400),
        ("/notices/test", {"receiver": "٣"}, 400),
        ("/notices/items/99/again", {}, 404),
        ("/notices/items/x/again", {}, 400),
        ("/notices/items/1/burn", {}, 404),
    ],
)
def test_what_is_wrong_is_told_on_the_page(tmp_path, path, form, status):
    """A number that is none, somebody who is gone, one who has no bearer."""

    async def play(shop):
        client, csrf = await person(shop)
        answer = await pressed(client, csrf, path, **form)
        assert (status, True) == (answer.status_code, 'class="fault"' in answer.text), answer.text[:300]

    with_notices(tmp_path, play, notices_to=(AINO, SMS, "nobody"))


def test_who_holds_the_mail_is_looked_up_on_a_button(tmp_path):
    """The answer and its next step, in words; nothing is asked before."""

    async def play(shop):
        client, csrf = await person(shop)

        async def found():
            return MailHold("alone", "Nobody holds the mail.", "Ask your provider for a second MX.")

        shop.house.mail_hold = found
        assert "Does somebody hold the mail to kulma.example" in (await client.get("/notices")).text
        text = (await pressed(client, csrf, "/notices/mail")).text
        assert "not held" in text and "Ask your provider for a second MX." in text

    with_notices(tmp_path, play, mail_domain="kulma.example")


def test_a_cashier_sees_no_whole_number_and_no_button(tmp_path):
    """Once the plan names an owner: enough to know it again, nothing to press."""

    async def play(shop):
        from tideover.plan.records import Person

        client, csrf = await person(shop, "Kaisa")
        shop.house.plan.put(Person("Olga", role="owner"), by="Olga")
        shop.house.plan.put(Person("Kaisa", role="cashier"), by="Olga")
        text = (await client.get("/notices")).text
        assert "a…@example.fi" in text and "…567" in text and AINO not in text and SMS not in text
        assert "Send a test" not in text
        assert 403 == (await pressed(client, csrf, "/notices/test", receiver="0")).status_code

    with_notices(tmp_path, play, notices_to=(AINO, SMS))
