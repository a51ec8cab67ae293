"""How ready the shop is, measure by measure: how many of how many, on what day, and the worst case. Pure.

There is no score: an average hides the one number that matters. What nobody knows counts as not ready, and what somebody only said
stands apart from what was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

from tideover.learn.acknowledge import PREFIX, Acks, Stand, Text, stands
from tideover.learn.check import DueCheck
from tideover.learn.gap import Gap
from tideover.learn.practice_log import Past
from tideover.learn.scenario import SCENARIOS
from tideover.plan.contacts import PREFIX as NUMBERS
from tideover.plan.records import Person
from tideover.words import Say

PRACTISED_DAYS = 90  # So old a rehearsal may be at most.
PROOF_DAYS = 45  # So old the last proof of a line, a spare or an offline mode may be: then it has run out.
LAST = 3  # Rehearsals that speed is judged by.


class Measure(Struct, frozen=True):
    """One measure, in the reader's language."""

    key: str
    title: str
    proven: int | None  # Shown to be so; None: nobody knows.
    total: int | None  # Of so many; None: it is no share.
    claimed: int = 0  # Only said.
    on: str = ""  # Day of the newest proof.
    worst: str = ""  # The worst case.
    is_ready: bool = False
    href: str = ""


class Rung(Struct, frozen=True):
    """A way to go on selling on the cloud's own till, as it stands now."""

    number: int  # 1 to 3.
    works: bool
    why: str  # Why not, in English.
    on: str  # Day of the last proof; "" for none.


class Facts(Struct, frozen=True):
    """What the measures are made of."""

    today: date
    people: Sequence[Person]
    texts: Sequence[Text]
    acks: Acks
    past: Sequence[Past]  # Newest first.
    gaps: Sequence[Gap]
    checks: Sequence[DueCheck]
    tolerable_s: int
    papers_stale: int | None = None  # Printed copies whose sheet has changed; None: not known.
    papers: int = 0
    slips_unexplained: int | None = None
    declared_s: Sequence[tuple[str, int]] = ()  # Day and seconds from the first evidence to the fallback, of real outages.
    tills: int = 0
    rungs: Sequence[Rung] = ()


def measures(facts: Facts, told: Say) -> list[Measure]:
    """All of them, in the order in which they matter on the day."""
    makers: tuple[Callable[[Facts, Say], Measure], ...] = (
        _practised, _first_sale, _missed, _known, _reached, _spares, _papers, _findings, _declared, _alone, _slips, _restored,
        _second_line, _spare_device, _own_offline,
    )  # fmt: skip
    return [make(facts, told) for make in makers]


def _mine(facts: Facts) -> list[Text]:
    """The texts that a rehearsal plays."""
    keys = {PREFIX + one.playbook for one in SCENARIOS.values()}
    return [one for one in facts.texts if one.key in keys]


def _practised(facts: Facts, told: Say) -> Measure:
    """Each person who works here now has gone through each rehearsed playbook, lately."""
    texts, since = _mine(facts), (facts.today - timedelta(days=PRACTISED_DAYS)).isoformat()
    found = stands((one.name for one in facts.people), texts, facts.acks)
    done = [one for one in found if one.did_on >= since]
    missing = next((one for one in found if one.did_on < since), None)
    return Measure(
        key="practised",
        title=told("People who have rehearsed each playbook in the last {n} days", n=PRACTISED_DAYS),
        proven=len(done) if found else None,
        total=len(found) if found else None,
        claimed=sum(one.state == "read" and one not in done for one in found),
        on=max((one.did_on for one in done), default=""),
        worst="" if missing is None else _person_and_text(missing, texts, told),
        is_ready=bool(found) and len(done) == len(found),
        href="/acknowledge",
    )


def _person_and_text(one: Stand, texts: Sequence[Text], told: Say) -> str:
    title = next((text.title for text in texts if text.key == one.text), one.text)
    when = told("last on {day}", day=told.day(one.did_on)) if one.did_on else told("never")
    return f"{one.person}: {title} ({when})"


def _finished(facts: Facts) -> list[Past]:
    """The last ones that were played to their end and have a sale in them."""
    return [one for one in facts.past if one.body.how == "finished" and "cards" not in one.body.scenario][:LAST]


