"""Everything that can go wrong, in one tree; each error says what a person does next.

TideoverError                code, message, hint
├── Rejected                 the request is wrong; nothing was written
├── Unavailable              no answer; try again later with the same id
├── Refused                  the other side said no for good; park it
├── Conflict                 same id, other content; park it and tell a person
├── Misconfigured            stays wrong until a setting changes
└── Damaged                  chain or file is not what was written; stop writing, go to paper, tell a person

Each is a small class with a stable code and two sentences; their facts are given by name. docs/errors.md is made from these classes.
"""

from __future__ import annotations

from typing import ClassVar


class TideoverError(Exception):
    """The root; never raised itself."""

    code: ClassVar[str] = "error"
    text: ClassVar[str] = "Something went wrong."
    advice: ClassVar[str] = "Tell the person on call what you saw."
    exit_code: ClassVar[int] = 1
    status: ClassVar[int] = 500  # HTTP status at the box's own API.

    def __init__(self, **facts: object) -> None:
        """facts: the values named in braces in `text` and `advice`."""
        self.facts = facts
        told = {name: shown(name, value) for name, value in facts.items()}
        self.message = self.text.format(**told)
        self.hint = self.advice.format(**told)
        super().__init__(self.message)


def shown(name: str, value: object) -> object:
    """A fact as a sentence holds it: cents as 12.34, a reason without the full stop that the sentence has itself."""
    if name == "why" and isinstance(value, str):
        return value.removesuffix(".")
    if name.endswith("_minor") and isinstance(value, int):
        return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}"
    return value


class Rejected(TideoverError):
    """The request is wrong; nothing was written."""

    code = "rejected"
    text = "That request cannot be taken: {why}."
    advice = "Correct it and send it again."
    exit_code = 2
    status = 400


class Unavailable(TideoverError):
    """No answer; try again later with the same id."""

    code = "unavailable"
    text = "{who} does not answer: {why}."
    advice = "Nothing is lost. It is tried again by itself; the same request may be sent again."
    exit_code = 4
    status = 503


class Refused(TideoverError):
    """The other side said no for good; park it."""

    code = "refused"
    text = "{who} said no: {why}."
    advice = "Look at the parked list, mend the cause there, then press 'send on'."
    status = 422


class Conflict(TideoverError):
    """Same id, other content; park it and tell a person."""

    code = "conflict"
    text = "{what} is already here with other content."
    advice = "Nothing was changed. Both versions are kept; compare them and decide which one happened."
    status = 409


class Misconfigured(TideoverError):
    """Stays wrong until a setting changes."""

    code = "misconfigured"
    text = "The setting {setting} cannot be used: {why}."
    advice = "Correct it in {file} and start again. docs/settings.md lists every setting."
    exit_code = 2
    status = 409  # Not the caller's fault, and not ours: a setting stands in the way.


class Damaged(TideoverError):
    """Chain or file is not what was written; stop writing, go to paper, tell a person."""

    code = "damaged"
    text = "{file} is not what was written: {why}."
    advice = "Sell on numbered slips. Do not repair or delete the file. Run 'tideover verify {file}' and tell the person on call."
    exit_code = 5


# Wrong requests -----------------------------------------------------------------------------------


class BadRecord(Rejected):
    """A record does not have the shape that its kind and version ask for."""

    code = "bad-record"
    text = "This {what} cannot be read: {why}."
    advice = "Nothing was written. Show the record to whoever made it."


class UnknownTill(Rejected):
    """An entry comes from a till that is not enrolled, or no longer."""

    code = "unknown-till"
    text = "Till {till} is not enrolled at this box."
    advice = "Enrol it with a new code from the box. What it holds unsent stays on it until then."
    status = 403


class BadSignature(Rejected):
    """The signature does not fit the entry and the till's key."""

    code = "bad-signature"
    text = "Entry {id} is not signed by till {till}."
    advice = "Nothing was written. If the till was copied or restored, enrol it again."
    status = 403


