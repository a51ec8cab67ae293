"""Runs the box with one defect planted: `python defects.py NAME box --data …`. A rehearsal must notice each of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import apsw


def send_without_asking() -> None:
    """After a silence it is sent again, under no key: what the cloud had booked is doubled."""
    from tideover.connectors.practice import cloud
    from tideover.recover import outbox
    from tideover.recover.next_step import Ask, Send

    right_step, right_call = outbox.next_step, cloud.PracticeCloud._call

    def step(*given: Any) -> Any:
        found = right_step(*given)
        return Send(not_before=found.not_before) if isinstance(found, Ask) else found

    async def call(self: Any, method: str, path: str, query: Any = None, body: Any = None, key: str | None = None) -> Any:
        return await right_call(self, method, path, query, body, None)

    outbox.next_step, cloud.PracticeCloud._call = step, call  # type: ignore[assignment]


def tryton_without_asking() -> None:
    """After a silence it is sent again, and of what stands in Tryton only the newest is looked at: sales double."""
    from tideover.connectors.tryton import sink
    from tideover.recover import outbox
    from tideover.recover.next_step import Ask, Send

    right_step, right_send, right_look = outbox.next_step, sink.Booker.send, sink.Booker.look

    def step(*given: Any) -> Any:
        found = right_step(*given)
        return Send(not_before=found.not_before) if isinstance(found, Ask) else found

    async def send(self: Any, booking: Any) -> Any:
        self.fresh = True
        return await right_send(self, booking)

    async def look(self: Any, entry: str) -> Any:
        seen = await right_look(self, entry)
        is_fresh, self.fresh = getattr(self, "fresh", False), False
        return sink.Seen(() if is_fresh else seen.sales[-1:], seen.moves)

    outbox.next_step, sink.Booker.send, sink.Booker.look = step, send, look  # type: ignore[assignment, method-assign]


def drop_on_4xx() -> None:
    """A refusal counts as done: the sale is in no cloud and with no person."""
    from tideover.connectors.practice import cloud
    from tideover.model.answer import Answer

    right = cloud.PracticeCloud.send

    async def send(self: Any, booking: Any) -> Answer:
        answer = await right(self, booking)
        return Answer("created", number="S0") if answer.word == "refused" else answer

    cloud.PracticeCloud.send = send  # type: ignore[method-assign]


def cut_tail(data: Path) -> None:
    """Once the day is closed, the last three entries of the journal are gone; the chain before them is whole."""
    connection = apsw.Connection(str(data / "journal.db"))
    if not connection.execute("SELECT 1 FROM entry WHERE kind = 'close'").fetchone():
        connection.close()  # The box itself would notice at its next start, and write nothing more.
        return
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'entry'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.pragma("foreign_keys", False)
    connection.execute("DELETE FROM entry WHERE seq > (SELECT max(seq) - 3 FROM entry)")
    connection.close()


def main() -> None:
    name = sys.argv.pop(1)
    if name in PLANTED:
        PLANTED[name]()
    from tideover.__main__ import main as run

    try:
        run()
    finally:
        if name == "cut_tail":
            cut_tail(Path(sys.argv[sys.argv.index("--data") + 1]))


PLANTED = {"send_without_asking": send_without_asking, "drop_on_4xx": drop_on_4xx, "tryton_without_asking": tryton_without_asking}

if __name__ == "__main__":
    main()
