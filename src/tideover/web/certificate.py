"""The box's certificate: the shop's own, or one from a small authority of the box's that the owner chooses to trust.

That authority can speak for the box's names and for private addresses alone, so whoever steals it can play no bank. Its key is
sealed with the box's secrets or lies on a stick. Never trusts itself: a person installs it on each device.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from tideover.disk import write_whole
from tideover.errors import Misconfigured, NotFound, Rejected
from tideover.secret import KEY_FILE, NONCE_BYTES, seal, unseal
from tideover.settings import FILE, Settings
from tideover.world import World

FOLDER = "tls"
CA, CA_KEY, LEAF, LEAF_KEY = "ca.pem", "ca.key.sealed", "box.pem", "box.key"
CA_DAYS = 3_650
LEAF_DAYS = 397  # Browsers refuse longer ones from public authorities (398 days), and Apple's any beyond 825.
RENEW_DAYS = 120  # The box makes a new one this long before the end: a shop that closes for a season comes back to a good one.
BACK = timedelta(days=1)  # A device whose clock is behind takes a fresh certificate, too.
NAMES_MAX = 20
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){0,8}", re.ASCII)
OWN_NAME = "tideover.internal"  # Constrains names also where the owner gave none; '.internal' belongs to nobody in the world.
PRIVATE = tuple(
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128")
)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Key = ec.EllipticCurvePrivateKey


class Paths(Struct, frozen=True):
    """Where the certificate and its key lie."""

    certificate: Path
    key: Path
    is_own_authority: bool  # False: the owner's, under a real name.


class Names(Struct, frozen=True):
    """What the box is called in the network."""

    dns: tuple[str, ...]
    addresses: tuple[Address, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.dns, *(str(one) for one in self.addresses))


def names_from(texts: Sequence[str]) -> Names:
    """Names and addresses, told apart. Raises Rejected for what is neither, and for an address of the wide world."""
    dns, addresses = [], []
    for text in dict.fromkeys(one.strip().lower().rstrip(".") for one in texts):
        try:
            found = ipaddress.ip_address(text)
        except ValueError:
            if not NAME.fullmatch(text) or text == "localhost":
                raise Rejected(why=f"{text[:80]!r} is neither a name nor an address of this box") from None
            dns.append(text)
            continue
        if not any(found in one for one in PRIVATE if one.version == found.version):
            raise Rejected(why=f"{text} is no address of a shop's own network")
        addresses.append(found)
    if not 0 < len(dns) + len(addresses) <= NAMES_MAX:
        raise Rejected(why=f"1 to {NAMES_MAX} names and addresses of this box are needed")
    return Names(tuple(dns), tuple(addresses))


def paths_of(folder: Path, settings: Settings) -> Paths | None:
    """The certificate that the settings name, else the box's own; None where there is neither. Raises Misconfigured."""
    given = (settings.tls_certificate, settings.tls_key)
    if any(given):
        for name, value in zip(("tls_certificate", "tls_key"), given, strict=True):
            if not value or not (folder / value).is_file():
                raise Misconfigured(setting=name, why=f"there is no file {value!r}", file=FILE)
        return Paths(folder / given[0], folder / given[1], False)
    inside = folder / FOLDER
    return Paths(inside / LEAF, inside / LEAF_KEY, True) if (inside / LEAF).is_file() else None


def read(path: Path) -> x509.Certificate:
    """The first certificate in that file. Raises Misconfigured."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Misconfigured(setting="tls_certificate", why=f"{path.name} holds no certificate", file=FILE) from error


def names_in(certificate: x509.Certificate) -> tuple[str, ...]:
    """Names first, then addresses."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (*found.get_values_for_type(x509.DNSName), *(str(one) for one in found.get_values_for_type(x509.IPAddress)))


def names_of(folder: Path, settings: Settings) -> tuple[str, ...]:
    """Under which names the box can be reached over TLS; none where it has no certificate."""
    paths = paths_of(folder, settings)
    return () if paths is None else names_in(read(paths.certificate))


def fingerprint(certificate: x509.Certificate) -> str:
    """To compare with what a device shows: SHA-256, in pairs."""
    text = sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest().upper()
    return ":".join(text[at : at + 2] for at in range(0, len(text), 2))


