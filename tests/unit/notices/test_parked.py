"""A sale that waits for a person for more than a day is told to whoever hears of things: once a day."""

from __future__ import annotations

from unit.notices.shop_at_night import later, notices_of, texts, turns
from unit.receipts.counter import in_shop
from unit.receipts.test_mail import Box, mail_server


def test_what_waits_too_long_is_told_once_a_day(tmp_path):
    """Nothing on the first day, one letter on the second and one on the third, none once it is solved."""
    box, parked = Box(), []

    async def play(shop):
        notices = notices_of(shop, port)
        notices.parked_since = lambda: parked
        parked.append(shop.world.now())
        counts = []
        for _ in range(4):
            await turns(shop, notices, 7_200)
            counts.append(len(box.letters))
            later(shop, 86_400 - 7_200)
            if len(counts) == 3:
                parked.clear()
        assert [0, 1, 2, 2] == counts

    with mail_server(box) as port:
        in_shop(tmp_path, play)
    assert "Sales that have waited for a person for more than a day: 1." in texts(box)[0]
