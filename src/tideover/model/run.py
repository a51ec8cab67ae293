"""Bodies of the entries about people: how a playbook was gone through, who led, who was told, and what a rehearsal showed.

As in facts.py, each class is the body of the kind it names, and a correction is a further entry.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from tideover.model.facts import Text
from tideover.model.sale import Name


class RunStarted(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `run`: a playbook was opened to be gone through; its id is the entry's."""

    playbook: Name  # Key without language.
    language: Name
    revision: Name
    content: Text  # SHA-256 of the wording as it counted in this shop (plan/wording.py): what was read aloud.
    steps: int  # That this shop can take.
    reader: Name  # Who reads aloud.
    outage: str | None = None


class RunStep(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `run_step`: what became of a step of the run in `refers_to`; the newest word about a step counts."""

    step: Annotated[int, Meta(ge=0, le=100)]  # 0: the two sentences to the customer; 1 and on as on the card.
    way: Annotated[int, Meta(ge=1, le=20)]  # 1: the step itself; 2 and on: its other ways.
    outcome: Literal["done", "skipped", "failed", "open"]  # failed: did not work, the next way stands; open: taken back.
    why: Text = ""
    answer: Text = ""  # What was decided, checked or heard.
    reader: Name = ""  # Who reads from here on, if that changed.


class RunEnded(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `run_ended`: the run in `refers_to` is over."""

    how: Literal["finished", "left"]
    why: Text = ""


class HandedOver(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `handed_over`: that person leads from here on."""

    to: Name
    note: Text = ""


class WordExpected(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `word_expected`: when the next word about the outage comes, and from whom."""

    at: int  # UTC ms; 0: it has come, and no further one is expected.
    whom: Name
    text: Text = ""


class PartyTold(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `party_told`: that supplier or customer knows of the outage in `refers_to`, or that it is over; the newest word counts."""

    party: Name  # Party.key
    what: Literal["outage", "over", "nothing"]  # nothing: what was ticked is taken back.
    note: Text = ""


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """Who played what; no key of a table, for names are written in any letters and the keys of an entry are plain ASCII."""

    person: Name
    roles: Text  # Several are joined by ", ".


class Rehearsed(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `rehearsed`: what a rehearsal showed; its own entries stand in the practice journal."""

    scenario: Name
    started_at: int  # UTC ms.
    ended_at: int
    how: Literal["finished", "interrupted", "given_up"]
    people: tuple[Part, ...]
    to_step_s: int | None = None  # To the right next step; None: it did not come to that.
    to_sale_s: int | None = None  # To the first sale without the cloud.
    to_closed_s: int | None = None  # To closed books.
    missed: tuple[Name, ...] = ()  # Steps nobody took.
    helped: tuple[Name, ...] = ()  # Steps taken after help.
    reader: Name = ""
    head: str = ""  # SEQ:HEX of the practice journal.
    note: Text = ""

    @property
    def cast(self) -> dict[str, str]:
        """Person to roles."""
        return {one.person: one.roles for one in self.people}


class Acknowledged(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `acknowledged`: that person knows this version of a text, by having read it or done it."""

    person: Name
    text: Name  # "playbook/internet-down", "plan" …
    language: Name
    content: Text  # SHA-256 of the version.
    how: Literal["read", "did"]


class PracticeFinding(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `practice_finding`: something that failed in the rehearsal or check in `refers_to`; only a later one closes it."""

    key: Name  # The same gap has the same key.
    text: Text
    owner: Name
    due: str  # Day.


class PracticeFindingClosed(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `practice_finding_closed`: the one in `refers_to` is proven to be mended."""

    proof: str  # Id of the `rehearsed` or `checked` entry that shows it.
    note: Text = ""