class TillGap(Rejected):
    """A till's number is not the next one: an entry before it has not arrived."""

    code = "till-gap"
    text = "Till {till} sent number {got}, but number {expected} comes next."
    advice = "The till sends its waiting entries again from number {expected}; nothing is lost."
    status = 409


class TooBig(Rejected):
    """More than the stated limit of bytes, lines or items."""

    code = "too-big"
    text = "{what} is larger than the limit of {limit}."
    advice = "Send it in smaller pieces."
    status = 413


class NotAllowed(Rejected):
    """Nobody signed in, or this person has no grant for it."""

    code = "not-allowed"
    text = "{who} may not do this: {why}."
    advice = "Ask a person who holds the grant; the plan's page 'grants' names them."
    status = 403


class NotSignedIn(Rejected):
    """The request carries no session, token or code that this box knows."""

    code = "not-signed-in"
    text = "Nobody is signed in here: {why}."
    advice = "Sign in with your name and PIN, or enrol the till with a new code from the box."
    status = 401


class TooOften(Rejected):
    """The same thing was tried too often in a short time."""

    code = "too-often"
    text = "{what} was tried too often."
    advice = "Wait {wait_s} seconds, then try again once, carefully."
    status = 429


class WrongHost(Rejected):
    """The box was called by a name that is not its own."""

    code = "wrong-host"
    text = "This box is not called {host}."
    advice = "Use its address or localhost, or add the name to host_names in tideover.toml and start the box again."
    status = 421


class NotFound(Rejected):
    """There is no such thing here."""

    code = "not-found"
    text = "There is no {what} {id} here."
    advice = "Look at the list again; it may have been settled by somebody else."
    status = 404


class WrongState(Rejected):
    """The thing is there, but not in a state in which this can be done."""

    code = "wrong-state"
    text = "{what} cannot be done now: {why}."
    advice = "Look at the status page for what comes first."
    status = 409


class UnbalancedDocument(Rejected):
    """Lines, tenders and rounding of a document do not add up."""

    code = "unbalanced"
    text = "The document's lines come to {lines_minor}, its tenders and rounding to {paid_minor}."
    advice = "Correct the tenders; nothing was written."


class SlipUsed(Rejected):
    """That numbered slip has been entered before."""

    code = "slip-used"
    text = "Slip {number} was entered before, as entry {id}."
    advice = "Compare the paper with that entry. If it is another sale, give it the next free number."
    status = 409


class PadOverlaps(Rejected):
    """Two pads of slips would hold the same numbers."""

    code = "pad-overlaps"
    text = "Slips {series}-{first} to {series}-{last} overlap pad {other}."
    advice = "Take the next free number, or another series."
    status = 409


class FileUnreadable(Rejected):
    """A given file cannot be read as what it should be."""

    code = "file-unreadable"
    text = "{file} cannot be read: {why}."
    advice = "{next}"


class NoVatRate(Rejected):
    """No VAT rate is known for that country, category or day."""

    code = "no-vat-rate"
    text = "No VAT rate is known for category {category} in {country} on {day}."
    advice = "Correct the country or the item's category; or give the rate by hand."


# No answer ----------------------------------------------------------------------------------------


class CloudSilent(Unavailable):
    """The cloud gave no usable answer: time-out, 5xx, a log-in page where data was expected."""

    code = "cloud-silent"
    retry_after_s: float | None = None


class ExportNeeded(Unavailable):
    """A cloud without an interface has to be asked by a person: an export is missing, too old or not readable."""

    code = "export-needed"
    text = "{who} cannot be read: {why}."
    advice = "{next}"


class BoxBusy(Unavailable):
    """Another Tideover process has this data directory open."""

    code = "box-busy"
    text = "Another Tideover is running on {data} (process {pid})."
    advice = "Use that one, or stop it first. Two boxes on one database are never allowed."


# Stays wrong ---------------------------------------------------------------------------------------


class LoginRefused(Misconfigured):
    """The cloud does not accept the stored token or password."""

    code = "login-refused"
    text = "{who} does not accept the log-in: {why}."
    advice = "Run 'tideover connect' and give a fresh token. Sales go on and wait; none is dropped."


