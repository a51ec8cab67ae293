"""A line that was down for days: more waits for one person than one letter carries, and the first that arrives tells how it is now."""

from __future__ import annotations

from tideover.activate.notice_words import Told
from tideover.activate.notices import LETTER_MAX
from tideover.world import to_ms
from unit.notices.shop_at_night import AINO, later, notices_of, subjects, texts, turns
from unit.receipts.counter import in_shop
from unit.receipts.test_mail import Box, mail_server

OLDER = 200  # So many more than one letter carries.


def test_the_first_letter_after_a_very_long_outage_tells_todays_state(tmp_path):
    """The newest go first, and the beginning of what they end goes with them; the older ones follow, and none is lost."""
    box = Box()

    async def play(shop):
        notices = notices_of(shop, port)
        await notices.turn()
        began_ms = to_ms(shop.world.at)
        told = [Told("away", began_ms, "The internet line does not work", "")]
        told += [Told(f"{number}", began_ms + number, f"Happening {number}", "") for number in range(LETTER_MAX + OLDER)]
        later(shop, 86_400)
        told += [Told("back", to_ms(shop.world.at), "The internet line works again.", "away")]
        await notices.rows.take_up(None, told, [AINO], to_ms(shop.world.at))
        await turns(shop, notices, 900)
        return [one.state for one in notices.rows.latest(2_000)]

    with mail_server(box) as port:
        states = in_shop(tmp_path, play)
    first, second = texts(box)
    assert f"Happening {LETTER_MAX + OLDER - 1}\n" in first
    assert f"Happening {OLDER}\n" in second and "internet line" not in second
    assert [f"Kulmakauppa: {LETTER_MAX} notices", f"Kulmakauppa: {OLDER + 1} notices"] == subjects(box)
    assert ["sent"] * (LETTER_MAX + OLDER + 2) == states
