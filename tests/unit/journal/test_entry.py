"""The exact bytes of an entry: canonical, strict, and readable for ever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec import inspect as shapes

from tideover.errors import BadRecord
from tideover.journal import entry as entry_module
from tideover.journal.chain import Head, entry_hash
from tideover.journal.entry import BODIES, UPCASTS, VERSIONS, Entry, canonical, decode, encode, read_body, read_kept
from tideover.journal.keys import TillKey, verify_signature
from tideover.model.money import INT_MAX
from tideover.model.sale import Document
from unit.journal.small_shop import ToldClock, paid_by_card

VECTORS = Path(__file__).parents[2] / "vectors"
ENTRIES = json.loads((VECTORS / "entry.json").read_text(encoding="utf-8"))
REFUSED = json.loads((VECTORS / "entry_refused.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", ENTRIES, ids=lambda vector: vector["in"]["entry"]["kind"])
def test_frozen_entries_read_and_write_as_ever(vector: dict[str, Any]) -> None:
    """Bytes, hash, head, signature and meaning of every kind are those that were released."""
    given_, out = vector["in"], vector["out"]
    signed, signature = out["signed"].encode("utf-8"), bytes.fromhex(given_["signature"])
    hash = entry_hash(bytes.fromhex(given_["prev"]), given_["seq"], given_["recorded_at"], signed, signature)

    assert signed == canonical(given_["entry"]) == encode(decode(signed))
    assert given_["entry"] == json.loads(msgspec.json.encode(decode(signed)))
    assert decode(signed) == read_kept(signed)
    assert (out["hash"], out["head"]) == (hash.hex(), str(Head(given_["seq"], hash)))
    assert verify_signature(given_["spki"], signed, signature)


def test_every_kind_and_version_has_a_frozen_example() -> None:
    """What was ever released stays readable: a new kind or version adds a vector."""
    frozen = {(vector["in"]["entry"]["kind"], vector["in"]["entry"]["version"]) for vector in ENTRIES}

    assert set(BODIES) == frozen


@pytest.mark.parametrize("vector", REFUSED, ids=lambda vector: vector["out"])
def test_what_is_not_canonical_is_refused(vector: dict[str, Any]) -> None:
    """Other bytes for the same thing, or a thing that is none, never become an entry."""
    with pytest.raises(BadRecord):
        decode(vector["in"].encode("utf-8", "surrogatepass"))


def test_bytes_that_are_no_text_are_refused() -> None:
    """Neither broken UTF-8, nor a number of ten thousand digits, nor a hundred thousand brackets are more than a bad record."""
    for wrong in (b"\xff", b'{"kind":"sale","x":"\xed\xa0\x80"}', b"9" * 10_000, b"[" * 100_000, b'{"kind":"sale"' + b"[" * 100_000):
        with pytest.raises(BadRecord):
            decode(wrong)


class NoteV1(Struct, frozen=True, forbid_unknown_fields=True):
    text: str


class NoteV2(Struct, frozen=True, forbid_unknown_fields=True):
    lines: tuple[str, ...]


class NoteV3(Struct, frozen=True, forbid_unknown_fields=True):
    lines: tuple[str, ...]
    by: str


NOTES: dict[tuple[str, int], type[Struct]] = {("note", 1): NoteV1, ("note", 2): NoteV2, ("note", 3): NoteV3}
STEPS = {
    ("note", 1): lambda old: NoteV2(lines=tuple(old.text.split("\n"))),
    ("note", 2): lambda old: NoteV3(lines=old.lines, by=""),
}


@pytest.mark.parametrize(
    ("version", "body", "newest"),
    [
        (1, {"text": "milk\nbread"}, NoteV3(lines=("milk", "bread"), by="")),
        (2, {"lines": ["milk"]}, NoteV3(lines=("milk",), by="")),
        (3, {"lines": ["milk"], "by": "Aino"}, NoteV3(lines=("milk",), by="Aino")),
    ],
)
def test_an_old_version_is_brought_to_the_newest(version: int, body: dict[str, Any], newest: Struct) -> None:
    """Each version is checked against its own shape, then taken step by step to the newest."""
    assert newest == read_body("note", version, body, NOTES, STEPS)


def test_an_old_version_is_as_strict_as_it_was() -> None:
    """A field of a later version in an earlier one is no more welcome than it was then."""
    with pytest.raises(msgspec.ValidationError):
        read_body("note", 1, {"text": "milk", "by": "Aino"}, NOTES, STEPS)
    with pytest.raises(BadRecord):
        read_body("note", 4, {"text": "milk"}, NOTES, STEPS)


def test_steps_lead_from_every_older_version() -> None:
    """Of each kind exactly the newest version has no step onward, and new entries are written in it."""
    for kind, newest in VERSIONS.items():
        versions = sorted(version for name, version in BODIES if name == kind)
        assert list(range(1, newest + 1)) == versions
        assert versions[:-1] == [version for version in versions if (kind, version) in UPCASTS]


# The quicker way of reading sales ------------------------------------------------------------------


def decode_slowly(signed: bytes) -> Entry | str:
    """What `decode` says without its quicker way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entry_module, "_document", lambda signed: None)
        return outcome(signed)


def outcome(signed: bytes) -> Entry | str:
    try:
        return decode(signed)
    except BadRecord:
        return "refused"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = Document.__struct_fields__


