"""The lab's own authority: one certificate for every server beyond, another that a hijacker shows."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from net.lab_plan import NAMES, NAMES6

Key = ec.EllipticCurvePrivateKey


def make_authority(folder: Path) -> None:
    """ca.pem, server.pem and hijack.pem (each with its key) in the folder."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _name("Lab authority")
    authority = (
        _begun(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    addresses = [*NAMES.values(), *NAMES6.values()]
    _issue(folder / "server.pem", key, name, [*NAMES], addresses)
    _issue(folder / "hijack.pem", key, name, ["portal.provider.example"], [])


def _issue(path: Path, signer: Key, issuer: x509.Name, names: list[str], addresses: list[str]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    others = [*(x509.DNSName(one) for one in names), *(x509.IPAddress(ipaddress.ip_address(one)) for one in addresses)]
    certificate = (
        _begun(_name(names[0]), issuer, key)
        .add_extension(x509.SubjectAlternativeName(others), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)


def _begun(name: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
