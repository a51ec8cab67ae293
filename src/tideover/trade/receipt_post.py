"""Receipts by e-mail: held while the line is down, then sent one after another, at a pace that no mail server minds.

A letter that is put off lets the others pass; a long one waits while every byte costs.

The address stands sealed beside the journal, never in an entry; one that was given for a single receipt is forgotten after it.
"""

from __future__ import annotations

from collections.abc import Callable

from tideover.model.receipt import Letter
from tideover.ports import MailAnswer, Mailer
from tideover.rules.pace import growing_s, spread_s
from tideover.settings import Settings
from tideover.trade import receipt_steps as steps
from tideover.trade.receipt_desk import ReceiptDesk
from tideover.trade.receipt_steps import Job
from tideover.words import plain, say
from tideover.world import World

PACE_S = 2.0  # Between two letters: 30 a minute, below what shops' mail servers allow.
HELD_S = 15.0  # Between two looks whether the line is back.
AGAIN_S, AGAIN_MOST_S = 60.0, 900.0  # After a mail server that took nothing.
LONG_BYTES = 20_000  # A letter longer than this waits while the line in use is metered: some 400 articles.
NOTHING_S = 3_600.0
FORGOTTEN = "the address was forgotten before the letter left"


class ReceiptPost:
    """The letters of one shop."""

    def __init__(
        self,
        desk: ReceiptDesk,
        settings: Settings,
        mailer: Mailer | None,
        world: World,
        is_line_up: Callable[[], bool] = lambda: True,
        is_metered: Callable[[], bool] = lambda: False,
    ) -> None:
        """is_line_up: False while the internet is known to be down; then nobody knocks. is_metered: every byte of the line in use costs."""
        self._desk, self._settings, self._mailer, self._world = desk, settings, mailer, world
        self._is_line_up, self.is_metered = is_line_up, is_metered
        self._failed = 0  # Knocks on end that the server took nothing of.

    async def turn(self) -> float:
        """Send the next letter; seconds until the next turn is due. Raises DiskFailed, Damaged."""
        desk = self._desk
        letters = [job for job in desk.jobs.open() if job.way == "mail"]
        await desk.close_left_over(letters)
        await desk.forget_addresses()
        waiting = [job for job in letters if job.state == "queued"]
        if not waiting or self._mailer is None:
            return NOTHING_S
        job = self._next(waiting) if self._is_line_up() else None
        if job is None:
            return HELD_S
        word = await self._send(job, self._mailer)
        await desk.forget_addresses()
        self._failed = self._failed + 1 if word == "away" else 0
        if self._failed:
            return growing_s(AGAIN_S, AGAIN_MOST_S, self._failed, self._world.chance)
        return spread_s(PACE_S, self._world.chance) if len(waiting) > 1 else NOTHING_S

    def _next(self, waiting: list[Job]) -> Job | None:
        """The one that has waited longest since it was tried: one full mailbox holds nobody else up. None: all are long, and bytes cost."""
        is_metered = self.is_metered()
        for job in sorted(waiting, key=lambda one: one.since):
            if not is_metered or len(self._letter(job, "").text.encode()) <= LONG_BYTES:
                return job
        return None

    async def _send(self, job: Job, mailer: Mailer) -> str:
        sending = await self._desk.jobs.move(job, ("queued",), state="sending", why="")
        if sending is None:
            return "sent"  # A person dealt with it meanwhile.
        to = self._desk.address_of(job)
        answer = await mailer.send(self._letter(job, to)) if to else MailAnswer("refused", FORGOTTEN)
        await self._desk.moved(sending, steps.after_mail(answer))
        return answer.word

    def _letter(self, job: Job, to: str) -> Letter:
        kept = self._desk.document(job)
        subject = say(self._settings.language)("Receipt {what} · {who}", what=kept.entry.body.number, who=self._settings.shop_name)
        text = "\n".join(row.text for row in self._desk.rows(kept, job.is_copy)) + "\n"
        return Letter(job.id, to, plain(subject), text)