def plain_sale(**changes: Any) -> dict[str, Any]:
    world = ToldClock()
    made = Entry(
        id=world.new_id(), kind="sale", version=1, till=world.new_id(), till_seq=1, happened_at=1, trading_day="2026-11-20",
        operator=None, refers_to=None, body=paid_by_card(),
    )  # fmt: skip
    plain = msgspec.to_builtins(made)
    plain["body"].update(changes)
    return plain


@given(st.dictionaries(st.sampled_from([*FIELDS, "extra"]), anything, max_size=3), st.data())
@settings(max_examples=400, deadline=None)
def test_both_ways_of_reading_agree(changes: dict[str, Any], data: st.DataObject) -> None:
    """Whatever stands in a sale, and whichever byte of it is spoiled, the quick way takes what the slow way takes."""
    text = json.dumps(plain_sale(**changes), sort_keys=True, separators=(",", ":"), ensure_ascii=data.draw(st.booleans()))
    signed = bytearray(text.encode("utf-8", "surrogatepass"))
    if data.draw(st.booleans()):
        signed[data.draw(st.integers(0, len(signed) - 1))] = data.draw(st.integers(0, 255))

    assert decode_slowly(bytes(signed)) == outcome(bytes(signed))


@given(st.text(), st.integers(-INT_MAX, INT_MAX))
@settings(max_examples=200, deadline=None)
def test_any_text_and_sum_come_back(note: str, amount: int) -> None:
    """Every note and amount within the limits is written in one way and read back as it was."""
    plain = plain_sale(note=note[:1_000], rounding_minor=amount)
    try:
        signed = canonical(plain)
    except BadRecord:
        assert any("\ud800" <= letter <= "\udfff" for letter in note)
        return
    assert plain == msgspec.to_builtins(decode(signed))


def numbers_without_limits(shape: shapes.Type, path: str = "") -> list[str]:
    """Paths of whole numbers that may be larger than JSON readers keep, and of keys that are not fields."""
    if isinstance(shape, shapes.IntType):
        return [] if shape.ge is not None and shape.le is not None and -INT_MAX <= shape.ge and shape.le <= INT_MAX else [path]
    if isinstance(shape, shapes.DictType | shapes.AnyType):
        return [path]
    if isinstance(shape, shapes.StructType):
        return [one for field in shape.fields for one in numbers_without_limits(field.type, f"{path}.{field.name}")]
    if isinstance(shape, shapes.VarTupleType | shapes.ListType):
        return numbers_without_limits(shape.item_type, f"{path}[]")
    if isinstance(shape, shapes.UnionType):
        return [one for each in shape.types for one in numbers_without_limits(each, path)]
    return []


def test_every_number_of_a_document_has_limits() -> None:
    """The quicker way leans on it: no whole number without limits and no free key in sale and refund."""
    for (kind, _), shape in BODIES.items():
        if kind in ("sale", "refund"):
            assert [] == numbers_without_limits(shapes.type_info(shape))


def test_the_quick_way_reads_entries_of_today() -> None:
    """Its fields and limits are those of an entry, its body the newest shape of both kinds: whoever changes one changes the other."""
    ours, theirs = (get_type_hints(one, include_extras=True) for one in (Entry, entry_module._Document))
    same = [name for name in Entry.__struct_fields__ if ours[name] == theirs[name]]
    assert [name for name in Entry.__struct_fields__ if name not in ("kind", "version", "body")] == same
    assert list(Entry.__struct_fields__) == list(entry_module._Document.__struct_fields__)
    for kind in get_args(theirs["kind"]):
        assert ((VERSIONS[kind],), BODIES[kind, VERSIONS[kind]]) == (get_args(theirs["version"]), theirs["body"])


def test_a_sale_takes_the_quick_way() -> None:
    """The bytes of a till, every key of a document among them, are read in one go; both ways to read what was kept agree."""
    signed = canonical(plain_sale())
    assert (decode(signed), decode(signed)) == (entry_module._document(signed), read_kept(signed))


# Keys --------------------------------------------------------------------------------------------


def test_a_key_comes_back_from_its_file() -> None:
    """The same key signs the same bytes in the same way after it was kept as PEM."""
    key = TillKey.generate()
    again = TillKey.from_pem(key.to_pem())

    assert (key.spki_b64, key.sign(b"sale")) == (again.spki_b64, again.sign(b"sale"))
    assert 64 == len(key.sign(b"sale"))
    assert verify_signature(key.spki_b64, b"sale", key.sign(b"sale"))


def test_a_seeded_world_makes_the_same_key() -> None:
    """A simulated shop signs the same bytes in every run; another seed makes another key."""
    assert TillKey.generate(ToldClock(seed=1)).spki_b64 == TillKey.generate(ToldClock(seed=1)).spki_b64
    assert TillKey.generate(ToldClock(seed=1)).spki_b64 != TillKey.generate(ToldClock(seed=2)).spki_b64


def test_only_p256_is_a_key() -> None:
    """A key on another curve is refused as a till's and as the box's."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    other = ec.generate_private_key(ec.SECP384R1())
    pem = other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with pytest.raises(BadRecord):
        TillKey.from_pem(pem)
    with pytest.raises(BadRecord):
        verify_signature(TillKey(other).spki_b64, b"", bytes(64))
