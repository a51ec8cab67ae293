"""Each record of the plan as one line with what matters, and whether it was seen to work or only said to. Reads; decides nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct

from tideover.kit.sums import ROLES as WHOM
from tideover.kit.sums import for_one_case, in_one_day
from tideover.learn.check import DueCheck
from tideover.plan.contacts import PREFIX
from tideover.plan.fields import key_of, name_of
from tideover.plan.playbook import Limit
from tideover.plan.playbook_words import NAMES, word_for
from tideover.plan.records import Channel, Check, Duty, Grant, Pad, Party, Person, PlaybookText, Service, Thing, TillPlace
from tideover.web.plan_form import texts_of
from tideover.web.plan_labels import BY_NAME, RIGHTS, ROLES
from tideover.words import Say

PAGE = "/plan"
PLAIN_KEY = re.compile(r"[^\s/.?#%\\][^/?#%\\\x00-\x1f]*")


class Mark(Struct, frozen=True):
    """What is known of it."""

    tone: str  # "up": seen to work; "down": it does not; "unknown": only said, or nobody tried.
    text: str


class Line(Struct, frozen=True):
    """One record in a list."""

    kind: str
    key: str
    title: str
    parts: tuple[str, ...]
    href: str
    mark: Mark | None = None


def address_of(kind: str, key: str) -> str:
    """The page of a record; a key that an address cannot carry goes behind the question mark."""
    if kind == "pad":
        return "/slips"
    if key != "new" and PLAIN_KEY.fullmatch(key):
        return f"{PAGE}/{kind}/{quote(key, safe='')}"
    return f"{PAGE}/{kind}/at?{urlencode({'key': key})}"


class Lines:
    """Writes lines in one reader's language."""

    def __init__(self, say: Say, currency: str, checks: Iterable[DueCheck]) -> None:
        self._say, self._currency = say, currency
        self._by_subject: dict[str, list[DueCheck]] = {}
        self._by_key: dict[str, DueCheck] = {}
        for one in checks:
            self._by_subject.setdefault(one.check.subject, []).append(one)
            self._by_key[one.check.key] = one

    def line(self, record: Struct) -> Line:
        """The line of a record of any kind."""
        title, parts = self._text(record)
        kind, key = name_of(type(record)), key_of(record)
        shown = tuple(one for one in parts if one)
        return Line(kind, key, title or key, shown, address_of(kind, key), self._mark(record))

    def _text(self, record: Any) -> tuple[str, Sequence[str]]:
        say = self._say
        match record:
            case Person():
                return record.name, (say(dict(ROLES)[record.role]), record.phone, self._words(record.can), ", ".join(record.knows))
            case Service():
                return record.name, self._service(record)
            case Thing():
                count = f"{say.number(record.count)} ×" if record.count != 1 else ""
                return record.name, (count, record.place, record.holder, record.carrier, self._words(record.can))
            case Party():
                first = record.channels[0] if record.channels else Channel("")
                return record.name, (record.role, first.address, first.use_for, first.hours, record.account)
            case Grant():
                return self._grant(record)
            case Check():
                return record.what, (record.first_person, say("every {n} days", n=record.period_days))
            case Duty():
                return record.matter, (record.person,)
            case TillPlace():
                return record.name, (record.place, record.device, record.pad and say("slips {series}", series=record.pad))
            case Pad():
                return f"{record.key} – {record.last:04d}", (record.place, record.issued_to)
            case PlaybookText():
                return record.text.partition("\n")[0].lstrip("# ").strip(), (say("the shop's own text"),)
        raise TypeError(type(record))

    def _words(self, keys: Sequence[str]) -> str:
        return ", ".join(word_for(NAMES, one, self._say.language) for one in keys)

    def _service(self, one: Service) -> Sequence[str]:
        time = texts_of(one, BY_NAME["service"], self._say.language)["tolerable_s"]
        money = "" if one.cost_per_hour_minor is None else self._say.money(one.cost_per_hour_minor, self._currency)
        return (self._say("at most {time}", time=time), one.busy, money and self._say("{money} an hour", money=money), one.manual_way)

    def _grant(self, one: Grant) -> tuple[str, Sequence[str]]:
        say = self._say
        whose = one.person or (say(WHOM[one.role]) if one.role else say("nobody yet"))
        limit = Limit(one.right, one.person, one.role or "", one.each_minor, one.day_minor, one.share_ppm, one.only_in_outage)
        day = say("{sum} a day", sum=in_one_day(limit, self._currency, say)) if one.day_minor is not None else ""
        when = say("only in an outage") if one.only_in_outage else ""
        until = say("until {day}", day=say.day(one.until_day)) if one.until_day else ""
        return f"{say(RIGHTS[one.right])}: {whose}", (for_one_case(limit, self._currency, say), day, when, until)

    def _mark(self, record: Struct) -> Mark | None:
        if isinstance(record, Check):
            found = [self._by_key[record.key]] if record.key in self._by_key else []
            return self.standing(found)
        if isinstance(record, Thing | Service):
            return self.standing(self._by_subject.get(f"{name_of(type(record))}/{record.key}", []))
        if isinstance(record, Person | Party):
            about = self._by_subject.get(f"{name_of(type(record))}/{key_of(record)}", [])
            return self._numbers([one for one in about if one.check.key.startswith(PREFIX)])
        return None

    def _numbers(self, checks: Sequence[DueCheck]) -> Mark | None:
        """Of somebody's numbers: how many somebody answered."""
        say = self._say
        if not checks:
            return None
        if any(one.state == "fails" for one in checks):
            return Mark("down", say("a number does not work"))
        seen = sum(one.is_green for one in checks)
        if seen == len(checks):
            return Mark("up", say("number tried") if seen == 1 else say("all numbers tried"))
        if len(checks) == 1:
            return Mark("unknown", say("number not tried this month") if checks[0].known.proof else say("number never tried"))
        return Mark("unknown", say("{n} of {n2} numbers tried", n=seen, n2=len(checks)))

    def standing(self, checks: Sequence[DueCheck]) -> Mark | None:
        """Proof and claim told apart: seen to work, only said, does not work, never tried; None where nothing is checked."""
        say = self._say
        if not checks:
            return None
        failed = max((one.known.failed.on for one in checks if one.known.failed), default="")
        if failed:
            return Mark("down", say("did not work {day}", day=say.day(failed)))
        proof = max((one.known.proof.on for one in checks if one.known.proof), default="")
        claim = max((one.known.claim.on for one in checks if one.known.claim), default="")
        if proof:
            tone = "up" if all(one.is_green for one in checks if one.known.proof) else "unknown"
            return Mark(tone, say("seen to work {day}", day=say.day(proof)))
        return Mark("unknown", say("only said to work {day}", day=say.day(claim)) if claim else say("never tried"))