def context_of(paths: Paths) -> ssl.SSLContext:
    """What a listener needs. Raises Misconfigured where key and certificate do not go together."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    load_into(context, paths)
    return context


def load_into(context: ssl.SSLContext, paths: Paths) -> None:
    """Connections from now on see this certificate."""
    try:
        context.load_cert_chain(paths.certificate, paths.key, password="")
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(setting="tls_certificate", why=f"certificate and key do not go together ({error})", file=FILE) from error


# Making -----------------------------------------------------------------------------------------------


def make(folder: Path, world: World, shop: str, names: Names, ca_key_at: Path | None = None, phrase: bytes = b"") -> x509.Certificate:
    """A new authority and a certificate from it; the authority's. Devices that trusted an earlier one must trust this one anew.

    ca_key_at: the authority's key goes there, under `phrase`, instead of sealed into the data directory. Raises NotFound, Rejected.
    """
    key, inside = ec.generate_private_key(ec.SECP256R1()), folder / FOLDER
    authority = _authority(key, world, shop, names)
    inside.mkdir(mode=0o700, exist_ok=True)
    if ca_key_at is None:
        write_whole(inside / CA_KEY, _sealed(folder, world, _pem(key)), mode=0o600)
    else:
        (inside / CA_KEY).unlink(missing_ok=True)
        write_whole(ca_key_at, _pem(key, phrase), mode=0o600)
    write_whole(inside / CA, authority.public_bytes(serialization.Encoding.PEM), mode=0o644)
    _issue(folder, world, authority, key, names)
    return authority


def renew(folder: Path, world: World, ca_key_from: Path | None = None, phrase: bytes = b"") -> x509.Certificate:
    """A new certificate for the same names, from the authority that devices trust already. Raises NotFound, Rejected, Misconfigured."""
    inside = folder / FOLDER
    if not (inside / CA).is_file():
        raise NotFound(what="authority of the box", id=str(inside / CA))
    key = _authority_key(folder, ca_key_from, phrase)
    return _issue(folder, world, read(inside / CA), key, names_from(names_in(read(inside / LEAF))))


def may_renew(folder: Path, now: datetime) -> bool:
    """The box's own certificate ends soon, and the key to make a new one lies here."""
    inside = folder / FOLDER
    if not (inside / CA_KEY).is_file() or not (inside / LEAF).is_file():
        return False
    return read(inside / LEAF).not_valid_after_utc - now < timedelta(days=RENEW_DAYS)


def _authority_key(folder: Path, at: Path | None, phrase: bytes) -> Key:
    sealed = folder / FOLDER / CA_KEY
    if at is None and not sealed.is_file():
        raise NotFound(what="key of the box's authority", id=f"{sealed}: it lies elsewhere, name its file")
    pem = _unsealed(folder, sealed.read_bytes()) if at is None else at.read_bytes()
    try:
        key = serialization.load_pem_private_key(pem, password=phrase or None)
    except (ValueError, TypeError) as error:
        raise Rejected(why="the key of the box's authority does not open with this phrase") from error
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _authority(key: Key, world: World, shop: str, names: Names) -> x509.Certificate:
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Tideover of {shop}"[:64])])
    networks = [x509.IPAddress(one) for one in PRIVATE]
    permitted = [*(x509.DNSName(one) for one in dict.fromkeys((OWN_NAME, *names.dns))), *networks]
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    public = key.public_key()
    return (
        _begun(world, who, who, public, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def _issue(folder: Path, world: World, authority: x509.Certificate, by: Key, names: Names) -> x509.Certificate:
    key, inside = ec.generate_private_key(ec.SECP256R1()), folder / FOLDER
    named = [*(x509.DNSName(one) for one in names.dns), *(x509.IPAddress(one) for one in names.addresses)]
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names.all[0][:64])])
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    leaf = (
        _begun(world, who, authority.subject, key.public_key(), LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(named), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .sign(by, hashes.SHA256())
    )
    write_whole(inside / LEAF_KEY, _pem(key), mode=0o600)
    write_whole(inside / LEAF, leaf.public_bytes(serialization.Encoding.PEM), mode=0o644)
    return leaf


def _begun(world: World, who: x509.Name, by: x509.Name, public: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
    now = world.now().replace(microsecond=0)
    serial = int.from_bytes(world.secret_bytes(19), "big") | 1
    begun = x509.CertificateBuilder().subject_name(who).issuer_name(by).public_key(public).serial_number(serial)
    return begun.not_valid_before(now - BACK).not_valid_after(now + timedelta(days=days) - BACK)


def _pem(key: Key, phrase: bytes = b"") -> bytes:
    hidden = serialization.BestAvailableEncryption(phrase) if phrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)


def _sealed(folder: Path, world: World, value: bytes) -> bytes:
    return seal((folder / KEY_FILE).read_bytes(), world.secret_bytes(NONCE_BYTES), value, CA_KEY)


def _unsealed(folder: Path, sealed: bytes) -> bytes:
    found = unseal((folder / KEY_FILE).read_bytes(), sealed, CA_KEY)
    if found is None:
        raise Rejected(why=f"{CA_KEY} was not sealed with the key of this data directory")
    return found
