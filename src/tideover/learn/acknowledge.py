"""Who knows which text, in which version: by having read it, and then by having done it. Pure.

A text that was changed since is not known; nor is anything by somebody new. Reading is a claim, doing is the proof, and neither
is ever made up from the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from tideover.journal.entry import Entry
from tideover.model.run import Acknowledged

PREFIX = "playbook/"
State = Literal["not-yet", "older", "read", "did"]  # older: it knew an earlier version.

Key = tuple[str, str]  # Person, text.


class Ack(Struct, frozen=True):
    """One word of one person about one version."""

    language: str
    content: str
    how: str
    on: str  # YYYY-MM-DD.


class Text(Struct, frozen=True):
    """A text that everybody who works here should know, in its languages."""

    key: str  # "playbook/internet-down"
    title: str
    contents: Mapping[str, str]  # Language to SHA-256 of the text as it is now.


class Stand(Struct, frozen=True):
    """One person and one text."""

    person: str
    text: str
    state: State
    read_on: str = ""  # Of the version of today; "" if not.
    did_on: str = ""


Acks = Mapping[Key, tuple[Ack, ...]]


def content_of(text: str) -> str:
    """The version of a text: its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()


def take(acks: Acks, entry: Entry) -> Acks:
    """What is known after an entry of kind `acknowledged`; of each language and way the newest counts."""
    body = entry.body
    if not isinstance(body, Acknowledged):
        return acks
    key = (body.person, body.text)
    rest = [one for one in acks.get(key, ()) if (one.language, one.how, one.content) != (body.language, body.how, body.content)]
    return {**acks, key: (*rest, Ack(body.language, body.content, body.how, entry.trading_day))}


def stand(person: str, text: Text, acks: Acks) -> Stand:
    """How that person stands to that text today, in any language of it."""
    mine = acks.get((person, text.key), ())
    now = [one for one in mine if text.contents.get(one.language) == one.content]
    read_on = max((one.on for one in now if one.how == "read"), default="")
    did_on = max((one.on for one in now if one.how == "did"), default="")
    state: State = "did" if did_on else "read" if read_on else "older" if mine else "not-yet"
    return Stand(person, text.key, state, read_on, did_on)


def stands(people: Iterable[str], texts: Sequence[Text], acks: Acks) -> list[Stand]:
    """Everybody who works here now beside every text; whoever left drops out, whoever is new has done nothing yet."""
    return [stand(person, text, acks) for person in people for text in texts]


def texts_of(texts: Mapping[str, str], titles: Mapping[str, str]) -> list[Text]:
    """Key with language to text, as the plan gives them, grouped by key; in the order of `titles` (key to title)."""
    found = []
    for key, title in titles.items():
        contents = {name.rpartition(".")[2]: content_of(text) for name, text in texts.items() if name.rpartition(".")[0] == key}
        found.append(Text(PREFIX + key, title, contents))
    return found
