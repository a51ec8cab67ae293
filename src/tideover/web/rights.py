"""Who may press which button: a table from each action to its right, and from each right to the roles that hold it.

An action that stands in no table is refused. Until the plan names an owner everybody who is signed in may do everything: a PIN is
given at the box's own machine, and a shop that has not written its plan yet must not be locked out in an outage.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from tideover.errors import NotAllowed, NotFound
from tideover.plan.fields import key_of
from tideover.plan.records import Duty, Grant, Person, Record, Role
from tideover.plan.store import Plan

Right = Literal[
    "report", "paper", "keying", "decide", "settle", "solve", "explain", "close-day", "tills", "pocket",
    "start", "plan", "checks", "run", "practise", "rehearse", "receipts", "switch", "notices", "calls",
]  # fmt: skip

EVERYBODY: frozenset[Role] = frozenset(("cashier", "manager", "owner", "on-call", "helper"))
LEADERS: frozenset[Role] = frozenset(("manager", "owner"))
ORDINARY: frozenset[Role] = frozenset(("cashier", "helper"))  # Who leads may make somebody one of these.

ROLES: dict[Right, frozenset[Role]] = {
    "report": EVERYBODY,  # Say that something does not work.
    "paper": EVERYBODY - {"helper"},  # Key slips in, move and count the drawer's cash.
    "keying": EVERYBODY,  # Be the cloud's hands: key sales there, bring its exports and day reports.
    "decide": LEADERS | {"on-call"},  # Open the fallback, lead back, move to a rung, close the outage.
    "settle": LEADERS,  # Say what became of a sale in flight: a wrong word makes a sale vanish.
    "solve": LEADERS,  # Say how a parked sale was dealt with: the same.
    "explain": LEADERS,  # Close a difference with a word.
    "close-day": LEADERS,
    "start": LEADERS,  # Answer the first questions, bring exports, make the papers.
    "plan": LEADERS,  # Change the plan; grants and roles only an owner (check_change).
    "practise": EVERYBODY,  # Break things in a practice box; go through a rehearsal, say what one has read.
    "rehearse": LEADERS | {"on-call"},  # Begin a rehearsal: it takes people away from the counter.
    "notices": LEADERS | {"on-call"},  # Try whether notices arrive, send one again, see whole addresses.
    "switch": LEADERS,  # Let lines and calls move by themselves, take that back, move them, try them.
    "receipts": EVERYBODY,  # Have a receipt printed again or mailed, say that it came out or was written by hand.
    "checks": EVERYBODY,  # Say whether something works.
    "calls": EVERYBODY,  # Divert the shop's calls by its card, say who answered, take the diversion off.
    "run": EVERYBODY,  # Go through a playbook: tick, hand on, say who was told and when the next word comes.
    "pocket": LEADERS | {"on-call"},  # Hand out a pocket kit: everybody's numbers and the whole plan are in it.
    "tills": LEADERS | {"on-call"},  # Let a till in, end its right to sign.
}
MATTERS: dict[Right, str] = {"solve": "parked", "explain": "finding"}  # Whoever the plan gives that duty may do it as well.

RIGHT_OF: dict[str, Right] = {
    "/switching/{name}/{what}": "switch",
    "/v1/switching/{name}/{what}": "switch",
    "/v1/rehearsal/link": "switch",
    "/v1/outage/report": "report",
    "/v1/outage/confirm": "decide",
    "/v1/outage/all-clear": "decide",
    "/v1/outage/rung": "decide",
    "/v1/outage/close": "decide",
    "/act/{what}": "decide",
    "/run/start": "run",
    "/run/{id}/mark": "run",
    "/run/{id}/reader": "run",
    "/run/{id}/end": "run",
    "/run/told": "run",
    "/run/word": "run",
    "/calls/diverted": "calls",
    "/calls/restored": "calls",
    "/calls/test": "calls",
    "/wall/report": "report",
    "/vendors/remark": "report",
    "/wall/note": "report",
    "/wall/hand-over": "report",
    "/wall/word": "report",
    "/v1/slips": "paper",
    "/v1/slips/{slip}/spoil": "paper",
    "/v1/slips/{slip}/again": "paper",
    "/v1/pads": "paper",
    "/v1/pads/{pad}/count": "paper",
    "/v1/notes": "report",
    "/v1/slips/{slip}/undo": "paper",
    "/slips/key": "paper",
    "/slips/{slip}/undo": "paper",
    "/slips/{slip}/say": "paper",
    "/pads/issue": "paper",
    "/pads/{pad}/count": "paper",
    "/notes": "report",
    "/v1/drawer": "paper",
    "/v1/keying/{entry}/begin": "keying",
    "/v1/keying/{entry}/done": "keying",
    "/v1/day-report": "keying",
    "/v1/exports/{dataset}": "keying",
    "/v1/exports/{dataset}/look": "keying",
    "/keying/{entry}/begin": "keying",
    "/keying/{entry}/done": "keying",
    "/keying/day-report": "keying",
    "/v1/parked/{id}/solve": "solve",
    "/parked/{id}": "solve",
    "/v1/in-flight/{id}/settle": "settle",
    "/in-flight/{id}": "settle",
    "/v1/findings/{id}/close": "explain",
    "/findings/{id}": "explain",
    "/v1/day/{day}/close": "close-day",
    "/day/close": "close-day",
    "/start/ask/{bite}": "start",
    "/start/file/{kind}": "start",
    "/start/file/{kind}/take": "start",
    "/start/make": "start",
    "/start/try": "start",
    "/v1/plan": "plan",
    "/v1/plan/undo": "plan",
    "/v1/plan/checks": "checks",
    "/plan/undo": "plan",
    "/plan/{kind}/{key}": "plan",
    "/checks": "checks",
    "/spare": "checks",
    "/practice": "practise",
    "/v1/rehearsal": "rehearse",
    "/v1/rehearsal/end": "practise",
    "/rehearsal/start": "rehearse",
    "/rehearsal/{what}": "practise",
    "/acknowledge/{key}": "practise",
    "/v1/kit/copies": "paper",
    "/v1/kit/copies/{id}/placed": "paper",
    "/v1/kit/copies/{id}/ended": "paper",
    "/v1/kit/jobs/{id}/{what}": "paper",
    "/v1/receipts": "receipts",
    "/receipts/try": "receipts",
    "/notices/test": "notices",
    "/notices/items/{number}/{what}": "notices",
    "/notices/mail": "notices",
    "/receipts/now": "receipts",
    "/receipts/{job}/{what}": "receipts",
    "/kit/make": "start",
    "/kit/print": "paper",
    "/kit/jobs/{id}/{what}": "paper",
    "/kit/copies/{id}/{what}": "paper",
    "/kit/pocket": "pocket",
    "/tills/code": "tills",
    "/tills/{till}/revoke": "tills",
    "/tills/pin": "plan",
    "/tills/late": "settle",
    "/v1/late": "settle",
    "/tills/rescued": "paper",
    "/v1/till/rescued": "paper",
    "/v1/pins/end": "plan",
    "/v1/codes": "tills",
    "/v1/tills/{till}/revoke": "tills",
}
# A person's own session and PIN; another's is looked at there.
OWN = frozenset({"/v1/logout", "/sign-out", "/v1/pins", "/start/pin", "/tills/pin/set"})


def is_open(plan: Plan) -> bool:
    """True until the plan names an owner."""
    return not any(person.role == "owner" for person in plan.people())


def check_person(plan: Plan, name: str) -> None:
    """Raises NotFound for a name that gets no PIN: none at all; and once the plan names an owner, whom it does not know."""
    if not name.strip() or not (is_open(plan) or plan.get(Person, name) is not None):
        raise NotFound(what="person", id=name[:100])


def may(plan: Plan, name: str, right: Right) -> bool:
    """True if that signed-in person holds the right; whom the plan does not know is a helper."""
    if is_open(plan):
        return True
    person = plan.get(Person, name)
    role: Role = "helper" if person is None else person.role
    return role in ROLES[right] or any(one.person == name for one in _duties(plan, right))


def holders(plan: Plan, right: Right) -> list[str]:
    """Whoever the plan lets do it, by name."""
    named = {person.name for person in plan.people() if person.role in ROLES[right]}
    return sorted(named | {one.person for one in _duties(plan, right)})


def _duties(plan: Plan, right: Right) -> list[Duty]:
    matter = MATTERS.get(right)
    return [one for one in plan.all(Duty) if one.matter.partition("/")[0] == matter]


def check_change(plan: Plan, name: str, records: Sequence[Record], removed: Sequence[tuple[type[Struct], str]]) -> None:
    """Raises NotAllowed where somebody who is no owner would give or take rights: grants, and the roles of people."""
    for one in records:
        _check_rights(plan, name, plan.get(type(one), key_of(one)), one)
    for kind, key in removed:
        _check_rights(plan, name, plan.get(kind, key), None)


def check_undo(plan: Plan, name: str, kind: type[Struct] | None, key: str) -> None:
    """The same for taking back the last change of a record or of all."""
    found = plan.undoable(kind, key)
    if found is not None:
        _check_rights(plan, name, *found)


def _check_rights(plan: Plan, name: str, before: Struct | None, after: Struct | None) -> None:
    if before == after or is_open(plan):
        return
    known = plan.get(Person, name)
    if known is not None and known.role == "owner":
        return
    roles = {one.role if isinstance(one, Person) else "cashier" for one in (before, after)}
    if isinstance(before, Grant) or isinstance(after, Grant) or (len(roles) > 1 and not roles <= ORDINARY):
        owners = ", ".join(sorted(one.name for one in plan.people() if one.role == "owner"))
        raise NotAllowed(who=name, why=f"grants and roles are given and taken by {owners}")


def check(plan: Plan, name: str, path: str) -> None:
    """Raises NotAllowed, saying who may, unless that person may do what this address does (its template)."""
    if path in OWN:
        return
    right = RIGHT_OF.get(path)
    if right is None:
        raise NotAllowed(who=name, why="nobody was given this right")
    if not may(plan, name, right):
        raise NotAllowed(who=name, why=f"only {', '.join(holders(plan, right))} may")
