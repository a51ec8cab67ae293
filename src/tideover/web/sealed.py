"""The box's key for what a till seals to it: a PIN that was typed while the box was away. Only this box opens it.

ECDH P-256 with a fresh key of the till each time, HKDF-SHA-256, AES-256-GCM, bound to the till and the entry: a sealed PIN that is
copied beside another entry opens nothing. Never keeps or logs what it opened.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Meta, Struct

from tideover.journal.keys import CURVE, TillKey
from tideover.secret import Secrets
from tideover.world import World

KEY_NAME = "till.sealing-key"
INFO = b"tideover-pin-1"
POINT_BYTES = 65  # Uncompressed.
NONCE_BYTES = 12
SEALED_TEXT_MAX = 1_200  # A name of 200 letters and twelve digits take 1,000.


class Shown(Struct, frozen=True, forbid_unknown_fields=True):
    """What was sealed: who says they are at the till, and their PIN."""

    name: Annotated[str, Meta(max_length=200)]
    pin: Annotated[str, Meta(max_length=40)]


class SealingKey:
    """The private half, kept among the secrets; made at the first start."""

    def __init__(self, secrets: Secrets, world: World) -> None:
        pem = secrets.get(KEY_NAME)
        if pem is None:
            pem = TillKey.generate(world).to_pem()
            secrets.put(KEY_NAME, pem)
        private = serialization.load_pem_private_key(pem, password=None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        self._private = private
        public = private.public_key()
        self._point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.spki_b64 = base64.b64encode(spki).decode("ascii")

    def open(self, sealed: str, till: str, entry: str) -> Shown | None:
        """What the till sealed for that entry; None if it was not sealed for it, or not to this box."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw[:POINT_BYTES])
            key = _key(self._private.exchange(ec.ECDH(), theirs), raw[:POINT_BYTES], self._point)
            nonce, text = raw[POINT_BYTES : POINT_BYTES + NONCE_BYTES], raw[POINT_BYTES + NONCE_BYTES :]
            return msgspec.json.decode(AESGCM(key).decrypt(nonce, text, bound_to(till, entry)), type=Shown)
        except (ValueError, binascii.Error, InvalidTag, msgspec.MsgspecError):
            return None


def seal(spki_b64: str, till: str, entry: str, shown: Shown, world: World) -> str:
    """As a till does it: for tests and tills that are no browser."""
    theirs = serialization.load_der_public_key(base64.b64decode(spki_b64))
    assert isinstance(theirs, ec.EllipticCurvePublicKey)
    point = theirs.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    mine = ec.generate_private_key(CURVE)
    own = mine.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    nonce = world.secret_bytes(NONCE_BYTES)
    text = AESGCM(_key(mine.exchange(ec.ECDH(), theirs), own, point)).encrypt(nonce, msgspec.json.encode(shown), bound_to(till, entry))
    return base64.b64encode(own + nonce + text).decode("ascii")


def bound_to(till: str, entry: str) -> bytes:
    """Beside no other entry, and from no other till, does it open."""
    return f"{till}|{entry}".encode()


def _key(shared: bytes, theirs: bytes, ours: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=theirs + ours, info=INFO).derive(shared)
