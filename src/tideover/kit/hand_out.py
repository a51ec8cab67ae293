"""What people do with papers: fetch one to print it themselves, say that it was printed, hand out a pocket kit, hear from one.

Every step ends in an entry or changes nothing. A pass-phrase is used once and kept nowhere.
"""

from __future__ import annotations

import asyncio

from tideover.disk import passing, remove
from tideover.errors import Rejected, WrongState
from tideover.kit.copies import Copy
from tideover.kit.jobs import Job, State
from tideover.kit.keep import Keep
from tideover.kit.work import ToLock, Wish
from tideover.model.facts import CopyPlaced, Printed
from tideover.world import to_ms

UNPRINTED: tuple[State, ...] = ("waiting", "queued", "unknown")
HEARD_AGAIN_MS = 12 * 3_600_000  # A phone that is opened all day is written down twice.
PHONE = "phone"


async def file_of(keep: Keep, job: Job) -> tuple[bytes, Job]:
    """The paper as it is now, with the copy's id on its foot; the job remembers what stood on it. Raises Unavailable, Rejected."""
    path = passing(keep.folder, f"{job.id}-by-hand-{keep.new_id()}.pdf")  # One each: two people may fetch it at once.
    try:
        made = await keep.press(job, path)
        if not made.pages:
            raise Rejected(why="this paper is made no more: drop the job, and fetch the old copy")
        if job.state in UNPRINTED:
            await keep.move(job, UNPRINTED, content=made.content, pages=made.pages)
        return await asyncio.to_thread(path.read_bytes), keep.job(job.id)
    finally:
        remove(path)


async def printed_by_hand(keep: Keep, job: Job, by: str) -> Copy:
    """A person printed it and puts it where it belongs. Raises WrongState, Unavailable."""
    if job.state not in UNPRINTED:
        raise WrongState(what="Saying that it was printed", why=f"the job is {job.state}")
    if not job.content:
        _, job = await file_of(keep, job)
    await keep.is_there(job, by)
    copy = keep.copy(job.id)
    await keep.placed(copy, job.place, job.holder, by)
    return keep.copy(job.id)


async def again(keep: Keep, job: Job) -> None:
    """Nobody saw it come out: once more. Raises WrongState."""
    if not await keep.move(job, ("unknown",), state=keep.first_state(), number="", content="", why=""):
        raise WrongState(what="Printing again", why=f"the job is {job.state}")
    keep.wake.ring()


async def drop(keep: Keep, job: Job) -> None:
    """It is not to be printed. A stale copy that still lies about gets a new job at the next look. Raises WrongState."""
    if job.state not in UNPRINTED:
        raise WrongState(what="Dropping the job", why=f"it is {job.state}")
    await keep.jobs.drop([job.id])


async def hand_out(keep: Keep, holder: str, language: str, phrase: str, boxes: tuple[str, ...], by: str) -> tuple[bytes, Copy]:
    """A pocket kit for one person, with an id of its own. Raises BadRecord (a weak pass-phrase), Unavailable, TooBig."""
    from tideover.kit.pocket import check_phrase  # With all the makers of papers: only for those who hand one out.

    id, now_ms = keep.new_id(), to_ms(keep.now())
    check_phrase(phrase)
    done = await keep.work(Wish(str(keep.folder), now_ms, lock=ToLock(language, phrase, id, boxes)))
    made = done.pressed[0]
    await keep.record("printed", Printed(made.artefact, made.content, 1, made.as_of or keep.today().isoformat(), PHONE, holder), by, id=id)
    return done.locked, keep.copy(id)


async def opened(keep: Keep, id: str, content: str) -> None:
    """A phone in the shop's network says which kit was opened on it. Unknown ones, and those that are no more, say nothing."""
    copy = keep.copies().get(id)
    if copy is None or not copy.is_on_phone or copy.ended or copy.content != content:
        return
    if not 0 <= to_ms(keep.now()) - copy.seen_at < HEARD_AGAIN_MS:
        await keep.record("copy_placed", CopyPlaced(), "", refers_to=id)
