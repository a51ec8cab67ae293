"""The worst evening in one story, over real HTTP between real processes: box, practice cloud and the proxy that spoils the line."""

from __future__ import annotations

from pathlib import Path

from bad_luck.test_cloud import Shop, play


def test_killed_with_a_queue_then_a_log_in_and_replies_are_lost(tmp_path: Path) -> None:
    """odoo#60939, #40567, hercycle-ai#313 in a row: queued, the box killed, back to a 401 and lost answers; each sale once, none lost."""

    async def story(shop: Shop) -> None:
        await shop.control("line", up=False)
        entries = [await shop.sell() for _ in range(5)]
        await shop.wait(2)
        assert shop.stage.box_program is not None
        await shop.stage.box_program.kill()
        await shop.stage.start_box()
        entries += [await shop.sell() for _ in range(2)]
        assert [0] * 7 == [await shop.booked(entry) for entry in entries]

        await shop.control("faults", faults={"lost-reply": 0.5, "expire-login": 1}, sends_expected=10, entries=entries)
        await shop.control("line", up=True)
        await shop.wait(30)
        await shop.control("off")
        await shop.wait(30)

        assert [1] * 7 == [await shop.booked(entry) for entry in entries]
        recover = (await shop.status())["recover"]
        assert (0, 0, 7) == (recover["waiting"], recover["parked"], recover["booked"])

    play(tmp_path, story)
