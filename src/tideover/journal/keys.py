"""Who signed: each till, and the box itself, has a key of its own; its public half stands in its enrolment.

ECDSA P-256 with SHA-256 (what browsers keep non-extractable), signatures as 64 bytes r‖s. A private key
is never written anywhere but in secrets.db.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tideover.errors import BadRecord
from tideover.secret import Secrets
from tideover.world import World

CURVE = ec.SECP256R1()
CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
HALF = 32  # Bytes of r, and of s.
SEED_BYTES = 48  # 128 bits more than the order, so that no key is likelier than another.
SPKI_TEXT_MAX = 200  # A P-256 key takes 124 characters.
KEYS_KEPT = 1_024  # Public keys kept ready; a shop has a few tills, each enrolled a few times.
VERIFYING = ec.ECDSA(hashes.SHA256())
SIGNING = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)  # RFC 6979: a weak chance cannot leak the key.
BOX_KEY = "box.key"  # Its name among the secrets.


class TillKey:
    """A private key that signs entries."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        spki = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.spki_b64 = base64.b64encode(spki).decode("ascii")

    @classmethod
    def generate(cls, world: World | None = None) -> TillKey:
        """A new key; with a world, from its chance, so that a seeded shop signs the same bytes again."""
        if world is None:
            return cls(ec.generate_private_key(CURVE))
        number = int.from_bytes(world.secret_bytes(SEED_BYTES), "big") % (CURVE_ORDER - 1) + 1
        return cls(ec.derive_private_key(number, CURVE))

    @classmethod
    def from_pem(cls, pem: bytes) -> TillKey:
        private = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise BadRecord(what="key", why="it is not an ECDSA P-256 key")
        return cls(private)

    def to_pem(self) -> bytes:
        return self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, signed: bytes) -> bytes:
        """64 bytes r‖s."""
        r, s = decode_dss_signature(self._private.sign(signed, SIGNING))
        return r.to_bytes(HALF, "big") + s.to_bytes(HALF, "big")

    def secret_for(self, purpose: str) -> bytes:
        """32 bytes that only this key's holder can make, for one other purpose; they tell nothing about the key."""
        number = self._private.private_numbers().private_value.to_bytes(HALF, "big")
        return HKDF(hashes.SHA256(), length=HALF, salt=None, info=purpose.encode()).derive(number)


@lru_cache(maxsize=KEYS_KEPT)
def public_key(spki_b64: str) -> ec.EllipticCurvePublicKey:
    """The key in a SubjectPublicKeyInfo, base64; raises BadRecord if it is anything but ECDSA P-256."""
    if len(spki_b64) > SPKI_TEXT_MAX:
        raise BadRecord(what="key", why="it is too long for ECDSA P-256")
    try:
        key = serialization.load_der_public_key(base64.b64decode(spki_b64, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise BadRecord(what="key", why="it is not a SubjectPublicKeyInfo in base64") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadRecord(what="key", why="it is not an ECDSA P-256 key")
    return key


def verify_signature(spki_b64: str, signed: bytes, signature: bytes) -> bool:
    """True if the holder of that key signed exactly these bytes. Raises BadRecord for a key that is none."""
    if len(signature) != 2 * HALF:
        return False
    r, s = int.from_bytes(signature[:HALF], "big"), int.from_bytes(signature[HALF:], "big")
    try:
        public_key(spki_b64).verify(encode_dss_signature(r, s), signed, VERIFYING)
    except InvalidSignature:
        return False
    return True


def box_key(secrets: Secrets, world: World) -> TillKey:
    """The box's own key, made and kept among the secrets at the first start."""
    pem = secrets.get(BOX_KEY)
    if pem is None:
        key = TillKey.generate(world)
        secrets.put(BOX_KEY, key.to_pem())
        return key
    return TillKey.from_pem(pem)
