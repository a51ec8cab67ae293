"""Which playbooks count in a shop, and what its things, people and sums make of them."""

from __future__ import annotations

import pytest

from tideover.plan.law import law_of
from tideover.plan.playbook import (
    CHECKLIST,
    STARTERS,
    Call,
    Limit,
    faults,
    for_everyone,
    limits,
    playbooks,
    read_playbook,
    resolve,
    starter_texts,
    texts,
    with_tills,
    write_playbook,
)
from tideover.plan.records import Channel, Grant, Party, Person, PlaybookText, Service, Thing
from tideover.settings import Settings

LINE = Thing("line", "Fibre", ("internet",))
TETHER = Thing("tether", "Aino's phone", ("netti", "phone"), place="drawer", stands_in_for="line")
AINO = Person("Aino", "cashier", "040 1")
MAIJA = Person("Maija", "owner", "050 2", can=("decide",))
EERO = Person("Eero", "manager", can=("keyholder",), other_phones=("+358 44 3",), knows=("till",))
TEXT = """# The oven is cold
Concerns: power
Decides: decide, manager
May alone: refund, discount
Revision: 3

## What you see
- The dough does not rise

## Say first
- One.
- Two.

## Steps
1. Do [needs spare internet]: Go online over {thing}.
   If not [needs light]: Light {thing}.
2. Do [needs light]: Take {thing}.
3. Do [needs internet]: Use {thing}.
   If not: Wait {minutes} minutes.
4. Call [to power, keyholder]: Ring them.
5. Call [to insurer]: Report it.
"""
OVEN = read_playbook(TEXT)


def shown(things, **changes):
    ready = resolve(OVEN, things, **{"people": (), "grants": (), "parties": (), **changes})
    return [[way.text for way in step.ways] for step in ready.steps]


# Starter texts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(starter_texts()))
def test_each_starter_text_is_whole(key):
    """It reads without a fault and is written as the writer writes it, so that an edit changes one line."""
    text = starter_texts()[key]
    assert text == write_playbook(read_playbook(text, key), key.rpartition(".")[2])


@pytest.mark.parametrize("key", STARTERS)
def test_both_languages_say_the_same(key):
    """Same steps of the same kind and time, with the same needs and calls: only the words differ."""
    english, finnish = (read_playbook(starter_texts()[f"{key}.{language}"], key) for language in ("en", "fi"))

    def bones(book):
        ways = [[(way.kind, way.minutes, way.needs, way.to, way.text.count("{")) for way in step.ways] for step in book.steps]
        return ways, len(book.signs), len(book.back), book.concerns, book.decides, book.reads, book.may, book.revision

    assert bones(english) == bones(finnish)


def test_every_case_of_the_shop_has_its_starter():
    """The fourteen cases and the way back."""
    assert 15 == len(STARTERS)
    assert list(STARTERS) == list(playbooks({}, "fi"))


def test_the_first_step_serves_people_and_no_step_comes_before_the_customer():
    """On each card the customer is spoken to first, by two sentences, before anything is mended."""
    for language in ("en", "fi"):
        for key, book in playbooks({}, language).items():
            assert 2 == len(book.says), key
            if key != CHECKLIST:
                assert book.steps[0].ways[0].kind in ("do", "say", "check", "decide"), key


# The shop's own texts -------------------------------------------------------------------------------


def test_the_shops_own_text_stands_above_the_starter_one():
    """In its language; the other language keeps the starter."""
    own = {one.key: one.text for one in (PlaybookText("internet-down.en", TEXT),)}
    assert "The oven is cold" == playbooks(own, "en")["internet-down"].title
    assert "Netti on poikki" == playbooks(own, "fi")["internet-down"].title
    assert texts([PlaybookText("internet-down.en", TEXT)])["internet-down.en"] == TEXT
    assert len(starter_texts()) == len(texts([PlaybookText("internet-down.en", TEXT)]))


def test_a_text_that_cannot_be_read_gives_way_and_is_named():
    """No card is missing because of a slip of the pen."""
    broken = {"internet-down.fi": TEXT.replace("## Steps", "## Stops")}
    assert "Netti on poikki" == playbooks(broken, "fi")["internet-down"].title
    assert [14, 21] == [one.line for one in faults(texts([PlaybookText(*one) for one in broken.items()]))["internet-down.fi"]]
    assert {} == faults(starter_texts())


def test_a_playbook_of_the_shops_own_comes_before_the_checklist():
    """Also in a language it is not written in: better another language than no card."""
    own = {"oven.en": TEXT}
    assert ["oven", CHECKLIST] == list(playbooks(own, "fi"))[-2:]
    assert "The oven is cold" == playbooks(own, "fi")["oven"].title


# Things ---------------------------------------------------------------------------------------------


def test_a_step_whose_need_is_not_owned_is_not_shown():
    """Its other way is, where there is one; the numbers have no gap."""
    assert [["Wait 30 minutes."], ["Ring them."], ["Report it."]] == shown(())
    ready = resolve(OVEN, (), (), (), ())
    assert [1, 2, 3] == [step.number for step in ready.steps]
    assert 2 == ready.left_out