def _first_sale(facts: Facts, told: Say) -> Measure:
    """A rehearsal in which nobody sold anything is the worst case."""
    last = _finished(facts)
    quick = [one for one in last if one.body.to_sale_s is not None and one.body.to_sale_s <= facts.tolerable_s]
    worst = max(last, key=lambda one: float("inf") if one.body.to_sale_s is None else one.body.to_sale_s, default=None)
    text = ""
    if worst is not None:
        s = worst.body.to_sale_s
        how = told("no sale at all") if s is None else told("{n} min", n=-(-s // 60))
        text = f"{told.day(worst.on)}: {how}; " + told("the shop can do {n} min without", n=facts.tolerable_s // 60)
    return Measure(
        "first-sale",
        told("Last {n} rehearsals with a sale in time", n=LAST),
        len(quick) if last else None,
        LAST if last else None,
        on=last[0].on if last else "",
        worst=text,
        is_ready=len(quick) == LAST,
        href="/rehearsal#past",
    )


def _missed(facts: Facts, told: Say) -> Measure:
    last = [one for one in facts.past if one.body.how == "finished"][:LAST]
    clean = [one for one in last if not one.body.missed and not one.body.helped]
    worst = max(last, key=lambda one: len(one.body.missed) + len(one.body.helped), default=None)
    text = ""
    if worst is not None:
        counts = told("{n} missed, {n2} with help", n=len(worst.body.missed), n2=len(worst.body.helped))
        read = told("read aloud") if worst.body.reader else told("nobody read aloud")
        text = f"{told.day(worst.on)}: {counts}; {read}"
    return Measure(
        "missed", told("Last {n} rehearsals with no step missed and no help", n=LAST), len(clean) if last else None,
        LAST if last else None, on=last[0].on if last else "", worst=text, is_ready=len(clean) == LAST, href="/rehearsal#past",
    )  # fmt: skip


def _known(facts: Facts, told: Say) -> Measure:
    """Reading is a claim here; only doing is proof."""
    found = stands((one.name for one in facts.people), facts.texts, facts.acks)
    did = [one for one in found if one.state == "did"]
    missing = next((one for one in found if one.state in ("not-yet", "older")), None)
    return Measure(
        "known", told("Texts of plan B that each person knows in today's version"),
        len(did) if found else None, len(found) if found else None,
        claimed=sum(one.state == "read" for one in found), on=max((one.did_on for one in did), default=""),
        worst="" if missing is None else _person_and_text(missing, facts.texts, told),
        is_ready=bool(found) and all(one.state in ("did", "read") for one in found) and bool(did), href="/acknowledge",
    )  # fmt: skip


def _of_checks(key: str, title: str, mine: Sequence[DueCheck], told: Say, href: str = "/checks") -> Measure:
    proven = [one for one in mine if one.is_green]
    worst = min((one for one in mine if not one.is_green), key=lambda one: one.known.proof.on if one.known.proof else "", default=None)
    text = ""
    if worst is not None:
        seen = told("last seen {day}", day=told.day(worst.known.proof.on)) if worst.known.proof else told("never seen to work")
        text = f"{told.told(worst.check.what)} ({seen})"
    return Measure(
        key, title, len(proven) if mine else None, len(mine) if mine else None,
        claimed=sum(one.known.claim is not None and not one.is_green for one in mine),
        on=max((one.known.proof.on for one in proven if one.known.proof), default=""),
        worst=text, is_ready=bool(mine) and len(proven) == len(mine), href=href,
    )  # fmt: skip


def _reached(facts: Facts, told: Say) -> Measure:
    mine = [one for one in facts.checks if one.check.key.startswith(NUMBERS)]
    return _of_checks("reach", told("Phone numbers that somebody called and that answered"), mine, told, "/checks#numbers")


def _spares(facts: Facts, told: Say) -> Measure:
    mine = [one for one in facts.checks if one.check.subject.startswith("thing/")]
    return _of_checks("spares", told("Spares that did their real job lately"), mine, told)


def _papers(facts: Facts, told: Say) -> Measure:
    fresh = None if facts.papers_stale is None or not facts.papers else facts.papers - facts.papers_stale
    worst = told("{n} copies say something that is no longer so", n=facts.papers_stale) if facts.papers_stale else ""
    if not facts.papers:
        worst = told("no paper is printed and handed out")
    title = told("Printed papers that say what is so today")
    return Measure("papers", title, fresh, facts.papers or None, worst=worst, is_ready=bool(fresh) and not facts.papers_stale, href="/kit")


def _findings(facts: Facts, told: Say) -> Measure:
    """Where nobody has rehearsed, nothing was found: that is no good sign."""
    closed = [one for one in facts.gaps if not one.is_open]
    oldest = min((one for one in facts.gaps if one.is_open), key=lambda one: one.raised_on, default=None)
    worst = ""
    if oldest is not None:
        worst = told("open since {day}", day=told.day(oldest.raised_on)) + f": {told.told(oldest.text)} ({oldest.owner})"
    has_any = bool(facts.gaps) or any(one.body.how == "finished" for one in facts.past)
    return Measure(
        "findings", told("What failed in practice and is shown to be mended"), len(closed) if has_any else None,
        len(facts.gaps) if has_any else None, on=max((one.closed_on for one in closed), default=""), worst=worst,
        is_ready=has_any and oldest is None, href="/rehearsal#findings",
    )  # fmt: skip


def _declared(facts: Facts, told: Say) -> Measure:
    quick = [one for one in facts.declared_s if one[1] <= facts.tolerable_s]
    worst = max(facts.declared_s, key=lambda one: one[1], default=None)
    text = "" if worst is None else f"{told.day(worst[0])}: " + told("{n} min", n=-(-worst[1] // 60))
    count = len(facts.declared_s)
    title = told("Real outages that were declared in time")
    return Measure(
        "declared", title, len(quick) if count else None, count or None,
        on=facts.declared_s[-1][0] if count else "", worst=text, is_ready=count > 0 and len(quick) == count, href="/",
    )  # fmt: skip


def _alone(facts: Facts, told: Say) -> Measure:
    """What only one person can or knows stops with that person's day off."""
    holders: dict[str, list[str]] = {}
    for person in facts.people:
        for what in dict.fromkeys((*person.can, *person.knows)):
            holders.setdefault(what, []).append(person.name)
    double = [what for what, names in holders.items() if len(names) > 1]
    lone = next(((what, names[0]) for what, names in sorted(holders.items()) if len(names) == 1), None)
    worst = "" if lone is None else told("only {who}: {what}", who=lone[1], what=told(lone[0]))
    title = told("Abilities that at least two people have")
    return Measure(
        "alone", title, len(double) if holders else None, len(holders) or None, worst=worst, is_ready=bool(holders) and lone is None,
        href="/plan",
    )  # fmt: skip


def _slips(facts: Facts, told: Say) -> Measure:
    n = facts.slips_unexplained
    worst = told("{n} slips are unexplained", n=n) if n else ""
    return Measure("slips", told("Paper slips that nobody has explained"), n, None, worst=worst, is_ready=n == 0, href="/slips")


def _restored(facts: Facts, told: Say) -> Measure:
    """Nothing of this house proves it yet; so it says so."""
    mine = [one for one in facts.checks if one.check.subject in ("backup", "restore") or one.check.subject.startswith("backup/")]
    found = _of_checks("restored", told("Backups that were brought back and compared"), mine, told)
    worst = told("nobody has shown it; add a check")
    return found if mine else Measure(found.key, found.title, None, None, worst=worst, href="/plan/check/new")


def unready(found: Iterable[Measure]) -> int:
    """How many are not ready; a count of things to do, no score."""
    return sum(not one.is_ready for one in found)


def as_plain(found: Iterable[Measure]) -> list[Mapping[str, object]]:
    """For a program."""
    return [{name: getattr(one, name) for name in one.__struct_fields__} for one in found]


def _second_line(facts: Facts, told: Say) -> Measure:
    return _of_rung(facts, told, 1, "second-line", told("A second line that carried the shop lately"), "/switching")


def _spare_device(facts: Facts, told: Say) -> Measure:
    return _of_rung(facts, told, 2, "spare-device", told("A spare device that opened the cloud till lately"), "/spare")


def _own_offline(facts: Facts, told: Say) -> Measure:
    return _of_rung(facts, told, 3, "own-offline", told("The cloud till's own offline mode, seen to work lately"), "/vendors")


def _of_rung(facts: Facts, told: Say, number: int, key: str, title: str, href: str) -> Measure:
    """A proof has its day and runs out; what works now and was never tried is not counted on."""
    rung = next((one for one in facts.rungs if one.number == number), None)
    if rung is None:
        return Measure(key, title, None, None, href=href)
    is_fresh = rung.on >= (facts.today - timedelta(days=PROOF_DAYS)).isoformat()
    worst = "" if rung.works else told.told(rung.why)
    if not is_fresh:
        worst = told("last tried on {day}: the proof has run out", day=told.day(rung.on)) if rung.on else worst or told("never tried")
    is_ready = rung.works and is_fresh
    return Measure(key, title, int(is_ready), 1, on=rung.on if is_fresh else "", worst=worst, is_ready=is_ready, href=href)
