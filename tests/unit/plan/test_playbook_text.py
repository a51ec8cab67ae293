"""A playbook as a text: read strictly, faults with line and cure, written and read back to the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tideover.errors import BadRecord
from tideover.plan.playbook_text import (
    CHECKLIST_STEPS_MAX,
    RIGHTS,
    STEPS_MAX,
    Need,
    Playbook,
    Step,
    Way,
    read_playbook,
    try_playbook,
    write_playbook,
)
from tideover.plan.playbook_words import NAMES
from tideover.words import say

SMALL = """# The oven is cold
Concerns: power
Decides: owner
May alone: refund
Revision: 3

## What you see
- The dough does not rise

## Say first
- “Our oven is cold today.”
- The bread of yesterday is half price.

## Steps
1. Do (5 min) [needs spare power]: Plug the oven into {thing}.
   It may take a while.
   If not, call (10 min) [to power, landlord]: Ask for the electrician.
7) Decide: Close after {minutes} minutes?

## Way back
- Bake one bread first.
"""
READ = Playbook(
    title="The oven is cold",
    signs=("The dough does not rise",),
    says=("Our oven is cold today.", "The bread of yesterday is half price."),
    steps=(
        Step(
            (
                Way("do", "Plug the oven into {thing}. It may take a while.", 5, (Need("power", True),)),
                Way("call", "Ask for the electrician.", 10, to=("power", "landlord")),
            )
        ),
        Step((Way("decide", "Close after {minutes} minutes?"),)),
    ),
    back=("Bake one bread first.",),
    concerns=("power",),
    decides=("owner",),
    may=("refund",),
    revision="3",
)


def test_a_text_is_read():
    """Head, lists, steps with time, needs, whom to call, other ways; lines that go on; numbers as they come."""
    assert READ == read_playbook(SMALL)


def test_both_languages_are_understood_in_one_text():
    """An editor who writes half of it in Finnish is not corrected."""
    mixed = SMALL.replace("## Steps", "## vaiheet").replace("Decides: owner", "Päättää: omistaja").replace("If not, call", "Jos ei, soita")
    mixed = mixed.replace("[needs spare power]", "[tarvitaan vara sähkö]").replace("[to power", "[kenelle sähkö")
    assert READ == read_playbook(mixed)


def test_an_editor_of_another_system_is_no_fault():
    """A byte-order mark, carriage returns, tabs and other bullets are taken."""
    text = "\ufeff" + SMALL.replace("\n", "\r\n").replace("- ", "* ").replace("   It", "\tIt")
    assert READ == read_playbook(text)


@pytest.mark.parametrize("language", ["en", "fi"])
def test_a_playbook_is_written_in_its_language_and_read_back(language):
    """What a page saves is what a file says."""
    text = write_playbook(READ, language)
    assert READ == read_playbook(text)
    assert ("## Say first" if language == "en" else "## Sano ensin") in text


PLAIN = st.text("abcdefghij åäö:[](){}#,.-!?0123456789€Ž", min_size=1, max_size=40).map(lambda text: f"a{' '.join(text.split())}z")
FREE = PLAIN.map(lambda text: text.replace("{", "(").replace("}", ")"))
KEYS = st.lists(st.sampled_from(sorted(NAMES)), min_size=1, max_size=3, unique=True).map(tuple)
WAYS = st.builds(
    Way,
    kind=st.sampled_from(("say", "do", "call", "decide", "check")),
    text=FREE,
    minutes=st.none() | st.integers(1, 600),
    needs=st.lists(st.builds(Need, st.sampled_from(sorted(NAMES)), st.booleans()), max_size=2).map(tuple),
    to=st.just(()) | KEYS,
)
BOOKS = st.builds(
    Playbook,
    title=FREE,
    signs=st.lists(FREE, min_size=1, max_size=5).map(tuple),
    says=st.tuples(FREE, FREE),
    steps=st.lists(st.builds(Step, st.lists(WAYS, min_size=1, max_size=4).map(tuple)), min_size=1, max_size=STEPS_MAX).map(tuple),
    back=st.lists(FREE, max_size=4).map(tuple),
    concerns=st.just(()) | KEYS,
    decides=KEYS,
    reads=KEYS,
    may=st.lists(st.sampled_from(RIGHTS), max_size=3, unique=True).map(tuple),
    revision=FREE,
)


@given(BOOKS, st.sampled_from(("en", "fi")))
def test_any_playbook_comes_back_from_its_text(book, language):
    """Whatever stands in it: brackets, colons, number signs, letters of the north."""
    assert book == read_playbook(write_playbook(book, language))


@given(st.text(max_size=400))
def test_no_text_is_too_odd_to_be_refused(text):
    """Anything gives a playbook or faults with lines, never a crash."""
    _, faults = try_playbook(text)
    assert faults and all(one.line >= 1 and one.why for one in faults)


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("# The oven is cold\n", "", 1, "the first line is the title"),
        ("## Steps", "## Stops", 14, "'Stops' is no heading of a playbook: use one of What you see"),
        ("## Way back", "## Say first", 20, "the heading 'Say first' stands here a second time"),
        ("Concerns: power", "Worries: power", 2, "above the first heading only these lines may stand: Concerns"),
        ("May alone: refund", "May alone: refund, rob", 4, "'rob' is nothing that a grant allows: use one of discount"),
        ("- The dough", "The dough", 8, "each line here starts with a dash and a space"),
        ("7) Decide:", "7) Dance:", 18, "'Dance' is no kind of step: use one of Say"),
        ("7) Decide: Close", "Close", 18, "a step is a number, say, do, call, decide or check, and a colon"),
        ("(5 min)", "(5 days)", 15, "round brackets before the colon are the time for it in minutes"),
        ("[needs spare power]", "[if you can]", 15, "square brackets say what is needed or who is called"),
        ("{thing}", "{device}", 15, "in braces only 'thing' and 'minutes' may stand, not 'device'"),
        ("[needs spare power]", "", 15, "'thing' in braces is what is needed: ask for it before the colon"),
        ("- The bread of yesterday is half price.\n", "", 10, "under 'Say first, Sano ensin' stand 1 lines where there should be 2"),
        ("Bake one bread first.", "x" * 161, 21, "this is 161 characters long and has room for 160"),
        ("Revision: 3", "Revision:", 5, "the line 'Revision:' is missing"),
        ("7) Decide: Close after {minutes} minutes?", "7) Decide:", 18, "nothing is written here"),
    ],
)
def test_a_fault_names_its_line_and_its_cure(old, new, line, why):
    """Each kind of fault, and nothing else beside it than what follows from it."""
    assert old in SMALL
    _, faults = try_playbook(SMALL.replace(old, new, 1))
    assert (line, True) in [(one.line, one.why.startswith(why)) for one in faults], faults


def test_a_card_has_nine_steps_at_most_and_the_return_checklist_more():
    """Ten steps are not used when it counts; a checklist is worked through with time."""
    steps = "\n".join(f"{n}. Do: this" for n in range(1, STEPS_MAX + 2))
    text = SMALL.split("## Steps")[0] + f"## Steps\n{steps}\n"
    assert [] != try_playbook(text, "oven.en")[1]
    assert [] == try_playbook(text, "return.en")[1]
    assert CHECKLIST_STEPS_MAX > STEPS_MAX


def test_all_faults_are_told_at_once_in_the_readers_language():
    """A shopkeeper mends a text in one go, and reads in Finnish what is wrong."""
    with pytest.raises(BadRecord) as caught:
        read_playbook(SMALL.replace("(5 min)", "(5 d)").replace("7) Decide", "7) Dance"))
    message, _ = say("fi").error(caught.value)
    assert "line 15" in caught.value.message and "line 18" in caught.value.message
    assert (
        "rivi 15: kaarisulkeissa ennen kaksoispistettä on aika minuutteina, näin: (5 min); rivi 18: 'Dance' ei ole vaiheen laji" in message
    )
