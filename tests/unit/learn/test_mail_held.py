"""Who holds the mail that comes in: the box answers its own check, and only what it has seen."""

from __future__ import annotations

from tideover.drivers.mail_exchange import MailHold
from tideover.learn.check import Checks
from tideover.learn.mail_held import MailHeld
from tideover.plan.mail_check import CHECK
from unit.web.shop import in_shop

HELD = MailHold("held", "When your own mail server is away, backup.test holds the mail to 'shop.test'.")
ALONE = MailHold("alone", "Nobody holds it.", "Ask for a second MX.")
UNKNOWN = MailHold("unknown", "The name servers do not answer.")


def test_the_box_answers_the_check_itself(tmp_path):
    """A proof of the machine once a week, a failure at once and once; what is not seen says nothing."""
    answers = []

    async def look():
        return answers.pop(0)

    async def play(shop):
        house = shop.house
        checks = Checks(house.journal, house.plan, house.world, house.settings)
        held = MailHeld(checks, house.settings, look)
        assert "never" == checks.one(CHECK).state
        states = []
        for days, found in ((0, UNKNOWN), (1, HELD), (1, HELD), (7, HELD), (1, ALONE), (1, ALONE), (1, UNKNOWN), (1, HELD)):
            house.world.pass_time(days=days)
            answers.append(found)
            await held.turn()
            states.append(checks.one(CHECK).state)
        assert ["never", "fresh", "fresh", "fresh", "fails", "fails", "fails", "fresh"] == states
        told = [one.entry.body for one in house.journal.read(kinds=("checked",))]
        assert [True, True, False, True] == [one.works for one in told]
        assert {("machine", "proof")} == {(one.method, one.standing) for one in told}

    in_shop(tmp_path, play, mail_domain="shop.test")


def test_a_shop_that_names_no_domain_has_no_such_check(tmp_path):
    """Nor is any name server asked."""

    async def play(shop):
        assert [] == [one.key for one in shop.house.plan.checks() if one.key == CHECK]
        held = MailHeld(Checks(shop.house.journal, shop.house.plan, shop.house.world, shop.house.settings), shop.house.settings, None)
        assert 0 < await held.turn()

    in_shop(tmp_path, play)
