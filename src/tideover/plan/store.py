"""The plan as kept: the newest version of each record counts, and none is ever changed or deleted.

Says what the shop intends and allows. Never says that something happened.
"""

from __future__ import annotations

from typing import Any, TypeVar

import apsw
import msgspec
from msgspec import Struct

from tideover.db import Database
from tideover.errors import BadRecord, NotFound, PadOverlaps
from tideover.plan.law import Law, law_of
from tideover.plan.records import KINDS, Duty, Grant, Pad, Person, Record, Right, Service, TillPlace
from tideover.rules.limits import is_covered
from tideover.settings import Settings
from tideover.world import World, to_ms

R = TypeVar("R", bound=Struct)
PAD_SLIPS_MAX = 1_000  # Slips of one pad; a box of paper, and one screen of numbers.


class Version(Struct, frozen=True):
    """One version of a record."""

    version: int  # From 1.
    changed_at: int  # UTC ms.
    changed_by: str
    record: Any  # The Struct; None: removed.


class Plan:
    """Reads and changes the plan of one shop."""

    def __init__(self, database: Database, world: World, settings: Settings) -> None:
        self.database, self._world, self._settings = database, world, settings
        self._now: dict[type[Struct], dict[str, Any]] = {}  # Kind to its records by key, until the next change.

    # Records ------------------------------------------------------------------------------------

    def put(self, record: Record, by: str) -> int:
        """Keep a new version; returns its number. The same content again is no new version.

        Raises BadRecord if it does not have its shape, PadOverlaps for a pad.
        """
        kind, field = KINDS[type(record)]
        body = msgspec.json.encode(record, order="deterministic").decode()
        try:
            msgspec.json.decode(body, type=type(record), strict=True)
        except msgspec.ValidationError as error:
            raise BadRecord(what=kind, why=str(error)) from error
        if isinstance(record, Pad):
            self._check_pad(record)
        return self._keep(kind, getattr(record, field), body, by)

    def remove(self, kind: type[Struct], key: str, by: str) -> None:
        """That record counts no more; its versions stay. Raises NotFound."""
        name = KINDS[kind][0]
        if self.get(kind, key) is None:
            raise NotFound(what=name, id=key)
        self._keep(name, key, None, by)

    def _keep(self, kind: str, key: str, body: str | None, by: str) -> int:
        at_ms = to_ms(self._world.now())

        def work(connection: apsw.Connection) -> int:
            found = connection.execute(
                "SELECT version, body FROM intent WHERE kind = ? AND key = ? ORDER BY version DESC LIMIT 1", (kind, key)
            ).fetchone()
            version, kept = found or (0, None)
            if version and kept == body:
                return version
            connection.execute("INSERT INTO intent VALUES (?, ?, ?, ?, ?, ?)", (kind, key, version + 1, at_ms, by, body))
            return version + 1

        version = self.database.write(work)
        self._now.clear()
        return version

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
        rows = self.database.rows(
            "SELECT version, changed_at, changed_by, body FROM intent WHERE kind = ? AND key = ? ORDER BY version",
            (KINDS[kind][0], key),
        )
        return [
            Version(version, at_ms, by, None if body is None else msgspec.json.decode(body, type=kind))
            for version, at_ms, by, body in rows
        ]

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

    def owner_of_parked(self, cause: str) -> str:
        """Who owns records that a cloud refused for this cause."""
        return self.owner_of(f"parked/{cause}")

    def grants_of(self, person: str, right: Right, day: str, in_outage: bool) -> list[Grant]:
        """The grants a person holds for a right on a trading day, by their own name or their role."""
        known = self.get(Person, person)
        role = None if known is None else known.role
        return [one for one in self.all(Grant) if one.right == right and _is_in_force(one, person, role, day, in_outage)]

    def may(self, person: str, right: Right, amount_minor: int, day: str, *, in_outage: bool, spent: dict[str, int]) -> Grant | None:
        """A grant that is enough for the sum, or None.

        spent: grant id to what was used of it that day, as the journal says.
        """
        for grant in self.grants_of(person, right, day, in_outage):
            if is_covered(amount_minor, grant.each_minor, grant.day_minor, spent.get(grant.id, 0)):
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

    def _check_pad(self, pad: Pad) -> None:
        if not 0 <= pad.last - pad.first < PAD_SLIPS_MAX or pad.key != pad_key(pad.series, pad.first):
            raise BadRecord(what="pad", why=f"{pad.key} from {pad.first} to {pad.last} is not a pad of 1 to {PAD_SLIPS_MAX} slips")
        for other in self.pads():
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
