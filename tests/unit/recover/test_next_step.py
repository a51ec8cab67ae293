"""The rule of "once", against clouds that lose, delay and halve what they get."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tideover.model.answer import Attempt
from tideover.model.manifest import Manifest
from tideover.recover.next_step import ATTEMPTS_MAX, WAIT_MAX, Ask, Done, Park, Send, next_step

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def cloud_with(window: timedelta, settle: timedelta | None) -> Manifest:
    return Manifest(
        name="test", title="Test", hands="interface", quality="bronze", window=window, settle=settle,
        concurrent_max=1, calls_per_s_max=10, once="",
    )  # fmt: skip


KEYLESS = cloud_with(window=timedelta(0), settle=90 * SECOND)
KEYED = cloud_with(window=timedelta(hours=24), settle=5 * SECOND)
SHORT = cloud_with(window=600 * SECOND, settle=5 * SECOND)
MUTE = cloud_with(window=timedelta(0), settle=None)
MUTE_KEYED = cloud_with(window=600 * SECOND, settle=None)


def sent(word, at=NOON, **more):
    return Attempt(at=at, act="send", word=word, **more)


def asked(word, at=NOON, **more):
    return Attempt(at=at, act="ask", word=word, **more)


class NastyCloud:
    """Books what it gets, late or unheard, in two strokes (draft, final); honours a key for `window`, then doubles."""

    def __init__(self, window: timedelta, halves: bool):
        self.window, self.halves = window, halves
        self.documents = []  # [visible from, first stroke at, is final]

    def send(self, now, luck):
        lose_request, lose_answer, delay_s, half = luck
        if lose_request:
            return "silent"
        known = [one for one in self.documents if one[0] <= now or now < one[1] + self.window]
        if known:
            one, word = known[0], "exists"
        else:
            one, word = [now + delay_s * SECOND, now, not (self.halves and half)], "created"
            self.documents.append(one)
            if not one[2]:
                word = "partial"
        if known and self.halves:
            one[2] = True
        return "silent" if lose_answer else word

    def blind_send(self, now, luck):
        """As `send`, but it finds an earlier one by its key only, never by looking."""
        lose_request, lose_answer, delay_s, _ = luck
        if not lose_request and not any(now < one[1] + self.window for one in self.documents):
            self.documents.append([now + delay_s * SECOND, now, True])
        return "silent" if lose_request or lose_answer else "created"

    def ask(self, now, luck):
        if luck[1]:
            return "silent"
        seen = [one for one in self.documents if one[0] <= now]
        if not seen:
            return "absent"
        return "exists" if seen[0][2] else "partial"


def drive(cloud, manifest, lucks, blind):
    """Follow the rule until it ends; return its last step and the attempts."""
    attempts, now = [], NOON
    for luck in lucks:
        step = next_step(attempts, manifest, now)
        if isinstance(step, Done | Park):
            break
        now = max(now, step.not_before)
        tell = cloud.blind_send if blind else cloud.send
        act, word = ("send", tell(now, luck)) if isinstance(step, Send) else ("ask", cloud.ask(now, luck))
        attempts.append(Attempt(at=now, act=act, word=word, over_at=now))
    return next_step(attempts, manifest, now), attempts


lucks = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.integers(0, 4), st.booleans()), min_size=ATTEMPTS_MAX, max_size=ATTEMPTS_MAX
)


@given(lucks, st.sampled_from([KEYLESS, KEYED, SHORT, MUTE, MUTE_KEYED]))
@settings(max_examples=600, deadline=None)
def test_a_sale_is_booked_at_most_once_whatever_is_lost_or_late(lucks, manifest):
    """Whatever the network loses or delays, there is one sale there, or one with a person here."""
    cloud = NastyCloud(manifest.window, halves=False)

    step, _ = drive(cloud, manifest, lucks, blind=True)

    assert len(cloud.documents) <= 1
    assert not isinstance(step, Done) or len(cloud.documents) == 1
    assert isinstance(step, Done | Park)


@given(lucks, st.sampled_from([KEYLESS, KEYED, SHORT]))
@settings(max_examples=600, deadline=None)
def test_done_means_the_final_state(lucks, manifest):
    """A cloud that books in two strokes is continued until the second; a draft is never called booked."""
    cloud = NastyCloud(manifest.window, halves=True)

    step, _ = drive(cloud, manifest, lucks, blind=False)

    assert len(cloud.documents) <= 1
    assert not isinstance(step, Done) or cloud.documents[0][2]


@given(lucks)
@settings(max_examples=300, deadline=None)
def test_after_a_silence_an_askable_cloud_is_asked_before_it_is_told(lucks):
    """No send ever follows a silence directly."""
    _, attempts = drive(NastyCloud(KEYLESS.window, halves=False), KEYLESS, lucks, blind=True)

    assert [] == [two for one, two in pairwise(attempts) if one.word == "silent" and two.act == "send"]


def test_a_new_entry_is_sent_now():
    """What was never sent needs no question."""
    assert Send(NOON) == next_step([], KEYLESS, NOON)


@pytest.mark.parametrize("word", ["created", "exists"])
def test_booked_is_done(word):
    """Both words mean: it is there, in its final state, with our content."""
    assert Done() == next_step([sent(word)], KEYED, NOON)


@pytest.mark.parametrize("word", ["differs", "refused"])
def test_a_final_no_goes_to_a_person(word):
    """Resending could double or overwrite money."""
    assert Park(word) == next_step([sent(word)], KEYED, NOON)


def test_inside_the_window_one_absent_is_enough():
    """A cloud that honours our key may be told again as soon as it says it has nothing."""
    assert Send(NOON) == next_step([sent("silent"), asked("absent")], KEYED, NOON)


def test_past_the_window_the_cloud_is_asked_twice():
    """One "absent" may be a sale that is still on its way."""
    attempts = [sent("silent"), asked("absent")]

    assert Ask(NOON + 90 * SECOND) == next_step(attempts, KEYLESS, NOON)
    later = NOON + 90 * SECOND
    assert Send(later) == next_step([*attempts, asked("absent", later)], KEYLESS, later)


def test_an_old_absent_does_not_count_once_the_window_is_over():
    """A box that was off for three days asks again before it sends."""
    attempts = [sent("silent"), asked("absent")]

    assert isinstance(next_step(attempts, KEYED, NOON + timedelta(days=3)), Ask)


def test_two_absents_with_a_silence_between_do_not_count_as_two():
    """The rule wants two plain answers in a row; the wait counts from the last of them."""
    attempts = [sent("silent"), asked("absent"), asked("silent"), asked("absent", NOON + 300 * SECOND)]

    assert Ask(NOON + 390 * SECOND) == next_step(attempts, KEYLESS, NOON + 300 * SECOND)


def test_absents_count_without_a_send_before_them():
    """A journal from an old copy knows only its questions: one is not enough, two are."""
    later = NOON + 90 * SECOND

    assert Ask(later) == next_step([asked("absent")], KEYLESS, NOON)
    assert Send(later) == next_step([asked("absent"), asked("absent", later)], KEYLESS, later)


def test_an_absent_from_a_cloud_that_no_longer_says_when_it_settles_is_asked_again_at_once():
    """There is no wait to keep; whether it can still be asked shows by its silence."""
    assert Ask(NOON) == next_step([sent("silent"), asked("absent")], MUTE, NOON)


def test_a_cloud_that_cannot_be_asked_gets_a_person():
    """Without keys and without a way to ask, nobody guesses."""
    assert Park("cannot-ask") == next_step([sent("silent")], MUTE, NOON)


def test_a_mute_cloud_with_keys_is_told_again_only_inside_the_window():
    """The key alone keeps the second send from doubling, so its end is the end of sending."""
    attempts = [sent("silent")]

    assert Send(NOON + 2 * SECOND) == next_step(attempts, MUTE_KEYED, NOON)
    assert Park("cannot-ask") == next_step(attempts, MUTE_KEYED, NOON + 600 * SECOND)


def test_a_half_booked_sale_is_continued_at_once_then_more_rarely():
    """`partial` means: send again under the same key, from where it stands."""
    first = [sent("silent"), asked("partial")]

    assert Send(NOON) == next_step(first, KEYLESS, NOON)
    assert Send(NOON + 2 * SECOND) == next_step([*first, asked("partial")], KEYLESS, NOON)
    assert Send(NOON + 4 * SECOND) == next_step([*first, asked("partial"), asked("partial")], KEYLESS, NOON)


def test_a_first_half_that_cannot_be_found_yet_is_waited_for():
    """Without a key the second half finds the first by looking, so it must be visible."""
    assert Send(NOON + 90 * SECOND) == next_step([sent("partial")], KEYLESS, NOON)
    assert Send(NOON) == next_step([sent("partial")], KEYED, NOON)
    assert Park("cannot-ask") == next_step([sent("partial")], MUTE, NOON)


def test_the_wait_a_cloud_asks_for_is_kept_up_to_a_limit():
    """Retry-After counts when it is longer than our own wait; a century is not believed."""
    assert Ask(NOON + 77 * SECOND) == next_step([sent("silent", retry_after_s=77)], KEYED, NOON)
    assert Ask(NOON + 5 * SECOND) == next_step([sent("silent", retry_after_s=-3)], KEYED, NOON)
    assert Ask(NOON + WAIT_MAX) == next_step([sent("silent", retry_after_s=3e9)], KEYED, NOON)


def test_waits_count_from_the_end_of_the_silence_and_the_window_from_the_first_byte():
    """A request may have been on its way until we gave it up; the key was used when it left."""
    attempts = [sent("silent", over_at=NOON + 30 * SECOND)]

    assert Ask(NOON + 35 * SECOND) == next_step(attempts, SHORT, NOON + 30 * SECOND)
    absent = [*attempts, asked("absent", NOON + 599 * SECOND)]
    assert isinstance(next_step(absent, SHORT, NOON + 599 * SECOND), Send)
    assert isinstance(next_step(absent, SHORT, NOON + 600 * SECOND), Ask)


def test_a_clock_set_back_does_not_open_the_window_again():
    """A first send that lies in the future says nothing about the key's age."""
    attempts = [sent("silent", NOON + timedelta(days=1)), asked("absent", NOON)]

    assert isinstance(next_step(attempts, KEYED, NOON), Ask)


def test_the_retry_budget_is_about_a_day():
    """The comment beside ATTEMPTS_MAX stays true."""
    attempts, now = [sent("silent")], NOON
    while isinstance(step := next_step(attempts, KEYED, now), Send | Ask):
        now = step.not_before
        attempts.append(asked("silent", now))

    assert Park("exhausted") == step
    assert timedelta(hours=24) < now - NOON < timedelta(hours=25)