def test_the_ordinary_line_is_no_spare():
    """In a failure of the line, only what stands in for it helps."""
    assert ["Use Fibre.", "Wait 30 minutes."] == shown((LINE,))[0]
    assert ["Go online over Aino's phone (drawer)."] == shown((LINE, TETHER))[0]


def test_the_spare_is_named_before_the_thing_that_failed():
    """And its abilities may be written in either language."""
    assert ["Use Aino's phone (drawer).", "Wait 30 minutes."] == shown((LINE, TETHER))[1]


def test_a_thing_of_which_none_is_left_is_not_owned():
    """An empty box of torches lights nothing."""
    assert [["Wait 30 minutes."], ["Ring them."], ["Report it."]] == shown((Thing("torch", "Torch", ("light",), count=0),))
    assert ["Light Torch."] in shown((Thing("torch", "Torch", ("light",)),))


def test_a_till_of_ours_is_offered_only_where_the_law_lets_it_sell():
    """In Germany slips are the way."""
    assert ("Tideover: Till 1, Till 2",) == tuple(one.name for one in with_tills((), ("Till 1", "Till 2"), law_of("FI")))
    assert () == with_tills((), ("Till 1",), law_of("DE"))
    assert () == with_tills((), (), law_of("FI"))


# People and parties ---------------------------------------------------------------------------------


def test_who_decides_and_who_reads():
    """By ability, then by role; the one who decides does not read as long as there is another."""
    ready = resolve(OVEN, (), (AINO, EERO, MAIJA), (), ())
    assert (["Maija", "Eero"], "Aino") == ([one.name for one in ready.deciders], ready.reader)
    assert "Maija" == resolve(OVEN, (), (MAIJA,), (), ()).reader
    assert ((), "") == (resolve(OVEN, (), (), (), ()).deciders, resolve(OVEN, (), (), (), ()).reader)


def test_whom_to_call_is_the_services_supplier_else_a_person_else_room_to_write():
    """With the line for faults, its hours and our number with them."""
    power = Party(
        "grid",
        "Grid Ltd",
        account="A-7",
        channels=(Channel("x@grid.example"), Channel("09 1"), Channel("09 2", "faults", "0-24", "Europe/Oslo")),
    )
    service = Service("power", "Power", 900, supplier="grid")
    calls = [step.ways[0] for step in resolve(OVEN, (), (EERO,), (), (power,), (service,)).steps if step.ways[0].kind == "call"]
    assert (Call("Grid Ltd", "09 2", "0-24 Europe/Oslo", "A-7"),) == calls[0].calls
    assert ((), True) == (calls[1].calls, calls[1].asks_number)
    assert (Call("Eero", "+358 44 3"),) == resolve(OVEN, (), (EERO,), (), ()).steps[1].ways[0].calls
    assert (Call("Grid Ltd", "09 2", "0-24 Europe/Oslo", "A-7"),) == _first_call(Party("grid", "Grid Ltd", "sähkö", "A-7", power.channels))


def _first_call(party):
    return resolve(OVEN, (), (), (), (party,)).steps[1].ways[0].calls


def test_the_minutes_are_the_services_own():
    """Else those of the settings; rounded up, so that none is taken away."""
    service = Service("power", "Power", 61)
    assert "Wait 2 minutes." in [way.text for step in resolve(OVEN, (), (), (), (), (service,)).steps for way in step.ways]
    assert "Wait 10 minutes." in [way.text for step in resolve(OVEN, (), (), (), (), tolerable_s=600).steps for way in step.ways]


# Sums -----------------------------------------------------------------------------------------------


def test_the_limits_stand_in_the_order_of_everybody_roles_people():
    """What has ended is left out; what begins later says when."""
    grants = (
        Grant("1", "Maija", "refund"),
        Grant("2", "", "refund", role="manager", each_minor=30_000),
        Grant("3", "", "refund", role="cashier", each_minor=5_000, day_minor=20_000, only_in_outage=True),
        Grant("4", "Eero", "refund", until_day="2026-11-19"),
        Grant("5", "Eero", "discount", share_ppm=250_000, from_day="2026-12-01", until_day="2026-12-31"),
        *for_everyone(Settings()),
    )
    assert (
        Limit("refund", "", "", 10_000, None, None, False),
        Limit("refund", "", "cashier", 5_000, 20_000, None, True),
        Limit("refund", "", "manager", 30_000, None, None, False),
        Limit("refund", "Maija", "", None, None, None, False),
        Limit("discount", "", "", None, None, 100_000, False),
        Limit("discount", "Eero", "", None, None, 250_000, False, "2026-12-01", "2026-12-31"),
    ) == resolve(OVEN, (), (), grants, (), day="2026-11-20").limits
    assert () == limits(grants, ("lend",), "2026-11-20")


def test_what_the_settings_allow_nobody_is_no_limit_of_everybody():
    """Zero is no permission."""
    assert () == for_everyone(Settings(discount_limit_ppm=0, refund_limit_minor=0))