class TooNew(Misconfigured):
    """The database was written by a newer Tideover."""

    code = "too-new"
    text = "{file} was written by a newer Tideover (format {found}, this one knows {known})."
    advice = "Start the newer version. This one has changed nothing."


class OldSqlite(Misconfigured):
    """The SQLite library has the WAL-reset bug (fixed in 3.51.3)."""

    code = "old-sqlite"
    text = "SQLite {found} can corrupt a journal under load (fixed in {needed})."
    advice = "Run 'make setup' again; it installs a current one beside Python."


class FolderUnusable(Misconfigured):
    """A folder that is to hold our files cannot."""

    code = "folder-unusable"
    text = "The folder {folder} cannot be used: {why}."
    advice = "Name a folder that this user may write to, on a disk with room."


class PortTaken(Misconfigured):
    """The box cannot listen where it should."""

    code = "port-taken"
    text = "The box cannot listen on {bind}, port {port}: {why}."
    advice = "If a box runs there already, use that one. Else stop the other program, or start with --port and another number."


class ExtraMissing(Misconfigured):
    """A part of the program that only some shops need is not installed."""

    code = "extra-missing"
    text = "{what} is not installed here."
    advice = "Install it with: pip install 'tideover[{extra}]'"


class SecretUnreadable(Misconfigured):
    """A stored secret was sealed with another key than the one in the key file."""

    code = "secret-unreadable"
    text = "The stored secret {name} cannot be opened with the key file {file}."
    advice = "Put the key file that belongs to this data directory back, or give the secret again with 'tideover connect'."


# Damaged -------------------------------------------------------------------------------------------


class ChainBroken(Damaged):
    """An entry is missing, edited or out of order."""

    code = "chain-broken"
    text = "The journal {file} is broken at entry {seq}: {why}."
    advice = (
        "Sell on numbered slips. Reading still works. Do not repair or delete the file; "
        "run 'tideover verify {file}' and tell the person on call."
    )


class HistoryDiffers(Damaged):
    """A witness kept another hash of an entry: this journal is not the one that the others wrote with."""

    code = "history-differs"
    text = "The journal {file} is not the one that was seen: entry {seq} was another when {witness} was kept."
    advice = "Sell on numbered slips. Put the newest copy of the data directory in its place, or go on: 'tideover accept-loss'."


class TailMissing(Damaged):
    """A witness kept a head that lies beyond the journal's end."""

    code = "tail-missing"
    text = "The journal {file} lost its last {missing} entries: a witness saw {witness}, the file ends at {head}."
    advice = HistoryDiffers.advice


class NoJournal(Damaged):
    """The file is no journal, or so damaged that it cannot be told from something else."""

    code = "no-journal"
    text = "{file} is no journal, or too damaged to be read as one: {why}."
    advice = (
        "If it is a box's journal.db: sell on numbered slips, leave the file as it is and tell the person on call. "
        "Else give the path of a journal.db."
    )


class FileDamaged(Damaged):
    """A database of the data directory is not what was written."""

    code = "file-damaged"
    text = "{file} cannot be read: {why}."
    advice = (
        "Sell on numbered slips and leave the file as it is. If it is journal.db, run 'tideover verify {file}'; "
        "else put its last backup in its place. Tell the person on call."
    )


class DiskFailed(Damaged):
    """The disk did not take a write."""

    code = "disk-failed"
    text = "The disk did not take the write to {file}: {why}."
    advice = "The sale is NOT recorded: write a numbered slip. Free space or replace the disk, then start the box again."
    status = 507


# A rehearsal that cannot go on ----------------------------------------------------------------------


class RehearsalStopped(TideoverError):
    """One of the rehearsal's programs did not start, did not rest or refused what it must take."""

    code = "rehearsal-stopped"
    text = "The rehearsal cannot go on: {why}."
    advice = "Run 'tideover doctor'. If it finds nothing, play it again with --keep and report it with that folder."
