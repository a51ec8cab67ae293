"""The plan as kept: the newest version of each record counts, and none is ever changed or deleted.

Says what the shop intends and allows. Never says that something happened.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tideover.db import Database
from tideover.errors import BadRecord, NotFound, PadOverlaps, WrongState
from tideover.plan.calls import armed_checks
from tideover.plan.contacts import contact_checks
from tideover.plan.fields import BY_NAME, checked, key_of
from tideover.plan.history import Found, Kept, Version, tag
from tideover.plan.law import Law, law_of
from tideover.plan.mail_check import mail_checks
from tideover.plan.records import KINDS, Check, Duty, Grant, Pad, Party, Person, Record, Right, Service, TillPlace
from tideover.plan.search import search
from tideover.plan.versions import Change, Enter, Versions
from tideover.rules.calendar import trading_day
from tideover.rules.limits import is_covered
from tideover.settings import Settings
from tideover.world import World, from_ms

R = TypeVar("R", bound=Struct)
PAD_SLIPS_MAX = 1_000  # Slips of one pad; a box of paper, and one screen of numbers.


class Plan:
    """Reads and changes the plan of one shop."""

    def __init__(self, database: Database, world: World, settings: Settings) -> None:
        self.database, self._world, self._settings = database, world, settings
        self._versions = Versions(database, world)
        self._now: dict[type[Struct], dict[str, Any]] = {}  # Kind to its records by key, until the next change.
        self._checks: tuple[Check, ...] | None = None  # All checks, until the next change.

    # Records ------------------------------------------------------------------------------------

    def put(self, record: Record, by: str) -> int:
        """Keep a new version; returns its number. The same content again is no new version.

        Raises BadRecord if it does not have its shape, PadOverlaps for a pad.
        """
        return self.change([record], (), by)[0]

    def remove(self, kind: type[Struct], key: str, by: str) -> None:
        """That record counts no more; its versions stay. Raises NotFound."""
        self.change((), [(kind, key)], by)

    def change(self, records: Sequence[Record], removed: Sequence[tuple[type[Struct], str]], by: str) -> list[int]:
        """Keep and remove many in one commit, all of them or none; the version of each. Raises as put and remove."""
        sound = self.check_change(records, removed)
        changes = [Change(KINDS[type(one)][0], key_of(one), msgspec.json.encode(one, order="deterministic").decode()) for one in sound]
        return self._keep([*changes, *(Change(KINDS[kind][0], key, None) for kind, key in removed)], by)

    def check_change(self, records: Sequence[Record], removed: Sequence[tuple[type[Struct], str]]) -> list[Record]:
        """The records as they would be kept. Raises as `change`, and changes nothing."""
        sound = [checked(one) for one in records]
        for kind, key in removed:
            if self.get(kind, key) is None:
                raise NotFound(what=KINDS[kind][0], id=key)
        self._check_pads([one for one in sound if isinstance(one, Pad)], {key for kind, key in removed if kind is Pad})
        return sound

    def _keep(self, changes: Sequence[Change], by: str) -> list[int]:
        numbers = self._versions.keep(changes, by)
        self._now.clear()
        self._checks = None
        self._versions.enter_open()
        return numbers

    def enter_with(self, enter: Enter) -> None:
        """From now on each version gets its entry by this call, at once; those that have none yet get it now."""
        self._versions.enter = enter
        self._versions.enter_open()

    def undo(self, by: str, kind: type[Struct] | None = None, key: str | None = None) -> Version:
        """Take back the last change of a record, or of the whole plan: its content of before becomes a new version.

        Called again it goes further back. Returns the change that was taken back. Raises WrongState if there is none left.
        """
        last = self._versions.to_undo(kind and KINDS[kind][0], key)
        if last is None:
            raise WrongState(what="Undoing", why="nothing is left to take back")
        body = self._versions.before(last)
        if body is not None and last.kind == KINDS[Pad][0]:
            self._check_pads([msgspec.json.decode(body, type=Pad)], set())
        self._keep([Change(last.kind, last.key, body, undoes=last.change)], by)
        return last

    def undoable(self, kind: type[Struct] | None = None, key: str | None = None) -> tuple[Any, Any] | None:
        """What `undo` would make: the record as it stands and as it would be, None where there is none; None if nothing is left."""
        last = self._versions.to_undo(kind and KINDS[kind][0], key)
        if last is None:
            return None
        body = self._versions.before(last)
        return self.get(BY_NAME[last.kind], last.key), None if body is None else msgspec.json.decode(body, type=BY_NAME[last.kind])

    def get(self, kind: type[R], key: str) -> R | None:
        """The record of that kind and key, or None."""
        return self._standing(kind).get(key)

    def all(self, kind: type[R], at_ms: int | None = None) -> list[R]:
        """Every record of a kind by key, as it stands now or stood at an instant."""
        return list(self._standing(kind).values()) if at_ms is None else self._as_of(kind, at_ms)

    def _standing(self, kind: type[R]) -> dict[str, R]:
        """What stands now, read once per change: the watch asks at every look."""
        if kind not in self._now:
            self._now[kind] = {getattr(one, KINDS[kind][1]): one for one in self._as_of(kind, None)}
        return self._now[kind]

    def _as_of(self, kind: type[R], at_ms: int | None) -> list[R]:
        rows = self.database.rows(
            "SELECT body FROM intent AS this WHERE kind = :kind AND version ="
            " (SELECT max(version) FROM intent WHERE kind = this.kind AND key = this.key AND (:at IS NULL OR changed_at <= :at))"
            " AND body IS NOT NULL ORDER BY key",
            {"kind": KINDS[kind][0], "at": at_ms},
        )
        return [msgspec.json.decode(body, type=kind) for (body,) in rows]

    def history(self, kind: type[Struct], key: str) -> list[Version]:
        """All versions of a record, first to last."""
        return self._versions.of(KINDS[kind][0], key)

    def changes(self, limit: int = 100) -> list[Version]:
        """The last changes of the whole plan, newest first."""
        return self._versions.latest(limit)

    def kept(self) -> list[Kept]:
        """Every version, to be compared with the journal (plan/history.py)."""
        return self._versions.kept()

    def revision(self) -> str:
        """A short text that every change of the plan makes another, for papers: how often it was changed. "" for an empty plan."""
        return str(self._versions.count() or "")

    def search(self, text: str) -> list[Found]:
        """Records of all kinds that hold every word, or the number; the best first."""
        return search((one for kind in KINDS for one in self.all(kind)), text)

    def tag(self, kind: type[Struct], key: str, text: str) -> str:
        """A short name for a text of that record which must not stand in the journal: the same text has the same, for ever."""
        return tag(text, self._versions.salt(KINDS[kind][0], key))

    # What the stages ask ------------------------------------------------------------------------

    def law(self) -> Law:
        """The law page of the shop's country."""
        return law_of(self._settings.country)

    def people(self) -> list[Person]:
        return self.all(Person)

    def tills(self) -> list[TillPlace]:
        return self.all(TillPlace)

    def services(self) -> list[Service]:
        """The services that the plan names; see `tolerable_s` for those that it does not."""
        return self.all(Service)

    def tolerable_s(self, service: str) -> int:
        """How long the shop can do without a service; the setting where the plan does not say."""
        found = self.get(Service, service)
        return self._settings.tolerable_s if found is None else found.tolerable_s

    def owner_of(self, matter: str) -> str:
        """Who owns a matter: 'parked/closed-period', else 'parked', else the settings' owner."""
        while matter:
            found = self.get(Duty, matter)
            if found is not None:
                return found.person
            matter = matter.rpartition("/")[0]
        return self._settings.owner

    def checks(self) -> list[Check]:
        """Every check with its first day: the plan's own, and those of phone numbers and calls; who owns 'contacts' is asked for them."""
        if self._checks is None:
            self._checks = tuple(self._all_checks())
        return list(self._checks)

    def _all_checks(self) -> list[Check]:
        since = {place: (self._day(first), self._day(last)) for place, (first, last) in self._versions.since().items()}
        own = [one if one.first_on else replace(one, first_on=since["check", one.key][0]) for one in self.all(Check)]
        changed = {place: last for place, (_, last) in since.items()}
        asked = self.owner_of("contacts"), self.owner_of("contacts/second")
        armed = [*armed_checks(self._settings, *asked), *mail_checks(self._settings, *asked)]
        return [*own, *armed, *contact_checks([*self.people(), *self.all(Party)], self.tag, *asked, changed)]

    def _day(self, at_ms: int) -> str:
        return trading_day(from_ms(at_ms), self._settings.time_zone, self._settings.day_turns_at)

    def owner_of_parked(self, cause: str) -> str:
        """Who owns records that a cloud refused for this cause."""
        return self.owner_of(f"parked/{cause}")

    def grants_of(self, person: str, right: Right, day: str, in_outage: bool) -> list[Grant]:
        """The grants a person holds for a right on a trading day, by their own name or their role."""
        known = self.get(Person, person)
        role = None if known is None else known.role
        return [one for one in self.all(Grant) if one.right == right and _is_in_force(one, person, role, day, in_outage)]

    def may(
        self, person: str, right: Right, amount_minor: int, day: str, *, in_outage: bool, spent: dict[str, int], share_ppm: int = 0
    ) -> Grant | None:
        """A grant that is enough for the sum, and for that share of a price, or None.

        spent: grant id to what was used of it that day, as the journal says.
        """
        for grant in self.grants_of(person, right, day, in_outage):
            is_enough = grant.share_ppm is None or share_ppm <= grant.share_ppm
            if is_enough and is_covered(amount_minor, grant.each_minor, grant.day_minor, spent.get(grant.id, 0)):
                return grant
        return None

    # Pads of slips ------------------------------------------------------------------------------

    def pads(self) -> list[Pad]:
        """All pads, by series and first number."""
        return sorted(self.all(Pad), key=lambda pad: (pad.series, pad.first))

    def issue_pad(self, series: str, count: int, by: str, *, place: str = "", issued_to: str = "", day: str | None = None) -> Pad:
        """The next `count` numbers of a series, handed out. Raises BadRecord for a wrong series or count."""
        if not 1 <= count <= PAD_SLIPS_MAX:
            raise BadRecord(what="pad", why=f"{count} slips; a pad holds 1 to {PAD_SLIPS_MAX}")
        first = max((pad.last for pad in self.pads() if pad.series == series), default=0) + 1
        pad = Pad(pad_key(series, first), series, first, first + count - 1, place, issued_to, day)
        self.put(pad, by)
        return pad

    def _check_pads(self, pads: Sequence[Pad], removed: Container[str]) -> None:
        """No two pads may share a number: those that come among each other, and with those that stay."""
        standing = {one.key: one for one in self.pads() if one.key not in removed} if pads else {}
        for pad in pads:
            if not 0 <= pad.last - pad.first < PAD_SLIPS_MAX or pad.key != pad_key(pad.series, pad.first):
                raise BadRecord(what="pad", why=f"{pad.key} from {pad.first} to {pad.last} is not a pad of 1 to {PAD_SLIPS_MAX} slips")
            standing[pad.key] = pad
        for pad in pads:
            for other in standing.values():
                if other.key != pad.key and other.series == pad.series and other.first <= pad.last and pad.first <= other.last:
                    raise PadOverlaps(series=pad.series, first=pad.first, last=pad.last, other=other.key)


def pad_key(series: str, first: int) -> str:
    """A pad's key: the number on its first slip."""
    return f"{series}-{first:04d}"


def _is_in_force(grant: Grant, person: str, role: str | None, day: str, in_outage: bool) -> bool:
    held = grant.person == person if grant.person else grant.role is not None and grant.role == role
    begun = grant.from_day is None or grant.from_day <= day
    open_still = grant.until_day is None or day <= grant.until_day
    return held and begun and open_still and (in_outage or not grant.only_in_outage)
