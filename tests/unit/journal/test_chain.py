"""The bytes under a hash, and what is said of a head that is none."""

from hashlib import sha256

import pytest

from tideover.errors import BadRecord
from tideover.journal.chain import GENESIS, Head, entry_hash


def test_numbers_stand_in_the_hash_unsigned_and_big_end_first():
    """Another program computes the same from docs/contracts.md: 8 bytes, 8 bytes, 4 bytes, whatever the number."""
    for seq, at_ms in ((1, 0), (2**63, 2**64 - 1)):
        numbers = seq.to_bytes(8, "big") + at_ms.to_bytes(8, "big") + (5).to_bytes(4, "big")
        expected = sha256(b"tideover-1" + GENESIS + numbers + b"sale!" + b"signature").digest()
        assert expected == entry_hash(GENESIS, seq, at_ms, b"sale!", b"signature")


def test_what_is_no_head_is_quoted_but_not_at_length():
    """A hundred characters show what it was; a megabyte helps nobody."""
    text = "1:" + "x" * 200
    with pytest.raises(BadRecord) as caught:
        Head.parse(text)

    assert {"what": "head", "why": f"'{text[:100]}' is not SEQ:HEX with 64 lower-case digits"} == caught.value.facts


@pytest.mark.parametrize("text", ["1:" + "0" * 64, "0:" + "1" * 64])
def test_a_head_with_half_of_nothing_is_refused_by_name(text):
    """Number and hash are both empty or neither."""
    with pytest.raises(BadRecord) as caught:
        Head.parse(text)

    assert {"what": "head", "why": "only an empty journal is written 0: and 64 zeros"} == caught.value.facts
