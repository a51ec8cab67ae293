"""Printed copies as things: where they lie, how they end, which of them are out of date."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tideover.journal.entry import Entry
from tideover.kit.copies import by_short, search, short_of, stale, standing, take
from tideover.model.facts import CopyEnded, CopyPlaced, Printed

BOX = "0192f3c4-0000-7000-8000-0000000000ff"


def id_of(number: int) -> str:
    return f"0192f3c4-0000-7000-8000-{number * 7_777_777:012x}"


def entry(number, kind, body, refers_to=None, by="Anna") -> Entry:
    return Entry(id_of(number), kind, 1, BOX, number, 1_795_175_400_000 + number, "2026-11-20", by, refers_to, body)


def printed(number, artefact="price-list/price-list-ruoka.fi", content="a" * 64, place="Till 1", holder="") -> Entry:
    return entry(number, "printed", Printed(artefact, content, 4, "2026-11-20", place, holder))


def test_a_copy_is_where_it_was_put_last():
    """First where it was printed for; what is not said again stays as it was."""
    moves = [entry(2, "copy_placed", CopyPlaced("Back room"), id_of(1)), entry(3, "copy_placed", CopyPlaced("", "Väinö"), id_of(1))]
    copies = take({}, [printed(1), *moves])
    assert ("Back room", "Väinö") == (copies[id_of(1)].place, copies[id_of(1)].holder)


def test_an_ended_copy_is_never_stale():
    """Whether destroyed, lost or replaced; and the first end is the one that counts."""
    ends = [entry(3, "copy_ended", CopyEnded("lost"), id_of(1)), entry(4, "copy_ended", CopyEnded("destroyed"), id_of(1))]
    copies = take({}, [printed(1), printed(2), *ends])
    assert "lost" == copies[id_of(1)].ended
    assert [id_of(2)] == [copy.id for copy in stale(standing(copies), {"price-list/price-list-ruoka.fi": "b" * 64})]


def test_only_copies_of_what_changed_are_stale():
    """Another paper, the same paper in another language, and one that nobody looked at are not."""
    others = [printed(2, "price-list/price-list-ruoka.en"), printed(3, "contacts/contacts.fi"), printed(4, content="b" * 64)]
    copies = take({}, [printed(1), *others])
    now = {"price-list/price-list-ruoka.fi": "b" * 64, "price-list/price-list-ruoka.en": "a" * 64}
    assert [id_of(1)] == [copy.id for copy in stale(standing(copies), now)]


def test_a_paper_that_is_made_no_more_leaves_its_copies_stale():
    """A department that was given up: its list is fetched from the counter."""
    copies = take({}, [printed(1)])
    assert [id_of(1)] == [copy.id for copy in stale(standing(copies), {"price-list/price-list-ruoka.fi": ""})]


def test_what_is_said_of_an_unknown_copy_says_nothing():
    """A torn journal, read from its middle, raises nothing."""
    assert {} == take({}, [entry(2, "copy_placed", CopyPlaced("x"), id_of(1)), entry(3, "copy_ended", CopyEnded("lost"), id_of(1))])


@given(st.lists(st.sampled_from(["printed", "placed", "ended"]), max_size=12), st.integers(0, 12))
def test_reading_on_is_the_same_as_reading_all(what, cut):
    """The box folds entries as they come; a new start folds all of them."""
    bodies = {"placed": ("copy_placed", CopyPlaced("Till 2")), "ended": ("copy_ended", CopyEnded("destroyed"))}
    about = [id_of(max(1, n // 2)) for n in range(len(what))]
    entries = [printed(n + 1) if one == "printed" else entry(n + 1, *bodies[one], about[n]) for n, one in enumerate(what)]
    assert take({}, entries) == take(take({}, entries[:cut]), entries[cut:])


@given(st.integers(0, 2**80 - 1))
def test_a_short_id_is_read_back_as_people_misread_it(tail):
    """In small letters, without its hyphen, with o for 0 and l for 1."""
    id = f"0192f3c4-0000-7{tail >> 68 & 0xFFF:03x}-8{tail >> 52 & 0xFFF:03x}-{tail & (2**48 - 1):012x}"
    copies = take({}, [Entry(id, "printed", 1, BOX, 1, 1, "2026-11-20", None, None, Printed("plan/plan.fi", "a" * 64, 1, "2026-11-20"))])
    read = short_of(id).lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert id == by_short(copies, read).id == by_short(copies, short_of(id).replace("-", "")).id
    assert by_short(copies, "") is None


def test_the_register_is_searched_by_anything_on_it():
    """Place, holder, paper or number, in any order, as a Finn types."""
    wallet = printed(2, "contacts/contacts.fi", place="Väinön lompakko", holder="Väinö")
    copies = list(take({}, [printed(1, place="Kassa 1"), wallet]).values())
    assert [2, 1, 1, 2, 0] == [len(search(copies, text)) for text in ("", "VÄINÖ", "kassa ruoka", "fi", "vaino")]
    assert [copies[0]] == search(copies, copies[0].short)
