"""A certificate authority of our own, and the certificate our doors show until they are given a real one."""

import datetime as dt
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 397  # The longest that browsers and Apple's mail accept.
RENEW_BEFORE = dt.timedelta(days=30)
BACKDATED = dt.timedelta(hours=1)  # For clocks that are a little behind.


def ensure_certificates(directory: Path, names: list[str], now: dt.datetime) -> Path:
    """Make or renew ca.pem, server.pem and server.key in `directory`; return the authority's file."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = _pair(directory / "ca.pem", directory / "ca.key", now)
    if authority is None:
        authority = _make_authority(directory, now)
    held = _pair(directory / "server.pem", directory / "server.key", now)
    if held is None or _names(held[0]) != set(names) or not _issued_by(held[0], authority[0]):
        _make_certificate(directory, authority, names, now)
    return directory / "ca.pem"


type _Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def _pair(certificate: Path, key: Path, now: dt.datetime) -> _Pair | None:
    try:
        loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError):
        return None
    if loaded.not_valid_after_utc - RENEW_BEFORE <= now or loaded.public_key() != private.public_key():
        return None
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return loaded, private


def _names(certificate: x509.Certificate) -> set[str]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in found}


def _issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    own = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    issuer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    return issuer.key_identifier == own


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _make_authority(directory: Path, now: dt.datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    # The date tells authorities apart for a person who has trusted an older one.
    name = _subject(f"Mail platform local authority {now:%Y-%m-%d}")
    certificate = (
        _builder(name, name, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(directory, "ca", [certificate], key)
    return certificate, key


def _make_certificate(directory: Path, authority: _Pair, names: list[str], now: dt.datetime) -> None:
    issuer, issuer_key = authority
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        _builder(_subject(names[0]), issuer.subject, key.public_key(), now, CERTIFICATE_DAYS)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    _write(directory, "server", [certificate, issuer], key)


def _write(
    directory: Path, name: str, chain: list[x509.Certificate], key: ec.EllipticCurvePrivateKey
) -> None:
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain)
    for path, data in ((directory / f"{name}.key", secret), (directory / f"{name}.pem", public)):
        staged = path.with_suffix(path.suffix + ".new")
        staged.unlink(missing_ok=True)
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
        staged.replace(path)
